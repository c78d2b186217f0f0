/*
 * What has changed in a directory, as a layer: for roots that are no overlays, where nothing notes the changes.
 *
 * It goes by stat data alone. Whatever changes a file changes its ctime, which no program can set; so `before` must have been
 * looked at when the clock of the file system had passed the last change (tree_diff_settle()).
 */
#ifndef SOLVE_TREE_DIFF_H
#define SOLVE_TREE_DIFF_H

#include "base/monitor.h"
#include "context/tree.h"

/* Looks at everything below the root. */
WARN_UNUSED int tree_load(struct tree *tree, struct err *err);
/*
 * Waits until a change to a file in the file system of `dir_fd` is told from all earlier ones by its time: some milliseconds.
 * Makes a file there, and removes it.
 */
WARN_UNUSED int tree_diff_settle(int dir_fd, struct err *err);
/*
 * Both are of the same directory; `before` was loaded. What is new or another file now, with the directories that lead to it, and
 * whiteouts. A directory whose mode, owner and times are as they were has not changed.
 */
WARN_UNUSED int tree_diff(struct tree *before, struct tree *after, struct layer_sink *sink,
			  const struct monitor *monitor, struct err *err);

#endif
