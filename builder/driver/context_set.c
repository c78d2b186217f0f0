#include "context_set.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "context/directory.h"
#include "context/hash.h"
#include "context/ignore.h"
#include "context/named_context.h"
#include "context/remote_context.h"

#define IGNORE_FILE ".dockerignore"

struct opened_context {
	const struct named_context *named;
	struct context_files files;
	struct hash_cache hashes;
	struct ignore *ignore; /* NULL = all of it */
	struct remote_context remote;
};

static void opened_free(struct opened_context *opened)
{
	tree_freep(&opened->files.tree);
	hash_cache_release(&opened->hashes);
	ignore_free(opened->ignore);
	remote_context_release(&opened->remote);
	free(opened);
}

void context_set_release(struct context_set *set)
{
	for (size_t i = 0; i < set->opened.len; i++)
		opened_free(set->opened.items[i]);
	free(set->opened.items);
}

/* --- opening --- */

/* Of a directory of this machine: its own ignore file counts. */
static int open_directory(struct context_set *set, struct opened_context *opened, struct err *err)
{
	const char *dir = opened->named->value;
	AUTO(freep) char *path = path_join(dir, IGNORE_FILE);
	AUTO(str_release) struct str text = STR_INIT;

	if (fs_exists(AT_FDCWD, path)) {
		if (fs_read_file(AT_FDCWD, path, LIMIT_IGNORE_FILE, &text, err) < 0 ||
		    ignore_parse(str_span(&text), path, &opened->ignore, err) < 0)
			return -1;
	}
	if (hash_cache_load(&opened->hashes, set->request->store, dir, err) < 0)
		return -1;
	opened->files.hashes = &opened->hashes;
	return directory_tree_open(dir, opened->ignore, &opened->files.tree, err);
}

static int open_remote(struct context_set *set, struct opened_context *opened, struct err *err)
{
	const struct remote_context_request request = {
		.source = opened->named->value,
		.stdin_fd = -1,
		.ssh = set->request->ssh,
		.store = set->request->store,
		.monitor = set->request->monitor,
	};

	if (remote_context_load(&request, &opened->remote, err) < 0)
		return -1;
	if (opened->remote.is_dockerfile)
		return err_set(err, ERR_INPUT, "'%s' is no archive", opened->remote.shown);
	return directory_tree_open(opened->remote.dir, NULL, &opened->files.tree, err);
}

static int open_named(struct context_set *set, const struct named_context *named,
		      struct opened_context **ret, struct err *err)
{
	struct opened_context *opened = xcalloc(1, sizeof(*opened));
	int result;

	opened->named = named;
	opened->remote = (struct remote_context)REMOTE_CONTEXT_INIT;
	result = named->kind == NAMED_DIRECTORY ? open_directory(set, opened, err)
						: open_remote(set, opened, err);
	if (result < 0) {
		opened_free(opened);
		return -1;
	}
	*VEC_ADD(&set->opened) = opened;
	*ret = opened;
	return 0;
}

static struct opened_context *find_opened(const struct context_set *set,
					  const struct named_context *named)
{
	for (size_t i = 0; i < set->opened.len; i++) {
		if (set->opened.items[i]->named == named)
			return set->opened.items[i];
	}
	return NULL;
}

static int find_context(struct context_finder *finder, const char *name,
			const struct platform *platform, struct named_source *ret, struct err *err)
{
	struct context_set *set = CONTAINER_OF(finder, struct context_set, finder);
	const struct named_context *named =
		named_contexts_find(set->request->contexts, name, platform);
	struct opened_context *opened = named ? find_opened(set, named) : NULL;

	*ret = (struct named_source){ .is_known = named != NULL };
	if (!named || named->kind == NAMED_IMAGE || named->kind == NAMED_LAYOUT)
		return 0;
	if (!opened && open_named(set, named, &opened, err) < 0)
		return err && err->kind == ERR_CANCELLED ? -1 : err_wrap(err, "context '%s'", name);
	ret->files = &opened->files;
	return 0;
}

void context_set_init(struct context_set *set, const struct build_request *request)
{
	*set = (struct context_set){ .finder = { .find = find_context }, .request = request };
}
