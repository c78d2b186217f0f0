#include "context/git_worktree.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "context/git_url.h"
#include "git_library.h"

static int discover(const char *dir, git_repository **ret, struct err *err)
{
	git_buf path = { .ptr = NULL };
	int code;

	*ret = NULL;
	code = libgit2.repository_discover(&path, dir, 0, NULL);
	if (code == 0)
		code = libgit2.repository_open(ret, path.ptr);
	libgit2.buf_dispose(&path);
	return code < 0 && code != GIT_ENOTFOUND ? git_library_error(code, err) : 0;
}

static int read_head(git_repository *repository, struct git_worktree *ret, struct err *err)
{
	git_oid id;
	int code = libgit2.reference_name_to_id(&id, repository, "HEAD");

	if (code == GIT_ENOTFOUND || code == GIT_EUNBORNBRANCH)
		return 0;
	if (code < 0)
		return git_library_error(code, err);
	(void)libgit2.oid_tostr(ret->revision, sizeof(ret->revision), &id);
	return 0;
}

/* One is enough. */
static int note_change(const char *path, unsigned flags, void *payload)
{
	bool *is_dirty = payload;

	(void)path;
	*is_dirty = flags != GIT_STATUS_CURRENT && !(flags & GIT_STATUS_IGNORED);
	return *is_dirty;
}

static int look_for_changes(git_repository *repository, struct git_worktree *ret, struct err *err)
{
	git_status_options options;
	int code;

	(void)libgit2.status_options_init(&options,
					  GIT_STATUS_OPTIONS_VERSION); /* a version it knows */
	options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR;
	options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED;
	code = libgit2.status_foreach_ext(repository, &options, note_change, &ret->is_dirty);
	return code < 0 ? git_library_error(code, err) : 0;
}

/* A path of this machine says nothing to anybody else. */
static char *public_address(const char *address)
{
	AUTO(git_url_release) struct git_url url = GIT_URL_INIT;

	if (!address || !git_url_is(address) || str_has_prefix(address, "file:") ||
	    git_url_parse(address, &url, NULL) < 0)
		return NULL;
	return git_url_shown(&url);
}

static void read_origin(git_repository *repository, struct git_worktree *ret)
{
	AUTO(git_remote_freep) git_remote *remote = NULL;

	if (libgit2.remote_lookup(&remote, repository, "origin") == 0)
		ret->source = public_address(libgit2.remote_url(remote));
}

int git_worktree_find(const char *dir, struct git_worktree *ret, struct err *err)
{
	AUTO(git_repository_freep) git_repository *repository = NULL;
	struct git_worktree found = GIT_WORKTREE_INIT;

	git_library_init();
	if (discover(dir, &repository, err) < 0)
		return -1;
	if (repository && (read_head(repository, &found, err) < 0 ||
			   (found.revision[0] && look_for_changes(repository, &found, err) < 0)))
		return err_wrap(err, "git repository of '%s'", dir);
	if (repository && found.revision[0])
		read_origin(repository, &found);
	*ret = found;
	return 0;
}

void git_worktree_release(struct git_worktree *worktree)
{
	free(worktree->source);
	*worktree = (struct git_worktree)GIT_WORKTREE_INIT;
}

/* --- the commit --- */

static void describe_result_freep(git_describe_result **result)
{
	libgit2.describe_result_free(*result);
}

static int describe(git_commit *commit, char **ret, struct err *err)
{
	git_describe_options options;
	git_describe_format_options format;
	AUTO(describe_result_freep) git_describe_result *result = NULL;
	git_buf text = { .ptr = NULL };
	int code;

	/* of versions that it knows */
	(void)libgit2.describe_options_init(&options, GIT_DESCRIBE_OPTIONS_VERSION);
	(void)libgit2.describe_format_options_init(&format, GIT_DESCRIBE_FORMAT_OPTIONS_VERSION);
	options.describe_strategy = GIT_DESCRIBE_TAGS;
	options.show_commit_oid_as_fallback = 1;
	format.abbreviated_size = 12;
	code = libgit2.describe_commit(&result, (git_object *)commit, &options);
	if (code == 0)
		code = libgit2.describe_format(&text, result, &format);
	if (code < 0)
		return git_library_error(code, err);
	*ret = xstrdup(text.ptr);
	libgit2.buf_dispose(&text);
	return 0;
}

static int read_commit(git_repository *repository, struct git_head *ret, struct err *err)
{
	AUTO(git_commit_freep) git_commit *commit = NULL;
	const git_signature *author;
	git_oid id;
	int code = libgit2.reference_name_to_id(&id, repository, "HEAD");

	if (code == GIT_ENOTFOUND || code == GIT_EUNBORNBRANCH)
		return 0;
	if (code == 0)
		code = libgit2.commit_lookup(&commit, repository, &id);
	if (code < 0)
		return git_library_error(code, err);
	if (describe(commit, &ret->name, err) < 0)
		return -1;
	author = libgit2.commit_author(commit);
	ret->author = xasprintf("%s <%s>", author->name, author->email);
	ret->time = libgit2.commit_time(commit);
	return 0;
}

int git_head_find(const char *dir, struct git_head *ret, struct err *err)
{
	AUTO(git_repository_freep) git_repository *repository = NULL;

	git_library_init();
	if (discover(dir, &repository, err) < 0)
		return -1;
	if (repository && read_commit(repository, ret, err) < 0)
		return err_wrap(err, "git repository of '%s'", dir);
	return 0;
}

void git_head_release(struct git_head *head)
{
	free(head->name);
	free(head->author);
	*head = (struct git_head)GIT_HEAD_INIT;
}
