/*
 * The contexts of a build. Targets that have the same one share it: it is brought here once, and its
 * files are listed and hashed once.
 */
#ifndef DRIVER_CONTEXT_POOL_H
#define DRIVER_CONTEXT_POOL_H

#include "base/err.h"
#include "context/remote_context.h"
#include "image/store.h"
#include "solve/graph.h"

struct pooled_remote;

struct context_pool {
	struct store *store; /* borrowed; where hashes are remembered */
	struct {
		struct pooled_remote **items;
		size_t len, cap;
	} remotes;
	struct {
		struct context_files **items;
		size_t len, cap;
	} files;
	struct {
		struct hash_cache **items; /* by directory */
		size_t len, cap;
	} hashes;
};

void context_pool_init(struct context_pool *pool, struct store *store);
/* All that it gave out is gone afterwards; remote contexts are removed. */
void context_pool_release(struct context_pool *pool);

/* Brings it here unless it is. *ret is borrowed. */
WARN_UNUSED int context_pool_bring(struct context_pool *pool,
				   const struct remote_context_request *request,
				   const struct remote_context **ret, struct err *err);
/*
 * The files of wanted->dir without those that its ignore file leaves out; `wanted` has no tree and no
 * hashes, and what it borrows must outlive the pool. Nothing is remembered of the files of a
 * directory that is `passing`: it will not be there in the next build. *ret is borrowed.
 */
WARN_UNUSED int context_pool_open(struct context_pool *pool, const struct context_files *wanted,
				  bool passing, const struct context_files **ret, struct err *err);

#endif
