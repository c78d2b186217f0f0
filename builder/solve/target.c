#include "target.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sparse.h"
#include "base/str.h"

#define READ_SIZE (128 * 1024)

struct target {
	struct tree tree;
	struct tree *below;
	struct file_links links; /* of the entries with the content */
	char *buf;
	bool saw_change;
};

static struct target *of(struct tree *tree)
{
	return CONTAINER_OF(tree, struct target, tree);
}

struct target_entry *target_entry(struct tree_node *node)
{
	if (!node->extra)
		node->extra = xcalloc(1, sizeof(struct target_entry));
	return node->extra;
}

static bool is_replaced(const struct target_entry *entry)
{
	return entry->put && entry->type != LAYER_DIR;
}

/* --- as a tree --- */

static int target_find(struct tree *tree, const struct tree_node *dir, struct tree_node *node,
		       bool *ret_found, struct err *err)
{
	const struct target_entry *entry = dir->extra;
	struct tree_node *below = NULL;

	*ret_found = false;
	if (!of(tree)->below || !entry || !entry->below || is_replaced(entry))
		return 0;
	if (tree_find(of(tree)->below, entry->below, node->name, &below, err) < 0)
		return -1;
	*ret_found = below != NULL;
	if (below) {
		node->st = below->st;
		target_entry(node)->below = below;
	}
	return 0;
}

static int target_list(struct tree *tree, const struct tree_node *dir, struct strvec *ret,
		       struct err *err)
{
	const struct target_entry *entry = dir->extra;
	const struct tree_nodes *children = NULL;

	if (!of(tree)->below || !entry || !entry->below)
		return 0;
	if (tree_list(of(tree)->below, entry->below, &children, err) < 0)
		return -1;
	for (size_t i = 0; i < children->len; i++)
		strvec_add(ret, children->items[i]->name);
	return 0;
}

static int target_open_file(struct tree *tree, const struct tree_node *node, int *ret_fd,
			    struct err *err)
{
	const struct target_entry *entry = node->extra;

	if (entry->put && !entry->tree)
		return err_set(err, ERR_UNSUPPORTED,
			       "a file that is made of text has none behind it");
	if (entry->put)
		return tree_open(entry->tree, entry->node, ret_fd, err);
	return tree_open(of(tree)->below, entry->below, ret_fd, err);
}

static int target_read_link(struct tree *tree, const struct tree_node *node, char **ret,
			    struct err *err)
{
	const struct target_entry *entry = node->extra;

	if (!entry->put)
		return tree_read_link(of(tree)->below, entry->below, ret, err);
	*ret = xstrdup(entry->link);
	return 0;
}

static int target_read_xattrs(struct tree *tree, const struct tree_node *node,
			      struct layer_xattrs *ret, struct err *err)
{
	const struct target_entry *entry = node->extra;

	if (entry->put)
		return entry->tree ? tree_read_xattrs(entry->tree, entry->node, ret, err) : 0;
	return tree_read_xattrs(of(tree)->below, entry->below, ret, err);
}

static void entry_free(void *extra)
{
	struct target_entry *entry = extra;

	if (entry)
		free(entry->link);
	free(entry);
}

static void target_release(struct tree *tree)
{
	file_links_release(&of(tree)->links);
	free(of(tree)->buf);
}

static const struct tree_ops target_ops = {
	.find = target_find,
	.list = target_list,
	.open = target_open_file,
	.read_link = target_read_link,
	.read_xattrs = target_read_xattrs,
	.release_extra = entry_free,
	.release = target_release,
};

struct target *target_new(struct tree *below)
{
	struct stat root = { .st_mode = S_IFDIR | 0755 };
	struct target *target = xcalloc(1, sizeof(*target));

	target->below = below;
	tree_init(&target->tree, &target_ops, below ? &below->root->st : &root);
	target_entry(target->tree.root)->below = below ? below->root : NULL;
	return target;
}

void target_freep(struct target **target)
{
	struct tree *tree = *target ? &(*target)->tree : NULL;

	*target = NULL;
	tree_freep(&tree);
}

struct tree *target_tree(struct target *target)
{
	return &target->tree;
}

bool target_saw_change(const struct target *target)
{
	return target->saw_change;
}

/* --- putting entries --- */

static mode_t type_bits(enum layer_entry_type type)
{
	switch (type) {
	case LAYER_DIR: return S_IFDIR;
	case LAYER_SYMLINK: return S_IFLNK;
	case LAYER_CHAR: return S_IFCHR;
	case LAYER_BLOCK: return S_IFBLK;
	case LAYER_FIFO: return S_IFIFO;
	case LAYER_FILE:
	case LAYER_HARDLINK:
	case LAYER_WHITEOUT:
	case LAYER_OPAQUE: return S_IFREG;
	}
	return S_IFREG;
}

