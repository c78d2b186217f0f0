/*
 * The files of a stack of snapshots as a tree, as overlayfs would show them, without mounting it:
 * whiteouts and opaque directories count. For COPY --from, and for what is already there where a
 * COPY goes.
 */
#ifndef SOLVE_VIEW_H
#define SOLVE_VIEW_H

#include "base/vec.h"
#include "context/tree.h"

/* `lowers`: directories relative to dir_fd, lowest first; none = an empty root, mode 0755. */
WARN_UNUSED int view_open(int dir_fd, const struct strvec *lowers, struct tree **ret,
			  struct err *err);

#endif
