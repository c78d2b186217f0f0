#include "run_log.h"

#include <string.h>

/* linux-user/signal.c of QEMU writes it to stderr, on a line of its own. */
#define CRASH_MESSAGE "qemu: uncaught target signal "

/* Of strerror(3), as every libc has it. */
#define FULL_MESSAGE "No space left on device"

/* One character more; is it the last of the message? */
static bool follow(size_t *matched, const char *message, size_t len, char c)
{
	*matched = *matched < len && c == message[*matched] ? *matched + 1 : c == message[0];
	return *matched == len;
}

/* Its number follows the message; the last crash counts. */
static void watch_for_crash(struct run_log *log, size_t *matched, char c)
{
	const size_t len = sizeof(CRASH_MESSAGE) - 1;

	if (*matched == len && c >= '0' && c <= '9')
		log->crash_signal = (log->crash_signal * 10 + (c - '0')) % 100;
	else if (follow(matched, CRASH_MESSAGE, len, c))
		log->crash_signal = 0;
}

static void watch(struct run_log *log, size_t stream, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		watch_for_crash(log, &log->matched[stream], text.ptr[i]);
		log->said_full |= follow(&log->matched_full[stream], FULL_MESSAGE,
					 sizeof(FULL_MESSAGE) - 1, text.ptr[i]);
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
