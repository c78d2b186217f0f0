#include "git_submodule.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/str.h"
#include "base/vec.h"

#define DEPTH_MAX 16

struct submodule {
	char *path, *url;
	struct git_revision revision;
};

struct submodules {
	struct submodule *items;
	size_t len, cap;
};

static void submodules_release(struct submodules *submodules)
{
	VEC_FOREACH(submodule, submodules) {
		free(submodule->path);
		free(submodule->url);
		git_revision_release(&submodule->revision);
	}
	free(submodules->items);
}

/* --- which there are --- */

/* Those that `git submodule update --init` would take. */
static int on_submodule(git_submodule *submodule, const char *name, void *payload)
{
	struct submodules *found = payload;
	const git_oid *commit = libgit2.submodule_head_id(submodule);
	struct submodule *item;

	(void)name;
	if (!commit || !libgit2.submodule_url(submodule) ||
	    libgit2.submodule_update_strategy(submodule) == GIT_SUBMODULE_UPDATE_NONE)
		return 0;
	item = VEC_ADD(found);
	item->path = xstrdup(libgit2.submodule_path(submodule));
	item->url = xstrdup(libgit2.submodule_url(submodule));
	(void)libgit2.oid_tostr(item->revision.commit, sizeof(item->revision.commit), commit);
	return 0;
}

static int find_submodules(git_repository *repository, struct submodules *ret, struct err *err)
{
	int code = libgit2.submodule_foreach(repository, on_submodule, ret);

	return code < 0 ? git_library_error(code, err) : 0;
}

/* --- one of them --- */

/* How much of an address is scheme and host, which no ".." takes away. */
static size_t host_len(const char *url)
{
	const char *authority = strstr(url, "://");

	if (authority)
		return (size_t)(authority - url) + 3 + strcspn(authority + 3, "/");
	return strcspn(url, ":") + (strchr(url, ':') != NULL);
}

/*
 * "../other.git" is beside the repository that says so. Not libgit2's git_submodule_resolve_url():
 * it makes file://tmp of file:///tmp.
 */
static char *resolve_url(const char *base, const char *url)
{
	size_t host = host_len(base), len = strlen(base);

	if (!str_has_prefix(url, "./") && !str_has_prefix(url, "../"))
		return xstrdup(url);
	for (; str_has_prefix(url, "./") || str_has_prefix(url, "../");
	     url = strchr(url, '/') + 1) {
		while (len > host && base[len - 1] == '/')
			len--;
		if (!str_has_prefix(url, "../"))
			continue;
		while (len > host && base[len - 1] != '/')
			len--;
	}
	while (len > host && base[len - 1] == '/')
		len--;
	return xasprintf("%.*s%s%s", (int)len, base, len > 0 && base[len - 1] == ':' ? "" : "/",
			 url);
}

static int check_url(const struct git_tree_request *parent, const char *url, struct err *err)
{
	static const char *const open[] = { "https://", "http://", "git://" };

	for (size_t i = 0; i < ARRAY_SIZE(open); i++) {
		if (str_has_prefix(url, open[i]))
			return 0;
	}
	if (git_url_is_ssh(url)) {
		if (git_keys_allow_ssh(parent->keys))
			return 0;
		(void)err_set(err, ERR_DENIED, "its address '%s' needs an ssh key", url);
		return err_hint(err, "lend the build one: --ssh default");
	}
	if (str_has_prefix(url, "file://") && str_has_prefix(parent->remote, "file://"))
		return 0;
	return err_set(err, ERR_DENIED, "its address '%s' is not allowed", url);
}

/* Puts `from` in the place of the empty directory that the checkout made for it. */
static int move_into_place(const struct git_tree_request *parent, const char *from,
			   const char *path, struct err *err)
{
	AUTO(freep) char *dir = path_dir(path);
	AUTO(fd_closep) int top = -1, fd = -1;
	struct timespec times[2];
	struct stat st;

	if (fd_open(AT_FDCWD, parent->dir, O_PATH | O_DIRECTORY, 0, &top, err) < 0 ||
	    fd_open_in_root(top, dir, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0 || renameat(AT_FDCWD, from, fd, path_base(path)) < 0)
		return err_errno(err, "'%s'", path);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return futimens(fd, times) < 0 ? err_errno(err, "set the time of '%s'", dir) : 0;
}

static int check_out(const struct git_tree_request *parent, const char *dir,
		     const struct submodule *submodule, struct err *err)
{
	struct git_tree_request request = *parent;
	AUTO(freep) char *url = resolve_url(parent->remote, submodule->url);

	request.remote = url;
	request.revision = &submodule->revision;
	request.dir = dir;
	request.depth = parent->depth + 1;
	if (check_url(parent, url, err) < 0)
		return -1;
	if (request.depth > DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "more than %d repositories within each other",
			       DEPTH_MAX);
	if (mkdir(dir, 0755) < 0)
		return err_errno(err, "'%s'", dir);
	if (git_tree_checkout(&request, err) < 0)
		return -1;
	return move_into_place(parent, dir, submodule->path, err);
}

int git_submodules_checkout(const struct git_tree_request *parent, git_repository *repository,
			    struct err *err)
{
	AUTO(submodules_release) struct submodules submodules = { .items = NULL };
	AUTO(freep) char *dir = path_join(libgit2.repository_path(repository), "edgectl-submodule");

	if (find_submodules(repository, &submodules, err) < 0)
		return -1;
	VEC_FOREACH(submodule, &submodules) {
		if (check_out(parent, dir, submodule, err) < 0)
			return err_wrap(err, "submodule '%s'", submodule->path);
	}
	return 0;
}
