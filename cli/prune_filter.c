#include "prune_filter.h"

#include <string.h>
#include <time.h>

#include "base/diag.h"
#include "base/quantity.h"
#include "base/str.h"

#define NS_PER_SECOND INT64_C(1000000000)

const char *const prune_filter_types[] = { "layer", "snapshot", "cachemount", "leftover", NULL };

static int add_until(const char *value, struct prune_request *request, struct err *err)
{
	struct timespec now;
	uint64_t age = 0;

	if (quantity_parse_duration(value, &age, err) < 0)
		return err_wrap(err, "filter 'until'");
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	request->unused_since = now.tv_sec * NS_PER_SECOND + now.tv_nsec - (int64_t)age;
	return 0;
}

static int add_type(const char *value, struct prune_request *request, struct err *err)
{
	static const enum store_item_kind kinds[] = { STORE_BLOB, STORE_SNAPSHOT, STORE_CACHE_MOUNT,
						      STORE_LEFTOVER };
	/* as docker buildx calls it */
	if (strcmp(value, "exec.cachemount") == 0)
		value = "cachemount";
	for (size_t i = 0; prune_filter_types[i]; i++) {
		if (strcmp(value, prune_filter_types[i]) == 0) {
			request->kinds |= 1U << kinds[i];
			return 0;
		}
	}
	(void)err_set(err, ERR_USAGE, "filter 'type': there is no '%s'", value);
	return err_hint(err, "there are layer, snapshot, cachemount and leftover");
}

int prune_filter_add(const char *text, struct prune_request *request, struct err *err)
{
	if (str_has_prefix(text, "until="))
		return add_until(text + strlen("until="), request, err);
	if (str_has_prefix(text, "type="))
		return add_type(text + strlen("type="), request, err);
	(void)err_set(err, ERR_USAGE, "'%s' is not a filter", text);
	return err_hint(err, "filters are until=24h and type=cachemount");
}
