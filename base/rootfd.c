/* fd_open_in_root(): by openat2(2), and by hand where there is none. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/vec.h"

#define LINKS_MAX 40 /* the kernel's own, see path_resolution(7) */
#define RACES_MAX 32

static int open_by_kernel(int root_fd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		/* openat2 refuses a mode that would not be used. */
		.mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? mode & 07777 : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	/*
	 * EAGAIN: a rename somewhere on the machine made the kernel unsure about a ".."; it asks to
	 * be asked again.
	 */
	for (int tries = 0; tries < RACES_MAX; tries++) {
		fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

/*
 * The walk. `dirs` are the names between the root and `fd`, none of them a link when it was passed;
 * ".." is answered from them and never asked of the kernel, so that no rename can lead it out of
 * the root.
 */
struct walk {
	int root_fd;
	int fd;
	struct strvec dirs;
	struct str rest; /* still to go */
	unsigned links;
};

static void walk_release(struct walk *walk)
{
	fd_closep(&walk->fd);
	strvec_release(&walk->dirs);
	str_release(&walk->rest);
}

static int walk_descend(struct walk *walk, const char *name)
{
	int fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	fd_closep(&walk->fd);
	walk->fd = fd;
	return 0;
}

static int walk_to_root(struct walk *walk)
{
	int fd = openat(walk->root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	fd_closep(&walk->fd);
	walk->fd = fd;
	return 0;
}

static int walk_up(struct walk *walk)
{
	if (walk->dirs.len)
		strvec_remove(&walk->dirs, walk->dirs.len - 1);
	if (walk_to_root(walk) < 0)
		return -1;
	for (size_t i = 0; i < walk->dirs.len; i++)
		if (walk_descend(walk, walk->dirs.items[i]) < 0)
			return -1;
	return 0;
}

/*
 * Magic links of procfs do not lead where their text says. Its ordinary ones (self, mounts, net)
 * are relative.
 */
static bool is_magic(int link_fd, const char *target)
{
	struct statfs fs;

	if (fstatfs(link_fd, &fs) < 0)
		return true;
	return fs.f_type == PROC_SUPER_MAGIC && (target[0] == '/' || strstr(target, ":["));
}

/* Puts the link's text before what is still to go. */
static int walk_follow(struct walk *walk, int link_fd)
{
	AUTO(str_release) struct str rest = STR_INIT;
	char target[PATH_MAX];
	ssize_t len = readlinkat(link_fd, "", target, sizeof(target));

	if (len < 0)
		return -1;
	errno = ELOOP;
	if (++walk->links > LINKS_MAX)
		return -1;
	errno = ENAMETOOLONG;
	if (len == (ssize_t)sizeof(target) || (size_t)len + walk->rest.len >= PATH_MAX)
		return -1;
	target[len] = '\0';
	errno = ELOOP;
	if (is_magic(link_fd, target))
		return -1;
	str_add(&rest, target);
	if (walk->rest.len) {
		str_addc(&rest, '/');
		str_add(&rest, walk->rest.ptr);
	}
	str_release(&walk->rest);
	walk->rest = rest;
	str_init(&rest, 0);
	if (target[0] != '/')
		return 0;
	strvec_clear(&walk->dirs);
	return walk_to_root(walk);
}

/* Cuts the next name off; a slash at the very end asks for a directory, as a last "." does. */
static char *walk_next(struct walk *walk)
{
	size_t from = strspn(walk->rest.ptr, "/");
	size_t len = strcspn(walk->rest.ptr + from, "/");
	char *name = len ? xstrndup(walk->rest.ptr + from, len) : xstrdup(".");
	const char *tail = walk->rest.ptr + from + len;
	size_t tail_len = 0;

	if (*tail)
		tail += strspn(tail, "/");
	tail_len = strlen(tail);
	if (!tail_len && tail > walk->rest.ptr && tail[-1] == '/' && len) {
		tail = ".";
		tail_len = 1;
	}
	memmove(walk->rest.ptr, tail, tail_len + 1);
	walk->rest.len = tail_len;
	return name;
}

/*
 * Opens the last name. Gives -1 with errno 0 when it is a link that was put before the rest: to be
 * walked on.
 */
static int walk_open_last(struct walk *walk, const char *name, int flags, mode_t mode)
{
	AUTO(fd_closep) int link_fd = -1;
	struct stat st;
	bool wants_link = flags & O_NOFOLLOW || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);

	if (!wants_link) {
		link_fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (link_fd >= 0 && fstat(link_fd, &st) == 0 && S_ISLNK(st.st_mode)) {
			if (walk_follow(walk, link_fd) == 0)
				errno = 0;
			return -1;
		}
	}
	return openat(walk->fd, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
}

static int walk_step(struct walk *walk, const char *name)
{
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (!strcmp(name, "."))
		return 0;
	if (!strcmp(name, ".."))
		return walk_up(walk);
	fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (S_ISLNK(st.st_mode))
		return walk_follow(walk, fd);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	fd_closep(&walk->fd);
	walk->fd = TAKE_FD(fd);
	strvec_add(&walk->dirs, name);
	return 0;
}

static int open_by_walk(int root_fd, const char *path, int flags, mode_t mode)
{
	AUTO(walk_release) struct walk walk = { .root_fd = root_fd, .fd = -1, .rest = STR_INIT };
	int fd = -1;

	errno = *path ? ENAMETOOLONG : ENOENT;
	if (!*path || strlen(path) >= PATH_MAX || walk_to_root(&walk) < 0)
		return -1;
	str_add(&walk.rest, path);
	for (;;) {
		AUTO(freep) char *name = walk_next(&walk);

		if (walk.rest.len || !strcmp(name, "..")) {
			if (walk_step(&walk, name) < 0)
				return -1;
			if (!walk.rest.len)
				str_addc(&walk.rest, '.');
			continue;
		}
		fd = walk_open_last(&walk, name, flags, mode);
		if (fd >= 0 || errno != 0)
			return fd;
	}
}

int fd_open_in_root(int root_fd, const char *path, int flags, mode_t mode, int *ret_fd,
		    struct err *err)
{
	int fd = open_by_kernel(root_fd, path, flags, mode);

	/* Before Linux 5.6, or under a seccomp filter that does not know it. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = open_by_walk(root_fd, path, flags, mode);
	if (fd < 0)
		return err_errno(err, "open '%s'", path);
	*ret_fd = fd;
	return 0;
}
