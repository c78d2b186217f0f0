#include "context_pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "context/directory.h"

struct pooled_remote {
	char *source;
	struct remote_context context;
};

void context_pool_init(struct context_pool *pool, struct store *store)
{
	*pool = (struct context_pool){ .store = store };
}

static void remote_free(struct pooled_remote *remote)
{
	free(remote->source);
	remote_context_release(&remote->context);
	free(remote);
}

void context_pool_release(struct context_pool *pool)
{
	VEC_FOREACH(files, &pool->files) {
		tree_freep(&(*files)->tree);
		free(*files);
	}
	free(pool->files.items);
	VEC_FOREACH(hashes, &pool->hashes) {
		hash_cache_release(*hashes);
		free(*hashes);
	}
	free(pool->hashes.items);
	VEC_FOREACH(remote, &pool->remotes)
		remote_free(*remote);
	free(pool->remotes.items);
	context_pool_init(pool, NULL);
}

int context_pool_bring(struct context_pool *pool, const struct remote_context_request *request,
		       const struct remote_context **ret, struct err *err)
{
	struct pooled_remote *remote;

	VEC_FOREACH(known, &pool->remotes) {
		if (str_eq((*known)->source, request->source)) {
			*ret = &(*known)->context;
			return 0;
		}
	}
	remote = xcalloc(1, sizeof(*remote));
	remote->source = xstrdup(request->source);
	remote->context = (struct remote_context)REMOTE_CONTEXT_INIT;
	if (remote_context_load(request, &remote->context, err) < 0) {
		remote_free(remote);
		return -1;
	}
	*VEC_ADD(&pool->remotes) = remote;
	*ret = &remote->context;
	return 0;
}

/* One for a directory, however many ignore files it is read with: they share the record in the store. */
static struct hash_cache *find_hashes(struct context_pool *pool, const char *dir)
{
	struct hash_cache *hashes;

	VEC_FOREACH(known, &pool->hashes) {
		if (str_eq((*known)->name, dir))
			return *known;
	}
	hashes = xcalloc(1, sizeof(*hashes));
	hash_cache_init(hashes, pool->store, dir);
	*VEC_ADD(&pool->hashes) = hashes;
	return hashes;
}

static bool is_same(const struct context_files *a, const struct context_files *b)
{
	return str_eq(a->dir, b->dir) && a->ignore_text.len == b->ignore_text.len &&
	       memcmp(a->ignore_text.ptr, b->ignore_text.ptr, a->ignore_text.len) == 0;
}

int context_pool_open(struct context_pool *pool, const struct context_files *wanted, bool passing,
		      const struct context_files **ret, struct err *err)
{
	struct tree *tree = NULL;
	struct context_files *files;

	VEC_FOREACH(known, &pool->files) {
		if (is_same(*known, wanted)) {
			*ret = *known;
			return 0;
		}
	}
	if (directory_tree_open(wanted->dir, wanted->ignore, &tree, err) < 0)
		return -1;
	files = xcalloc(1, sizeof(*files));
	*files = *wanted;
	files->tree = tree;
	files->hashes = passing ? NULL : find_hashes(pool, wanted->dir);
	*VEC_ADD(&pool->files) = files;
	*ret = files;
	return 0;
}
