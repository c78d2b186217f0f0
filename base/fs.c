#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"

#define TEMP_TRIES 100
#define SUFFIX_LEN 10

/* 50 random bits; that two of them meet is caught by O_EXCL and mkdir. */
static void add_random_suffix(struct str *s)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char random[SUFFIX_LEN];

	/* Does not fail for so few bytes, and waits only in early boot (random(7)). */
	if (getrandom(random, sizeof(random), 0) < 0)
		memset(random, 0, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		str_addc(s, digits[random[i] % 32]);
}

static int make_dir(int dirfd, const char *path, mode_t mode, struct err *err)
{
	struct stat st;

	if (mkdirat(dirfd, path, mode) == 0)
		return 0;
	if (errno == EEXIST && fstatat(dirfd, path, &st, 0) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		errno = ENOTDIR;
	}
	return err_errno(err, "create the directory '%s'", path);
}

int fs_mkdir_all(int dirfd, const char *path, mode_t mode, struct err *err)
{
	AUTO(freep) char *copy = xstrdup(path);
	struct stat st;

	if (fstatat(dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode))
		return 0;
	for (char *slash = strchr(copy + strspn(copy, "/"), '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (make_dir(dirfd, copy, mode, err) < 0)
			return -1;
		*slash = '/';
	}
	return make_dir(dirfd, copy, mode, err);
}

int fs_read_file(int dirfd, const char *path, size_t limit, struct str *s, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	str_clear(s);
	if (fd_open(dirfd, path, O_RDONLY, 0, &fd, err) < 0)
		return -1;
	return fd_read_to_str(fd, s, limit, path, err);
}

static int sync_dir(int dir_fd, const char *path, struct err *err)
{
	/* EINVAL: a file system whose directories cannot be synced. */
	if (fsync(dir_fd) < 0 && errno != EINVAL)
		return err_errno(err, "write the directory of '%s'", path);
	return 0;
}

static int create_temp(int dir_fd, const char *path, struct str *name, int *ret_fd, struct err *err)
{
	int fd = -1;

	for (int tries = 0; fd < 0 && tries < TEMP_TRIES; tries++) {
		str_clear(name);
		str_add(name, ".tmp-");
		add_random_suffix(name);
		fd = openat(dir_fd, name->ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST && errno != EINTR)
			break;
	}
	if (fd < 0)
		return err_errno(err, "create '%s'", path);
	*ret_fd = fd;
	return 0;
}

static int fill_temp(int *fd, const void *data, size_t len, mode_t mode, const char *path,
		     struct err *err)
{
	if (fd_write_all(*fd, data, len, path, err) < 0)
		return -1;
	if (fchmod(*fd, mode) < 0 || fsync(*fd) < 0)
		return err_errno(err, "write '%s'", path);
	return fd_close(fd, path, err);
}

/* Few file systems, as those of NFS, cannot say whether there is one already. */
static int move_to(int dir_fd, const char *temp, const char *name, unsigned flags)
{
	int status = renameat2(dir_fd, temp, dir_fd, name, flags);

	return status < 0 && flags && errno == EINVAL ? renameat(dir_fd, temp, dir_fd, name)
						      : status;
}

static int write_atomic(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
			unsigned flags, struct err *err)
{
	AUTO(fd_closep) int dir_fd = -1;
	AUTO(fd_closep) int fd = -1;
	AUTO(freep) char *dir = path_dir(path);
	AUTO(str_release) struct str temp = STR_INIT;

	if (fd_open(dirfd, dir, O_RDONLY | O_DIRECTORY, 0, &dir_fd, err) < 0)
		return err_wrap(err, "create '%s'", path);
	if (create_temp(dir_fd, path, &temp, &fd, err) < 0)
		return -1;
	if (fill_temp(&fd, data, len, mode, path, err) < 0)
		goto remove_temp;
	if (move_to(dir_fd, temp.ptr, path_base(path), flags) < 0) {
		(void)err_errno(err, "create '%s'", path);
		goto remove_temp;
	}
	return sync_dir(dir_fd, path, err);

remove_temp:
	(void)unlinkat(dir_fd, temp.ptr, 0); /* the first failure is the one to report */
	return -1;
}

int fs_write_file_atomic(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
			 struct err *err)
{
	return write_atomic(dirfd, path, data, len, mode, 0, err);
}

int fs_write_file_new(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		      struct err *err)
{
	return write_atomic(dirfd, path, data, len, mode, RENAME_NOREPLACE, err);
}

int fs_make_temp_dir(int dirfd, const char *prefix, char **ret_path, struct err *err)
{
	AUTO(str_release) struct str path = STR_INIT;

	for (int tries = 0; tries < TEMP_TRIES; tries++) {
		str_clear(&path);
		str_add(&path, prefix);
		add_random_suffix(&path);
		if (mkdirat(dirfd, path.ptr, 0700) == 0) {
			*ret_path = str_detach(&path);
			return 0;
		}
		if (errno != EEXIST)
			break;
	}
	return err_errno(err, "create a temporary directory '%s'", path.ptr);
}

int fs_stat(int dirfd, const char *path, struct stat *ret_st, struct err *err)
{
	if (fstatat(dirfd, path, ret_st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, "stat '%s'", path);
	return 0;
}

bool fs_exists(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int fs_readlink(int dirfd, const char *path, char **ret_target, struct err *err)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(dirfd, path, target, sizeof(target));

	if (len < 0)
		return err_errno(err, "read the link '%s'", path);
	if (len == (ssize_t)sizeof(target))
		return err_errnum(err, ENAMETOOLONG, "read the link '%s'", path);
	*ret_target = xstrndup(target, (size_t)len);
	return 0;
}

int fs_realpath(const char *path, char **ret_path, struct err *err)
{
	char *real = realpath(path, NULL);

	if (!real)
		return err_errno(err, "find '%s'", path);
	*ret_path = real;
	return 0;
}

/*
 * The variable's value when it is an absolute path, as the XDG base directory specification wants.
 */
static const char *absolute_env(const char *name)
{
	const char *value = getenv(name);

	return value && path_is_absolute(value) ? value : NULL;
}

/* $`xdg`/edgectl, else ~/`below_home`/edgectl. */
static int xdg_home(const char *xdg, const char *below_home, const char *own_variable,
		    char **ret_path, struct err *err)
{
	const char *base = absolute_env(xdg);
	const char *home = absolute_env("HOME");

	if (base) {
		*ret_path = path_join(base, "edgectl");
		return 0;
	}
	if (!home) {
		const struct passwd *user = getpwuid(geteuid());

		home = user && path_is_absolute(user->pw_dir) ? user->pw_dir : NULL;
	}
	if (!home) {
		err_set(err, ERR_NOT_FOUND, "user %u has no home directory", (unsigned)geteuid());
		return err_hint(err, "set %s to a directory", own_variable);
	}
	*ret_path = xasprintf("%s/%s/edgectl", strcmp(home, "/") != 0 ? home : "", below_home);
	return 0;
}

static int own_variable(const char *name, char **ret_path, struct err *err)
{
	const char *value = getenv(name);
	AUTO(freep) char *cwd = NULL;

	if (!value || !*value)
		return 0;
	cwd = getcwd(NULL, 0);
	if (!cwd && !path_is_absolute(value))
		return err_errno(err, "find the current directory");
	*ret_path = path_resolve(cwd ? cwd : "/", value);
	return 0;
}

int fs_data_home(char **ret_path, struct err *err)
{
	char *path = NULL;

	if (own_variable("EDGECTL_ROOT", &path, err) < 0)
		return -1;
	if (!path && geteuid() == 0)
		path = xstrdup("/var/lib/edgectl");
	if (!path && xdg_home("XDG_DATA_HOME", ".local/share", "EDGECTL_ROOT", &path, err) < 0)
		return -1;
	*ret_path = path;
	return 0;
}

int fs_config_home(char **ret_path, struct err *err)
{
	char *path = NULL;

	if (own_variable("EDGECTL_CONFIG_HOME", &path, err) < 0)
		return -1;
	if (!path && geteuid() == 0)
		path = xstrdup("/etc/edgectl");
	if (!path && xdg_home("XDG_CONFIG_HOME", ".config", "EDGECTL_CONFIG_HOME", &path, err) < 0)
		return -1;
	*ret_path = path;
	return 0;
}

int fs_cache_home(char **ret_path, struct err *err)
{
	return xdg_home("XDG_CACHE_HOME", ".cache", "XDG_CACHE_HOME", ret_path, err);
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

char *fs_find_program(const char *name)
{
	const char *path = getenv("PATH");
	struct span rest = span_of(path ? path : "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
	struct span dir = { 0 };

	if (strchr(name, '/'))
		return is_program(name) ? xstrdup(name) : NULL;
	while (*name && rest.len) {
		AUTO(freep) char *candidate = NULL;

		span_cut(&rest, ':', &dir);
		/* A relative entry would run what lies in the project that is being built. */
		if (!span_has_prefix(dir, "/"))
			continue;
		candidate = xasprintf("%.*s/%s", SPAN_FMT(dir), name);
		if (is_program(candidate))
			return TAKE(candidate);
	}
	return NULL;
}
