/* The files of a vertex: its chain of layers, fetched and unpacked when somebody needs them. */
#ifndef SOLVE_CHAIN_H
#define SOLVE_CHAIN_H

#include "solve/solver.h"

/* A layer of a chain; all borrowed. */
struct chain_layer {
	const struct descriptor *blob;
	const struct digest *diff_id;
	const struct vertex *maker; /* NULL = an image's */
};

struct chain {
	struct chain_layer *items; /* lowest first */
	size_t len, cap;
	const struct base_image *image; /* what it starts from; NULL = scratch */
	struct vertex *source;          /* the vertex of that */
};

/* The layers of a vertex that is done or cached. */
void chain_of(struct vertex *vertex, struct chain *ret);
void chain_release(struct chain *chain);

/* Is there nothing to fetch, and, with `unpacked`, nothing to unpack? */
bool chain_is_ready(struct solver *solver, const struct chain *chain, bool unpacked);
/*
 * Brings the blobs of the image at the bottom into the store, shown as its step; with `unpacked` its layers are
 * unpacked while they come. Whoever comes second waits.
 */
WARN_UNUSED int chain_prepare_image(struct solver *solver, struct vertex *image, bool unpacked,
				    struct err *err);
/* Brings the layer that a vertex made into the store, if it was found in another cache. */
WARN_UNUSED int chain_fetch_made(struct solver *solver, const struct vertex *vertex,
				 struct err *err);
/*
 * Makes sure that every layer is unpacked; appends the snapshots, relative to the store, lowest
 * first. ERR_LIMIT above LIMIT_LAYERS.
 */
WARN_UNUSED int chain_unpack(struct solver *solver, struct vertex *vertex, struct strvec *ret,
			     struct err *err);
/* The same as a tree; without a layer its root is empty. */
WARN_UNUSED int chain_view(struct solver *solver, struct vertex *vertex, struct tree **ret,
			   struct err *err);
/* Drops what nobody needs; a failure is logged only: the store's own cleaning finds what stays. */
void snapshot_drop(struct store *store, const char *path);

#endif
