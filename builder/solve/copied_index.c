#include "copied_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/path.h"
#include "base/str.h"
#include "image/digest.h"

void copied_index_release(struct copied_index *index)
{
	arena_free(index->arena);
	free(index->paths.items);
	free(index->sources.items);
	*index = (struct copied_index)COPIED_INDEX_INIT;
}

/* --- order --- */

/* "a", "a/b", "a.b": as one meets them in a tree whose directories are sorted. */
static unsigned weight(char c)
{
	return c == '\0' ? 0 : c == '/' ? 1 : (unsigned)(unsigned char)c + 1;
}

static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (int)weight(*a) - (int)weight(*b);
}

static int by_path(const void *a, const void *b)
{
	const struct copied_file *const *one = a, *const *other = b;

	return compare_paths((*one)->path, (*other)->path);
}

void copied_list_sort(struct copied_list *list)
{
	if (list->len > 1)
		qsort(list->items, list->len, sizeof(struct copied_file *), by_path);
}

/* --- adding --- */

static void set_hash(struct copied_file *file, const struct target_entry *entry)
{
	struct digest digest;

	if (file->type != LAYER_FILE)
		return;
	if (entry->node) {
		memcpy(file->hash, entry->node->hash, sizeof(file->hash));
	} else if (entry->text) {
		digest_of(entry->text, strlen(entry->text), &digest);
		memcpy(file->hash, digest_hex(&digest), sizeof(file->hash));
	}
}

struct walk {
	struct arena *arena;
	struct target *target;
	size_t layer;
	bool is_plain;
	struct str path;
	struct file_links links;
	struct copied_list files; /* those found */
};

static void add_node(struct walk *walk, struct tree_node *node)
{
	const struct target_entry *entry = target_entry(node);
	struct copied_file *file = arena_alloc(walk->arena, sizeof(*file));
	const char *path = arena_strndup(walk->arena, walk->path.ptr, walk->path.len);
	const char *first = target_entry_first_link(entry, path, &walk->links);
	const char *link = first ? first : entry->link;

	*file = (struct copied_file){
		.path = path,
		.type = entry->type,
		.mode = entry->mode,
		.owner = entry->owner,
		.rdev = entry->rdev,
		.link = link ? arena_strdup(walk->arena, link) : NULL,
		.is_hard_link = first != NULL,
		.layer = walk->layer,
		.is_plain = walk->is_plain && entry->type == LAYER_FILE && !first,
		.target = walk->target,
		.node = node,
		.source = entry->node,
	};
	set_hash(file, entry);
	*VEC_ADD(&walk->files) = file;
}

static void add_below(struct walk *walk, struct tree_node *dir)
{
	size_t len = walk->path.len;

	VEC_FOREACH(child, &dir->children) {
		const struct target_entry *entry = target_entry(*child);

		if (len > 0)
			str_addc(&walk->path, '/');
		str_add(&walk->path, (*child)->name);
		if (entry->put)
			add_node(walk, *child);
		if (entry->on_the_way)
			add_below(walk, *child);
		str_truncate(&walk->path, len);
	}
}

/* Where both have a path, the new one counts. */
static void merge(struct copied_list *list, const struct copied_list *new)
{
	struct copied_list both = { .items = NULL };
	size_t i = 0, j = 0;

	while (i < list->len || j < new->len) {
		int order = i == list->len  ? 1
			    : j == new->len ? -1
					    : by_path(&list->items[i], &new->items[j]);

		*VEC_ADD(&both) = order < 0 ? list->items[i] : new->items[j];
		i += order <= 0;
		j += order >= 0;
	}
	free(list->items);
	*list = both;
}

void copied_index_add(struct copied_index *index, struct target *target, size_t layer,
		      bool is_plain)
{
	struct walk walk = { .target = target,
			     .layer = layer,
			     .is_plain = is_plain,
			     .path = STR_INIT,
			     .links = FILE_LINKS_INIT };

	if (!index->arena)
		index->arena = arena_new();
	walk.arena = index->arena;
	add_below(&walk, target_tree(target)->root);
	file_links_release(&walk.links);
	str_release(&walk.path);
	index->sources.len = 0;
	if (index->paths.len == 0) {
		free(index->paths.items);
		index->paths = walk.files;
		return;
	}
	merge(&index->paths, &walk.files);
	free(walk.files.items);
}

/* --- by source --- */

