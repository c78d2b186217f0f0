#include "chain.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/log.h"
#include "cache_import.h"
#include "view.h"

static void add_image(const struct base_image *image, struct chain *ret)
{
	for (size_t i = 0; i < image->layers.len; i++)
		*VEC_ADD(ret) = (struct chain_layer){
			.blob = &image->layers.items[i],
			.diff_id = &image->config.diff_ids.items[i],
		};
}

void chain_of(struct vertex *vertex, struct chain *ret)
{
	if (vertex->parent)
		chain_of(vertex->parent, ret);
	switch (vertex->kind) {
	case VERTEX_SCRATCH: ret->source = vertex; break;
	case VERTEX_IMAGE:
		ret->source = vertex;
		ret->image = vertex->image;
		add_image(vertex->image, ret);
		break;
	case VERTEX_RUN:
	case VERTEX_COPY:
	case VERTEX_WORKDIR: {
		const struct vertex *maker = vertex_result(vertex);

		*VEC_ADD(ret) =
			(struct chain_layer){ &maker->layer.blob, &maker->layer.diff_id, maker };
	}
	}
}

void chain_release(struct chain *chain)
{
	free(chain->items);
	*chain = (struct chain){ .items = NULL };
}

static bool has_all_blobs(struct solver *solver, const struct descriptors *blobs)
{
	VEC_FOREACH(blob, blobs) {
		if (!store_has_blob(solver->store, &blob->digest, NULL))
			return false;
	}
	return true;
}

bool chain_is_ready(struct solver *solver, const struct chain *chain, bool unpacked)
{
	char path[SNAPSHOT_PATH_MAX];

	VEC_FOREACH(layer, chain) {
		if (!store_has_blob(solver->store, &layer->blob->digest, NULL))
			return false;
		if (unpacked && !store_find_snapshot(solver->store, layer->diff_id, path))
			return false;
	}
	return true;
}

int chain_fetch(struct solver *solver, const struct chain *chain, struct err *err)
{
	const struct base_image *image = chain->image;

	if (!image || has_all_blobs(solver, &image->layers))
		return 0;
	if (!solver->registry)
		return err_set(err, ERR_NOT_FOUND, "layers of '%s' are not in the store",
			       image->name);
	if (registry_fetch_blobs(solver->registry, &image->ref, solver->store, &image->layers,
				 chain->source->step, err) < 0)
		return err_wrap(err, "pull '%s'", image->name);
	return 0;
}

static int unpack_blob(struct solver *solver, const struct chain_layer *layer, const char *path,
		       struct err *err)
{
	AUTO(layer_unpacker_freep) struct layer_unpacker *unpacker = NULL;
	AUTO(fd_closep) int blob_fd = -1, dir_fd = -1;
	AUTO(freep) char *fs = xasprintf("%s/fs", path);
	struct digest diff_id;

	if (store_open_blob(solver->store, &layer->blob->digest, &blob_fd, err) < 0 ||
	    fd_open(store_dir_fd(solver->store), fs, O_RDONLY | O_DIRECTORY, 0, &dir_fd, err) < 0)
		return -1;
	unpacker = layer_unpacker_new(dir_fd, err);
	if (!unpacker ||
	    layer_read(blob_fd, true, layer_unpacker_sink(unpacker), &diff_id, err) < 0 ||
	    layer_unpacker_finish(unpacker, err) < 0)
		return -1;
	if (!digest_equal(&diff_id, layer->diff_id))
		return err_set(err, ERR_DIGEST, "content is %s, not %s as the image says",
			       diff_id.text, layer->diff_id->text);
	return 0;
}

void snapshot_drop(struct store *store, const char *path)
{
	struct err err = ERR_INIT;

	if (store_drop_snapshot(store, path, &err) < 0)
		log_debug("solve", "drop %s: %s, ignoring", path, err.message);
	err_release(&err);
}

static int make_snapshot(struct solver *solver, const struct chain_layer *layer,
			 char path[SNAPSHOT_PATH_MAX], struct err *err)
{
	if (monitor_check(solver->monitor, err) < 0 ||
	    store_new_snapshot(solver->store, path, err) < 0)
		return -1;
	if (unpack_blob(solver, layer, path, err) < 0) {
		snapshot_drop(solver->store, path);
		return err_wrap(err, "unpack layer %s", layer->blob->digest.text);
	}
	return store_commit_snapshot(solver->store, path, layer->diff_id, err);
}

static int unpack_layer(struct solver *solver, const struct chain *chain,
			const struct chain_layer *layer, char path[SNAPSHOT_PATH_MAX],
			struct err *err)
{
	unsigned step = chain->source->step;
	const struct descriptor *blob = layer->blob;

