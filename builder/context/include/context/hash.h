/*
 * Content hashes of files, each file read once in a lifetime: what was hashed is remembered in the
 * store together with inode, size, mtime and ctime, as git's index does it. A file whose times are
 * so near to the moment of hashing that a later write could leave them as they are ("racy", see
 * git's racy-git.txt) is not remembered.
 *
 * All hashes of one context are one record, read and written at once.
 */
#ifndef CONTEXT_HASH_H
#define CONTEXT_HASH_H

#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/monitor.h"
#include "context/tree.h"
#include "image/store.h"

struct hash_record;

struct hash_cache {
	struct store *store; /* borrowed; NULL = nothing is remembered */
	char *name;
	struct hash_record *record; /* NULL until a hash is wanted */
	unsigned long files_read;   /* how many files were not answered from memory */
};

/* For the context called `name` (its absolute path). A damaged record is an empty one. */
void hash_cache_init(struct hash_cache *cache, struct store *store, const char *name);
/* Writes it back when something was added. */
WARN_UNUSED int hash_cache_save(struct hash_cache *cache, struct err *err);
void hash_cache_release(struct hash_cache *cache);

/*
 * Fills `hash` of every regular file in `nodes` that has none: the sha256 of its content, or, when
 * it has extended attributes, of that and them. Files that must be read are read by several
 * threads. `cache` may be NULL.
 */
WARN_UNUSED int tree_hash_files(struct tree *tree, const struct tree_nodes *nodes,
				struct hash_cache *cache, const struct monitor *monitor,
				struct err *err);

/* Could a write after `hashed_at` leave these stat data as they are? */
bool stat_is_racy(const struct stat *st, const struct timespec *hashed_at);

#endif
