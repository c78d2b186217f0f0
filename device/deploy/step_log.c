#include "step_log.h"

int step_log_write(void *data, int stream, const char *text, size_t len, struct err *err)
{
	const struct step_log *log = data;
	const struct event event = { .kind = EVENT_LOG,
				     .step = log->step,
				     .stream = stream,
				     .text = text,
				     .text_len = len };

	(void)err;
	if (len > 0)
		monitor_emit(log->monitor, &event);
	return 0;
}
