/*
 * Cache keys. The key of a vertex is the sha256 of everything that decides its layer: the parent's
 * key, its definition with all variables expanded, and what it reads. Equal inputs give equal keys
 * on every machine; times never count.
 *
 *	image      the diffIDs of its layers
 *	RUN        argv, environment (declared ARGs too, proxies not), user, directory, platform,
 *	           network, mounts, volumes
 *	COPY, ADD  names, modes, links and content of the files, of a stage its key; destination,
 *	           --chown, --chmod
 *	WORKDIR    path and owner
 */
#ifndef SOLVE_KEY_H
#define SOLVE_KEY_H

#include "selection.h"
#include "solve/solver.h"

/*
 * Fills vertex->key; those of its parent and inputs must be known. `selection` is what a COPY from
 * the context selects, NULL for all others.
 */
WARN_UNUSED int key_compute(struct solver *solver, struct vertex *vertex,
			    const struct selection *selection, struct err *err);

#endif
