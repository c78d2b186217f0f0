#include "file_changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/limits.h"
#include "layers.h"

void platform_files_release(struct platform_files *files)
{
	VEC_FOREACH(changes, files) {
		VEC_FOREACH(change, changes)
			free(change->path);
		free(changes->items);
	}
	free(files->items);
	*files = (struct platform_files){ .items = NULL };
}

/* --- two indexes --- */

/* Either may be NULL. */
static void add(struct file_changes *ret, enum file_change_kind kind, const char *path,
		const struct indexed_file *before, const struct indexed_file *after)
{
	*VEC_ADD(ret) = (struct file_change){ .path = xstrdup(path),
					      .kind = kind,
					      .before = before ? before->size : FILE_SIZE_UNKNOWN,
					      .after = after ? after->size : FILE_SIZE_UNKNOWN };
}

/* NULL when the layers have nothing there. */
static const struct indexed_file *there(const struct indexed_file *file)
{
	return file && file->type != LAYER_WHITEOUT ? file : NULL;
}

static bool is_directory(const struct indexed_file *file)
{
	return file->type == LAYER_DIR;
}

static bool is_same(const struct indexed_file *before, const struct indexed_file *after)
{
	struct indexed_file other = *after;

	/* what an opaque directory hides is not looked at */
	other.is_opaque = before->is_opaque;
	return indexed_file_equal(before, &other);
}

/* What the newer layers say of a path. */
static void compare_new(const struct layer_index *before, const struct indexed_file *file,
			struct file_changes *ret)
{
	const struct indexed_file *old = layer_index_find(before, file->path);
	const struct indexed_file *was = there(old), *is = there(file);

	if (was && is) {
		if (!is_same(was, is))
			add(ret, FILE_CHANGED, file->path, was, is);
	} else if (is && !is_directory(is)) {
		add(ret, FILE_ADDED, file->path, NULL, is);
	} else if (!is && (was ? !is_directory(was) : !old)) {
		add(ret, FILE_REMOVED, file->path, was, NULL);
	}
}

/* What only the older layers say something of. */
static void compare_old(const struct layer_index *after, const struct indexed_file *file,
			struct file_changes *ret)
{
	if (layer_index_find(after, file->path) || is_directory(file))
		return;
	if (there(file))
		add(ret, FILE_REMOVED, file->path, file, NULL);
	else if (!layer_index_hides(after, file->path))
		add(ret, FILE_ADDED, file->path, NULL, NULL);
}

static int by_path(const void *a, const void *b)
{
	const struct file_change *left = a, *right = b;

	return strcmp(left->path, right->path);
}

void file_changes_compare(struct layer_index *before, struct layer_index *after,
			  struct file_changes *ret)
{
	const struct indexed_file *const *all = NULL;
	size_t count = 0;

	all = layer_index_all(after, &count);
	for (size_t i = 0; i < count; i++)
		compare_new(before, all[i], ret);
	all = layer_index_all(before, &count);
	for (size_t i = 0; i < count; i++)
		compare_old(after, all[i], ret);
	if (ret->len > 1)
		qsort(ret->items, ret->len, sizeof(*ret->items), by_path);
}

/* --- two images --- */

struct reading {
	struct store *store;
	struct layer_index *index;
	struct layer_recorder recorder;
	struct layer_sink sink; /* before the recorder's */
	unsigned layers;        /* that were read */
};

static int take_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct reading *reading = CONTAINER_OF(sink, struct reading, sink);

	if (layer_index_count(reading->index) >= LIMIT_COMPARED_FILES)
		return err_set(err, ERR_LIMIT, "there are more than %d files to compare",
			       LIMIT_COMPARED_FILES);
	return reading->recorder.sink.entry(&reading->recorder.sink, entry, err);
}

static int take_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct reading *reading = CONTAINER_OF(sink, struct reading, sink);

	return reading->recorder.sink.data(&reading->recorder.sink, data, len, err);
}

static int read_layer(struct reading *reading, const struct descriptor *layer, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	int status;

	if (store_open_blob(reading->store, &layer->digest, &fd, err) < 0)
		return -1;
	reading->sink = (struct layer_sink){ .entry = take_entry, .data = take_data };
	layer_recorder_init(&reading->recorder, reading->index, reading->layers++);
	status = layer_read(fd, true, &reading->sink, NULL, err);
	layer_recorder_finish(&reading->recorder);
	return status < 0 ? err_wrap(err, "layer %s", layer->digest.text) : 0;
}

/* Those from `first` on. */
static int read_layers(struct registry *registry, const struct fetch_target *target,
		       const char *image, const struct descriptors *layers, size_t first,
		       struct layer_index **ret, struct err *err)
{
	struct descriptors wanted = { .items = layers->items + first, .len = layers->len - first };
	struct reading reading = { .store = target->store };
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	*ret = reading.index = layer_index_new();
	if (image_ref_parse(image, &ref, err) < 0 ||
	    registry_fetch_blobs(registry, &ref, &wanted, target, err) < 0)
		return -1;
	VEC_FOREACH(layer, &wanted) {
		if (read_layer(&reading, layer, err) < 0)
			return -1;
	}
	return 0;
}

static size_t shared_layers(const struct descriptors *before, const struct descriptors *after)
{
	size_t count = 0;

	while (count < before->len && count < after->len &&
	       digest_equal(&before->items[count].digest, &after->items[count].digest))
		count++;
	return count;
}

struct pair {
	struct registry *registry;
	const struct fetch_target *target;
	struct service_difference *service;
	struct image_layers before, after;
};

static void pair_release(struct pair *pair)
{
	image_layers_release(&pair->before);
	image_layers_release(&pair->after);
}

static int compare_platform(struct pair *pair, const struct platform_layers *before,
			    const struct platform_layers *after, struct err *err)
{
	const size_t shared = shared_layers(&before->layers, &after->layers);
	AUTO(layer_index_freep) struct layer_index *old = NULL;
	AUTO(layer_index_freep) struct layer_index *new = NULL;
	struct file_changes *changes = NULL;

	if (read_layers(pair->registry, pair->target, pair->service->before, &before->layers,
			shared, &old, err) < 0 ||
	    read_layers(pair->registry, pair->target, pair->service->after, &after->layers, shared,
			&new, err) < 0)
		return -1;
	changes = VEC_ADD(&pair->service->files);
	*changes = (struct file_changes){ .platform = after->platform };
	file_changes_compare(old, new, changes);
	return 0;
}

static int compare_service(struct pair *pair, struct err *err)
{
	if (image_layers_read(pair->registry, pair->service->before, &pair->before, err) < 0 ||
	    image_layers_read(pair->registry, pair->service->after, &pair->after, err) < 0)
		return -1;
	VEC_FOREACH(after, &pair->after) {
		VEC_FOREACH(before, &pair->before) {
			if (platform_equal(&before->platform, &after->platform) &&
			    compare_platform(pair, before, after, err) < 0)
				return -1;
		}
	}
	return 0;
}

int release_compare_files(struct registry *registry, const struct fetch_target *target,
			  struct release_difference *difference, struct err *err)
{
	VEC_FOREACH(service, difference) {
		AUTO(pair_release)
		struct pair pair = { .registry = registry, .target = target, .service = service };

		if (service->change != SERVICE_CHANGED || !service->before || !service->after ||
		    str_eq(service->before, service->after))
			continue;
		if (compare_service(&pair, err) < 0)
			return err_wrap(err, "service '%s'", service->name);
	}
	return 0;
}
