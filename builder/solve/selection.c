#include "selection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "add_source.h"
#include "base/alloc.h"
#include "base/file_links.h"
#include "base/path.h"

static void source_release(struct selection_source *source)
{
	VEC_FOREACH(item, &source->items)
		free(item->path);
	free(source->items.items);
	free(source->name);
}

void selection_release(struct selection *selection)
{
	VEC_FOREACH(source, selection)
		source_release(source);
	free(selection->items);
	*selection = (struct selection){ .tree = NULL };
}

/* --- a part of it --- */

static bool is_within(const struct tree_node *node, const struct tree_node *dir)
{
	while (node && node != dir)
		node = node->parent;
	return node != NULL;
}

static bool concerns(const struct tree_node *node, const struct tree_nodes *nodes)
{
	VEC_FOREACH(kept, nodes) {
		if (is_within(node, *kept) || is_within(*kept, node))
			return true;
	}
	return false;
}

static void keep_items(struct selection_source *source, const struct tree_nodes *nodes)
{
	size_t kept = 0;

	VEC_FOREACH(item, &source->items) {
		if (concerns(item->node, nodes))
			source->items.items[kept++] = *item;
		else
			free(item->path);
	}
	source->items.len = kept;
}

void selection_keep(struct selection *selection, const struct tree_nodes *nodes)
{
	size_t kept = 0;

	VEC_FOREACH(source, selection) {
		if (source->node && concerns(source->node, nodes)) {
			keep_items(source, nodes);
			selection->items[kept++] = *source;
		} else {
			source_release(source);
		}
	}
	selection->len = kept;
}

/* --- walking a source --- */

struct filter {
	struct ignore *exclude; /* NULL = nothing */
	struct ignore *include; /* NULL = everything */
	char *prefix; /* only paths on the way to this one, or below it, can be included */
};

static void filter_release(struct filter *filter)
{
	ignore_free(filter->exclude);
	ignore_free(filter->include);
	free(filter->prefix);
}

/* How the patterns stand at a directory. */
struct filter_state {
	const struct ignore_state *exclude, *include;
};

struct walk {
	struct tree *tree;
	const struct filter *filter;
	struct selection_source *source;
};

static int walk_children(struct walk *walk, struct tree_node *dir, const char *path,
			 const struct filter_state *state, struct err *err);

static bool can_hold_matches(const struct filter *filter, const char *path)
{
	return !filter->include || path_is_within(path, filter->prefix) ||
	       path_is_within(filter->prefix, path);
}

/* Takes the path; the item's is borrowed. */
static const char *add_item(struct walk *walk, struct tree_node *node, char *owned_path)
{
	*VEC_ADD(&walk->source->items) = (struct selected){ .node = node, .path = owned_path };
	return owned_path;
}

/* A directory that no pattern wants comes along when something below it is wanted. Takes the path. */
static int walk_directory(struct walk *walk, struct tree_node *node, char *owned_path, bool wanted,
			  const struct filter_state *state, struct err *err)
{
	size_t before = walk->source->items.len;
	const char *path;

	if (!wanted && !can_hold_matches(walk->filter, owned_path)) {
		free(owned_path);
		return 0;
	}
	path = add_item(walk, node, owned_path);
	if (walk_children(walk, node, path, state, err) < 0)
		return -1;
	if (!wanted && walk->source->items.len == before + 1)
		free(walk->source->items.items[--walk->source->items.len].path);
	return 0;
}

/* Takes the path. */
static int walk_node(struct walk *walk, struct tree_node *node, char *owned_path,
		     const struct filter_state *state, struct err *err)
{
	const struct filter *filter = walk->filter;
	bool is_dir = S_ISDIR(node->st.st_mode), wanted = true;
	struct ignore_state *exclude = NULL, *include = NULL;
	struct filter_state below;
	int result = 0;

	if (filter->include)
		wanted = ignore_step(filter->include, state->include, owned_path,
				     is_dir ? &include : NULL);
	if (filter->exclude &&
	    ignore_step(filter->exclude, state->exclude, owned_path, is_dir ? &exclude : NULL))
		wanted = false;
	below = (struct filter_state){ .exclude = exclude, .include = include };
	if (is_dir)
		result = walk_directory(walk, node, owned_path, wanted, &below, err);
	else if (wanted && !S_ISSOCK(node->st.st_mode))
		(void)add_item(walk, node, owned_path);
	else
		free(owned_path);
	ignore_state_free(exclude);
	ignore_state_free(include);
	return result;
}

