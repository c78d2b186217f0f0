#include "image_diff.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "image/image_content.h"

void image_diff_release(struct image_diff *diff)
{
	strvec_release(&diff->gone);
	strmap_release(&diff->put);
}

/* Two images by what differs: the layers above those that they share. */
struct comparison {
	struct store *store;
	struct manifest from, to;
	size_t shared;
	struct layer_index *before, *after;
	struct layer_index *below; /* what the shared layers hold; NULL = nobody asked yet */
	struct image_diff *diff;
};

static void comparison_release(struct comparison *comparison)
{
	manifest_release(&comparison->from);
	manifest_release(&comparison->to);
	layer_index_freep(&comparison->before);
	layer_index_freep(&comparison->after);
	layer_index_freep(&comparison->below);
}

static int index_layers(struct comparison *comparison, const struct manifest *manifest,
			size_t first, size_t end, struct layer_index **ret, struct err *err)
{
	*ret = layer_index_new();
	for (size_t i = first; i < end; i++) {
		if (layer_index_add(*ret, comparison->store, &manifest->layers.items[i].digest,
				    (unsigned)i, err) < 0)
			return -1;
	}
	return 0;
}

static int open_comparison(struct comparison *comparison, const struct descriptor *from,
			   const struct descriptor *to, struct err *err)
{
	struct descriptors *old = &comparison->from.layers, *new = &comparison->to.layers;

	if (image_content_read_manifest(comparison->store, from, &comparison->from, err) < 0 ||
	    image_content_read_manifest(comparison->store, to, &comparison->to, err) < 0)
		return -1;
	while (comparison->shared < old->len &&
	       comparison->shared < new->len &&digest_equal(&old->items[comparison->shared].digest,
							    &new->items[comparison->shared].digest))
		comparison->shared++;
	if (index_layers(comparison, &comparison->from, comparison->shared, old->len,
			 &comparison->before, err) < 0)
		return -1;
	return index_layers(comparison, &comparison->to, comparison->shared, new->len,
			    &comparison->after, err);
}

/* What the shared layers have at `path`; NULL = nothing. */
static int look_below(struct comparison *comparison, const char *path,
		      const struct indexed_file **ret, struct err *err)
{
	if (!comparison->below && index_layers(comparison, &comparison->to, 0, comparison->shared,
					       &comparison->below, err) < 0)
		return -1;
	*ret = layer_index_find(comparison->below, path);
	if (*ret && (*ret)->type == LAYER_WHITEOUT)
		*ret = NULL;
	return 0;
}

static void put(struct comparison *comparison, const struct indexed_file *file)
{
	AUTO(freep) char *number = xasprintf("%u", file->layer);
	const struct indexed_file *linked = NULL;

	strmap_set(&comparison->diff->put, file->path, number);
	if (file->type != LAYER_HARDLINK)
		return;
	linked = layer_index_find(comparison->after, file->link);
	comparison->diff->has_lost_link |= linked && linked->layer != file->layer;
}

/* All of the shared layers' files at and below `path` that the new layers do not hide. */
static int put_shared(struct comparison *comparison, const char *path, struct err *err)
{
	const struct indexed_file *file = NULL;
	const struct indexed_file *const *all = NULL;
	size_t count = 0;

	if (look_below(comparison, path, &file, err) < 0)
		return -1;
	all = layer_index_all(comparison->below, &count);
	for (size_t i = 0; i < count; i++) {
		if (path_is_within(all[i]->path, path) && all[i]->type != LAYER_WHITEOUT &&
		    !layer_index_hides(comparison->after, all[i]->path))
			put(comparison, all[i]);
	}
	return 0;
}

/* A directory that begins anew: what was in it goes, all that is to be in it is put. */
static void renew(struct comparison *comparison, const struct indexed_file *file)
{
	const struct indexed_file *const *all = NULL;
	size_t count = 0;

	strvec_add(&comparison->diff->gone, file->path);
	all = layer_index_all(comparison->after, &count);
	for (size_t i = 0; i < count; i++) {
		if (path_is_within(all[i]->path, file->path) && all[i]->type != LAYER_WHITEOUT)
			put(comparison, all[i]);
	}
}

/* What the new layers say of a path. */
static void compare_new(struct comparison *comparison, const struct indexed_file *new)
{
	const struct indexed_file *old = layer_index_find(comparison->before, new->path);
	bool was_opaque = old && old->is_opaque;

	if (indexed_file_equal(old, new))
		return;
	if (new->type == LAYER_WHITEOUT)
		strvec_add(&comparison->diff->gone, new->path);
	else if (new->is_opaque && !was_opaque)
		renew(comparison, new);
	else
		put(comparison, new);
}