	monitor_transfer(solver->monitor, step, "extracting", blob->digest.text, 0, blob->size);
	if (make_snapshot(solver, layer, path, err) < 0)
		return -1;
	monitor_transfer(solver->monitor, step, "extracting", blob->digest.text, blob->size,
			 blob->size);
	return 0;
}

int chain_fetch_made(struct solver *solver, const struct vertex *vertex, struct err *err)
{
	if (!vertex->origin || store_has_blob(solver->store, &vertex->layer.blob.digest, NULL))
		return 0;
	return cache_source_fetch(vertex->origin, solver, &vertex->layer, vertex->step, err);
}

/* Two steps may need a layer at once: the second one finds it unpacked. */
static int unpack_shared_layer(struct solver *solver, const struct chain *chain,
			       const struct chain_layer *layer, char path[SNAPSHOT_PATH_MAX],
			       struct err *err)
{
	int result = 0;

	pthread_mutex_lock(&solver->unpacking);
	if (!store_find_snapshot(solver->store, layer->diff_id, path)) {
		result = chain_fetch_made(solver, layer->maker, err);
		if (result == 0)
			result = unpack_layer(solver, chain, layer, path, err);
	}
	pthread_mutex_unlock(&solver->unpacking);
	return result;
}

/* --- images --- */

static int make_image_ready(struct solver *solver, const struct chain *chain, bool unpacked,
			    struct err *err)
{
	char path[SNAPSHOT_PATH_MAX];

	if (chain_fetch(solver, chain, err) < 0)
		return -1;
	for (size_t i = 0; unpacked && i < chain->len; i++) {
		const struct chain_layer *layer = &chain->items[i];

		if (!store_find_snapshot(solver->store, layer->diff_id, path) &&
		    unpack_layer(solver, chain, layer, path, err) < 0)
			return -1;
	}
	return 0;
}

/* The work for an image is shown as its own step, whoever wants it first. */
static int show_and_make_ready(struct solver *solver, struct vertex *image,
			       const struct chain *chain, bool unpacked, struct err *err)
{
	bool is_first = !image->was_shown;

	image->was_shown = true;
	if (is_first)
		monitor_step(solver->monitor, image->step, EVENT_STEP_STARTED);
	if (make_image_ready(solver, chain, unpacked, err) < 0) {
		(void)vertex_error(image, err);
		return solver_report_failure(solver, image->step, err);
	}
	if (is_first)
		monitor_step(solver->monitor, image->step, EVENT_STEP_DONE);
	return 0;
}

int chain_prepare_image(struct solver *solver, struct vertex *image, bool unpacked, struct err *err)
{
	AUTO(chain_release) struct chain chain = { .items = NULL };
	int result = 0;

	chain_of(image, &chain);
	pthread_mutex_lock(&image->unpacking);
	if (!chain_is_ready(solver, &chain, unpacked))
		result = show_and_make_ready(solver, image, &chain, unpacked, err);
	pthread_mutex_unlock(&image->unpacking);
	return result;
}

/* Where all of an image is unpacked, its blobs need not be there. */
static bool is_unpacked(struct solver *solver, const struct chain *chain, size_t count)
{
	char path[SNAPSHOT_PATH_MAX];

	for (size_t i = 0; i < count; i++) {
		if (!store_find_snapshot(solver->store, chain->items[i].diff_id, path))
			return false;
	}
	return true;
}

static int prepare_layers(struct solver *solver, const struct chain *chain, struct strvec *ret,
			  struct err *err)
{
	size_t image_layers = chain->image ? chain->image->layers.len : 0;

	if (!is_unpacked(solver, chain, image_layers) &&
	    chain_prepare_image(solver, chain->source, true, err) < 0)
		return -1;
	for (size_t i = 0; i < chain->len; i++) {
		const struct chain_layer *layer = &chain->items[i];
		char path[SNAPSHOT_PATH_MAX];

		if (!store_find_snapshot(solver->store, layer->diff_id, path) &&
		    unpack_shared_layer(solver, chain, layer, path, err) < 0)
			return -1;
		strvec_add(ret, path);
	}
	return 0;
}

int chain_unpack(struct solver *solver, struct vertex *vertex, struct strvec *ret, struct err *err)
{
	AUTO(chain_release) struct chain chain = { .items = NULL };

	chain_of(vertex, &chain);
	if (chain.len > LIMIT_LAYERS)
		return err_set(err, ERR_LIMIT, "more than %d layers", LIMIT_LAYERS);
	return prepare_layers(solver, &chain, ret, err);
}

int chain_view(struct solver *solver, struct vertex *vertex, struct tree **ret, struct err *err)
{
	AUTO(strvec_release) struct strvec lowers = STRVEC_INIT;

	*ret = NULL;
	if (chain_unpack(solver, vertex, &lowers, err) < 0)
		return -1;
	return view_open(store_dir_fd(solver->store), &lowers, ret, err);
}
