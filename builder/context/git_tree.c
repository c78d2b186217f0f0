#include "git_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"
#include "git_fetch.h"
#include "git_library.h"
#include "git_submodule.h"

/* --- the commit's files --- */

struct count {
	const struct monitor *monitor;
	unsigned long entries;
};

static int count_entry(const char *root, const git_tree_entry *entry, void *payload)
{
	struct count *count = payload;

	(void)root;
	(void)entry;
	if (++count->entries <= LIMIT_LAYER_ENTRIES && !monitor_is_cancelled(count->monitor))
		return 0;
	return GIT_EUSER;
}

/*
 * A handful of trees that hold each other many times makes more files than any disk has room for;
 * libgit2 would collect them all before it begins.
 */
static int check_size(const struct git_talk *talk, git_commit *commit, struct err *err)
{
	AUTO(git_tree_freep) git_tree *tree = NULL;
	struct count count = { .monitor = talk->monitor };
	int code = libgit2.commit_tree(&tree, commit);

	if (code == 0)
		code = libgit2.tree_walk(tree, GIT_TREEWALK_PRE, count_entry, &count);
	if (code == 0)
		return 0;
	if (count.entries > LIMIT_LAYER_ENTRIES)
		return err_set(err, ERR_LIMIT, "it has more than %d files", LIMIT_LAYER_ENTRIES);
	return git_talk_error(talk, code, err);
}

static int on_file(git_checkout_notify_t why, const char *path, const git_diff_file *baseline,
		   const git_diff_file *target, const git_diff_file *workdir, void *payload)
{
	const struct git_talk *talk = payload;

	(void)why;
	(void)path;
	(void)baseline;
	(void)target;
	(void)workdir;
	return monitor_is_cancelled(talk->monitor) ? GIT_EUSER : 0;
}

static int check_out(git_repository *repository, struct git_talk *talk, git_commit *commit,
		     struct err *err)
{
	git_checkout_options options;
	int code;

	if (check_size(talk, commit, err) < 0)
		return -1;
	(void)libgit2.checkout_options_init(&options,
					    GIT_CHECKOUT_OPTIONS_VERSION); /* a version it knows */
	options.checkout_strategy = GIT_CHECKOUT_FORCE;
	options.notify_flags = GIT_CHECKOUT_NOTIFY_ALL;
	options.notify_cb = on_file;
	options.notify_payload = talk;
	code = libgit2.checkout_tree(repository, (const git_object *)commit, &options);
	if (code == 0)
		code = libgit2.repository_set_head_detached(repository, libgit2.commit_id(commit));
	return code < 0 ? git_talk_error(talk, code, err) : 0;
}

/* --- modes and times --- */

struct normal {
	bool set_time;
	struct timespec time;
};

static int normalize_dir(int fd, const struct normal *normal, struct err *err);

static int normalize_entry(int dir_fd, const char *name, const struct normal *normal,
			   struct err *err)
{
	const struct timespec times[2] = { normal->time, normal->time };
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, "'%s'", name);
	if (S_ISDIR(st.st_mode)) {
		fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return err_errno(err, "'%s'", name);
		return normalize_dir(fd, normal, err);
	}
	/* Only the owner's bit is the repository's; the others are those of our umask. */
	if (S_ISREG(st.st_mode) &&
	    fchmodat(dir_fd, name, st.st_mode & S_IXUSR ? 0755 : 0644, 0) < 0)
		return err_errno(err, "set the mode of '%s'", name);
	if (normal->set_time && utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, "set the time of '%s'", name);
	return 0;
}

static int normalize_entries(int fd, const struct normal *normal, struct err *err)
{
	AUTO(dir_closep) DIR *dir = dir_open(fd, ".", 0);
	const struct dirent *entry;

	while (dir && (entry = dir_next(dir))) {
		if (!str_eq(entry->d_name, ".git") &&
		    normalize_entry(fd, entry->d_name, normal, err) < 0)
			return -1;
	}
	return !dir || errno ? err_errno(err, "read the checkout") : 0;
}

static int normalize_dir(int fd, const struct normal *normal, struct err *err)
{
	const struct timespec times[2] = { normal->time, normal->time };

	if (normalize_entries(fd, normal, err) < 0)
		return -1;
	if (fchmod(fd, 0755) < 0)
		return err_errno(err, "set the mode of a directory");
	if (normal->set_time && futimens(fd, times) < 0)
		return err_errno(err, "set the time of a directory");
	return 0;
}

/* --- all of it --- */

/* As `git clone` leaves it, but for passwords in the address. */
static int describe_origin(git_repository *repository, const struct git_talk *talk, struct err *err)
{
	AUTO(git_remote_freep) git_remote *origin = NULL;
	int code = libgit2.remote_create(&origin, repository, "origin", talk->shown);

	return code < 0 ? git_library_error(code, err) : 0;
}

static int finish(const struct git_tree_request *request, git_repository *repository,
		  const struct git_talk *talk, struct err *err)
{
	AUTO(freep) char *git_dir = path_join(request->dir, ".git");

	if (request->keep_git_dir)
		return describe_origin(repository, talk, err);
	return fs_remove_all(AT_FDCWD, git_dir, err);
}

/* Whatever has been put into `fd` and taken out of it meanwhile: its time is the commit's. */
static int fill(const struct git_tree_request *request, struct git_talk *talk, int fd,
		git_repository *repository, struct err *err)
{
	AUTO(git_commit_freep) git_commit *commit = NULL;
	struct normal normal = { .set_time = !request->checkout_times };
	struct timespec times[2];

	if (git_fetch_revision(repository, talk, request->revision, &commit, err) < 0 ||
	    check_out(repository, talk, commit, err) < 0)
		return -1;
	normal.time.tv_sec = libgit2.commit_time(commit);
	if (normalize_dir(fd, &normal, err) < 0)
		return -1;
	if (request->submodules && git_submodules_checkout(request, repository, err) < 0)
		return -1;
	if (finish(request, repository, talk, err) < 0)
		return -1;
	times[0] = times[1] = normal.time;
	if (normal.set_time && futimens(fd, times) < 0)
		return err_errno(err, "set the time of the checkout");
	return 0;
}

int git_tree_checkout(const struct git_tree_request *request, struct err *err)
{
	const struct git_url address = { .remote = (char *)request->remote };
	AUTO(freep) char *shown = git_url_shown(&address);
	struct git_talk talk = { .monitor = request->monitor,
				 .step = request->step,
				 .shown = shown,
				 .remote = request->remote,
				 .keys = request->keys };
	AUTO(git_repository_freep) git_repository *repository = NULL;
	AUTO(fd_closep) int fd = -1;
	int code = libgit2.repository_init(&repository, request->dir, 0);

	if (code < 0)
		return git_library_error(code, err);
	if (fd_open(AT_FDCWD, request->dir, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0)
		return -1;
	return fill(request, &talk, fd, repository, err);
}
