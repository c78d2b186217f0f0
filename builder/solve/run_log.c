#include "run_log.h"

#include <string.h>

/* linux-user/signal.c of QEMU writes it to stderr, on a line of its own. */
#define CRASH_MESSAGE "qemu: uncaught target signal "

/* Its number follows the message; the last crash counts. */
static void watch(struct run_log *log, size_t stream, struct span text)
{
	static const char message[] = CRASH_MESSAGE;
	const size_t len = sizeof(message) - 1;
	size_t *matched = &log->matched[stream];

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (*matched == len && c >= '0' && c <= '9') {
			log->crash_signal = (log->crash_signal * 10 + (c - '0')) % 100;
			continue;
		}
		*matched =
			*matched < len && c == message[*matched] ? *matched + 1 : c == message[0];
		if (*matched == len)
			log->crash_signal = 0;
	}
}

static void show(const struct run_log *log, const struct event *event, const struct str *text)
{
	struct event shown = *event;

	if (!text->len)
		return;
	shown.text = text->ptr;
	shown.text_len = text->len;
	monitor_emit(log->shown, &shown);
}

static void filter(void *data, const struct event *event)
{
	struct run_log *log = data;
	size_t stream = event->stream == 2;
	AUTO(str_release) struct str text = STR_INIT;

	if (event->kind != EVENT_LOG) {
		monitor_emit(log->shown, event);
		return;
	}
	log->step = event->step;
	watch(log, stream, (struct span){ event->text, event->text_len });
	if (!log->mask->len) {
		monitor_emit(log->shown, event);
		return;
	}
	secret_mask_apply(log->mask, &log->pending[stream],
			  (struct span){ event->text, event->text_len }, false, &text);
	show(log, event, &text);
}

void run_log_begin(struct run_log *log, const struct monitor *shown, const struct secret_mask *mask)
{
	*log = (struct run_log){
		.monitor = { .sink = filter, .sink_data = log, .cancel_fd = -1 },
		.shown = shown,
		.mask = mask,
		.pending = { STR_INIT, STR_INIT },
	};
	if (shown)
		log->monitor.cancel_fd = shown->cancel_fd;
}

void run_log_end(struct run_log *log)
{
	for (int stream = 0; stream < 2; stream++) {
		AUTO(str_release) struct str text = STR_INIT;
		struct event event = { .kind = EVENT_LOG, .step = log->step, .stream = stream + 1 };

		secret_mask_apply(log->mask, &log->pending[stream], (struct span){ "", 0 }, true,
				  &text);
		show(log, &event, &text);
		str_release(&log->pending[stream]);
	}
}
