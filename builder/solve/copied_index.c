#include "copied_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/path.h"
#include "base/str.h"
#include "image/digest.h"

static void file_free(struct copied_file *file)
{
	free(file->path);
	free(file->link);
	free(file);
}

void copied_index_release(struct copied_index *index)
{
	struct copied_file *file = NULL, *next = NULL;

	HASH_CLEAR(by_source, index->sources);
	HASH_ITER(by_path, index->paths, file, next)
	{
		HASH_DELETE(by_path, index->paths, file);
		file_free(file);
	}
}

static struct copied_file *find(const struct copied_index *index, const char *path)
{
	struct copied_file *file = NULL;

	HASH_FIND(by_path, index->paths, path, strlen(path), file);
	return file;
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

static void fill(struct copied_file *file, const struct target_entry *entry, const char *first)
{
	free(file->link);
	file->type = entry->type;
	file->mode = entry->mode;
	file->owner = entry->owner;
	file->rdev = entry->rdev;
	file->link = xstrdup_or_null(first ? first : entry->link);
	file->is_hard_link = first != NULL;
	file->source = entry->node;
	file->hash[0] = '\0';
	set_hash(file, entry);
}

struct walk {
	struct copied_index *index;
	struct target *target;
	size_t layer;
	bool is_plain;
	struct file_links links;
};

static void add_node(struct walk *walk, struct tree_node *node)
{
	const struct target_entry *entry = target_entry(node);
	AUTO(freep) char *path = tree_path(node);
	struct copied_file *file = find(walk->index, path);

	if (!file) {
		file = xcalloc(1, sizeof(*file));
		file->path = TAKE(path);
		HASH_ADD_KEYPTR(by_path, walk->index->paths, file->path, strlen(file->path), file);
	}
	fill(file, entry, target_entry_first_link(entry, file->path, &walk->links));
	file->is_plain = walk->is_plain && file->type == LAYER_FILE && !file->is_hard_link;
	file->layer = walk->layer;
	file->target = walk->target;
	file->node = node;
}

static void add_below(struct walk *walk, struct tree_node *dir)
{
	VEC_FOREACH(child, &dir->children) {
		const struct target_entry *entry = target_entry(*child);

		if (entry->put)
			add_node(walk, *child);
		if (entry->on_the_way)
			add_below(walk, *child);
	}
}

static void index_sources(struct copied_index *index)
{
	struct copied_file *file = NULL, *next = NULL, *known = NULL;

	HASH_ITER(by_path, index->paths, file, next)
	{
		file->next = NULL;
		if (!file->source)
			continue;
		HASH_FIND(by_source, index->sources, &file->source, sizeof(file->source), known);
		if (known) {
			file->next = known->next;
			known->next = file;
		} else {
			HASH_ADD(by_source, index->sources, source, sizeof(file->source), file);
		}
	}
}

void copied_index_add(struct copied_index *index, struct target *target, size_t layer,
		      bool is_plain)
{
	struct walk walk = { .index = index,
			     .target = target,
			     .layer = layer,
			     .is_plain = is_plain,
			     .links = FILE_LINKS_INIT };

	add_below(&walk, target_tree(target)->root);
	file_links_release(&walk.links);
	HASH_CLEAR(by_source, index->sources);
}

struct copied_file *copied_index_of_source(struct copied_index *index,
					   const struct tree_node *source)
{
	struct copied_file *file = NULL;

	if (!index->sources)
		index_sources(index);
	HASH_FIND(by_source, index->sources, &source, sizeof(source), file);
	return file;
}

/* --- comparing --- */

static bool is_equal(const struct copied_file *a, const struct copied_file *b)
{
	return a->type == b->type && a->mode == b->mode && a->owner.uid == b->owner.uid &&
	       a->owner.gid == b->owner.gid && a->rdev == b->rdev &&
	       a->is_hard_link == b->is_hard_link && str_eq(a->link, b->link) &&
	       str_eq(a->hash, b->hash);
}

static int by_path(const void *a, const void *b)
{
	const struct copied_file *const *one = a, *const *other = b;

	return strcmp((*one)->path, (*other)->path);
}

void copied_list_sort(struct copied_list *list)
{
	if (list->len > 1)
		qsort(list->items, list->len, sizeof(struct copied_file *), by_path);
}

static bool is_below_gone(const struct copied_index *old, const struct copied_index *new,
			  const char *path)
{
	AUTO(freep) char *above = path_dir(path);

	while (!str_eq(above, ".")) {
		char *higher = NULL;

		if (find(old, above) && !find(new, above))
			return true;
		higher = path_dir(above);
		free(above);
		above = higher;
	}
	return false;
}

size_t copied_index_compare(const struct copied_index *old, const struct copied_index *new,
			    struct copied_list *put, struct strvec *gone)
{
	struct copied_file *file = NULL, *next = NULL;
	size_t lowest = SIZE_MAX;

	HASH_ITER(by_path, new->paths, file, next)
	{
		const struct copied_file *before = find(old, file->path);

		if (before && is_equal(before, file))
			continue;
		*VEC_ADD(put) = file;
		lowest = file->layer < lowest ? file->layer : lowest;
	}
	HASH_ITER(by_path, old->paths, file, next)
	{
		if (find(new, file->path) || is_below_gone(old, new, file->path))
			continue;
		strvec_add(gone, file->path);
		lowest = file->layer < lowest ? file->layer : lowest;
	}
	copied_list_sort(put);
	strvec_sort(gone);
	return lowest;
}
