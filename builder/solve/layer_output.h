/*
 * A layer on its way into the store: entries become a blob and, when a later step needs the files,
 * a snapshot at the same time.
 */
#ifndef SOLVE_LAYER_OUTPUT_H
#define SOLVE_LAYER_OUTPUT_H

#include "solve/solver.h"

struct layer_output {
	struct solver *solver;
	struct layer_writer *writer;
	struct layer_unpacker *unpacker; /* NULL = no snapshot is made of the entries */
	struct layer_tee tee;
	char snapshot[SNAPSHOT_PATH_MAX]; /* "" = none */
};

/*
 * For a vertex that makes entries itself (COPY, WORKDIR): a snapshot is unpacked beside when its
 * files are wanted.
 */
WARN_UNUSED int layer_output_open(struct solver *solver, const struct vertex *vertex,
				  struct layer_output *ret, struct err *err);
/* For a vertex whose files come to be in a snapshot first (RUN); they are packed from there. */
WARN_UNUSED int layer_output_open_snapshot(struct solver *solver, const struct vertex *vertex,
					   struct layer_output *ret, struct err *err);
struct layer_sink *layer_output_sink(struct layer_output *output);
/* Everything is on the disk afterwards; fills vertex->layer and vertex->created. */
WARN_UNUSED int layer_output_finish(struct layer_output *output, struct vertex *vertex,
				    struct err *err);
/* What was not finished leaves nothing behind. */
void layer_output_release(struct layer_output *output);

#endif