/* It has been deleted in the container, where nothing lies below it. */
static bool is_deleted(const struct indexed_file *file)
{
	return file->type == LAYER_WHITEOUT && file->layer == LAYER_OF_CONTAINER;
}

/* What only the old layers say something about: it is as the shared layers have it again. */
static int compare_old(struct comparison *comparison, const struct indexed_file *old,
		       struct err *err)
{
	const struct indexed_file *new = layer_index_find(comparison->after, old->path);
	const struct indexed_file *below = NULL;

	if (new) {
		/* No longer cut off from the shared layers. */
		if (old->is_opaque && !new->is_opaque &&new->type == LAYER_DIR)
			return put_shared(comparison, old->path, err);
		return 0;
	}
	if (layer_index_hides(comparison->after, old->path) || is_deleted(old))
		return 0;
	if (look_below(comparison, old->path, &below, err) < 0)
		return -1;
	if (!below) {
		if (old->type != LAYER_WHITEOUT)
			strvec_add(&comparison->diff->gone, old->path);
		return 0;
	}
	if (old->type == LAYER_WHITEOUT || old->is_opaque || old->type != below->type)
		return put_shared(comparison, old->path, err);
	if (!indexed_file_equal(old, below))
		put(comparison, below);
	return 0;
}

static int compare_all(struct comparison *comparison, struct err *err)
{
	const struct indexed_file *const *all = NULL;
	size_t count = 0;

	all = layer_index_all(comparison->after, &count);
	for (size_t i = 0; i < count; i++)
		compare_new(comparison, all[i]);
	all = layer_index_all(comparison->before, &count);
	for (size_t i = 0; i < count; i++) {
		if (compare_old(comparison, all[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Sorted, and without what is below another one. */
static void tidy_gone(struct strvec *gone)
{
	size_t kept = 0;

	strvec_sort(gone);
	for (size_t i = 0; i < gone->len; i++) {
		if (kept > 0 && path_is_within(gone->items[i], gone->items[kept - 1]))
			free(gone->items[i]);
		else
			gone->items[kept++] = gone->items[i];
	}
	if (gone->items)
		gone->items[kept] = NULL;
	gone->len = kept;
}

int image_diff_make(struct store *store, const struct descriptor *from, struct layer_index *on_top,
		    const struct descriptor *to, struct image_diff *ret, struct err *err)
{
	AUTO(comparison_release) struct comparison comparison = { .store = store, .diff = ret };

	if (open_comparison(&comparison, from, to, err) < 0)
		return -1;
	ret->shared = comparison.shared;
	if (on_top)
		layer_index_stack(comparison.before, on_top);
	if (compare_all(&comparison, err) < 0)
		return -1;
	tidy_gone(&ret->gone);
	return 0;
}

/* --- the archive --- */

struct picker {
	struct layer_sink sink;
	struct layer_sink *out;
	const struct image_diff *diff;
	const char *layer; /* its number as the diff has it */
	bool is_picked;    /* the entry whose data comes */
};

static int pick_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct picker *picker = CONTAINER_OF(sink, struct picker, sink);

	picker->is_picked = entry->type != LAYER_WHITEOUT && entry->type != LAYER_OPAQUE &&
			    str_eq(strmap_get(&picker->diff->put, entry->path), picker->layer);
	return picker->is_picked ? picker->out->entry(picker->out, entry, err) : 0;
}

static int pick_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct picker *picker = CONTAINER_OF(sink, struct picker, sink);

	return picker->is_picked ? picker->out->data(picker->out, data, len, err) : 0;
}

static bool wants_layer(const struct image_diff *diff, const char *number)
{
	VEC_FOREACH(path, &diff->put) {
		if (str_eq(path->value, number))
			return true;
	}
	return false;
}

static int pick(struct picker *picker, struct store *store, const struct digest *blob,
		struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (store_open_blob(store, blob, &fd, err) < 0)
		return -1;
	return layer_read(fd, true, &picker->sink, NULL, err);
}

int image_diff_write(const struct image_diff *diff, struct store *store,
		     const struct descriptor *to, struct layer_sink *out, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };

	if (image_content_read_manifest(store, to, &manifest, err) < 0)
		return -1;
	for (size_t i = 0; i < manifest.layers.len; i++) {
		AUTO(freep) char *number = xasprintf("%zu", i);
		struct picker picker = { .sink = { .entry = pick_entry, .data = pick_data },
					 .out = out,
					 .diff = diff,
					 .layer = number };

		if (wants_layer(diff, number) &&
		    pick(&picker, store, &manifest.layers.items[i].digest, err) < 0)
			return -1;
	}
	return 0;
}
