#include "image/layer_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/path.h"
#include "base/str.h"
#include "image/digest.h"

#define ROOT "."

/* A path that the layers say something of, or only the way to one. */
struct indexed_entry {
	struct indexed_file file;
	char *path;
	bool is_there; /* false = only the way */
	struct indexed_entry *above, *below, *next,
		*before;  /* a tree: no mark on a directory looks at all paths */
	unsigned cleared; /* number of the recording that has left nothing of other layers below */
	UT_hash_handle hh;
};

struct layer_index {
	struct indexed_entry *entries; /* hash by path */
	struct {
		const struct indexed_file **items;
		size_t len, cap;
	} sorted; /* len 0 = not made yet */
	unsigned recordings;
};

struct layer_index *layer_index_new(void)
{
	return xcalloc(1, sizeof(struct layer_index));
}

static void free_entry(struct indexed_entry *entry)
{
	free(entry->file.link);
	free(entry->path);
	free(entry);
}

void layer_index_free(struct layer_index *index)
{
	struct indexed_entry *entry = NULL, *next = NULL;

	if (!index)
		return;
	HASH_ITER(hh, index->entries, entry, next)
	{
		HASH_DEL(index->entries, entry);
		free_entry(entry);
	}
	free(index->sorted.items);
	free(index);
}

/* --- the tree --- */

static struct indexed_entry *find_node(const struct layer_index *index, const char *path)
{
	struct indexed_entry *entry = NULL;

	HASH_FIND_STR(index->entries, path, entry);
	return entry;
}

static struct indexed_entry *find(const struct layer_index *index, const char *path)
{
	struct indexed_entry *entry = find_node(index, path);

	return entry && entry->is_there ? entry : NULL;
}

static struct indexed_entry *add_node(struct layer_index *index, const char *path)
{
	struct indexed_entry *entry = xcalloc(1, sizeof(*entry));

	entry->path = xstrdup(path);
	HASH_ADD_KEYPTR(hh, index->entries, entry->path, strlen(entry->path), entry);
	return entry;
}

static void hang(struct indexed_entry *entry, struct indexed_entry *above)
{
	entry->above = above;
	entry->next = above->below;
	if (entry->next)
		entry->next->before = entry;
	above->below = entry;
}

/* With the directories that lead to it. */
static struct indexed_entry *make_node(struct layer_index *index, const char *path)
{
	struct indexed_entry *entry = add_node(index, path);
	AUTO(freep) char *dir = str_eq(path, ROOT) ? NULL : path_dir(path);
	struct indexed_entry *above = dir ? find_node(index, dir) : NULL;

	if (dir)
		hang(entry, above ? above : make_node(index, dir));
	return entry;
}

static struct indexed_entry *find_or_make(struct layer_index *index, const char *path)
{
	struct indexed_entry *entry = find_node(index, path);

	if (!entry)
		entry = make_node(index, path);
	entry->is_there = true;
	entry->file.path = entry->path;
	return entry;
}

static void remove_node(struct layer_index *index, struct indexed_entry *entry)
{
	if (entry->before)
		entry->before->next = entry->next;
	else if (entry->above)
		entry->above->below = entry->next;
	if (entry->next)
		entry->next->before = entry->before;
	HASH_DEL(index->entries, entry);
	free_entry(entry);
}

static void drop(struct indexed_entry *entry)
{
	entry->is_there = false;
	free(entry->file.link);
	entry->file = (struct indexed_file){ .path = entry->path };
}

static struct indexed_entry *first_leaf(struct indexed_entry *entry)
{
	while (entry->below)
		entry = entry->below;
	return entry;
}

static void drop_below(struct layer_index *index, const char *dir)
{
	struct indexed_entry *top = find_node(index, dir), *entry = NULL, *above = NULL;

	if (!top)
		return;
	for (entry = first_leaf(top); entry != top; entry = first_leaf(above)) {
		above = entry->above;
		remove_node(index, entry);
	}
}

/*
 * What other layers have in it. What a recording has gone through it does not go through again: a layer can hold as many
 * marks as files.
 */
