/* The files of a tree as entries of a layer. */
#ifndef SOLVE_TREE_PACK_H
#define SOLVE_TREE_PACK_H

#include "base/file_links.h"
#include "context/tree.h"

struct tree_pack_options {
	const char *prefix; /* directory that all is put into; NULL = none */
	bool plain; /* only names, content and permissions: owner root, neither set-id bits nor attributes */
	int64_t mtime; /* of all; -1 = as they are */
};

/*
 * All files below the root into a sink, in the order of their names; hard links stay such. The directories of the prefix
 * come first. Attributes that cannot be read are errors.
 */
WARN_UNUSED int tree_pack(struct tree *tree, const struct tree_pack_options *options,
			  struct layer_sink *sink, const struct monitor *monitor, struct err *err);

/* The same, for whoever chooses the nodes. All borrowed but the links and the buffer. */
struct tree_packer {
	struct tree *tree;
	const struct tree_pack_options *options;
	struct layer_sink *sink;
	const struct monitor *monitor;
	struct file_links links;
	char *buffer;
};

void tree_packer_init(struct tree_packer *packer, struct tree *tree,
		      const struct tree_pack_options *options, struct layer_sink *sink,
		      const struct monitor *monitor);
void tree_packer_release(struct tree_packer *packer);
/* A node alone, with its content, as `path`; a file that was put before becomes a hard link to that. */
WARN_UNUSED int tree_packer_put(struct tree_packer *packer, const struct tree_node *node,
				const char *path, struct err *err);

#endif
