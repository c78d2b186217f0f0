#include "workdir_step.h"

int workdir_fill(const struct vertex *vertex, struct tree *below, struct target *target,
		 struct err *err)
{
	const struct workdir_vertex *workdir = &vertex->workdir;
	struct target_defaults defaults = { .mode = 0755, .mtime = vertex_made_time(vertex) };
	struct tree_node *dir = NULL;

	if (workdir->user && accounts_resolve(below, workdir->user, &defaults.owner, err) < 0)
		return -1;
	if (target_make_directory(target, target_tree(target)->root, workdir->path, &defaults, &dir,
				  err) < 0)
		return err_wrap(err, "WORKDIR");
	return 0;
}

int workdir_execute(struct solver *solver, const struct vertex *vertex, struct tree *below,
		    struct layer_sink *sink, struct err *err)
{
	AUTO(target_freep) struct target *target = target_new(below);

	if (workdir_fill(vertex, below, target, err) < 0)
		return -1;
	return target_emit(target, sink, solver->monitor, err);
}
