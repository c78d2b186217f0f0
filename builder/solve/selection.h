/*
 * What a COPY or ADD names: its sources matched against a tree, walked, filtered by --exclude and
 * --parents. The same list serves the cache key and the copying, so that both see the same files.
 */
#ifndef SOLVE_SELECTION_H
#define SOLVE_SELECTION_H

#include "base/str.h"
#include "context/hash.h"
#include "context/tree.h"
#include "solve/graph.h"
#include "solve/solver.h"

struct selected {
	struct tree_node *node;
	char *path; /* below the place it goes to */
};

/* One match of one source. */
struct selection_source {
	const struct copy_argument *argument; /* borrowed */
	char *name;        /* its last component: the file's name in a directory; "" for the root */
	struct tree *tree; /* that its nodes are of; NULL = the selection's */
	struct tree_node *node; /* with links followed; NULL = a heredoc, or remote and not open */
	struct {
		struct selected *items;
		size_t len, cap;
	} items; /* of a directory: all that is in it, parents first */
};

struct selection {
	struct tree *tree;             /* borrowed; the tree that all nodes are of */
	const struct monitor *monitor; /* borrowed; says when to stop walking and hashing */
	struct selection_source *items;
	size_t len, cap;
};

void selection_release(struct selection *selection);
/*
 * ERR_NOT_FOUND for a source without wildcards that is not there; a pattern may match nothing.
 * err's span is the word of the source.
 */
WARN_UNUSED int selection_make(struct tree *tree, const struct copy_vertex *copy, const char *file,
			       const struct monitor *monitor, struct selection *ret,
			       struct err *err);
/* Leaves only what is at, below or above one of the nodes, which the selection's tree has. */
void selection_keep(struct selection *selection, const struct tree_nodes *nodes);
/* Opens the files of what is remote (ADD), which are looked at only when the step is executed. */
WARN_UNUSED int selection_open_remote(struct selection *selection, struct solver *solver,
				      const struct copy_vertex *copy, struct err *err);
/* Fills the hashes of the files that have none, through `cache`. */
WARN_UNUSED int selection_hash(const struct selection *selection, struct hash_cache *cache,
			       struct err *err);
/*
 * What decides the result, as text for a key: names, types, modes, owners (only of stages: files of
 * the context become root's), links and content, no times. Files are hashed through `cache`.
 */
WARN_UNUSED int selection_describe(const struct selection *selection, bool with_owner,
				   struct hash_cache *cache, struct str *ret, struct err *err);

#endif
