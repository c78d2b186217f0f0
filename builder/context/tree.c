#include "context/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/path.h"
#include "base/str.h"

/*
 * As the kernel's own limit for a path is 40 and BuildKit's is 255: what a user may have working
 * today works here.
 */
#define LINKS_MAX 255

/* All but its memory, which is the arena's. */
static void node_release(const struct tree_ops *ops, struct tree_node *node)
{
	VEC_FOREACH(child, &node->children)
		node_release(ops, *child);
	free(node->children.items);
	ops->release_extra(node->extra);
}

void tree_init(struct tree *tree, const struct tree_ops *ops, const struct stat *root)
{
	tree->ops = ops;
	tree->root = xcalloc(1, sizeof(*tree->root));
	tree->root->name = "";
	tree->root->st = *root;
}

static void free_nurseries(struct tree *tree)
{
	for (size_t i = 0; i < TREE_THREADS_MAX; i++) {
		arena_free(tree->nurseries[i].arena);
		tree->nurseries[i] = (struct tree_nursery){ .arena = NULL };
	}
}

void tree_freep(struct tree **tree)
{
	struct tree *t = TAKE(*tree);

	if (!t)
		return;
	node_release(t->ops, t->root);
	free(t->root);
	free_nurseries(t);
	t->ops->release(t);
	free(t);
}

/* The name is the arena's, too. */
static struct tree_node *node_new(struct tree_nursery *nursery, struct tree_node *dir,
				  const char *name)
{
	struct tree_node *node = TAKE(nursery->spare);

	if (!node)
		node = arena_alloc(nursery->arena, sizeof(*node));
	node->parent = dir;
	node->name = name;
	return node;
}

struct tree_node *tree_node_new(struct tree_nursery *nursery, struct tree_node *dir,
				const char *name)
{
	if (!nursery->arena)
		nursery->arena = arena_new();
	return node_new(nursery, dir, arena_strdup(nursery->arena, name));
}

void tree_node_keep(struct tree_node *node)
{
	*VEC_ADD(&node->parent->children) = node;
}

void tree_node_drop(struct tree *tree, struct tree_nursery *nursery, struct tree_node *node)
{
	node_release(tree->ops, node);
	*node = (struct tree_node){ .parent = NULL };
	nursery->spare = node;
}

/* Where what is looked up by name comes from. */
static struct tree_nursery *nursery_of(struct tree *tree)
{
	return &tree->nurseries[0];
}

