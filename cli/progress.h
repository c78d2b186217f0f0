/*
 * The progress of one command on stderr: chooses a renderer, gives it a clock, a lock and a thread
 * that ticks, and writes what it makes.
 *
 *	AUTO(progress_freep) struct progress *progress = progress_new(PROGRESS_AUTO, "Building");
 *	struct monitor monitor = progress_monitor(progress, cancel_fd);
 *
 *	status = build_run(...);
 *	progress_finish(progress, status < 0 ? err : NULL);
 *
 * Starts a thread: fork what has to be forked before.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/monitor.h"
#include "base/str.h"
#include "option.h"

enum progress_mode {
	PROGRESS_AUTO,
	PROGRESS_TTY,
	PROGRESS_PLAIN,
	PROGRESS_JSON,
	PROGRESS_QUIET,
	PROGRESS_MESSAGES, /* of commands that only ask; no word of --progress */
};

/* The words of --progress, in the order of the enum, without the last. */
extern const char *const progress_modes[];

/*
 * The entry that every command with progress has; `field` is an int.
 */
#define OPTION_PROGRESS(T, field)                                                                  \
	OPTION_CHOICE(T, field, 0, "progress", "MODE", progress_modes, "How to show what goes on", \
		      .fallback = "auto")

struct progress;

/*
 * `title` is a participle, "Building". AUTO: the live view on a usable terminal, else plain lines.
 * Never NULL.
 */
struct progress *progress_new(enum progress_mode mode, const char *title);
/* Lives as long as the progress. */
struct monitor progress_monitor(struct progress *progress, int cancel_fd);
/*
 * The last view; with an error, what there is to show of it. Nothing may be emitted afterwards. The
 * error itself is the caller's to print unless progress_shows_errors().
 */
void progress_finish(struct progress *progress, const struct err *err);
/*
 * A line for the user about what came of it; shown at the end, behind the last view. Not with
 * PROGRESS_QUIET.
 */
void progress_summary(struct progress *progress, const char *fmt, ...) PRINTF_LIKE(2, 3);
/*
 * The timeline so far in the Chrome trace format (trace.h); afterwards as before.
 */
void progress_add_trace(struct progress *progress, struct str *out);
bool progress_shows_errors(const struct progress *progress);
/* Also finishes, if that was not done. */
void progress_freep(struct progress **progress);

/* Announces a step and starts it. */
unsigned progress_begin(const struct monitor *monitor, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Ends it as `status` says: done, failed with the message, or cancelled. */
void progress_end(const struct monitor *monitor, unsigned step, int status, const struct err *err);

#endif