/* Both are clean, so that nothing has to be looked at: this is done for every file of a context. */
static char *path_below(const char *dir, const char *name)
{
	size_t dir_len = strlen(dir), name_len = strlen(name);
	char *path = xmalloc(dir_len + name_len + 2), *at = path;

	if (dir_len > 0) {
		memcpy(at, dir, dir_len);
		at += dir_len;
		*at++ = '/';
	}
	memcpy(at, name, name_len + 1);
	return path;
}

static int walk_children(struct walk *walk, struct tree_node *dir, const char *path,
			 const struct filter_state *state, struct err *err)
{
	const struct tree_nodes *children = NULL;

	if (tree_list(walk->tree, dir, &children, err) < 0)
		return -1;
	for (size_t i = 0; i < children->len; i++) {
		struct tree_node *child = children->items[i];

		if (walk_node(walk, child, path_below(path, child->name), state, err) < 0)
			return -1;
	}
	return 0;
}

static int walk_source(struct tree *tree, const struct filter *filter,
		       struct selection_source *source, const struct monitor *monitor,
		       struct err *err)
{
	struct walk walk = { .tree = tree, .filter = filter, .source = source };
	struct ignore_state *exclude = filter->exclude ? ignore_root(filter->exclude) : NULL;
	struct ignore_state *include = filter->include ? ignore_root(filter->include) : NULL;
	struct filter_state state = { .exclude = exclude, .include = include };
	/* What --parents includes may be a small part. */
	int result = filter->include ? monitor_check(monitor, err)
				     : tree_load_all(tree, source->node, monitor, err);

	if (result == 0)
		result = walk_children(&walk, source->node, "", &state, err);
	ignore_state_free(exclude);
	ignore_state_free(include);
	return result;
}

/* --- matching the sources --- */

static int not_found(const struct copy_vertex *copy, const char *path, struct err *err)
{
	if (copy->from_name)
		return err_set(err, ERR_NOT_FOUND, "'%s' not found in '%s'", path, copy->from_name);
	return err_set(err, ERR_NOT_FOUND, "'%s' not found in the build context", path);
}

/* Takes the node that `path` leads to; *ret_node is NULL when it is not there. */
static int add_source(struct selection *selection, const struct copy_argument *argument,
		      const char *path, const struct filter *filter, struct tree_node **ret_node,
		      struct err *err)
{
	struct selection_source *source;

	if (tree_resolve(selection->tree, path, ret_node, err) < 0)
		return -1;
	if (!*ret_node)
		return 0;
	source = VEC_ADD(selection);
	source->argument = argument;
	source->name = xstrdup(str_eq(path, ".") ? "" : path_base(path));
	source->node = *ret_node;
	if (!S_ISDIR(source->node->st.st_mode))
		return 0;
	return walk_source(selection->tree, filter, source, selection->monitor, err);
}

static int add_matches(struct selection *selection, const struct copy_argument *argument,
		       const char *pattern, bool only_directories, const struct filter *filter,
		       struct err *err)
{
	AUTO(strvec_release) struct strvec matches = STRVEC_INIT;
	struct tree_node *node = NULL;

	if (tree_glob(selection->tree, pattern, &matches, err) < 0)
		return -1;
	/* A link that matches but leads nowhere has no files to copy. */
	for (size_t i = 0; i < matches.len; i++) {
		const char *path = matches.items[i];

		if (only_directories) {
			if (tree_resolve(selection->tree, path, &node, err) < 0)
				return -1;
			if (!node || !S_ISDIR(node->st.st_mode))
				continue;
		}
		if (add_source(selection, argument, path, filter, &node, err) < 0)
			return -1;
	}
	return 0;
}

/* The components of a pattern before the first wildcard. */
static char *literal_prefix(const char *pattern)
{
	AUTO(freep) char *prefix = xstrdup(pattern);

	while (glob_is_pattern(prefix)) {
		char *shorter = path_dir(prefix);

		free(prefix);
		prefix = shorter;
	}
	return TAKE(prefix);
}

/* What is missing is called `name`. */
static int require_path(const struct selection *selection, const struct copy_vertex *copy,
			const char *path, const char *name, struct err *err)
{
	struct tree_node *node = NULL;

	if (tree_resolve(selection->tree, path, &node, err) < 0)
		return -1;
	return node ? 0 : not_found(copy, name, err);
}

