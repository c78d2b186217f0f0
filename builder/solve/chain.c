#include "chain.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/log.h"
#include "cache_import.h"
#include "image/snapshot_maker.h"
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

static int fetch(struct solver *solver, const struct chain *chain, struct blob_watch *watch,
		 struct err *err)
{
	const struct base_image *image = chain->image;
	const struct fetch_target target = { .store = solver->store,
					     .watch = watch,
					     .step = chain->source->step };

	if (!image || has_all_blobs(solver, &image->layers))
		return 0;
	if (!solver->registry)
		return err_set(err, ERR_NOT_FOUND, "layers of '%s' are not in the store",
			       image->name);
	if (registry_fetch_blobs(solver->registry, &image->ref, &image->layers, &target, err) < 0)
		return err_wrap(err, "pull '%s'", image->name);
	return 0;
}

void snapshot_drop(struct store *store, const char *path)
{
	struct err err = ERR_INIT;

	if (store_drop_snapshot(store, path, &err) < 0)
		log_debug("solve", "drop %s: %s, ignoring", path, err.message);
	err_release(&err);
}

static int unpack_layer(struct solver *solver, const struct chain *chain,
			const struct chain_layer *layer, char path[SNAPSHOT_PATH_MAX],
			struct err *err)
{
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker =
		snapshot_maker_new(solver->store, solver->monitor, chain->source->step);

	snapshot_maker_add(maker, layer->blob, layer->diff_id);
	if (snapshot_maker_finish(maker, err) < 0)
		return -1;
	if (!store_find_snapshot(solver->store, layer->diff_id, path))
		return err_set(err, ERR_NOT_FOUND, "layer %s was removed by another process",
			       layer->blob->digest.text);
	return 0;
}

int chain_fetch_made(struct solver *solver, const struct vertex *vertex, struct err *err)
{
	AUTO(err_release) struct err why = ERR_INIT;

	if (!vertex->origin || store_has_blob(solver->store, &vertex->layer.blob.digest, NULL) ||
	    cache_source_fetch(vertex->origin, solver, &vertex->layer, vertex->step, &why) == 0)
		return 0;
	if (solver->imports && cache_source_give_up(vertex->origin, solver, vertex, &why)) {
		solver->has_lost_layer = true;
		return err_set(err, ERR_CANCELLED, "a cached layer is gone");
	}
	if (err)
		err_move(err, &why);
	return -1;
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

/* Layers of an image that are unpacked while they come. */
struct layer_watch {
	struct blob_watch watch;
	struct solver *solver;
	const struct chain *chain;
	struct snapshot_maker *maker;
};

static bool is_unpacked_layer(struct solver *solver, const struct chain_layer *layer)
{
	char path[SNAPSHOT_PATH_MAX];

	return store_find_snapshot(solver->store, layer->diff_id, path);
}

static void unpack_along(struct blob_watch *watch, const struct descriptor *blob,
			 struct blob_writer *writer)
{
	struct layer_watch *w = CONTAINER_OF(watch, struct layer_watch, watch);
	struct blob_feed *feed;

	VEC_FOREACH(layer, w->chain) {
		if (!digest_equal(&layer->blob->digest, &blob->digest))
			continue;
		if (is_unpacked_layer(w->solver, layer))
			return;
		/* without one it is unpacked later */
		feed = blob_writer_feed(writer, NULL);
		if (feed)
			snapshot_maker_follow(w->maker, blob, layer->diff_id, feed);
		return;
	}
}

/* Those that are in the store. */
static void add_layers(const struct layer_watch *w)
{
	VEC_FOREACH(layer, w->chain) {
		if (store_has_blob(w->solver->store, &layer->blob->digest, NULL))
			snapshot_maker_add(w->maker, layer->blob, layer->diff_id);
	}
}

static int fetch_and_unpack(struct solver *solver, const struct chain *chain, struct err *err)
{
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker =
		snapshot_maker_new(solver->store, solver->monitor, chain->source->step);
	struct layer_watch watch = { .watch = { .begins = unpack_along },
				     .solver = solver,
				     .chain = chain,
				     .maker = maker };

	add_layers(&watch);
	if (fetch(solver, chain, &watch.watch, err) < 0 || snapshot_maker_finish(maker, err) < 0)
		return -1;
	/* what another process fetched at the same time, and what could not be read along */
	add_layers(&watch);
	return snapshot_maker_finish(maker, err);
}

static int make_image_ready(struct solver *solver, const struct chain *chain, bool unpacked,
			    struct err *err)
{
	return unpacked ? fetch_and_unpack(solver, chain, err) : fetch(solver, chain, NULL, err);
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
