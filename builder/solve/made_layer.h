/*
 * Layers by what is in them: the same files at the same place are packed once, whatever they are
 * copied onto. A step of two platforms makes one layer; a COPY behind a RUN that changed is there.
 */
#ifndef SOLVE_MADE_LAYER_H
#define SOLVE_MADE_LAYER_H

#include "image/digest.h"
#include "solve/solver.h"

struct made_layer {
	struct solver *solver;
	struct vertex *vertex; /* that wants it */
	struct digest name;    /* target_digest(); empty = not known */
	bool is_ours;          /* to make: others wait */
	bool is_found;
};

/*
 * Fills the vertex's layer when there is one of that name, and is_found; else the caller makes it, and another
 * thread that wants the same waits until the caller releases it.
 */
WARN_UNUSED int made_layer_find(struct made_layer *layer, struct err *err);
/* The vertex has made it. */
WARN_UNUSED int made_layer_put(const struct made_layer *layer, struct err *err);
void made_layer_release(struct made_layer *layer);

#endif
