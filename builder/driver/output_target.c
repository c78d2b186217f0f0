#include "output_target.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/str.h"

static int make_parent(const char *path, struct err *err)
{
	AUTO(freep) char *dir = path_dir(path);

	return fs_mkdir_all(AT_FDCWD, dir, 0755, err);
}

int output_target_check(const char *dest, struct err *err)
{
	struct stat st;

	if (stat(dest, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	(void)err_set(err, ERR_USAGE, "'%s' is a directory", dest);
	return err_hint(err, "dest= names the file to be written");
}

int output_target_open(struct output_target *target, const char *dest, int stdout_fd,
		       struct err *err)
{
	struct stat st;

	target->path = xstrdup(dest);
	if (str_eq(dest, "-")) {
		target->is_borrowed = true;
		target->fd = stdout_fd;
		return 0;
	}
	if (output_target_check(dest, err) < 0)
		return -1;
	if (stat(dest, &st) == 0 && !S_ISREG(st.st_mode))
		return fd_open(AT_FDCWD, dest, O_WRONLY, 0, &target->fd, err);
	if (make_parent(dest, err) < 0)
		return -1;
	target->temporary = xasprintf("%s.%d.tmp", dest, (int)getpid());
	target->fd = open(target->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (target->fd < 0) /* the temporary name says nothing to anybody */
		return err_errno(err, "write '%s'", dest);
	return 0;
}

int output_target_commit(struct output_target *target, struct err *err)
{
	if (target->is_borrowed)
		return 0;
	if (fd_close(&target->fd, target->path, err) < 0)
		return -1;
	if (target->temporary && rename(target->temporary, target->path) < 0)
		return err_errno(err, "write '%s'", target->path);
	free(TAKE(target->temporary));
	return 0;
}

void output_target_release(struct output_target *target)
{
	if (!target->is_borrowed)
		fd_closep(&target->fd);
	if (target->temporary)
		(void)unlink(target->temporary);
	free(target->temporary);
	free(target->path);
	*target = (struct output_target)OUTPUT_TARGET_INIT;
}