static void drop_lower(struct layer_index *index, struct indexed_entry *dir, unsigned layer)
{
	struct indexed_entry *next = NULL;

	if (dir->cleared == index->recordings)
		return;
	dir->cleared = index->recordings;
	for (struct indexed_entry *entry = dir->below; entry; entry = next) {
		next = entry->next;
		drop_lower(index, entry, layer);
		if (entry->file.layer != layer)
			drop(entry);
		if (!entry->is_there && !entry->below)
			remove_node(index, entry);
	}
}

/* --- reading a layer --- */

static void close_file(struct layer_recorder *recorder)
{
	struct digest digest;

	if (!recorder->open)
		return;
	hasher_finish(recorder->hasher, &digest);
	memcpy(recorder->open->file.hash, digest_hex(&digest), sizeof(recorder->open->file.hash));
	recorder->open = NULL;
}

static void hash_xattrs(struct hasher *hasher, const struct layer_xattrs *xattrs)
{
	for (size_t i = 0; xattrs && i < xattrs->len; i++) {
		hasher_update(hasher, xattrs->items[i].name, strlen(xattrs->items[i].name) + 1);
		hasher_update(hasher, &xattrs->items[i].len, sizeof(xattrs->items[i].len));
		hasher_update(hasher, xattrs->items[i].value, xattrs->items[i].len);
	}
}

/* One name of a file changes with the other, though what the layer says of it stays the same. */
static void take_linked_content(const struct layer_recorder *recorder, struct indexed_file *file)
{
	const struct indexed_entry *linked = find(recorder->index, file->link);

	if (linked && linked->file.type == LAYER_FILE)
		memcpy(file->hash, linked->file.hash, sizeof(file->hash));
}

static void fill(struct layer_recorder *recorder, struct indexed_entry *entry,
		 const struct layer_entry *from, bool is_hiding)
{
	struct indexed_file *file = &entry->file;

	free(file->link);
	*file = (struct indexed_file){ .path = entry->path,
				       .type = from->type,
				       .is_opaque = is_hiding && from->type == LAYER_DIR,
				       .mode = from->mode,
				       .uid = from->uid,
				       .gid = from->gid,
				       .rdev = from->rdev,
				       .size = from->size,
				       .link = xstrdup_or_null(from->link),
				       .layer = recorder->layer };
	if (from->type == LAYER_HARDLINK)
		take_linked_content(recorder, file);
	else if (from->type == LAYER_FILE || (from->xattrs && from->xattrs->len > 0)) {
		hash_xattrs(recorder->hasher, from->xattrs);
		recorder->open = entry;
	}
}

static void make_opaque(struct layer_recorder *recorder, const char *path)
{
	bool was_there = find(recorder->index, path) != NULL;
	struct indexed_entry *dir = find_or_make(recorder->index, path);

	if (!was_there)
		dir->file.layer = recorder->layer;
	drop_lower(recorder->index, dir, recorder->layer);
	dir->file.type = LAYER_DIR;
	dir->file.is_opaque = true;
}

/* A whiteout is about the layers below, wherever in its own it stands (layer.md#whiteouts). */
static bool is_own(const struct layer_recorder *recorder, const struct indexed_entry *there,
		   const struct layer_entry *entry)
{
	return entry->type == LAYER_WHITEOUT && there && there->file.layer == recorder->layer;
}

static int take_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct layer_recorder *recorder = CONTAINER_OF(sink, struct layer_recorder, sink);
	struct indexed_entry *there = NULL;
	bool was_dir, was_hiding;

	(void)err;
	close_file(recorder);
	there = find(recorder->index, entry->path);
	was_dir = there && there->file.type == LAYER_DIR;
	was_hiding = there && (!was_dir || there->file.is_opaque);
	if (entry->type == LAYER_OPAQUE || (was_dir && is_own(recorder, there, entry))) {
		make_opaque(recorder, entry->path);
		return 0;
	}
	if (is_own(recorder, there, entry))
		return 0;
	if (entry->type != LAYER_DIR && was_dir)
		drop_below(recorder->index, entry->path);
	fill(recorder, find_or_make(recorder->index, entry->path), entry, was_hiding);
	return 0;
}

static int take_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct layer_recorder *recorder = CONTAINER_OF(sink, struct layer_recorder, sink);

	(void)err;
	hasher_update(recorder->hasher, data, len);
	return 0;
}

