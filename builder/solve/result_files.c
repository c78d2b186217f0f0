#include "solve/result_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/file_links.h"
#include "base/path.h"
#include "chain.h"

#define BUFFER_SIZE ((size_t)256 * 1024)

int result_files_open(struct store *store, struct registry *registry, const struct monitor *monitor,
		      struct vertex *vertex, struct tree **ret, struct err *err)
{
	struct solver solver = { .store = store, .registry = registry, .monitor = monitor };
	int result;

	pthread_mutex_init(&solver.lock, NULL);
	pthread_mutex_init(&solver.unpacking, NULL);
	result = chain_view(&solver, vertex, ret, err);
	pthread_mutex_destroy(&solver.unpacking);
	pthread_mutex_destroy(&solver.lock);
	return result;
}

struct packing {
	struct tree *tree;
	const struct tree_pack_options *options;
	struct layer_sink *sink;
	const struct monitor *monitor;
	struct file_links links;
	char *buffer;
};

static void describe(const struct packing *packing, const struct tree_node *node, const char *path,
		     struct layer_entry *ret)
{
	const struct tree_pack_options *options = packing->options;

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

static int send_data(struct packing *packing, const struct tree_node *node, uint64_t size,
		     struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (size > 0 && tree_open(packing->tree, node, &fd, err) < 0)
		return -1;
	while (size > 0) {
		size_t want = size < BUFFER_SIZE ? (size_t)size : BUFFER_SIZE;
		ssize_t got = fd_read_full(fd, packing->buffer, want, node->name, err);

		if (got < 0 || monitor_check(packing->monitor, err) < 0)
			return -1;
		if ((size_t)got < want)
			return err_set(err, ERR_INPUT, "'%s' is shorter than it was", node->name);
		if (packing->sink->data(packing->sink, packing->buffer, want, err) < 0)
			return -1;
		size -= want;
	}
	return 0;
}

static int pack_node(struct packing *packing, const struct tree_node *node, const char *path,
		     struct err *err)
{
	AUTO(layer_xattrs_release) struct layer_xattrs xattrs = { .items = NULL };
	AUTO(freep) char *target = NULL;
	struct layer_entry entry;
	const char *first = S_ISREG(node->st.st_mode)
				    ? file_links_find(&packing->links, &node->st, 0, path)
				    : NULL;

	describe(packing, node, path, &entry);
	if (first) {
		entry.type = LAYER_HARDLINK;
		entry.link = first;
		return packing->sink->entry(packing->sink, &entry, err);
	}
	if (entry.type == LAYER_SYMLINK) {
		if (tree_read_link(packing->tree, node, &target, err) < 0)
			return -1;
		entry.link = target;
	} else if (!packing->options->plain) {
		if (tree_read_xattrs(packing->tree, node, &xattrs, err) < 0)
			return -1;
		entry.xattrs = &xattrs;
	}
	if (entry.type == LAYER_FILE)
		entry.size = (uint64_t)node->st.st_size;
	if (packing->sink->entry(packing->sink, &entry, err) < 0)
		return -1;
	return entry.type == LAYER_FILE ? send_data(packing, node, entry.size, err) : 0;
}

/* The tree itself is as deep as the recursion: its depth is bounded by what the layers' unpacking allowed. */
static int pack_children(struct packing *packing, struct tree_node *dir, const char *path,
			 struct err *err)
{
	const struct tree_nodes *children = NULL;

	if (monitor_check(packing->monitor, err) < 0 ||
	    tree_list(packing->tree, dir, &children, err) < 0)
		return -1;
	for (size_t i = 0; i < children->len; i++) {
		struct tree_node *child = children->items[i];
		AUTO(freep)
		char *name = *path ? path_join(path, child->name) : xstrdup(child->name);

		if (pack_node(packing, child, name, err) < 0)
			return -1;
		if (S_ISDIR(child->st.st_mode) && pack_children(packing, child, name, err) < 0)
			return -1;
	}
	return 0;
}

static int pack_prefix(struct packing *packing, struct err *err)
{
	const struct tree_pack_options *options = packing->options;
	const struct layer_entry entry = {
		.type = LAYER_DIR,
		.path = options->prefix,
		.mode = 0755,
		.mtime = options->mtime >= 0 ? (struct timespec){ .tv_sec = (time_t)options->mtime }
					     : packing->tree->root->st.st_mtim,
	};

	return packing->sink->entry(packing->sink, &entry, err);
}

int tree_pack(struct tree *tree, const struct tree_pack_options *options, struct layer_sink *sink,
	      const struct monitor *monitor, struct err *err)
{
	struct packing packing = {
		.tree = tree, .options = options, .sink = sink, .monitor = monitor
	};
	int result = 0;

	packing.buffer = xmalloc(BUFFER_SIZE);
	if (options->prefix)
		result = pack_prefix(&packing, err);
	if (result == 0)
		result = pack_children(&packing, tree->root, options->prefix ? options->prefix : "",
				       err);
	free(packing.buffer);
	file_links_release(&packing.links);
	return result;
}
