/* The files that some steps have put, by path and by source; and in what two such lists differ. */
#ifndef SOLVE_COPIED_INDEX_H
#define SOLVE_COPIED_INDEX_H

#include "base/arena.h"
#include "target.h"

struct copied_file {
	const char *path; /* relative */
	enum layer_entry_type type;
	mode_t mode;
	struct owner owner;
	dev_t rdev;
	const char *link; /* of links; of a further name of a file: the first one */
	char hash[65];    /* of a context's file, or of text; "" = of what does not change */
	bool is_hard_link;
	size_t layer;  /* of the step that puts it */
	bool is_plain; /* it is its source's content and nothing else */
	struct target *target;
	struct tree_node *node;         /* of the target */
	const struct tree_node *source; /* NULL = it has none */
	struct copied_file *next;       /* of the same source */
};

struct copied_list {
	struct copied_file **items; /* of an index */
	size_t len, cap;
};

/*
 * Lists in place of hash tables: after each new or deleted file all is listed anew, in the order in which trees are walked
 * anyway, and two such lists are compared in one go.
 */
struct copied_index {
	struct arena *arena;      /* has the files; NULL = there are none */
	struct copied_list paths; /* what is in a directory behind it */
	struct copied_list
		sources; /* the first file of each, by address; made when somebody asks */
};

#define COPIED_INDEX_INIT     \
	{                     \
		.arena = NULL \
	}

void copied_index_release(struct copied_index *index);
/*
 * All that stands in the target of that layer, over what is there already. `is_plain`: the step does not look into files. Hashes of the
 * context's files have to be known. Keeps nodes of the target and of its sources.
 */
void copied_index_add(struct copied_index *index, struct target *target, size_t layer,
		      bool is_plain);
/* Files of that source, linked by `next`; NULL = none. */
struct copied_file *copied_index_of_source(struct copied_index *index,
					   const struct tree_node *source);
/*
 * What to put (of `new`, directories before what is in them) and to delete (sorted; what is below one of them is not named) for `old` to become
 * `new`; returns the lowest layer that has to do with it.
 */
size_t copied_index_compare(const struct copied_index *old, const struct copied_index *new,
			    struct copied_list *put, struct strvec *gone);
/*
 * Takes from `more`, which has the same arena, what `index` has not, and appends it to `put`; *ret_lowest becomes the lowest layer
 * that has to do with it, if it is lower. False, and nothing is taken, when anything else in `more` is not just the same directory.
 */
bool copied_index_extend(struct copied_index *index, const struct copied_index *more,
			 struct copied_list *put, size_t *ret_lowest);
void copied_list_sort(struct copied_list *list);

#endif
