/*
 * Cache keys. Each vertex has a definition: everything that decides its layer, but for the files
 * below it and those that it reads. Equal definitions are equal on every machine; times never count.
 *
 *	image      the diffIDs of its layers
 *	RUN        argv, environment (declared ARGs too, proxies not), user, directory, platform,
 *	           network, mounts, volumes
 *	COPY, ADD  names, modes, links and content of the context's files; destination, --chown, --chmod
 *	WORKDIR    path and owner
 *
 * A key is a definition, the file system below (as the diffIDs of its layers), and what is read of
 * others (COPY --from, RUN --mount=from=), in one of three ways. A COPY --link does not look at
 * what is below it, so that does not count.
 */
#ifndef SOLVE_KEY_H
#define SOLVE_KEY_H

#include "selection.h"
#include "solve/solver.h"

enum key_kind {
	KEY_BY_DEFINITION, /* what is read counts by how it is made: no file need be there */
	KEY_BY_RESULT,     /* by the layers of the file systems that it is read from */
	KEY_BY_CONTENT,    /* by the files themselves */
};

/* What a vertex reads of another one. */
struct reading {
	struct vertex *from;
	const struct copy_vertex *copy; /* NULL = a mount */
	const struct run_mount *mount;
};

size_t reading_count(const struct vertex *vertex);
struct reading reading_of(const struct vertex *vertex, size_t index);
/* Which files of the other one, as text. */
void reading_describe(const struct reading *reading, struct str *ret);

/*
 * Fills vertex->definition, own and whole; those of its parent and of what it reads must be there.
 * `selection` is what a COPY selects from a context, NULL for all others.
 */
WARN_UNUSED int key_describe(struct solver *solver, struct vertex *vertex,
			     const struct selection *selection, struct err *err);
/* The two halves of it: the definition's text alone, and what follows from its digest. */
WARN_UNUSED int key_define(struct solver *solver, struct vertex *vertex,
			   const struct selection *selection, struct err *err);
void key_set_own(struct vertex *vertex, const struct digest *own);
/* Of a COPY or ADD, all of its definition but the files, and what definitions mean at all. */
void key_describe_options(const struct vertex *vertex, struct str *ret);
/*
 * The chains of the parent and, by result, of what is read must be known. `contents`, by content:
 * a digest for each reading.
 */
void key_make(const struct vertex *vertex, enum key_kind kind, const struct digest *contents,
	      struct digest *ret);
/* vertex->chain, from its own layer and the parent's chain. */
void key_set_chain(struct vertex *vertex);

#endif
