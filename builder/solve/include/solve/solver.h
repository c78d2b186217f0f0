/*
 * Carrying out a graph: keys, cache, execution.
 *
 *	solver_run(&solver, &graph, err);
 *	-- every vertex has its layer now, and all blobs are in the store
 *
 * First all keys are computed and looked up: a vertex that is found in the cache costs nothing
 * further unless a step that must run reads its files. Then the rest is executed, steps that do not
 * depend on each other at the same time; the first failure ends the others.
 */
#ifndef SOLVE_SOLVER_H
#define SOLVE_SOLVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monitor.h"
#include "image/store.h"
#include "registry/client.h"
#include "sandbox/sandbox.h"
#include "solve/cache_place.h"
#include "solve/graph.h"

struct cache_imports;
struct explain;

/* All borrowed; one build, of one target or several. */
struct solver {
	struct store *store;
	struct registry *registry; /* NULL = everything must be in the store */
	struct sandbox *sandbox;   /* NULL = no RUN can be executed */
	const struct monitor *monitor;
	const struct cache_places *cache_sources; /* --cache-from; NULL = none */

	unsigned jobs; /* steps at the same time; 0 = one per processor */

	bool explains; /* at the end: why steps were executed */
	struct explain *explain;
	struct cache_imports *imports; /* what they say; NULL = nothing, or not asked yet */
	atomic_bool has_lost_layer;    /* one of them did not have what it says */
	pthread_mutex_t lock;          /* of contexts, and of flat_roots */
	bool flat_roots;               /* there are no overlays here: flat_root.h */
	pthread_cond_t made;           /* something in `making` is */
	struct strvec making;          /* layers that are being made: made_layer.h */
	pthread_mutex_t unpacking;     /* one layer at a time */
};

/*
 * ERR_CHILD for a RUN that failed, with child_status and its place; ERR_CANCELLED; errors of the
 * user's files with their place. Whatever was finished stays in the cache; nothing of an unfinished
 * step stays.
 */
WARN_UNUSED int solver_run(struct solver *solver, struct graph *graph, struct err *err);

/* What the graph's vertices borrow from it is gone afterwards. */
void solver_release(struct solver *solver);
/* Says of a step of the monitor that it failed, or was cancelled; returns -1. */
int solver_report_failure(const struct solver *solver, unsigned step, const struct err *err);

#endif