static int compare_sources(const struct tree_node *a, const struct tree_node *b)
{
	uintptr_t one = (uintptr_t)a, other = (uintptr_t)b;

	return (one > other) - (one < other);
}

static int by_source(const void *a, const void *b)
{
	const struct copied_file *const *one = a, *const *other = b;
	int order = compare_sources((*one)->source, (*other)->source);

	return order ? order : by_path(a, b);
}

static void index_sources(struct copied_index *index)
{
	struct copied_list *list = &index->sources;
	size_t heads = 0;

	VEC_FOREACH(file, &index->paths) {
		(*file)->next = NULL;
		if ((*file)->source)
			*VEC_ADD(list) = *file;
	}
	if (list->len > 1)
		qsort(list->items, list->len, sizeof(struct copied_file *), by_source);
	for (size_t i = 1; i < list->len; i++) {
		if (list->items[i - 1]->source == list->items[i]->source)
			list->items[i - 1]->next = list->items[i];
	}
	for (size_t i = 0; i < list->len; i++) {
		if (heads == 0 || list->items[heads - 1]->source != list->items[i]->source)
			list->items[heads++] = list->items[i];
	}
	list->len = heads;
}

static int compare_to_source(const void *source, const void *item)
{
	const struct copied_file *const *file = item;

	return compare_sources(source, (*file)->source);
}

struct copied_file *copied_index_of_source(struct copied_index *index,
					   const struct tree_node *source)
{
	struct copied_file **found = NULL;

	if (index->sources.len == 0)
		index_sources(index);
	if (index->sources.len > 0)
		found = bsearch(source, index->sources.items, index->sources.len,
				sizeof(struct copied_file *), compare_to_source);
	return found ? *found : NULL;
}

/* --- comparing --- */

static bool is_equal(const struct copied_file *a, const struct copied_file *b)
{
	return a->type == b->type && a->mode == b->mode && a->owner.uid == b->owner.uid &&
	       a->owner.gid == b->owner.gid && a->rdev == b->rdev &&
	       a->is_hard_link == b->is_hard_link && str_eq(a->link, b->link) &&
	       str_eq(a->hash, b->hash);
}

static void note(struct copied_list *put, struct copied_file *file, size_t *lowest)
{
	*VEC_ADD(put) = file;
	*lowest = file->layer < *lowest ? file->layer : *lowest;
}

size_t copied_index_compare(const struct copied_index *old, const struct copied_index *new,
			    struct copied_list *put, struct strvec *gone)
{
	struct copied_file *const *before = old->paths.items, *const *after = new->paths.items;
	const struct copied_file *last_gone = NULL;
	size_t i = 0, j = 0, lowest = SIZE_MAX;

	while (i < old->paths.len || j < new->paths.len) {
		int order = i == old->paths.len   ? 1
			    : j == new->paths.len ? -1
						  : by_path(&before[i], &after[j]);

		if (order > 0 || (order == 0 && !is_equal(before[i], after[j])))
			note(put, after[j], &lowest);
		/* Whatever is in a directory stands right behind it. */
		if (order < 0 && !(last_gone && path_is_within(before[i]->path, last_gone->path))) {
			last_gone = before[i];
			strvec_add(gone, last_gone->path);
			lowest = last_gone->layer < lowest ? last_gone->layer : lowest;
		}
		i += order <= 0;
		j += order >= 0;
	}
	strvec_sort(gone);
	return lowest;
}

/* --- extending --- */

static const struct copied_file *find(const struct copied_index *index,
				      const struct copied_file *like)
{
	struct copied_file *const *found =
		index->paths.len > 0 ? bsearch(&like, index->paths.items, index->paths.len,
					       sizeof(struct copied_file *), by_path)
				     : NULL;

	return found ? *found : NULL;
}

bool copied_index_extend(struct copied_index *index, const struct copied_index *more,
			 struct copied_list *put, size_t *ret_lowest)
{
	struct copied_list new = { .items = NULL };
	bool fits = true;

	VEC_FOREACH(file, &more->paths) {
		const struct copied_file *there = find(index, *file);

		if (!there)
			*VEC_ADD(&new) = *file;
		fits = fits && !(*file)->is_hard_link &&
		       (!there || (there->type == LAYER_DIR && is_equal(there, *file)));
	}
	if (fits && new.len > 0) {
		merge(&index->paths, &new);
		index->sources.len = 0;
		VEC_FOREACH(file, &new)
			note(put, *file, ret_lowest);
	}
	free(new.items);
	return fits;
}
