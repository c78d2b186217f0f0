#include "device/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/path.h"
#include "base/str.h"

#define EVENTS                                                                              \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | \
	 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)
#define BUFFER_SIZE ((size_t)64 << 10)

/* A tree that is watched. */
struct watched_tree {
	char *root;
	const struct ignore *ignore;
};

/* A directory that is watched. */
struct watched_dir {
	int wd; /* inotify's number of it */
	char *path;
	struct {
		const struct watched_tree **items;
		size_t len, cap;
	} trees;             /* that it belongs to; none = only for its `files` */
	struct strvec files; /* of the directory, by name */
	UT_hash_handle by_wd;
};

struct watcher {
	int fd;
	struct watched_dir *dirs; /* hash by wd */
	struct {
		struct watched_tree **items;
		size_t len, cap;
	} trees;
};

void watcher_changes_release(struct watcher_changes *changes)
{
	strvec_release(&changes->paths);
}

int watcher_new(struct watcher **ret, struct err *err)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0 && errno == EMFILE) {
		(void)err_errno(err, "watch files");
		return err_hint(err, "sudo sysctl fs.inotify.max_user_instances=512");
	}
	if (fd < 0)
		return err_errno(err, "watch files");
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->fd = fd;
	return 0;
}

static void forget(struct watcher *watcher, struct watched_dir *dir)
{
	HASH_DELETE(by_wd, watcher->dirs, dir);
	strvec_release(&dir->files);
	free(dir->trees.items);
	free(dir->path);
	free(dir);
}

void watcher_free(struct watcher *watcher)
{
	struct watched_dir *dir = NULL, *next = NULL;

	if (!watcher)
		return;
	HASH_ITER(by_wd, watcher->dirs, dir, next)
	forget(watcher, dir);
	VEC_FOREACH(tree, &watcher->trees) {
		free((*tree)->root);
		free(*tree);
	}
	free(watcher->trees.items);
	fd_closep(&watcher->fd);
	free(watcher);
}

/* --- directories --- */

static int too_many(const char *path, struct err *err)
{
	(void)err_errno(err, "watch '%s'", path);
	if (errno != ENOSPC)
		return -1;
	(void)err_set(err, ERR_LIMIT, "watch '%s': no more directories may be watched", path);
	return err_hint(err,
			"sudo sysctl fs.inotify.max_user_watches=524288, or keep what need not be "
			"watched out by the ignore file");
}

static struct watched_dir *find(const struct watcher *watcher, int wd)
{
	struct watched_dir *dir = NULL;

	HASH_FIND(by_wd, watcher->dirs, &wd, sizeof(wd), dir);
	return dir;
}

/* *ret NULL: it is gone already. */
static int add_dir(struct watcher *watcher, const char *path, struct watched_dir **ret,
		   struct err *err)
{
	int wd = inotify_add_watch(watcher->fd, path, EVENTS);
	struct watched_dir *dir = NULL;

	*ret = NULL;
	if (wd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return 0;
	if (wd < 0)
		return too_many(path, err);
	dir = find(watcher, wd);
	if (!dir) {
		dir = xcalloc(1, sizeof(*dir));
		dir->wd = wd;
		HASH_ADD(by_wd, watcher->dirs, wd, sizeof(dir->wd), dir);
	}
	free(dir->path);
	dir->path = xstrdup(path);
	*ret = dir;
	return 0;
}

/* The path as the ignore file sees it. */
static const char *below(const struct watched_tree *tree, const char *path)
{
	const char *rest = path + strlen(tree->root);

	return *rest == '/' ? rest + 1 : rest;
}

static bool is_ignored(const struct watched_tree *tree, const char *path)
{
	return ignore_match(tree->ignore, below(tree, path));
}

static bool is_pruned(const struct watched_tree *tree, const char *path)
{
	return is_ignored(tree, path) &&
	       (!tree->ignore || ignore_prunes(tree->ignore, below(tree, path)));
}

static void join_tree(struct watched_dir *dir, const struct watched_tree *tree)
{
	VEC_FOREACH(known, &dir->trees) {
		if (*known == tree)
			return;
	}
	*VEC_ADD(&dir->trees) = tree;
}

static int walk(struct watcher *watcher, const struct watched_tree *tree, const char *path,
		struct strvec *found, struct err *err);

static int walk_entry(struct watcher *watcher, const struct watched_tree *tree, const char *dir,
		      const struct dirent *entry, struct strvec *found, struct err *err)
{
	AUTO(freep) char *path = path_join(dir, entry->d_name);
	struct stat st;
	bool is_dir = entry->d_type == DT_DIR;

	if (entry->d_type == DT_UNKNOWN)
		is_dir = lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (is_dir)
		return walk(watcher, tree, path, found, err);
	if (found && !is_ignored(tree, path))
		strvec_add(found, path);
	return 0;
}

/* Watches the directory and what is below it, which is `found` (NULL = not asked for). */
static int walk(struct watcher *watcher, const struct watched_tree *tree, const char *path,
		struct strvec *found, struct err *err)
{
	struct watched_dir *dir = NULL;
	AUTO(dir_closep) DIR *stream = NULL;
	const struct dirent *entry = NULL;

