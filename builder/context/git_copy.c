#include "context/git_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/str.h"
#include "context/git_source.h"
#include "image/digest.h"

/*
 * A copy is CACHE/KEY: `files`, the checkout, and `state`, its commit and the path of the wanted
 * directory below `files`, a line each. KEY is the digest of the address.
 */
#define STATE_MAX 8192
#define NEW_MARK  ".new-" /* KEY.new-xxxxxxxxxx: one that is being made */

void git_copy_release(struct git_copy *fetched)
{
	free(fetched->dir);
	free(fetched->unreachable);
	*fetched = (struct git_copy){ .dir = NULL };
}

static int find_cache(const char *kind, char **ret, struct err *err)
{
	AUTO(freep) char *home = NULL;

	if (fs_cache_home(&home, err) < 0)
		return -1;
	*ret = path_join(home, kind);
	return fs_mkdir_all(AT_FDCWD, *ret, 0700, err);
}

/* --- the copy --- */

static bool read_copy(const char *copy, struct git_copy *ret)
{
	AUTO(freep) char *path = path_join(copy, "state");
	AUTO(freep) char *files = path_join(copy, "files");
	AUTO(freep) char *root = NULL;
	AUTO(str_release) struct str text = STR_INIT;
	struct span rest, commit, dir;

	if (fs_read_file(AT_FDCWD, path, STATE_MAX, &text, NULL) < 0)
		return false;
	rest = str_span(&text);
	if (!span_cut(&rest, '\n', &commit) || commit.len != sizeof(ret->commit) - 1 ||
	    !span_cut(&rest, '\n', &dir))
		return false;
	root = span_dup(dir);
	ret->dir = path_join(files, root);
	memcpy(ret->commit, commit.ptr, commit.len);
	ret->commit[commit.len] = '\0';
	return true;
}

static int write_state(const char *work, const char *commit, const char *root, struct err *err)
{
	AUTO(freep) char *files = path_join(work, "files");
	AUTO(freep) char *state = path_join(work, "state");
	AUTO(freep) char *real = NULL;
	AUTO(freep) char *text = NULL;
	const char *below;

	if (fs_realpath(files, &real, err) < 0)
		return -1;
	below = root + strlen(real);
	text = xasprintf("%s\n%s\n", commit, *below ? below + 1 : ".");
	return fs_write_file_atomic(AT_FDCWD, state, text, strlen(text), 0600, err);
}

/* Of what did not come to an end; why that was is what the user wants to know. */
static void discard(const char *work)
{
	AUTO(err_release) struct err ignored = ERR_INIT;

	if (fs_remove_all(AT_FDCWD, work, &ignored) < 0)
		err_clear(&ignored);
}

/* Into a directory of its own, which then takes the place of the old copy. */
static int checkout(const struct git_url *url, const struct git_revision *revision,
		    const char *work, const struct monitor *monitor, struct err *err)
{
	AUTO(freep) char *files = path_join(work, "files");
	AUTO(freep) char *root = NULL;
	const struct git_checkout checkout = {
		.url = url, .revision = revision, .dir = files, .monitor = monitor
	};

	if (fs_mkdir_all(AT_FDCWD, files, 0700, err) < 0 ||
	    git_source_checkout(&checkout, &root, err) < 0)
		return -1;
	return write_state(work, revision->commit, root, err);
}

static int replace(const char *work, const char *copy, struct err *err)
{
	if (fs_remove_all(AT_FDCWD, copy, err) < 0)
		return -1;
	if (rename(work, copy) == 0)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return err_errno(err, "rename '%s'", work);
	/* another process was as fast, with the same content */
	return fs_remove_all(AT_FDCWD, work, err);
}

/* Locked for as long as it is being made, so that nobody takes it for what a killed process left. */
static int make_work_dir(const char *prefix, char **ret, int *ret_lock, struct err *err)
{
	struct stat st;

	for (;;) {
		AUTO(freep) char *work = NULL;
		AUTO(fd_closep) int fd = -1;

		if (fs_make_temp_dir(AT_FDCWD, prefix, &work, err) < 0)
			return -1;
		fd = open(work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return err_errno(err, "open '%s'", work);
		/* gone already: another process came between */
		if (fd < 0 || (flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 && st.st_nlink == 0))
			continue;
		*ret = TAKE(work);
		*ret_lock = fd;
		fd = -1;
		return 0;
	}
}

static void remove_if_left(const char *work)
{
	AUTO(fd_closep) int fd = open(work, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		discard(work);
}

/* What processes left that were killed while they made one. */
static void sweep(const char *cache)
{
	AUTO(dir_closep) DIR *dir = dir_open(AT_FDCWD, cache, 0);
	const struct dirent *entry;

	while (dir && (entry = dir_next(dir))) {
		AUTO(freep) char *work = NULL;

		if (!strstr(entry->d_name, NEW_MARK))
			continue;
		work = path_join(cache, entry->d_name);
		remove_if_left(work);
	}
}

static int make_copy(const struct git_url *url, const struct git_revision *revision,
		     const char *copy, const struct monitor *monitor, struct err *err)
{
	AUTO(freep) char *prefix = xasprintf("%s" NEW_MARK, copy);
	AUTO(freep) char *work = NULL;
	AUTO(fd_closep) int lock = -1;

	if (make_work_dir(prefix, &work, &lock, err) < 0)
		return -1;
	if (checkout(url, revision, work, monitor, err) == 0 && replace(work, copy, err) == 0)
		return 0;
	discard(work);
	return -1;
}

/* --- asking, and the copy where nobody answers --- */

/* The caller tells why; a server may as well say "not found" of what it does not want to show. */
static bool may_use_copy(enum err_kind kind)
{
	return kind != ERR_CANCELLED && kind != ERR_DIGEST;
}

static int fetch(const struct git_url *url, const char *copy, const struct monitor *monitor,
		 struct git_copy *ret, struct err *err)
{
	AUTO(git_revision_release) struct git_revision revision = GIT_REVISION_INIT;
	AUTO(err_release) struct err reason = ERR_INIT;
	const struct git_keys keys = { .lent = NULL };
	bool has_copy = read_copy(copy, ret);

	if (git_source_resolve(url, &keys, monitor, &revision, &reason) < 0) {
		if (has_copy && may_use_copy(reason.kind)) {
			ret->unreachable = xstrdup(reason.message);
			return 0;
		}
		err_move(err, &reason);
		return -1;
	}
	if (has_copy && str_eq(ret->commit, revision.commit))
		return 0;
	git_copy_release(ret);
	if (make_copy(url, &revision, copy, monitor, err) < 0)
		return -1;
	return read_copy(copy, ret) ? 0 : err_set(err, ERR_SYSTEM, "'%s' has gone meanwhile", copy);
}

int git_copy_fetch(const char *address, const char *kind, const struct monitor *monitor,
		   struct git_copy *ret, struct err *err)
{
	AUTO(git_url_release) struct git_url url = GIT_URL_INIT;
	AUTO(freep) char *cache = NULL;
	AUTO(freep) char *copy = NULL;
	struct git_copy fetched = { .dir = NULL };
	struct digest digest;

	if (git_url_parse(address, &url, err) < 0 || find_cache(kind, &cache, err) < 0)
		return -1;
	digest_of(address, strlen(address), &digest);
	copy = path_join(cache, digest_hex(&digest));
	sweep(cache);
	if (fetch(&url, copy, monitor, &fetched, err) < 0) {
		git_copy_release(&fetched);
		return -1;
	}
	*ret = fetched;
	return 0;
}
