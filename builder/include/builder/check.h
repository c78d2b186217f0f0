/*
 * The build checks: what is wrong with a Dockerfile, or likely so, without building it.
 *
 *	AUTO(build_check_freep) struct build_check *check = NULL;
 *
 *	if (build_check_run(&request, true, &check, err) < 0)
 *		return -1;
 *	for (size_t i = 0; i < build_check_count(check); i++)
 *		diags_render(build_check_diags(check, i), colour, &text);
 */
#ifndef BUILDER_CHECK_H
#define BUILDER_CHECK_H

#include <stdbool.h>

#include "builder/build.h"
#include "dockerfile/dockerfile.h"

struct build_check;

/*
 * Of the request: context_dir, dockerfile, machines, target, build_args; and when base images are to be
 * asked for their variables and platforms, or the context is no directory, store, registry, monitor and pull. Nothing
 * but their configuration is ever fetched. `all_stages`: also those that the target does not need. Problems of the
 * Dockerfile are no error: this fails only when there is nothing to check.
 */
WARN_UNUSED int build_check_run(const struct build_request *request, bool all_stages,
				struct build_check **ret, struct err *err);
void build_check_free(struct build_check *check); /* NULL is fine */

static inline void build_check_freep(struct build_check **check)
{
	build_check_free(*check);
}

/* The Dockerfiles: one, unless boards have their own. */
size_t build_check_count(const struct build_check *check);
/*
 * What was found in one of them, sorted by place; what several machines have in common stands once. Borrowed, as
 * all of these.
 */
const struct diags *build_check_diags(const struct build_check *check, size_t index);
const struct dockerfile *build_check_file(const struct build_check *check, size_t index);
/*
 * More could be said with base images at hand, and the request had no store: worth asking again with one.
 */
bool build_check_wants_bases(const struct build_check *check);

#endif
