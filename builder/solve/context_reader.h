/* Steps whose result depends on files of a context, other than those that are followed file by file: has one of them changed? */
#ifndef SOLVE_CONTEXT_READER_H
#define SOLVE_CONTEXT_READER_H

#include "solve/graph.h"

struct context_reader {
	const struct vertex *vertex;
	const struct run_mount *mount; /* of a RUN; NULL = a COPY */
	const struct context_files *files;
	struct digest digest; /* of what it reads, when it was last looked at */
};

struct context_readers {
	struct context_reader *items;
	size_t len, cap;
};

void context_readers_release(struct context_readers *readers);
/* All that `top` is made from, but for those `except`. */
void context_readers_find(struct vertex *top, const struct vertices *except,
			  struct context_readers *ret);
/* Looks at all of them; *ret_changed (may be NULL) tells whether one has changed since the last look. */
WARN_UNUSED int context_readers_look(struct context_readers *readers, const struct monitor *monitor,
				     bool *ret_changed, struct err *err);

#endif
