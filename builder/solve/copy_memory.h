/*
 * What a COPY of a context came to: the digest of its definition (key.h) is remembered with the stat data of all that it
 * selects, as git's index does it for a single file. While nothing changes, neither the record of hashes nor
 * the text of the definition, both as long as the list of files, is needed.
 *
 * Each COPY of a context has one record, that of the last build.
 */
#ifndef SOLVE_COPY_MEMORY_H
#define SOLVE_COPY_MEMORY_H

#include <time.h>

#include "selection.h"
#include "solve/solver.h"

struct copy_memory {
	struct digest name;
	struct digest stats;       /* of what is selected, and of the options */
	struct timespec looked_at; /* when nobody had read a file yet */
	bool applies; /* it is a COPY of files that later builds find in the same place */
};

/* `selection` as for key_describe(); no file has been opened for it yet. */
void copy_memory_look(const struct vertex *vertex, const struct selection *selection,
		      struct copy_memory *ret);
/* *ret_found: `ret_own` is what vertex->own would be. */
WARN_UNUSED int copy_memory_recall(const struct copy_memory *memory, struct solver *solver,
				   struct digest *ret_own, bool *ret_found, struct err *err);
/* Unless a file is so new that it could change without its stat data showing it (context/hash.h). */
WARN_UNUSED int copy_memory_put(const struct copy_memory *memory, struct solver *solver,
				const struct vertex *vertex, const struct selection *selection,
				struct err *err);

#endif