void target_settle(struct tree_node *node)
{
	struct target_entry *entry = target_entry(node);

	node->st.st_mode = type_bits(entry->type) | entry->mode;
	node->st.st_uid = entry->owner.uid;
	node->st.st_gid = entry->owner.gid;
	for (struct tree_node *dir = node->parent; dir; dir = dir->parent) {
		if (target_entry(dir)->on_the_way)
			break;
		target_entry(dir)->on_the_way = true;
	}
}

int target_put(struct target *target, struct tree_node *dir, const char *name,
	       enum layer_entry_type type, struct tree_node **ret, struct err *err)
{
	struct tree_node *node = NULL;
	struct target_entry *entry;

	if (tree_find(&target->tree, dir, name, &node, err) < 0)
		return -1;
	if (node && S_ISDIR(node->st.st_mode) != (type == LAYER_DIR)) {
		AUTO(freep) char *path = tree_path(node);

		return err_set(err, ERR_INPUT,
			       type == LAYER_DIR
				       ? "'/%s' is there already and is not a directory"
				       : "'/%s' is a directory and cannot be replaced by a file",
			       path);
	}
	if (!node)
		node = tree_insert(&target->tree, dir, name);
	entry = target_entry(node);
	free(entry->link);
	*entry = (struct target_entry){
		.below = entry->below,
		.on_the_way = entry->on_the_way,
		.put = true,
		.type = type,
	};
	*ret = node;
	return 0;
}

static int make_child(struct target *target, struct tree_node *dir, const char *name,
		      const struct target_defaults *defaults, struct tree_node **ret,
		      struct err *err)
{
	struct target_entry *entry;

	if (target_put(target, dir, name, LAYER_DIR, ret, err) < 0)
		return -1;
	entry = target_entry(*ret);
	entry->mode = defaults->mode;
	entry->owner = defaults->owner;
	entry->mtime = defaults->mtime;
	target_settle(*ret);
	return 0;
}

static int not_a_directory(struct tree_node *node, struct err *err)
{
	AUTO(freep) char *path = tree_path(node);

	return err_set(err, ERR_INPUT, "'/%s' is not a directory", path);
}

int target_make_directory(struct target *target, struct tree_node *root, const char *path,
			  const struct target_defaults *defaults, struct tree_node **ret,
			  struct err *err)
{
	AUTO(freep) char *missing = NULL;
	struct tree_node *node = NULL;
	struct span rest, name;

	if (tree_walk(&target->tree, root, path, &node, &missing, err) < 0)
		return -1;
	if (!S_ISDIR(node->st.st_mode))
		return not_a_directory(node, err);
	rest = missing ? span_of(missing) : (struct span){ .len = 0 };
	while (rest.len > 0) {
		AUTO(freep) char *component = NULL;

		(void)span_cut(&rest, '/', &name);
		component = span_dup(name);
		if (make_child(target, node, component, defaults, &node, err) < 0)
			return -1;
	}
	*ret = node;
	return 0;
}

int target_make_parent(struct target *target, const char *path,
		       const struct target_defaults *defaults, struct tree_node **ret,
		       char **ret_name, struct err *err)
{
	AUTO(freep) char *missing = NULL, *dir = NULL, *at = NULL, *whole = NULL;
	struct tree_node *node = NULL;

	if (tree_walk(&target->tree, target->tree.root, path, &node, &missing, err) < 0)
		return -1;
	if (missing && !S_ISDIR(node->st.st_mode))
		return not_a_directory(node, err);
	at = tree_path(node);
	whole = missing ? path_join(at, missing) : xstrdup(at);
	dir = path_dir(whole);
	if (target_make_directory(target, target->tree.root, dir, defaults, ret, err) < 0)
		return -1;
	*ret_name = xstrdup(path_base(whole));
	return 0;
}

/* --- emitting --- */

const char *target_entry_first_link(const struct target_entry *entry, const char *path,
				    struct file_links *links)
{
	if (!entry->node || entry->type != LAYER_FILE)
		return NULL;
	return file_links_find(links, &entry->node->st, entry->group, path);
}

static int send_content(struct target *target, int fd, const char *path, const struct stat *st,
			struct layer_sink *sink, const struct monitor *monitor, struct err *err)
{
	uint64_t size = (uint64_t)st->st_size;
	struct sparse_reader reader;