	if (!str_eq(path, tree->root) && is_pruned(tree, path))
		return 0;
	/* First the watch, then the look: what is made in between is seen twice, not never. */
	if (add_dir(watcher, path, &dir, err) < 0)
		return -1;
	if (!dir)
		return 0;
	join_tree(dir, tree);
	if (found && !is_ignored(tree, path))
		strvec_add(found, path);
	stream = dir_open(AT_FDCWD, path, 0);
	while (stream && (entry = dir_next(stream))) {
		if (walk_entry(watcher, tree, path, entry, found, err) < 0)
			return -1;
	}
	return 0;
}

int watcher_add_tree(struct watcher *watcher, const char *root, const struct ignore *ignore,
		     struct err *err)
{
	struct watched_tree *tree = xcalloc(1, sizeof(*tree));

	tree->root = xstrdup(root);
	tree->ignore = ignore;
	*VEC_ADD(&watcher->trees) = tree;
	return walk(watcher, tree, root, NULL, err);
}

int watcher_add_file(struct watcher *watcher, const char *path, struct err *err)
{
	AUTO(freep) char *parent = path_dir(path);
	struct watched_dir *dir = NULL;

	if (add_dir(watcher, parent, &dir, err) < 0)
		return -1;
	if (!dir)
		return err_set(err, ERR_NOT_FOUND, "watch '%s': its directory is not there", path);
	if (!strvec_contains(&dir->files, path_base(path)))
		strvec_add(&dir->files, path_base(path));
	return 0;
}

/* A directory that was moved or removed, and those below it: their watches know only the old paths. */
static void drop_below(struct watcher *watcher, const char *path)
{
	struct watched_dir *dir = NULL, *next = NULL;

	HASH_ITER(by_wd, watcher->dirs, dir, next)
	{
		if (!path_is_within(dir->path, path) || dir->files.len > 0)
			continue;
		(void)inotify_rm_watch(watcher->fd, dir->wd);
		forget(watcher, dir);
	}
}

/* --- events --- */

int watcher_fd(const struct watcher *watcher)
{
	return watcher->fd;
}

static bool is_wanted(const struct watched_dir *dir, const char *path)
{
	VEC_FOREACH(tree, &dir->trees) {
		if (!is_ignored(*tree, path))
			return true;
	}
	return false;
}

static int take_directory(struct watcher *watcher, const struct watched_dir *dir,
			  const struct inotify_event *event, const char *path,
			  struct watcher_changes *changes, struct err *err)
{
	bool wanted = is_wanted(dir, path);

	if (wanted)
		strvec_add(&changes->paths, path);
	if (event->mask & (IN_CREATE | IN_MOVED_TO)) {
		VEC_FOREACH(tree, &dir->trees) {
			if (walk(watcher, *tree, path, &changes->paths, err) < 0)
				return -1;
		}
	} else if (event->mask & (IN_MOVED_FROM | IN_DELETE)) {
		drop_below(watcher, path);
	}
	return 0;
}

static int take_event(struct watcher *watcher, const struct inotify_event *event,
		      struct watcher_changes *changes, struct err *err)
{
	struct watched_dir *dir = find(watcher, event->wd);
	AUTO(freep) char *path = NULL;

