#include "mount_files.h"

#include "base/alloc.h"
#include "chain.h"
#include "copy_step.h"

int mount_files_fill(struct solver *solver, const struct vertex *vertex,
		     const struct run_mount *mount, int fd, const char *dest, bool *ret_changed,
		     struct err *err)
{
	AUTO(selection_release) struct selection selection = { .tree = NULL };
	AUTO(tree_freep) struct tree *files = NULL;
	AUTO(layer_unpacker_freep) struct layer_unpacker *unpacker = NULL;
	struct copy_argument argument = { .path = mount->source };
	AUTO(freep) char *to = xstrdup(dest);
	struct vertex copy = {
		.kind = VERTEX_COPY,
		.settings = vertex->settings,
		.instruction = vertex->instruction,
		.copy = { .from = mount->from,
			  .files = mount->files,
			  .from_name = mount->from_name,
			  .arguments = { .items = &argument, .len = 1 },
			  .dest = to },
	};
	bool changed = false;
	int result;

	if (mount->from && chain_view(solver, mount->from, &files, err) < 0)
		return -1;
	pthread_mutex_lock(&solver->lock); /* contexts are everybody's */
	result = selection_make(mount->from ? files : vertex_files(vertex, mount->files)->tree,
				&copy.copy, vertex->file, solver->monitor, &selection, err);
	pthread_mutex_unlock(&solver->lock);
	if (result < 0)
		return err_wrap(err, "--mount");
	unpacker = layer_unpacker_new(fd, err);
	if (!unpacker || copy_execute(solver, &copy, &selection, NULL,
				      layer_unpacker_sink(unpacker), NULL, &changed, err) < 0)
		return -1;
	*ret_changed |= changed;
	return layer_unpacker_finish(unpacker, err);
}
