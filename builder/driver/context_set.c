#include "context_set.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "context/ignore.h"
#include "context/named_context.h"
#include "context/remote_context.h"

#define IGNORE_FILE ".dockerignore"

struct opened_context {
	const struct named_context *named;
	const struct context_files *files; /* the pool's */
	struct str ignore_text;
	struct ignore *ignore; /* NULL = all of it */
};

static void opened_free(struct opened_context *opened)
{
	ignore_free(opened->ignore);
	str_release(&opened->ignore_text);
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

	if (fs_exists(AT_FDCWD, path)) {
		if (fs_read_file(AT_FDCWD, path, LIMIT_IGNORE_FILE, &opened->ignore_text, err) <
			    0 ||
		    ignore_parse(str_span(&opened->ignore_text), path, &opened->ignore, err) < 0)
			return -1;
	}
	return context_pool_open(
		set->pool,
		&(struct context_files){ .dir = dir,
					 .ignore = opened->ignore,
					 .ignore_name = IGNORE_FILE,
					 .ignore_text = str_span(&opened->ignore_text) },
		false, &opened->files, err);
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
	const struct remote_context *remote = NULL;

	if (context_pool_bring(set->pool, &request, &remote, err) < 0)
		return -1;
	if (remote->is_dockerfile)
		return err_set(err, ERR_INPUT, "'%s' is no archive", remote->shown);
	return context_pool_open(
		set->pool,
		&(struct context_files){ .dir = remote->dir, .ignore_text = span_of("") }, true,
		&opened->files, err);
}

static int open_named(struct context_set *set, const struct named_context *named,
		      struct opened_context **ret, struct err *err)
{
	struct opened_context *opened = xcalloc(1, sizeof(*opened));
	int result;

	opened->named = named;
	opened->ignore_text = (struct str)STR_INIT;
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
	if (named->kind == NAMED_TARGET)
		return set->results->find(set->results, named->value, platform, &ret->result, err);
	if (!opened && open_named(set, named, &opened, err) < 0)
		return err && err->kind == ERR_CANCELLED ? -1 : err_wrap(err, "context '%s'", name);
	ret->files = opened->files;
	return 0;
}

void context_set_init(struct context_set *set, const struct build_request *request,
		      struct context_pool *pool, struct result_finder *results)
{
	*set = (struct context_set){ .finder = { .find = find_context },
				     .request = request,
				     .pool = pool,
				     .results = results };
}
