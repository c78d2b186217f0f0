/*
 * The files that the last COPY and ADD steps of an image put, kept in step with their sources: once the image is built, a
 * changed source is a changed file of it, and no layer has to be made to know which.
 *
 *	copied_files_open(&solver, top, &files, err);		-- the graph is solved, and stays
 *	copied_files_update(files, &paths, &change, err);	-- some sources have changed
 *	if (change == COPIED_CHANGED)
 *		... copied_files_gone(files), copied_files_write(files, sink, monitor, err)
 *
 * All that it cannot be sure of is COPIED_UNKNOWN: then only a build tells.
 */
#ifndef SOLVE_COPIED_FILES_H
#define SOLVE_COPIED_FILES_H

#include "solve/solver.h"

struct copied_files;

/*
 * Of the file system of `top`. *ret NULL: no step at its end reads a context, or one of them unpacks an archive. Borrows
 * the graph with its contexts, and what the solver borrows; fetches and unpacks what is below the steps where that
 * is not there.
 */
WARN_UNUSED int copied_files_open(const struct solver *solver, struct vertex *top,
				  struct copied_files **ret, struct err *err);
void copied_files_free(struct copied_files *files);

enum copied_change {
	COPIED_SAME,
	COPIED_CHANGED, /* there is something gone, or to be put */
	/*
	 * Another step reads what has changed, something below comes to light, a source is missing ...; nothing
	 * further can be asked of it.
	 */
	COPIED_UNKNOWN,
};

/* Absolute paths, changed, made or gone. Errors: ERR_CANCELLED. */
WARN_UNUSED int copied_files_update(struct copied_files *files, const struct strvec *paths,
				    enum copied_change *ret, struct err *err);
/* What the last update found: relative paths, sorted; what is below one of them is not named. */
const struct strvec *copied_files_gone(const struct copied_files *files);
size_t copied_files_put_count(const struct copied_files *files);
/* The layer, counted from 1, of the lowest step that anything of it comes from. */
size_t copied_files_lowest_layer(const struct copied_files *files);
/* The files to be put, parents first. */
WARN_UNUSED int copied_files_write(const struct copied_files *files, struct layer_sink *sink,
				   const struct monitor *monitor, struct err *err);

#endif
