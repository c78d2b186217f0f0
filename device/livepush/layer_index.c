#include "layer_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/path.h"
#include "base/str.h"
#include "image/digest.h"

struct entry {
	struct indexed_file file;
	char *path;
	UT_hash_handle hh;
};

struct layer_index {
	struct entry *entries; /* hash by path */
	struct {
		const struct indexed_file **items;
		size_t len, cap;
	} sorted; /* len 0 = not made yet */
};

struct layer_index *layer_index_new(void)
{
	return xcalloc(1, sizeof(struct layer_index));
}

static void drop(struct layer_index *index, struct entry *entry)
{
	HASH_DEL(index->entries, entry);
	free(entry->file.link);
	free(entry->path);
	free(entry);
}

void layer_index_free(struct layer_index *index)
{
	struct entry *entry = NULL, *next = NULL;

	if (!index)
		return;
	HASH_ITER(hh, index->entries, entry, next)
	drop(index, entry);
	free(index->sorted.items);
	free(index);
}

static struct entry *find(const struct layer_index *index, const char *path)
{
	struct entry *entry = NULL;

	HASH_FIND_STR(index->entries, path, entry);
	return entry;
}

static struct entry *find_or_make(struct layer_index *index, const char *path)
{
	struct entry *entry = find(index, path);

	if (entry)
		return entry;
	entry = xcalloc(1, sizeof(*entry));
	entry->path = xstrdup(path);
	entry->file.path = entry->path;
	HASH_ADD_KEYPTR(hh, index->entries, entry->path, strlen(entry->path), entry);
	return entry;
}

static void drop_below(struct layer_index *index, const char *dir)
{
	struct entry *entry = NULL, *next = NULL;
	size_t len = strlen(dir);

	HASH_ITER(hh, index->entries, entry, next)
	{
		if (strncmp(entry->path, dir, len) == 0 && entry->path[len] == '/')
			drop(index, entry);
	}
}

/* --- reading a layer --- */

struct reader {
	struct layer_sink sink;
	struct layer_index *index;
	unsigned layer;
	struct entry *open; /* a file whose content comes */
	struct hasher *hasher;
};

static void close_file(struct reader *reader)
{
	struct digest digest;

	if (!reader->open)
		return;
	hasher_finish(reader->hasher, &digest);
	memcpy(reader->open->file.hash, digest_hex(&digest), sizeof(reader->open->file.hash));
	reader->open = NULL;
}

static void hash_xattrs(struct hasher *hasher, const struct layer_xattrs *xattrs)
{
	for (size_t i = 0; xattrs && i < xattrs->len; i++) {
		hasher_update(hasher, xattrs->items[i].name, strlen(xattrs->items[i].name) + 1);
		hasher_update(hasher, &xattrs->items[i].len, sizeof(xattrs->items[i].len));
		hasher_update(hasher, xattrs->items[i].value, xattrs->items[i].len);
	}
}

static void fill(struct reader *reader, struct entry *entry, const struct layer_entry *from)
{
	struct indexed_file *file = &entry->file;

	free(file->link);
	*file = (struct indexed_file){ .path = entry->path,
				       .type = from->type,
				       .is_opaque = file->is_opaque && from->type == LAYER_DIR,
				       .mode = from->mode,
				       .uid = from->uid,
				       .gid = from->gid,
				       .rdev = from->rdev,
				       .link = xstrdup_or_null(from->link),
				       .layer = reader->layer };
	if (from->type == LAYER_FILE || (from->xattrs && from->xattrs->len > 0)) {
		hash_xattrs(reader->hasher, from->xattrs);
		reader->open = entry;
	}
}

static int take_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct reader *reader = CONTAINER_OF(sink, struct reader, sink);
	struct entry *there = NULL;

	(void)err;
	close_file(reader);
	there = find(reader->index, entry->path);
	if (entry->type == LAYER_OPAQUE) {
		drop_below(reader->index, entry->path);
		there = find_or_make(reader->index, entry->path);
		there->file.type = LAYER_DIR;
		there->file.is_opaque = true;
		return 0;
	}
	if (entry->type != LAYER_DIR && there && there->file.type == LAYER_DIR)
		drop_below(reader->index, entry->path);
	fill(reader, find_or_make(reader->index, entry->path), entry);
	return 0;
}

static int take_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct reader *reader = CONTAINER_OF(sink, struct reader, sink);

	(void)err;
	hasher_update(reader->hasher, data, len);
	return 0;
}

int layer_index_add(struct layer_index *index, struct store *store, const struct digest *blob,
		    unsigned layer, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	AUTO(hasher_freep) struct hasher *hasher = hasher_new(DIGEST_SHA256);
	struct reader reader = { .sink = { .entry = take_entry, .data = take_data },
				 .index = index,
				 .layer = layer,
				 .hasher = hasher };

	index->sorted.len = 0;
	if (store_open_blob(store, blob, &fd, err) < 0 ||
	    layer_read(fd, true, &reader.sink, NULL, err) < 0)
		return err_wrap(err, "layer %s", blob->text);
	close_file(&reader);
	return 0;
}

/* --- asking --- */

const struct indexed_file *layer_index_find(const struct layer_index *index, const char *path)
{
	const struct entry *entry = find(index, path);

	return entry ? &entry->file : NULL;
}

static int by_path(const void *a, const void *b)
{
	const struct indexed_file *const *one = a, *const *other = b;

	return strcmp((*one)->path, (*other)->path);
}

const struct indexed_file *const *layer_index_all(struct layer_index *index, size_t *ret_count)
{
	struct entry *entry = NULL, *next = NULL;

	if (index->sorted.len == 0) {
		HASH_ITER(hh, index->entries, entry, next)
		*VEC_ADD(&index->sorted) = &entry->file;
		if (index->sorted.len > 1)
			qsort(index->sorted.items, index->sorted.len, sizeof(*index->sorted.items),
			      by_path);
	}
	*ret_count = index->sorted.len;
	return index->sorted.items;
}

bool layer_index_hides(const struct layer_index *index, const char *path)
{
	AUTO(freep) char *above = xstrdup(path);
	const struct indexed_file *file = layer_index_find(index, path);

	if (file)
		return true;
	for (char *slash = strrchr(above, '/'); slash; slash = strrchr(above, '/')) {
		*slash = '\0';
		file = layer_index_find(index, above);
		if (file && (file->type != LAYER_DIR || file->is_opaque))
			return true;
	}
	return false;
}

bool indexed_file_equal(const struct indexed_file *a, const struct indexed_file *b)
{
	if (!a || !b)
		return a == b;
	return a->type == b->type && a->is_opaque == b->is_opaque && a->mode == b->mode &&
	       a->uid == b->uid && a->gid == b->gid && a->rdev == b->rdev &&
	       str_eq(a->link, b->link) && str_eq(a->hash, b->hash);
}
