/*
 * What some layers, one on top of the other, make of a file system: every path that they say something about. Layers
 * below them may hold more.
 */
#ifndef IMAGE_LAYER_INDEX_H
#define IMAGE_LAYER_INDEX_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "image/layer.h"
#include "image/store.h"

struct indexed_file {
	const char *path; /* relative, cleaned; borrowed from the index */
	enum layer_entry_type
		type;   /* LAYER_WHITEOUT: it hides what lies below; never LAYER_OPAQUE */
	bool is_opaque; /* a directory that hides what lower layers have in it */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t rdev;
	uint64_t size; /* LAYER_FILE: of its content */
	char *link;    /* of links; NULL otherwise */
	char hash
		[65]; /* of content and attributes, for hard links of the file's; "" = has neither */
	unsigned layer; /* number of the layer that has it */
};

struct layer_index;

struct layer_index *layer_index_new(void);
void layer_index_free(struct layer_index *index);

static inline void layer_index_freep(struct layer_index **index)
{
	layer_index_free(*index);
	*index = NULL;
}

bool layer_index_is_empty(const struct layer_index *index);
size_t layer_index_count(const struct layer_index *index);
/* The number of what is in no layer, but in a container. */
#define LAYER_OF_CONTAINER UINT_MAX
/* Puts entries on top as they come by, in the caller's storage; each layer of an index has a number of its own. */
struct layer_recorder {
	struct layer_sink sink;
	struct layer_index *index;
	unsigned layer;
	struct indexed_entry *open; /* a file whose content comes */
	struct hasher *hasher;
};
void layer_recorder_init(struct layer_recorder *ret, struct layer_index *index, unsigned layer);
void layer_recorder_finish(struct layer_recorder *recorder);
/* Something may be there, which is the same as nothing else. */
void layer_index_doubt(struct layer_index *index, const char *path);
/* It is gone with all below it, and what lies below it has nothing there either. */
void layer_index_delete(struct layer_index *index, const char *path);
/* All of `upper` on top. */
void layer_index_stack(struct layer_index *index, struct layer_index *upper);
/* Puts one more layer of the store on top, whose number is `layer`. */
WARN_UNUSED int layer_index_add(struct layer_index *index, struct store *store,
				const struct digest *blob, unsigned layer, struct err *err);
/* NULL when the layers say nothing of it. */
const struct indexed_file *layer_index_find(const struct layer_index *index, const char *path);
/* All, sorted by path, so that parents come first; valid until the next addition. */
const struct indexed_file *const *layer_index_all(struct layer_index *index, size_t *ret_count);
/* Does the lower layers' content of `path` not show through, because of it or a directory above it? */
bool layer_index_hides(const struct layer_index *index, const char *path);
/* The same but for time and place. Either may be NULL. */
bool indexed_file_equal(const struct indexed_file *a, const struct indexed_file *b);

#endif
