#include "flat_image.h"

#include <stdio.h>

#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "image/layer.h"

struct flattener {
	struct layer_sink sink;
	json_t *tree;
	struct hasher *hasher;
	json_t *file; /* the one whose data arrive; borrowed */
};

static void finish_file(struct flattener *flattener)
{
	struct digest digest;

	if (!flattener->file)
		return;
	hasher_finish(flattener->hasher, &digest);
	json_set_string(flattener->file, "sha256", digest_hex(&digest));
	flattener->file = NULL;
}

/* Removes `path` and, or only, what is below it. */
static void drop(json_t *tree, const char *path, bool only_below)
{
	const char *key = NULL;
	json_t *value = NULL;
	void *next = NULL;

	json_object_foreach_safe(tree, next, key, value)
	{
		if (path_is_within(key, path) && !(only_below && str_eq(key, path)))
			(void)json_object_del(tree, key);
	}
}

static const char *type_name(enum layer_entry_type type)
{
	switch (type) {
	case LAYER_FILE: return "file";
	case LAYER_DIR: return "dir";
	case LAYER_SYMLINK: return "symlink";
	case LAYER_CHAR: return "char";
	case LAYER_BLOCK: return "block";
	case LAYER_FIFO: return "fifo";
	case LAYER_HARDLINK:
	case LAYER_WHITEOUT:
	case LAYER_OPAQUE: break;
	}
	return "?";
}

static json_t *describe_xattrs(const struct layer_xattrs *xattrs)
{
	json_t *object = json_object();

	VEC_FOREACH(xattr, xattrs) {
		AUTO(freep) unsigned char *text = xmalloc(xattr->len * 2 + 8);

		(void)EVP_EncodeBlock(text, xattr->value, (int)xattr->len);
		json_set_string(object, xattr->name, (const char *)text);
	}
	return object;
}

static json_t *describe(const struct layer_entry *entry)
{
	json_t *node = json_object();
	char mode[8];

	json_set_string(node, "type", type_name(entry->type));
	(void)snprintf(mode, sizeof(mode), "%04o", (unsigned)(entry->mode & 07777));
	if (entry->type != LAYER_SYMLINK)
		json_set_string(node, "mode", mode);
	else
		json_set_string(node, "link", entry->link);
	(void)json_object_set_new(node, "uid", json_integer(entry->uid));
	(void)json_object_set_new(node, "gid", json_integer(entry->gid));
	if (entry->type == LAYER_FILE)
		(void)json_object_set_new(node, "size", json_integer((json_int_t)entry->size));
	if (entry->xattrs && entry->xattrs->len > 0)
		(void)json_object_set_new(node, "xattrs", describe_xattrs(entry->xattrs));
	return node;
}

static int add_hard_link(struct flattener *flattener, const struct layer_entry *entry,
			 struct err *err)
{
	json_t *target = json_object_get(flattener->tree, entry->link);
	json_t *node;

	if (!target)
		return err_set(err, ERR_INPUT, "'%s' links to '%s', which is not there",
			       entry->path, entry->link);
	node = json_copy(target);
	json_set_string(node, "hardlink_of", entry->link);
	drop(flattener->tree, entry->path, false);
	(void)json_object_set_new(flattener->tree, entry->path, node);
	return 0;
}

static int take_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct flattener *flattener = CONTAINER_OF(sink, struct flattener, sink);
	json_t *node;

	finish_file(flattener);
	if (str_eq(entry->path, "."))
		return 0;
	if (entry->type == LAYER_HARDLINK)
		return add_hard_link(flattener, entry, err);
	if (entry->type != LAYER_DIR || entry->type == LAYER_OPAQUE)
		drop(flattener->tree, entry->path, entry->type == LAYER_OPAQUE);
	if (entry->type == LAYER_WHITEOUT || entry->type == LAYER_OPAQUE)
		return 0;
	node = describe(entry);
	(void)json_object_set_new(flattener->tree, entry->path, node);
	if (entry->type == LAYER_FILE)
		flattener->file = node;
	return 0;
}

static int take_data(struct layer_sink *sink, const void *data, size_t len, struct err *err UNUSED)
{
	struct flattener *flattener = CONTAINER_OF(sink, struct flattener, sink);

	hasher_update(flattener->hasher, data, len);
	return 0;
}

int flat_image_read(struct store *store, const struct manifest *manifest, json_t **ret,
		    struct err *err)
{
	struct flattener flattener = {
		.sink = { .entry = take_entry, .data = take_data },
		.tree = json_object(),
		.hasher = hasher_new(DIGEST_SHA256),
	};
	int result = 0;

	for (size_t i = 0; result == 0 && i < manifest->layers.len; i++) {
		AUTO(fd_closep) int fd = -1;

		result = store_open_blob(store, &manifest->layers.items[i].digest, &fd, err);
		if (result == 0)
			result = layer_read(fd, true, &flattener.sink, NULL, err);
		finish_file(&flattener);
	}
	hasher_free(flattener.hasher);
	if (result == 0)
		*ret = flattener.tree;
	else
		json_decref(flattener.tree);
	return result;
}