/* --parents: what is before "/./" is left out of the destination, the rest is kept. */
static int add_with_parents(struct selection *selection, const struct copy_vertex *copy,
			    const struct copy_argument *argument, const struct filter *exclude,
			    struct err *err)
{
	AUTO(filter_release) struct filter filter = { .exclude = NULL };
	AUTO(strvec_release) struct strvec patterns = STRVEC_INIT;
	const char *pivot = strstr(argument->path, "/./");
	AUTO(freep)
	char *root =
		pivot ? span_dup((struct span){ argument->path, (size_t)(pivot - argument->path) })
		      : xstrdup("/");
	AUTO(freep) char *clean_root = path_in_root(root);
	AUTO(freep) char *pattern = path_in_root(pivot ? pivot + 3 : argument->path);
	AUTO(freep) char *whole = path_join(clean_root, pattern);
	bool many = glob_is_pattern(clean_root);
	struct tree_node *node = NULL;
	int result;

	if (!many && !glob_is_pattern(pattern) &&
	    require_path(selection, copy, whole, argument->path, err) < 0)
		return -1;
	if (!str_eq(pattern, ".")) {
		strvec_add(&patterns, pattern);
		if (ignore_new(&patterns, &filter.include, err) < 0)
			return -1;
	}
	filter.prefix = literal_prefix(pattern);
	filter.exclude = exclude->exclude;
	if (many)
		result = add_matches(selection, argument, clean_root, true, &filter, err);
	else
		result = add_source(selection, argument, clean_root, &filter, &node, err);
	filter.exclude = NULL; /* borrowed above */
	if (result == 0 && !many && !node)
		return not_found(copy, argument->path, err);
	return result;
}

/*
 * A pattern that nothing matches is fine, as long as something could: where it looks has to be there. A malformed one is refused in
 * the context and matches nothing in a stage, as with BuildKit.
 */
static int add_pattern(struct selection *selection, const struct copy_vertex *copy,
		       const struct copy_argument *argument, const struct filter *filter,
		       struct err *err)
{
	AUTO(freep) char *inside = path_in_root(argument->path);
	AUTO(freep) char *prefix = literal_prefix(inside);

	if (!copy->from_name && !glob_check(inside))
		return err_set(err, ERR_INPUT, "malformed class in the pattern '%s'",
			       argument->path);
	if (require_path(selection, copy, prefix, prefix, err) < 0)
		return -1;
	return add_matches(selection, argument, argument->path, false, filter, err);
}

static int add_argument(struct selection *selection, const struct copy_vertex *copy,
			const struct copy_argument *argument, const struct filter *filter,
			struct err *err)
{
	struct tree_node *node = NULL;

	if (argument->text || argument->remote) {
		struct selection_source *source = VEC_ADD(selection);

		source->argument = argument;
		source->name = xstrdup(argument->remote ? add_source_name(argument->remote)
							: argument->path);
		return 0;
	}
	if (copy->parents)
		return add_with_parents(selection, copy, argument, filter, err);
	if (glob_is_pattern(argument->path))
		return add_pattern(selection, copy, argument, filter, err);

	AUTO(freep) char *path = path_in_root(argument->path);

	if (add_source(selection, argument, path, filter, &node, err) < 0)
		return -1;
	return node ? 0 : not_found(copy, argument->path, err);
}

int selection_make(struct tree *tree, const struct copy_vertex *copy, const char *file,
		   const struct monitor *monitor, struct selection *ret, struct err *err)
{
	AUTO(filter_release) struct filter filter = { .exclude = NULL };

	ret->tree = tree;
	ret->monitor = monitor;
	if (copy->excludes.len > 0 && ignore_new(&copy->excludes, &filter.exclude, err) < 0)
		return err_wrap(err, "--exclude");
	for (size_t i = 0; i < copy->arguments.len; i++) {
		const struct copy_argument *argument = &copy->arguments.items[i];

		if (add_argument(ret, copy, argument, &filter, err) == 0)
			continue;
		if (err && !err->span.line && argument->place.line)
			(void)err_at(err, file, argument->place.line, argument->place.column,
				     argument->place.length);
		return -1;
	}
	return 0;
}

static int open_remote(struct selection_source *source, struct solver *solver,
		       const struct filter *filter, struct err *err)
{
	if (add_source_open(solver, source->argument->remote, &source->tree, &source->node, err) <
	    0)
		return -1;
	if (!S_ISDIR(source->node->st.st_mode))
		return 0;
	return walk_source(source->tree, filter, source, solver->monitor, err);
}

int selection_open_remote(struct selection *selection, struct solver *solver,
			  const struct copy_vertex *copy, struct err *err)
{
	AUTO(filter_release) struct filter filter = { .exclude = NULL };

	if (copy->excludes.len > 0 && ignore_new(&copy->excludes, &filter.exclude, err) < 0)
		return err_wrap(err, "--exclude");
	VEC_FOREACH(source, selection) {
		if (source->argument->remote && open_remote(source, solver, &filter, err) < 0)
			return -1;
	}
	return 0;
}

