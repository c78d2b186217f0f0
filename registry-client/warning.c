#include "warning.h"

#include "base/alloc.h"

#define SHOWN_MAX \
	32 /* of one registry: a registry that says something else each time is not listened to for ever */

char *warning_text(const char *header)
{
	static const char begin[] = "299 - \"";
	AUTO(str_release) struct str text = STR_INIT;
	const char *at = header + strlen(begin);

	if (!str_has_prefix(header, begin))
		return NULL;
	for (; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
		str_addc(&text, *at);
	}
	return *at == '"' && at[1] == '\0' && text.len > 0 ? str_detach(&text) : NULL;
}

void warning_show(const struct call *call)
{
	struct strmap *shown = &call->host->warnings;
	const char *header = NULL;

	for (size_t i = 0; (header = headers_next(&call->request.answer_headers, "Warning", &i));) {
		AUTO(freep) char *text = warning_text(header);

		if (!text || strmap_has(shown, text) || shown->len >= SHOWN_MAX)
			continue;
		strmap_set(shown, text, NULL);
		monitor_text(call->registry->monitor, 0, EVENT_WARNING, "registry '%s' says: %s",
			     call->host->name, text);
	}
}
