/*
 * What `edgectl livepush` shows once its services run: what they print, with the service's name before it, and a line for
 * each sync. On the standard output; from any thread.
 */
#ifndef CLI_LIVE_VIEW_H
#define CLI_LIVE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monitor.h"
#include "base/vec.h"
#include "device/container_sync.h"

struct live_view;

/* `json`: an object a line, for programs. */
struct live_view *live_view_new(bool json);
void live_view_free(struct live_view *view);
/* Their names, which are copied: for colours and columns. */
void live_view_set_services(struct live_view *view, const struct strvec *services);
/* A line that a service printed, without its end. */
void live_view_log(struct live_view *view, const char *service, int stream, struct span line);
/* What we have to say of a service; NULL = of all. */
void live_view_note(struct live_view *view, const char *service, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* "app: 3 files, 12kB, 41 ms, restarted" */
void live_view_synced(struct live_view *view, const char *service, const struct sync_report *report,
		      uint64_t elapsed_ms);
/* The image has been built of which the service's container has the files; only for programs. */
void live_view_image(struct live_view *view, const char *service, const struct digest *digest);
/* With the last lines that the failed step printed. */
void live_view_error(struct live_view *view, const char *service, const struct err *err);
/* Keeps the output of steps for live_view_error(); shows warnings. Lives as long as the view. */
struct monitor live_view_monitor(struct live_view *view, int cancel_fd);

#endif