/* --- describing for a key --- */

static void collect_nodes(const struct selection *selection, struct tree_nodes *ret)
{
	VEC_FOREACH(source, selection) {
		if (source->node && !S_ISDIR(source->node->st.st_mode))
			*VEC_ADD(ret) = source->node;
		VEC_FOREACH(item, &source->items)
			*VEC_ADD(ret) = item->node;
	}
}

static char type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return 'd';
	case S_IFLNK: return 'l';
	case S_IFCHR: return 'c';
	case S_IFBLK: return 'b';
	case S_IFIFO: return 'p';
	default: return 'f';
	}
}

/* Which earlier one of the same source is the same file; links to files elsewhere do not count. */
static void describe_hard_link(const struct tree_node *node, const char *path,
			       struct file_links *links, struct str *ret)
{
	const char *first = file_links_find(links, &node->st, 0, path);

	if (first)
		str_addf(ret, " =%zu:%s", strlen(first), first);
}

/* Length-prefixed: a name may hold any byte, also those that separate fields. */
static void add_counted(struct str *s, const char *text)
{
	size_t len = strlen(text);

	str_add_number(s, len);
	str_addc(s, ':');
	str_addn(s, text, len);
}

static void add_mode(struct str *s, mode_t mode)
{
	for (int shift = 9; shift >= 0; shift -= 3)
		str_addc(s, (char)('0' + (mode >> shift & 7)));
}

static int describe_link(struct tree *tree, const struct tree_node *node, struct str *ret,
			 struct err *err)
{
	AUTO(freep) char *link = NULL;

	if (tree_read_link(tree, node, &link, err) < 0)
		return -1;
	str_addc(ret, ' ');
	add_counted(ret, link);
	return 0;
}

/* Without printf, which would be a fifth of the time of a build in which nothing has changed. */
static int describe_node(struct tree *tree, const struct tree_node *node, const char *path,
			 bool with_owner, struct file_links *links, struct str *ret,
			 struct err *err)
{
	mode_t mode = node->st.st_mode;

	add_counted(ret, path);
	str_addc(ret, ' ');
	str_addc(ret, type_letter(mode));
	if (!S_ISLNK(mode)) {
		str_addc(ret, ' ');
		add_mode(ret, mode);
	}
	if (with_owner)
		str_addf(ret, " %u:%u", node->st.st_uid, node->st.st_gid);
	if (S_ISREG(mode)) {
		str_addc(ret, ' ');
		str_add(ret, node->hash);
		describe_hard_link(node, path, links, ret);
	}
	if (S_ISCHR(mode) || S_ISBLK(mode))
		str_addf(ret, " %u,%u", major(node->st.st_rdev), minor(node->st.st_rdev));
	if (S_ISLNK(mode) && describe_link(tree, node, ret, err) < 0)
		return -1;
	str_addc(ret, '\n');
	return 0;
}

static int describe_source(const struct selection *selection, const struct selection_source *source,
			   bool with_owner, struct str *ret, struct err *err)
{
	AUTO(file_links_release) struct file_links links = FILE_LINKS_INIT;

	str_add(ret, "source\n");
	if (source->argument->remote) {
		add_source_describe(source->argument->remote, ret);
		return 0;
	}
	if (!source->node) {
		str_addf(ret, "text %s %zu:%s\n", source->name, strlen(source->argument->text),
			 source->argument->text);
		return 0;
	}
	if (!S_ISDIR(source->node->st.st_mode))
		return describe_node(selection->tree, source->node, source->name, with_owner,
				     &links, ret, err);
	str_addf(ret, "directory\n");
	VEC_FOREACH(item, &source->items) {
		if (describe_node(selection->tree, item->node, item->path, with_owner, &links, ret,
				  err) < 0)
			return -1;
	}
	return 0;
}

int selection_hash(const struct selection *selection, struct hash_cache *cache, struct err *err)
{
	struct tree_nodes nodes = { .items = NULL };
	int result;

	collect_nodes(selection, &nodes);
	result = tree_hash_files(selection->tree, &nodes, cache, selection->monitor, err);
	free(nodes.items);
	return result;
}

int selection_describe(const struct selection *selection, bool with_owner, struct hash_cache *cache,
		       struct str *ret, struct err *err)
{
	if (selection_hash(selection, cache, err) < 0)
		return -1;
	VEC_FOREACH(source, selection) {
		if (describe_source(selection, source, with_owner, ret, err) < 0)
			return -1;
	}
	return 0;
}