void layer_recorder_init(struct layer_recorder *ret, struct layer_index *index, unsigned layer)
{
	index->sorted.len = 0;
	index->recordings++;
	*ret = (struct layer_recorder){ .sink = { .entry = take_entry, .data = take_data },
					.index = index,
					.layer = layer,
					.hasher = hasher_new(DIGEST_SHA256) };
}

void layer_recorder_finish(struct layer_recorder *recorder)
{
	close_file(recorder);
	hasher_freep(&recorder->hasher);
}

int layer_index_add(struct layer_index *index, struct store *store, const struct digest *blob,
		    unsigned layer, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct layer_recorder recorder;
	int status = 0;

	layer_recorder_init(&recorder, index, layer);
	status = store_open_blob(store, blob, &fd, err);
	if (status == 0)
		status = layer_read(fd, true, &recorder.sink, NULL, err);
	layer_recorder_finish(&recorder);
	return status < 0 ? err_wrap(err, "layer %s", blob->text) : 0;
}

size_t layer_index_count(const struct layer_index *index)
{
	return HASH_COUNT(index->entries);
}

/* --- what is in no layer --- */

bool layer_index_is_empty(const struct layer_index *index)
{
	for (const struct indexed_entry *entry = index->entries; entry; entry = entry->hh.next) {
		if (entry->is_there)
			return false;
	}
	return true;
}

static struct indexed_entry *renew(struct layer_index *index, const char *path)
{
	struct indexed_entry *entry = find_or_make(index, path);

	index->sorted.len = 0;
	free(entry->file.link);
	entry->file = (struct indexed_file){ .path = entry->path, .layer = LAYER_OF_CONTAINER };
	return entry;
}

static void set_doubtful(struct indexed_file *file)
{
	file->hash[0] = '?';
	file->hash[1] = '\0';
}

static bool is_doubtful(const struct indexed_file *file)
{
	return file->hash[0] == '?';
}

static void doubt_below(struct indexed_entry *dir)
{
	for (struct indexed_entry *entry = dir->below; entry; entry = entry->next) {
		if (entry->is_there)
			set_doubtful(&entry->file);
		doubt_below(entry);
	}
}

void layer_index_doubt(struct layer_index *index, const char *path)
{
	struct indexed_entry *entry = renew(index, path);

	entry->file.type = LAYER_FILE;
	set_doubtful(&entry->file);
	doubt_below(entry);
}

void layer_index_delete(struct layer_index *index, const char *path)
{
	drop_below(index, path);
	renew(index, path)->file.type = LAYER_WHITEOUT;
}

static void put_on_top(struct layer_index *index, const struct indexed_file *file)
{
	struct indexed_entry *entry = find_or_make(index, file->path);

	if (is_doubtful(file))
		doubt_below(entry);
	else if (file->type == LAYER_WHITEOUT ||
		 (entry->file.type == LAYER_DIR && file->type != LAYER_DIR))
		drop_below(index, file->path);
	free(entry->file.link);
	entry->file = *file;
	entry->file.path = entry->path;
	entry->file.link = xstrdup_or_null(file->link);
}

void layer_index_stack(struct layer_index *index, struct layer_index *upper)
{
	size_t count = 0;
	const struct indexed_file *const *all = layer_index_all(upper, &count);

	index->sorted.len = 0;
	for (size_t i = 0; i < count; i++)
		put_on_top(index, all[i]);
}

/* --- asking --- */

const struct indexed_file *layer_index_find(const struct layer_index *index, const char *path)
{
	const struct indexed_entry *entry = find(index, path);

	return entry ? &entry->file : NULL;
}

static int by_path(const void *a, const void *b)
{
	const struct indexed_file *const *one = a, *const *other = b;

	return strcmp((*one)->path, (*other)->path);
}

const struct indexed_file *const *layer_index_all(struct layer_index *index, size_t *ret_count)
{
	struct indexed_entry *entry = NULL, *next = NULL;

	if (index->sorted.len == 0) {
		HASH_ITER(hh, index->entries, entry, next)
		{
			if (entry->is_there)
				*VEC_ADD(&index->sorted) = &entry->file;
		}
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
