#include "trace.h"

#include "base/alloc.h"
#include "base/log.h"
#include "failure.h"

static void emit(const struct registry *registry, const char *line)
{
	AUTO(freep) char *masked = log_mask(line);

	log_debug("registry", "%s", masked);
	if (registry->verbose)
		monitor_text(registry->monitor, 0, EVENT_INFO, "%s", masked);
}

static bool is_wanted(const struct registry *registry)
{
	return registry->verbose || log_enabled("registry");
}

void trace_request(const struct registry *registry, const struct http_request *request)
{
	AUTO(str_release) struct str line = STR_INIT;

	if (!is_wanted(registry))
		return;
	str_addf(&line, "> %s %s", http_method_name(request->method), request->url);
	if (request->body.size > 0)
		str_addf(&line, " (%llu bytes)", (unsigned long long)request->body.size);
	emit(registry, line.ptr);
	for (size_t i = 0; request->headers && i < request->headers->len; i++) {
		str_clear(&line);
		str_addf(&line, ">   %s", request->headers->items[i]);
		emit(registry, line.ptr);
	}
}

void trace_answer(const struct registry *registry, const struct http_request *request)
{
	AUTO(str_release) struct str line = STR_INIT;

	if (!is_wanted(registry))
		return;
	if (request->outcome == HTTP_ANSWERED)
		str_addf(&line, "< %ld %s", request->status, request->url);
	else
		str_addf(&line, "< %s %s", failure_outcome_text(request), request->url);
	emit(registry, line.ptr);
	for (size_t i = 0; i < request->answer_headers.len; i++) {
		const struct header *header = &request->answer_headers.items[i];

		str_clear(&line);
		str_addf(&line, "<   %s: %s", header->name, header->value);
		emit(registry, line.ptr);
	}
}
