#include "solve/tree_pack.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"

#define BUFFER_SIZE ((size_t)256 * 1024)

static void describe(const struct tree_packer *packer, const struct tree_node *node,
		     const char *path, struct layer_entry *ret)
{
	const struct tree_pack_options *options = packer->options;

	*ret = (struct layer_entry){
		.type = layer_entry_type_of(node->st.st_mode),
		.path = path,
		.mode = node->st.st_mode & (options->plain ? 0777 : 07777),
		.uid = options->plain ? 0 : node->st.st_uid,
		.gid = options->plain ? 0 : node->st.st_gid,
		.mtime = node->st.st_mtim,
		.rdev = node->st.st_rdev,
	};
	if (options->mtime >= 0)
		ret->mtime = (struct timespec){ .tv_sec = (time_t)options->mtime };
}

static int send_data(struct tree_packer *packer, const struct tree_node *node, uint64_t size,
		     struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (size > 0 && tree_open(packer->tree, node, &fd, err) < 0)
		return -1;
	while (size > 0) {
		size_t want = size < BUFFER_SIZE ? (size_t)size : BUFFER_SIZE;
		ssize_t got = fd_read_full(fd, packer->buffer, want, node->name, err);

		if (got < 0 || monitor_check(packer->monitor, err) < 0)
			return -1;
		if ((size_t)got < want)
			return err_set(err, ERR_INPUT, "'%s' is shorter than it was", node->name);
		if (packer->sink->data(packer->sink, packer->buffer, want, err) < 0)
			return -1;
		size -= want;
	}
	return 0;
}

int tree_packer_put(struct tree_packer *packer, const struct tree_node *node, const char *path,
		    struct err *err)
{
	AUTO(layer_xattrs_release) struct layer_xattrs xattrs = { .items = NULL };
	AUTO(freep) char *target = NULL;
	struct layer_entry entry;
	const char *first = S_ISREG(node->st.st_mode)
				    ? file_links_find(&packer->links, &node->st, 0, path)
				    : NULL;

	describe(packer, node, path, &entry);
	if (first) {
		entry.type = LAYER_HARDLINK;
		entry.link = first;
		return packer->sink->entry(packer->sink, &entry, err);
	}
	if (entry.type == LAYER_SYMLINK) {
		if (tree_read_link(packer->tree, node, &target, err) < 0)
			return -1;
		entry.link = target;
	} else if (!packer->options->plain) {
		if (tree_read_xattrs(packer->tree, node, &xattrs, err) < 0)
			return -1;
		entry.xattrs = &xattrs;
	}
	if (entry.type == LAYER_FILE)
		entry.size = (uint64_t)node->st.st_size;
	if (packer->sink->entry(packer->sink, &entry, err) < 0)
		return -1;
	return entry.type == LAYER_FILE ? send_data(packer, node, entry.size, err) : 0;
}

/* The tree itself is as deep as the recursion: its depth is bounded by what the layers' unpacking allowed. */
static int pack_children(struct tree_packer *packer, struct tree_node *dir, const char *path,
			 struct err *err)
{
	const struct tree_nodes *children = NULL;

	if (monitor_check(packer->monitor, err) < 0 ||
	    tree_list(packer->tree, dir, &children, err) < 0)
		return -1;
	for (size_t i = 0; i < children->len; i++) {
		struct tree_node *child = children->items[i];
		AUTO(freep)
		char *name = *path ? path_join(path, child->name) : xstrdup(child->name);

		if (S_ISSOCK(child->st.st_mode))
			continue; /* of a process, not of an image */
		if (tree_packer_put(packer, child, name, err) < 0)
			return -1;
		if (S_ISDIR(child->st.st_mode) && pack_children(packer, child, name, err) < 0)
			return -1;
	}
	return 0;
}

static int pack_prefix(struct tree_packer *packer, struct err *err)
{
	const struct tree_pack_options *options = packer->options;
	const struct layer_entry entry = {
		.type = LAYER_DIR,
		.path = options->prefix,
		.mode = 0755,
		.mtime = options->mtime >= 0 ? (struct timespec){ .tv_sec = (time_t)options->mtime }
					     : packer->tree->root->st.st_mtim,
	};

	return packer->sink->entry(packer->sink, &entry, err);
}

void tree_packer_init(struct tree_packer *packer, struct tree *tree,
		      const struct tree_pack_options *options, struct layer_sink *sink,
		      const struct monitor *monitor)
{
	*packer = (struct tree_packer){
		.tree = tree,
		.options = options,
		.sink = sink,
		.monitor = monitor,
		.links = FILE_LINKS_INIT,
		.buffer = xmalloc(BUFFER_SIZE),
	};
}

void tree_packer_release(struct tree_packer *packer)
{
	free(packer->buffer);
	file_links_release(&packer->links);
}

int tree_pack(struct tree *tree, const struct tree_pack_options *options, struct layer_sink *sink,
	      const struct monitor *monitor, struct err *err)
{
	AUTO(tree_packer_release) struct tree_packer packer;

	tree_packer_init(&packer, tree, options, sink, monitor);
	if (options->prefix && pack_prefix(&packer, err) < 0)
		return -1;
	return pack_children(&packer, tree->root, options->prefix ? options->prefix : "", err);
}
