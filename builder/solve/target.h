/*
 * The file system that a layer is being made for: what is below, and on top of it the entries of
 * the new layer. It is a tree itself, so that later entries see earlier ones, and links in it are
 * followed inside it.
 *
 *	target_open(below, &target, err);
 *	target_make_directory(target, root, "/srv/app", &defaults, &dir, err);
 *	entry = target_put(target, dir, "config", err);		-- fill in *entry
 *	target_emit(target, sink, monitor, err);
 *
 * target_emit() writes what was put since the last one, sorted, parents first. Directories on the
 * way that exist below are written with the metadata they have: in a layer, a directory that is
 * only implied would lose them.
 */
#ifndef SOLVE_TARGET_H
#define SOLVE_TARGET_H

#include "accounts.h"
#include "base/file_links.h"
#include "base/monitor.h"
#include "context/tree.h"
#include "image/layer.h"

/* What a node of the target is in the new layer; lives in node->extra. */
struct target_entry {
	struct tree_node *below; /* what is there below; NULL = nothing */
	bool put;                /* belongs to the layer as described here */
	bool on_the_way;         /* something below it does */
	bool emitted;
	enum layer_entry_type type;
	mode_t mode;
	struct owner owner;
	struct timespec mtime;
	dev_t rdev;
	char *link;        /* LAYER_SYMLINK */
	struct tree *tree; /* where content and attributes come from; borrowed; NULL = `text` */
	struct tree_node *node; /* in that tree */
	const char *text;       /* LAYER_FILE without a tree: its content, borrowed */
	unsigned group;         /* entries of the same group that are one file become hard links */
};

/*
 * The path of an earlier entry of the same group that is the same file; NULL for the first. For the layer and for what
 * target_digest() says of it.
 */
const char *target_entry_first_link(const struct target_entry *entry, const char *path,
				    struct file_links *links);

/* For directories that have to be made. */
struct target_defaults {
	mode_t mode;
	struct owner owner;
	struct timespec mtime;
};

struct target;

/* `below` may be NULL: nothing is there. Borrowed, as all that entries point to. */
struct target *target_new(struct tree *below);
void target_freep(struct target **target);
struct tree *target_tree(struct target *target);

/*
 * mkdir -p below `root`, which links do not leave; what exists stays as it is. ERR_INPUT when a
 * component is something else than a directory.
 */
WARN_UNUSED int target_make_directory(struct target *target, struct tree_node *root,
				      const char *path, const struct target_defaults *defaults,
				      struct tree_node **ret, struct err *err);
/*
 * The same for `path`'s parent; *ret_name is the last component, links of it followed: the caller
 * frees.
 */
WARN_UNUSED int target_make_parent(struct target *target, const char *path,
				   const struct target_defaults *defaults, struct tree_node **ret,
				   char **ret_name, struct err *err);
/*
 * The entry for `name` in `dir`, cleared, to be filled by the caller, who then calls
 * target_settle(). ERR_INPUT when a directory would replace another kind of file or the other way
 * round.
 */
WARN_UNUSED int target_put(struct target *target, struct tree_node *dir, const char *name,
			   enum layer_entry_type type, struct tree_node **ret, struct err *err);
/* The node is now what its entry says. */
void target_settle(struct tree_node *node);
struct target_entry *target_entry(struct tree_node *node);

WARN_UNUSED int target_emit(struct target *target, struct layer_sink *sink,
			    const struct monitor *monitor, struct err *err);
/* Only the directories from the root to `dir` that have not been written yet. */
WARN_UNUSED int target_emit_parents(struct target *target, struct tree_node *dir,
				    struct layer_sink *sink, struct err *err);
/* Only that node, which was put, by whatever path; hard links are written as files of their own. */
WARN_UNUSED int target_emit_file(struct target *target, const struct tree_node *node,
				 const char *path, struct layer_sink *sink,
				 const struct monitor *monitor, struct err *err);
/*
 * Has a file changed between hashing and reading? Then the layer is good, but not what its key
 * says.
 */
bool target_saw_change(const struct target *target);

#endif