	if (event->mask & IN_Q_OVERFLOW) {
		changes->lost = true;
		return 0;
	}
	if (!dir)
		return 0;
	if (event->mask & IN_IGNORED) {
		forget(watcher, dir);
		return 0;
	}
	if (event->len == 0)
		return 0;
	path = path_join(dir->path, event->name);
	if (event->mask & IN_ISDIR)
		return dir->trees.len == 0
			       ? 0
			       : take_directory(watcher, dir, event, path, changes, err);
	/* An empty file is closed a moment later; links and devices never are. */
	if (strvec_contains(&dir->files, event->name) || is_wanted(dir, path))
		strvec_add(&changes->paths, path);
	return 0;
}

/* After an overflow: what has come into being unseen is watched from now on. */
static int watch_again(struct watcher *watcher, struct err *err)
{
	VEC_FOREACH(tree, &watcher->trees) {
		if (walk(watcher, *tree, (*tree)->root, NULL, err) < 0)
			return -1;
	}
	return 0;
}

static void make_unique(struct strvec *paths)
{
	size_t kept = 0;

	strvec_sort(paths);
	for (size_t i = 0; i < paths->len; i++) {
		if (kept > 0 && str_eq(paths->items[i], paths->items[kept - 1]))
			free(paths->items[i]);
		else
			paths->items[kept++] = paths->items[i];
	}
	if (paths->items)
		paths->items[kept] = NULL;
	paths->len = kept;
}

static int read_events(struct watcher *watcher, struct watcher_changes *changes, bool *ret_any,
		       struct err *err)
{
	char buffer[BUFFER_SIZE] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t len = read(watcher->fd, buffer, sizeof(buffer));

	*ret_any = len > 0;
	if (len < 0 && errno != EAGAIN && errno != EINTR)
		return err_errno(err, "read what has changed");
	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *event = (const void *)(buffer + at);

		if (take_event(watcher, event, changes, err) < 0)
			return -1;
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	return 0;
}

int watcher_read(struct watcher *watcher, struct watcher_changes *changes, struct err *err)
{
	bool was_lost = changes->lost, any = true;

	while (any) {
		if (read_events(watcher, changes, &any, err) < 0)
			return -1;
	}
	make_unique(&changes->paths);
	return changes->lost && !was_lost ? watch_again(watcher, err) : 0;
}

/* --- waiting --- */

/* 1 = something changed, 0 = time is up. */
static int poll_once(struct watcher *watcher, int timeout_ms, int cancel_fd, struct err *err)
{
	struct pollfd polled[] = { { .fd = watcher->fd, .events = POLLIN },
				   { .fd = cancel_fd, .events = POLLIN } };
	int count = poll(polled, ARRAY_SIZE(polled), timeout_ms);

	if (count < 0 && errno != EINTR)
		return err_errno(err, "wait for a change");
	if (count > 0 && polled[1].revents)
		return err_set(err, ERR_CANCELLED, "interrupted");
	return count > 0;
}

static bool is_empty(const struct watcher_changes *changes)
{
	return changes->paths.len == 0 && !changes->lost;
}

int watcher_wait(struct watcher *watcher, int timeout_ms, int quiet_ms, int most_ms, int cancel_fd,
		 struct watcher_changes *changes, struct err *err)
{
	uint64_t deadline = 0;

	/* Events of ignored files wake us as well. */
	while (is_empty(changes)) {
		int woken = poll_once(watcher, timeout_ms, cancel_fd, err);

		if (woken < 0 || watcher_read(watcher, changes, err) < 0)
			return -1;
		if (woken == 0 && timeout_ms >= 0)
			return 0;
	}
	deadline = monotonic_ms() + (uint64_t)most_ms;
	while (monotonic_ms() < deadline) {
		int woken = poll_once(watcher, quiet_ms, cancel_fd, err);

		if (woken < 0 || watcher_read(watcher, changes, err) < 0)
			return -1;
		if (woken == 0)
			break;
	}
	return 0;
}
