/*
 * Which files of some directory trees change, by inotify(7): new directories, renames, deletions, editors that write by
 * rename, and the kernel's queue overflowing are all taken care of. What an ignore file keeps out costs nothing.
 *
 *	watcher_new(&watcher, err);
 *	watcher_add_tree(watcher, "/p", ignore, err);
 *	poll({ watcher_fd(watcher), POLLIN }) ...
 *	watcher_read(watcher, &changes, err);		-- what changed since, each path once
 *
 * Only the paths are told: whoever looks at them sees what is there now.
 */
#ifndef DEVICE_WATCHER_H
#define DEVICE_WATCHER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/vec.h"
#include "context/ignore.h"

struct watcher;

struct watcher_changes {
	struct strvec paths; /* absolute, sorted, each once: changed, made or gone */
	bool lost;           /* the queue overflowed: anything may have changed */
};

#define WATCHER_CHANGES_INIT          \
	{                             \
		.paths = STRVEC_INIT, \
	}

void watcher_changes_release(struct watcher_changes *changes);

WARN_UNUSED int watcher_new(struct watcher **ret, struct err *err);
void watcher_free(struct watcher *watcher);
/*
 * Everything below the directory `root`, an absolute, clean path; `ignore` (NULL = nothing is ignored) is borrowed as long
 * as the watcher lives. ERR_LIMIT with the setting when the user may not watch so many directories.
 */
WARN_UNUSED int watcher_add_tree(struct watcher *watcher, const char *root,
				 const struct ignore *ignore, struct err *err);
/* One file, whether it is there yet or not; its directory has to be. */
WARN_UNUSED int watcher_add_file(struct watcher *watcher, const char *path, struct err *err);

/* Readable when something has changed. */
int watcher_fd(const struct watcher *watcher);
/* Adds what has changed until now to *changes. Does not wait. */
WARN_UNUSED int watcher_read(struct watcher *watcher, struct watcher_changes *changes,
			     struct err *err);
/*
 * Waits for a change, then until nothing has changed for `quiet_ms`, at most `most_ms`: an editor's or git's many steps
 * are one. `timeout_ms` -1 = waits as long as it takes; otherwise *changes may be empty. ERR_CANCELLED when cancel_fd (-1 = none) becomes readable.
 */
WARN_UNUSED int watcher_wait(struct watcher *watcher, int timeout_ms, int quiet_ms, int most_ms,
			     int cancel_fd, struct watcher_changes *changes, struct err *err);

#endif
