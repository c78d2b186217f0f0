#include "base/monitor.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>

#include "base/str.h"

void monitor_emit(const struct monitor *monitor, const struct event *event)
{
	if (monitor && monitor->sink)
		monitor->sink(monitor->sink_data, event);
}

static bool is_heard(const struct monitor *monitor)
{
	return monitor && monitor->sink;
}

static void emit_text(const struct monitor *monitor, unsigned step, enum event_kind kind,
		      const char *fmt, va_list ap) PRINTF_LIKE(4, 0);
static void emit_text(const struct monitor *monitor, unsigned step, enum event_kind kind,
		      const char *fmt, va_list ap)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_addv(&text, fmt, ap);
	monitor_emit(monitor, &(struct event){ .kind = kind, .step = step, .text = text.ptr });
}

unsigned monitor_add_step(const struct monitor *monitor, const char *fmt, ...)
{
	static atomic_uint last_step;
	unsigned step = atomic_fetch_add(&last_step, 1) + 1;
	va_list ap;

	if (!is_heard(monitor))
		return step;
	va_start(ap, fmt);
	emit_text(monitor, step, EVENT_STEP_ADDED, fmt, ap);
	va_end(ap);
	return step;
}

void monitor_step(const struct monitor *monitor, unsigned step, enum event_kind kind)
{
	monitor_emit(monitor, &(struct event){ .kind = kind, .step = step });
}

void monitor_text(const struct monitor *monitor, unsigned step, enum event_kind kind,
		  const char *fmt, ...)
{
	va_list ap;

	if (!is_heard(monitor))
		return;
	va_start(ap, fmt);
	emit_text(monitor, step, kind, fmt, ap);
	va_end(ap);
}

void monitor_transfer(const struct monitor *monitor, unsigned step, const char *verb,
		      const char *item, uint64_t done, uint64_t total)
{
	monitor_emit(monitor, &(struct event){ .kind = EVENT_TRANSFER,
					       .step = step,
					       .item = item,
					       .verb = verb,
					       .done = done,
					       .total = total });
}

bool monitor_is_cancelled(const struct monitor *monitor)
{
	struct pollfd cancel = { .events = POLLIN };

	if (!monitor || monitor->cancel_fd < 0)
		return false;
	cancel.fd = monitor->cancel_fd;
	return poll(&cancel, 1, 0) > 0 && cancel.revents & POLLIN;
}

int monitor_check(const struct monitor *monitor, struct err *err)
{
	if (!monitor_is_cancelled(monitor))
		return 0;
	return err_set(err, ERR_CANCELLED, "cancelled");
}
