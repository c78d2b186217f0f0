#include "solve/cache_export.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "cache_config.h"
#include "cache_import.h"
#include "content.h"
#include "image/image_content.h"
#include "image/layout.h"
#include "key.h"

/* --- what --- */

/* Each once, what it is made from first. */
static void collect(struct vertex *vertex, bool all, struct vertices *ret)
{
	struct vertex *result = vertex_result(vertex);

	VEC_FOREACH(known, ret) {
		if (*known == result)
			return;
	}
	if (result->parent)
		collect(result->parent, all, ret);
	for (size_t i = 0; all && i < result->inputs.len; i++)
		collect(result->inputs.items[i], all, ret);
	*VEC_ADD(ret) = result;
}

static bool are_readings_known(const struct vertex *vertex)
{
	for (size_t i = 0; i < reading_count(vertex); i++) {
		if (vertex_result(reading_of(vertex, i).from)->state == VERTEX_PENDING)
			return false;
	}
	return true;
}

static void read_chains(const struct vertex *vertex, struct strvec *ret)
{
	for (size_t i = 0; i < reading_count(vertex); i++)
		strvec_add(ret, vertex_result(reading_of(vertex, i).from)->chain.text);
}

static void add_key(const struct vertex *vertex, enum key_kind kind, const struct digest *contents,
		    const struct strvec *read, size_t layer, struct cache_config *config)
{
	struct digest key;

	key_make(vertex, kind, contents, &key);
	cache_config_add_entry(config, key.text, layer, read);
}

/* In all the ways that are known; where nothing is read they are one. */
static void add_step(struct solver *solver, struct vertex *vertex, struct cache_config *config)
{
	AUTO(strvec_release) struct strvec read = STRVEC_INIT;
	struct task task = { .vertex = vertex };
	bool reads = reading_count(vertex) > 0, known = false;
	size_t layer;

	if (!vertex->parent || vertex->state == VERTEX_PENDING || vertex->is_unrecorded)
		return;
	layer = cache_config_add_layer(config, &vertex->layer, vertex->created);
	if (!are_readings_known(vertex)) {
		add_key(vertex, KEY_BY_DEFINITION, NULL, &vertex->assumed, layer, config);
		return;
	}
	read_chains(vertex, &read);
	add_key(vertex, KEY_BY_RESULT, NULL, &read, layer, config);
	if (reads)
		add_key(vertex, KEY_BY_DEFINITION, NULL, &read, layer, config);
	/* What cannot be remembered is one way less to find it. */
	if (reads && content_recall(solver, &task, &known, NULL) == 0 && known)
		add_key(vertex, KEY_BY_CONTENT, task.contents, &read, layer, config);
	free(task.contents);
}

json_t *cache_export_inline(struct solver *solver, struct vertex *top)
{
	struct cache_config config = { .layers = { .items = NULL } };
	struct vertices steps = { .items = NULL };
	json_t *json;

	collect(top, false, &steps);
	VEC_FOREACH(step, &steps)
		add_step(solver, *step, &config);
	json = cache_config_to_json(&config);
	cache_config_release(&config);
	free(steps.items);
	return json;
}

/* --- where --- */

static int put_config(struct solver *solver, const struct cache_config *config,
		      struct descriptor *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_t *json = cache_config_to_json(config);

	json_write(json, &text);
	json_decref(json);
	ret->media_type = xstrdup(MEDIA_CACHE_CONFIG);
	ret->size = text.len;
	return store_put_blob(solver->store, text.ptr, text.len, &ret->digest, err);
}

static int put_manifest(struct solver *solver, const struct cache_config *config,
			struct descriptor *ret, struct err *err)
{
	AUTO(manifest_release)
	struct manifest manifest = { .media_type = xstrdup(MEDIA_OCI_MANIFEST) };

	if (put_config(solver, config, &manifest.config, err) < 0)
		return -1;
	VEC_FOREACH(layer, &config->layers)
		descriptor_copy(VEC_ADD(&manifest.layers), &layer->layer.blob);
	return image_content_put_manifest(solver->store, &manifest, ret, err);
}

static int fetch_missing(struct solver *solver, const struct vertices *steps,
			 const struct cache_place *place, unsigned monitor_step_id, struct err *err)
{
	VEC_FOREACH(item, steps) {
		const struct vertex *step = *item;

		if (!step->parent || !step->origin || step->state == VERTEX_PENDING ||
		    store_has_blob(solver->store, &step->layer.blob.digest, NULL) ||
		    (place->kind == CACHE_REGISTRY &&
		     cache_source_is_at(step->origin, &place->ref)))
			continue;
		if (cache_source_fetch(step->origin, solver, &step->layer, monitor_step_id, err) <
		    0)
			return -1;
	}
	return 0;
}

static int write_layout(struct solver *solver, const struct descriptor *target,
			const struct cache_place *place, struct err *err)
{
	struct named_image image = { .name = place->tag, .target = *target };
	const struct named_images images = { .items = &image, .len = 1 };

	return layout_write(solver->store, &images, place->dir, solver->monitor, err);
}

static int write_steps(struct solver *solver, const struct vertices *steps,
		       const struct cache_place *place, unsigned step, struct err *err)
{
	AUTO(cache_config_release) struct cache_config config = { .layers = { .items = NULL } };
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };

	VEC_FOREACH(vertex, steps)
		add_step(solver, *vertex, &config);
	if (fetch_missing(solver, steps, place, step, err) < 0 ||
	    put_manifest(solver, &config, &target, err) < 0)
		return -1;
	if (place->kind == CACHE_LOCAL)
		return write_layout(solver, &target, place, err);
	if (!solver->registry)
		return err_set(err, ERR_UNSUPPORTED, "no registry can be asked");
	return registry_push(solver->registry, solver->store, &target, &place->ref, step, NULL,
			     err);
}

int cache_export(struct solver *solver, const struct vertices *tops,
		 const struct cache_place *place, struct err *err)
{
	const struct monitor *monitor = solver->monitor;
	unsigned step = monitor_add_step(monitor, "exporting cache to %s", place->text);
	AUTO(err_release) struct err why = ERR_INIT;
	struct vertices steps = { .items = NULL };
	int result;

	monitor_step(monitor, step, EVENT_STEP_STARTED);
	VEC_FOREACH(top, tops)
		collect(*top, place->all, &steps);
	result = write_steps(solver, &steps, place, step, &why);
	free(steps.items);
	if (result < 0 && place->ignore_error && why.kind != ERR_CANCELLED) {
		monitor_text(monitor, step, EVENT_WARNING, "cache to '%s': %s, ignoring",
			     place->text, why.message);
		result = 0;
	}
	if (result < 0) {
		(void)err_wrap(&why, "cache to '%s'", place->text);
		(void)solver_report_failure(solver, step, &why);
		err_move(err, &why);
		return -1;
	}
	monitor_step(monitor, step, EVENT_STEP_DONE);
	return 0;
}
