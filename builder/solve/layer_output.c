#include "layer_output.h"

#include <fcntl.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "chain.h"

static int open_unpacker(struct layer_output *output, struct err *err)
{
	AUTO(freep) char *fs = NULL;
	AUTO(fd_closep) int dir_fd = -1;
	struct store *store = output->solver->store;

	if (store_new_snapshot(store, output->snapshot, err) < 0) {
		output->snapshot[0] = '\0';
		return -1;
	}
	fs = xasprintf("%s/fs", output->snapshot);
	if (fd_open(store_dir_fd(store), fs, O_RDONLY | O_DIRECTORY, 0, &dir_fd, err) < 0)
		return -1;
	output->unpacker = layer_unpacker_new(dir_fd, err);
	return output->unpacker ? 0 : -1;
}

static int open_writer(struct layer_output *output, const struct vertex *vertex, struct err *err)
{
	output->writer = layer_writer_new(output->solver->store, &vertex->settings->layers, err);
	return output->writer ? 0 : -1;
}

int layer_output_open(struct solver *solver, const struct vertex *vertex, struct layer_output *ret,
		      struct err *err)
{
	ret->solver = solver;
	if (open_writer(ret, vertex, err) < 0 ||
	    (vertex->files_wanted && open_unpacker(ret, err) < 0))
		return -1;
	layer_tee_init(&ret->tee, layer_writer_sink(ret->writer),
		       ret->unpacker ? layer_unpacker_sink(ret->unpacker) : NULL);
	return 0;
}

int layer_output_open_snapshot(struct solver *solver, const struct vertex *vertex,
			       struct layer_output *ret, struct err *err)
{
	ret->solver = solver;
	if (store_new_snapshot(solver->store, ret->snapshot, err) < 0) {
		ret->snapshot[0] = '\0';
		return -1;
	}
	if (open_writer(ret, vertex, err) < 0)
		return -1;
	layer_tee_init(&ret->tee, layer_writer_sink(ret->writer), NULL);
	return 0;
}

struct layer_sink *layer_output_sink(struct layer_output *output)
{
	return &output->tee.sink;
}

int layer_output_finish(struct layer_output *output, struct vertex *vertex, struct err *err)
{
	struct solver *solver = output->solver;
	struct layer layer = { .uncompressed_size = 0 };
	int64_t epoch;

	if (output->unpacker && layer_unpacker_finish(output->unpacker, err) < 0)
		return -1;
	if (layer_writer_finish(output->writer, &layer, err) < 0)
		return -1;
	layer_release(&vertex->layer);
	vertex->layer = layer; /* the vertex owns it from here */
	if (store_record_layer(solver->store, &vertex->layer.diff_id, &vertex->layer.blob, err) < 0)
		return -1;
	if (output->snapshot[0] &&
	    store_commit_snapshot(solver->store, output->snapshot, &vertex->layer.diff_id, err) < 0)
		return -1;
	output->snapshot[0] = '\0';
	epoch = vertex->settings->epoch;
	vertex->created = epoch >= 0 ? epoch : (int64_t)time(NULL);
	return 0;
}

void layer_output_release(struct layer_output *output)
{
	layer_writer_freep(&output->writer);
	layer_unpacker_freep(&output->unpacker);
	if (output->snapshot[0])
		snapshot_drop(output->solver->store, output->snapshot);
	output->snapshot[0] = '\0';
}