/* The place of `name` among the first `len` of the children; *ret_found tells whether it is there. */
static size_t place_among(const struct tree_nodes *children, size_t len, const char *name,
			  bool *ret_found)
{
	size_t low = 0, high = len;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(children->items[middle]->name, name);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t child_place(const struct tree_nodes *children, const char *name, bool *ret_found)
{
	return place_among(children, children->len, name, ret_found);
}

static void child_insert(struct tree_nodes *children, size_t place, struct tree_node *node)
{
	(void)VEC_ADD(children);
	memmove(children->items + place + 1, children->items + place,
		(children->len - 1 - place) * sizeof(struct tree_node *));
	children->items[place] = node;
}

int tree_find(struct tree *tree, struct tree_node *dir, const char *name, struct tree_node **ret,
	      struct err *err)
{
	bool found = false;
	size_t place = child_place(&dir->children, name, &found);
	struct tree_node *node;

	*ret = found ? dir->children.items[place] : NULL;
	if (found || dir->complete || !S_ISDIR(dir->st.st_mode))
		return 0;
	node = tree_node_new(nursery_of(tree), dir, name);
	if (tree->ops->find(tree, dir, node, &found, err) < 0) {
		tree_node_drop(tree, nursery_of(tree), node);
		return -1;
	}
	if (found)
		child_insert(&dir->children, place, node);
	else
		tree_node_drop(tree, nursery_of(tree), node);
	*ret = found ? node : NULL;
	return 0;
}

struct tree_node *tree_insert(struct tree *tree, struct tree_node *dir, const char *name)
{
	bool found = false;
	size_t place = child_place(&dir->children, name, &found);
	struct tree_node *node;

	if (found)
		return dir->children.items[place];
	node = tree_node_new(nursery_of(tree), dir, name);
	child_insert(&dir->children, place, node);
	return node;
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp((*(struct tree_node *const *)a)->name, (*(struct tree_node *const *)b)->name);
}

/* Of those that `load` added behind the first `known` children, the ones that are among these. */
static void drop_known(struct tree *tree, struct tree_nursery *nursery, struct tree_nodes *children,
		       size_t known)
{
	size_t kept = known;

	for (size_t i = known; i < children->len; i++) {
		bool found = false;

		(void)place_among(children, known, children->items[i]->name, &found);
		if (found)
			tree_node_drop(tree, nursery, children->items[i]);
		else
			children->items[kept++] = children->items[i];
	}
	children->len = kept;
}

int tree_load_children(struct tree *tree, struct tree_node *dir, struct tree_nursery *nursery,
		       struct err *err)
{
	struct tree_nodes *children = &dir->children;
	size_t known = children->len;
	int result;

	if (dir->complete)
		return 0;
	result = tree->ops->load(tree, dir, nursery, err);
	if (known > 0)
		drop_known(tree, nursery, children, known);
	if (children->len > 1)
		qsort(children->items, children->len, sizeof(*children->items), compare_nodes);
	dir->complete = result == 0;
	return result;
}

static int find_children(struct tree *tree, struct tree_node *dir, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	struct tree_node *child = NULL;

	if (tree->ops->list(tree, dir, &names, err) < 0)
		return -1;
	/* In order, so that each new child is appended. */
	strvec_sort(&names);
	for (size_t i = 0; i < names.len; i++) {
		if (tree_find(tree, dir, names.items[i], &child, err) < 0)
			return -1;
	}
	return 0;
}

static int list_children(struct tree *tree, struct tree_node *dir, struct err *err)
{
	if (tree->ops->load)
		return tree_load_children(tree, dir, nursery_of(tree), err);
	if (find_children(tree, dir, err) < 0)
		return -1;
	dir->complete = true;
	return 0;
}

int tree_list(struct tree *tree, struct tree_node *dir, const struct tree_nodes **ret,
	      struct err *err)
{
	if (!dir->complete && list_children(tree, dir, err) < 0)
		return -1;
	*ret = &dir->children;
	return 0;
}

/* --- looking again --- */

static bool is_same_kind(const struct tree_node *a, const struct tree_node *b)
{
	return S_ISREG(a->st.st_mode) && a->st.st_mode == b->st.st_mode && a->st.st_nlink == 1 &&
	       b->st.st_nlink == 1;
}

static void child_remove(struct tree *tree, struct tree_nodes *children, size_t place)
{
	tree_node_drop(tree, nursery_of(tree), children->items[place]);
	children->len--;
	memmove(children->items + place, children->items + place + 1,
		(children->len - place) * sizeof(*children->items));
}

static enum tree_change replace_child(struct tree *tree, struct tree_node *dir, size_t place,
				      struct tree_node *owned_fresh, struct tree_node **ret_node)
{
	struct tree_node *known = dir->children.items[place];

	if (is_same_kind(known, owned_fresh)) {
		known->st = owned_fresh->st;
		known->hash[0] = '\0';
		known->hash_lasts = false;
		*ret_node = known;
		tree_node_drop(tree, nursery_of(tree), owned_fresh);
		return TREE_CONTENT;
	}
	tree_node_drop(tree, nursery_of(tree), known);
	dir->children.items[place] = owned_fresh;
	return TREE_CHANGED;
}

static bool has_more_names(const struct tree_node *node)
{
	return S_ISREG(node->st.st_mode) && node->st.st_nlink > 1;
}

static int refresh_child(struct tree *tree, struct tree_node *dir, const char *name,
			 enum tree_change *ret, struct tree_node **ret_node, struct err *err)
{
	bool is_known = false, is_there = false, is_shared = false;
	size_t place = child_place(&dir->children, name, &is_known);
	struct tree_node *fresh =
		is_known ? node_new(nursery_of(tree), dir, dir->children.items[place]->name)
			 : tree_node_new(nursery_of(tree), dir, name);

	if (tree->ops->find(tree, dir, fresh, &is_there, err) < 0) {
		tree_node_drop(tree, nursery_of(tree), fresh);
		return -1;
	}
	is_shared = (is_known && has_more_names(dir->children.items[place])) ||
		    (is_there && has_more_names(fresh));
	*ret = is_shared ? TREE_SHARED : is_known || is_there ? TREE_CHANGED : TREE_SAME;
	if (is_known && is_there) {
		enum tree_change change = replace_child(tree, dir, place, fresh, ret_node);

		if (!is_shared)
			*ret = change;
		return 0;
	}
	if (is_known)
		child_remove(tree, &dir->children, place);
	if (!is_there || !dir->complete) {
		tree_node_drop(tree, nursery_of(tree), fresh);
		return 0;
	}
	child_insert(&dir->children, place, fresh);
	*ret = TREE_MADE;
	*ret_node = fresh;
	return 0;
}

int tree_refresh(struct tree *tree, const char *path, enum tree_change *ret,
		 struct tree_node **ret_node, struct err *err)
{
	struct span rest = span_of(path), part;
	struct tree_node *dir = tree->root;

	*ret = TREE_SAME;
	*ret_node = NULL;
	for (;;) {
		AUTO(freep) char *name = NULL;
		bool is_last = !span_cut(&rest, '/', &part), is_known = false;
		size_t place;

		name = span_dup(part);
		if (is_last)
			return refresh_child(tree, dir, name, ret, ret_node, err);
		place = child_place(&dir->children, name, &is_known);
		if (!is_known)
			return 0;
		dir = dir->children.items[place];
	}
}

void tree_forget(struct tree *tree)
{
	struct tree_node *root = tree->root;

	VEC_FOREACH(child, &root->children)
		node_release(tree->ops, *child);
	root->children.len = 0;
	root->complete = false;
	free_nurseries(tree);
}

char *tree_path(const struct tree_node *node)
{
	size_t len = 0;
	char *path, *at;

	if (!node->parent)
		return xstrdup(".");
	for (const struct tree_node *part = node; part->parent; part = part->parent)
		len += strlen(part->name) + 1;
	path = xmalloc(len);
	at = path + len;
	/* from the end; each name with what stands behind it */
	for (const struct tree_node *part = node; part->parent; part = part->parent) {
		size_t part_len = strlen(part->name);

		*--at = part == node ? '\0' : '/';
		at -= part_len;
		memcpy(at, part->name, part_len);
	}
	return path;
}

/* Puts a link's target before what is left of the path. */
static int splice_link(struct tree *tree, struct tree_node *root, struct tree_node **at,
		       struct tree_node *link, char **rest, struct err *err)
{
	AUTO(freep) char *target = NULL;
	char *joined;

	if (tree_read_link(tree, link, &target, err) < 0)
		return -1;
	if (path_is_absolute(target))
		*at = root;
	joined = path_join(target, *rest);
	free(*rest);
	*rest = joined;
	return 0;
}

/* Cuts the first component off; NULL when nothing is left. */
static char *next_component(char **rest)
{
	size_t skip = strspn(*rest, "/");
	size_t len = strcspn(*rest + skip, "/");
	char *name, *tail;

	if (len == 0)
		return NULL;
	name = xstrndup(*rest + skip, len);
	tail = xstrdup(*rest + skip + len);
	free(*rest);
	*rest = tail;
	return name;
}

/* One component further; *ret_missing when it is not there. */
static int step(struct tree *tree, struct tree_node *root, struct tree_node **at, const char *name,
		char **rest, unsigned *links, bool *ret_missing, struct err *err)
{
	struct tree_node *child = NULL;

	*ret_missing = false;
	if (str_eq(name, "."))
		return 0;
	if (str_eq(name, "..")) {
		*at = *at == root ? root : (*at)->parent;
		return 0;
	}
	if (tree_find(tree, *at, name, &child, err) < 0)
		return -1;
	if (child && S_ISLNK(child->st.st_mode)) {
		if (++*links > LINKS_MAX)
			return err_set(err, ERR_INPUT, "too many symbolic links");
		return splice_link(tree, root, at, child, rest, err);
	}
	*ret_missing = !child;
	if (child)
		*at = child;
	return 0;
}

int tree_walk(struct tree *tree, struct tree_node *root, const char *path, struct tree_node **ret,
	      char **ret_missing, struct err *err)
{
	AUTO(freep) char *rest = xstrdup(path);
	struct tree_node *at = root;
	unsigned links = 0;
	bool missing = false;

	*ret_missing = NULL;
	for (;;) {
		AUTO(freep) char *name = next_component(&rest);

		if (!name)
			break;
		if (step(tree, root, &at, name, &rest, &links, &missing, err) < 0)
			return err_wrap(err, "'%s'", path);
		if (missing) {
			AUTO(freep) char *left = path_join(name, rest);

			*ret_missing = path_in_root(left);
			break;
		}
	}
	*ret = at;
	return 0;
}

int tree_resolve(struct tree *tree, const char *path, struct tree_node **ret, struct err *err)
{
	AUTO(freep) char *missing = NULL;

	if (tree_walk(tree, tree->root, path, ret, &missing, err) < 0)
		return -1;
	if (missing)
		*ret = NULL;
	return 0;
}

static int match_segments(struct tree *tree, struct tree_node *dir, const struct strvec *segments,
			  size_t depth, struct strvec *ret, struct err *err)
{
	const struct tree_nodes *children = NULL;

	if (!S_ISDIR(dir->st.st_mode))
		return 0;
	if (tree_list(tree, dir, &children, err) < 0)
		return -1;
	for (size_t i = 0; i < children->len; i++) {
		struct tree_node *child = children->items[i];

		if (!glob_match(segments->items[depth], child->name))
			continue;
		if (depth + 1 == segments->len)
			strvec_take(ret, tree_path(child));
		else if (match_segments(tree, child, segments, depth + 1, ret, err) < 0)
			return -1;
	}
	return 0;
}

int tree_glob(struct tree *tree, const char *pattern, struct strvec *ret, struct err *err)
{
	AUTO(str_release) struct str fixed = STR_INIT;
	AUTO(strvec_release) struct strvec segments = STRVEC_INIT;
	AUTO(freep) char *clean = path_in_root(pattern);
	struct span rest = span_of(clean), segment;
	struct tree_node *dir = NULL;

	while (rest.len > 0) {
		(void)span_cut(&rest, '/', &segment);
		strvec_addn(&segments, segment.ptr, segment.len);
	}
	while (segments.len > 0 && !glob_is_pattern(segments.items[0])) {
		str_addf(&fixed, "/%s", segments.items[0]);
		strvec_remove(&segments, 0);
	}
	if (segments.len == 0) {
		strvec_add(ret, clean);
		return 0;
	}
	if (tree_resolve(tree, fixed.ptr, &dir, err) < 0)
		return -1;
	return dir ? match_segments(tree, dir, &segments, 0, ret, err) : 0;
}

int tree_open(struct tree *tree, const struct tree_node *node, int *ret_fd, struct err *err)
{
	return tree->ops->open(tree, node, ret_fd, err);
}

int tree_read_link(struct tree *tree, const struct tree_node *node, char **ret, struct err *err)
{
	return tree->ops->read_link(tree, node, ret, err);
}

int tree_read_xattrs(struct tree *tree, const struct tree_node *node, struct layer_xattrs *ret,
		     struct err *err)
{
	return tree->ops->read_xattrs(tree, node, ret, err);
}
