/*
 * A tree of files to copy from: a build context, a stage, an image. Nodes are loaded when somebody
 * asks for them and keep their stat data, so that all who read the tree in one build see the same
 * files. Nothing leads out of the root: links are resolved by tree_resolve(), inside the tree.
 *
 *	AUTO(tree_freep) struct tree *tree = NULL;
 *	struct tree_node *node = NULL;
 *
 *	if (directory_tree_open(dir, ignore, &tree, err) < 0 ||
 *	    tree_resolve(tree, "src", &node, err) < 0) ...
 *
 * One thread at a time may look names up in a tree; files of it may be read by several.
 */
#ifndef CONTEXT_TREE_H
#define CONTEXT_TREE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/monitor.h"
#include "base/vec.h"
#include "context/ignore.h"
#include "image/layer.h"

struct tree;
struct tree_node;

struct tree_nodes {
	struct tree_node **items; /* sorted by the bytes of their names */
	size_t len, cap;
};

struct tree_node {
	struct tree_node *parent; /* NULL = the root */
	const char *name;         /* "" for the root */
	struct stat st;
	struct tree_nodes children; /* what has been looked up; all of them once `complete` */
	bool complete;
	/* Of a file's content and attributes; "" = not known yet: see context/hash.h. */
	char hash[65];
	bool hash_lasts; /* it holds for as long as `st` does */
	void *extra;     /* the implementation's */
};

/* Where nodes of a tree come from: each thread that makes some has its own. */
struct tree_nursery {
	struct arena *arena;     /* has the nodes, and their names; NULL = none yet */
	struct tree_node *spare; /* one that was dropped; NULL = none */
};

#define TREE_THREADS_MAX 4

struct tree_ops {
	/* The child of that name: *ret_found, and node->st and node->extra filled. */
	int (*find)(struct tree *tree, const struct tree_node *dir, struct tree_node *node,
		    bool *ret_found, struct err *err);
	/* Names of all children, in any order. */
	int (*list)(struct tree *tree, const struct tree_node *dir, struct strvec *ret,
		    struct err *err);
	/*
	 * The same for who can do it sooner than by `list` and many calls of `find`: each child comes from tree_node_new()
	 * and goes to tree_node_keep(), in any order; those that have been looked up before may come again. Called by
	 * several threads at once, for different directories and with nurseries of their own. NULL = there is no sooner way.
	 */
	int (*load)(struct tree *tree, struct tree_node *dir, struct tree_nursery *nursery,
		    struct err *err);
	int (*open)(struct tree *tree, const struct tree_node *node, int *ret_fd, struct err *err);
	int (*read_link)(struct tree *tree, const struct tree_node *node, char **ret,
			 struct err *err);
	int (*read_xattrs)(struct tree *tree, const struct tree_node *node,
			   struct layer_xattrs *ret, struct err *err);
	void (*release_extra)(void *extra); /* never NULL, `extra` may be */
	void (*release)(struct tree *tree);
};

/* The common part of every implementation, its first member. */
struct tree {
	const struct tree_ops *ops;
	struct tree_node *root;
	struct tree_nursery nurseries[TREE_THREADS_MAX]; /* have all nodes but the root */
};

/* For implementations: sets up the root with a directory's stat data. */
void tree_init(struct tree *tree, const struct tree_ops *ops, const struct stat *root);
void tree_freep(struct tree **tree);
/* For `load`: a node that is not in its directory yet, with zeroed `st`; `name` is copied. */
struct tree_node *tree_node_new(struct tree_nursery *nursery, struct tree_node *dir,
				const char *name);
void tree_node_keep(struct tree_node *node);
void tree_node_drop(struct tree *tree, struct tree_nursery *nursery, struct tree_node *node);
/* All children, where the tree has `load`; nodes come from `nursery`. */
WARN_UNUSED int tree_load_children(struct tree *tree, struct tree_node *dir,
				   struct tree_nursery *nursery, struct err *err);

/* The child of that name; *ret is NULL when there is none. */
WARN_UNUSED int tree_find(struct tree *tree, struct tree_node *dir, const char *name,
			  struct tree_node **ret, struct err *err);
/* All children, sorted; borrowed from the node. */
WARN_UNUSED int tree_list(struct tree *tree, struct tree_node *dir, const struct tree_nodes **ret,
			  struct err *err);
/*
 * Loads all that is below a directory, by several threads when that is much, so that tree_list() finds it there. What
 * cannot be read is left out: tree_list() says why. Only ERR_CANCELLED is an error.
 */
WARN_UNUSED int tree_load_all(struct tree *tree, struct tree_node *dir,
			      const struct monitor *monitor, struct err *err);
/*
 * Follows the links of every component, inside the root; *ret is NULL when a component is missing.
 * ERR_INPUT for a loop of links.
 */
WARN_UNUSED int tree_resolve(struct tree *tree, const char *path, struct tree_node **ret,
			     struct err *err);
/*
 * As far as the path exists below `root`, which links and ".." do not leave: *ret is the last node
 * that is there, *ret_missing what is left of the path behind it, links resolved and cleaned, or NULL
 * when all of it is there. The caller frees *ret_missing.
 */
WARN_UNUSED int tree_walk(struct tree *tree, struct tree_node *root, const char *path,
			  struct tree_node **ret, char **ret_missing, struct err *err);
/* What has become of a path. */
enum tree_change {
	TREE_SAME,    /* nothing that has been looked up differs */
	TREE_CONTENT, /* a file of the same kind and mode, which has to be hashed anew */
	TREE_MADE,    /* there, where nothing was: of nodes that somebody holds none is concerned */
	TREE_CHANGED, /* made, gone or another kind of file: whoever holds nodes has to look again */
	TREE_SHARED, /* the same, of a file with several names now or before: others of them may have changed with it */
};
/*
 * Looks again at a path of a tree whose files change, a cleaned one below the root. *ret_node is the file of
 * TREE_CONTENT or TREE_MADE; with the last two the nodes at and below the path are gone.
 */
WARN_UNUSED int tree_refresh(struct tree *tree, const char *path, enum tree_change *ret,
			     struct tree_node **ret_node, struct err *err);
/* All nodes but the root are gone: what is asked for is looked up anew. */
void tree_forget(struct tree *tree);
/*
 * For trees that are being made: the child of that name, a new one with zeroed `st` if there is
 * none.
 */
struct tree_node *tree_insert(struct tree *tree, struct tree_node *dir, const char *name);
/*
 * The paths that match a COPY source with wildcards, in the order of a sorted walk: the leading
 * components without wildcards follow links, the others are matched by filepath.Match and do not. A
 * match is not searched further.
 */
WARN_UNUSED int tree_glob(struct tree *tree, const char *pattern, struct strvec *ret,
			  struct err *err);

/* Path from the root without a leading slash, "." for the root; the caller frees. */
char *tree_path(const struct tree_node *node);
/* For reading; only of regular files. */
WARN_UNUSED int tree_open(struct tree *tree, const struct tree_node *node, int *ret_fd,
			  struct err *err);
WARN_UNUSED int tree_read_link(struct tree *tree, const struct tree_node *node, char **ret,
			       struct err *err);
/* What layers keep: see context/attributes.h. */
WARN_UNUSED int tree_read_xattrs(struct tree *tree, const struct tree_node *node,
				 struct layer_xattrs *ret, struct err *err);

#endif
