#include "store_limit.h"

#include <stdlib.h>

#include "base/quantity.h"
#include "base/str.h"
#include "format.h"
#include "image/prune.h"

int store_limit_read(uint64_t *ret, struct err *err)
{
	const char *text = getenv(STORE_LIMIT_VARIABLE);

	*ret = 0;
	if (!text || !*text)
		return 0;
	return quantity_parse_size(text, ret, err) == 0 ? 0 : err_wrap(err, STORE_LIMIT_VARIABLE);
}

static void report(const struct prune_result *result, uint64_t limit, const struct monitor *monitor)
{
	AUTO(str_release) struct str freed = STR_INIT, kept = STR_INIT;

	format_size(&freed, result->removed_bytes);
	format_size(&kept, result->kept_bytes);
	if (result->kept_bytes > limit)
		monitor_text(monitor, 0, EVENT_WARNING,
			     "the store takes %s, more than " STORE_LIMIT_VARIABLE
			     ": the rest is needed by named images or running builds",
			     kept.ptr);
	else if (result->removed.len > 0)
		monitor_text(monitor, 0, EVENT_INFO, "the store's limit: freed %s, %s are left",
			     freed.ptr, kept.ptr);
}

void store_limit_apply(struct store *store, uint64_t limit, const struct monitor *monitor)
{
	AUTO(prune_result_release) struct prune_result result = { .removed_bytes = 0 };
	AUTO(err_release) struct err err = ERR_INIT;
	struct prune_request request = PRUNE_REQUEST_INIT;

	if (limit == 0)
		return;
	request.extent = PRUNE_ALL;
	request.keep_bytes = limit;
	if (store_prune(store, &request, monitor, &result, &err) < 0)
		monitor_text(monitor, 0, EVENT_WARNING, "the store's limit: %s, ignoring",
			     err.message);
	else
		report(&result, limit, monitor);
}