	if (!target->buf)
		target->buf = xmalloc(READ_SIZE);
	sparse_reader_init(&reader, fd, st);
	while (reader.at < size) {
		uint64_t left = size - reader.at;
		const void *data;
		ssize_t n =
			sparse_read(&reader, target->buf,
				    left < READ_SIZE ? (size_t)left : READ_SIZE, path, &data, err);

		if (n < 0 || monitor_check(monitor, err) < 0)
			return -1;
		if (n == 0)
			return err_set(err, ERR_SYSTEM, "'%s' became shorter while it was read",
				       path);
		if (sink->data(sink, data, (size_t)n, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int emit_file(struct target *target, const struct target_entry *entry,
		     struct layer_entry *out, struct layer_sink *sink,
		     const struct monitor *monitor, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (!entry->tree) {
		out->size = strlen(entry->text);
		if (sink->entry(sink, out, err) < 0)
			return -1;
		return out->size ? sink->data(sink, entry->text, out->size, err) : 0;
	}
	if (tree_open(entry->tree, entry->node, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "'%s'", out->path);
	target->saw_change |= !is_unchanged(&st, &entry->node->st);
	out->size = (uint64_t)st.st_size;
	if (sink->entry(sink, out, err) < 0)
		return -1;
	return send_content(target, fd, out->path, &st, sink, monitor, err);
}

int target_emit_file(struct target *target, const struct tree_node *node, const char *path,
		     struct layer_sink *sink, const struct monitor *monitor, struct err *err)
{
	const struct target_entry *entry = node->extra;
	struct layer_xattrs xattrs = { .items = NULL };
	struct layer_entry out = {
		.type = entry->type,
		.path = path,
		.link = entry->link,
		.mode = entry->mode,
		.uid = entry->owner.uid,
		.gid = entry->owner.gid,
		.mtime = entry->mtime,
		.rdev = entry->rdev,
		.xattrs = &xattrs,
	};
	int result = 0;

	if (entry->tree)
		result = tree_read_xattrs(entry->tree, entry->node, &xattrs, err);
	if (result == 0 && entry->type == LAYER_FILE)
		result = emit_file(target, entry, &out, sink, monitor, err);
	else if (result == 0)
		result = sink->entry(sink, &out, err);
	layer_xattrs_release(&xattrs);
	return result;
}

static int emit_put(struct target *target, const struct tree_node *node, const char *path,
		    struct layer_sink *sink, const struct monitor *monitor, struct err *err)
{
	const struct target_entry *entry = node->extra;
	const char *first = target_entry_first_link(entry, path, &target->links);
	const struct layer_entry link = {
		.type = LAYER_HARDLINK,
		.path = path,
		.link = first,
		.mode = entry->mode,
		.uid = entry->owner.uid,
		.gid = entry->owner.gid,
		.mtime = entry->mtime,
		.rdev = entry->rdev,
	};

	if (first)
		return sink->entry(sink, &link, err);
	return target_emit_file(target, node, path, sink, monitor, err);
}

/* A directory from below, as it is. */
static int emit_existing(struct target *target, struct tree_node *node, const char *path,
			 struct layer_sink *sink, struct err *err)
{
	struct layer_xattrs xattrs = { .items = NULL };
	struct layer_entry out = {
		.type = LAYER_DIR,
		.path = path,
		.mode = node->st.st_mode & 07777,
		.uid = node->st.st_uid,
		.gid = node->st.st_gid,
		.mtime = node->st.st_mtim,
		.xattrs = &xattrs,
	};
	int result = tree_read_xattrs(&target->tree, node, &xattrs, err);

	if (result == 0)
		result = sink->entry(sink, &out, err);
	layer_xattrs_release(&xattrs);
	return result;
}

static int emit_node(struct target *target, struct tree_node *node, struct layer_sink *sink,
		     const struct monitor *monitor, struct err *err)
{
	struct target_entry *entry = target_entry(node);
	AUTO(freep) char *path = NULL;

	if (entry->emitted || !node->parent || (!entry->put && !entry->on_the_way))
		return 0;
	path = tree_path(node);
	entry->emitted = true;
	if (entry->put)
		return emit_put(target, node, path, sink, monitor, err);
	return emit_existing(target, node, path, sink, err);
}

static int emit_below(struct target *target, struct tree_node *node, struct layer_sink *sink,
		      const struct monitor *monitor, struct err *err)
{
	if (monitor_check(monitor, err) < 0 || emit_node(target, node, sink, monitor, err) < 0)
		return -1;
	if (!target_entry(node)->on_the_way)
		return 0;
	VEC_FOREACH(child, &node->children) {
		if (emit_below(target, *child, sink, monitor, err) < 0)
			return -1;
	}
	return 0;
}

int target_emit(struct target *target, struct layer_sink *sink, const struct monitor *monitor,
		struct err *err)
{
	return emit_below(target, target->tree.root, sink, monitor, err);
}

int target_emit_parents(struct target *target, struct tree_node *dir, struct layer_sink *sink,
			struct err *err)
{
	target_entry(dir)->on_the_way = true;
	if (!dir->parent)
		return 0;
	if (target_emit_parents(target, dir->parent, sink, err) < 0)
		return -1;
	return emit_node(target, dir, sink, NULL, err); /* a directory: nothing to wait for */
}
