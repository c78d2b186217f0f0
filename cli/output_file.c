#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/str.h"

static int open_stdout(struct output_file *ret, struct err *err)
{
	if (isatty(STDOUT_FILENO)) {
		err_set(err, ERR_USAGE, "an archive is not for a terminal");
		return err_hint(err, "name a file with --output, or redirect the standard output");
	}
	ret->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return ret->fd >= 0 ? 0 : err_errno(err, "the standard output");
}

int output_file_open(const char *path, struct output_file *ret, struct err *err)
{
	struct stat st;

	if (str_eq(path, "-"))
		return open_stdout(ret, err);
	/* a pipe or a device is written to as it is */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		if (S_ISDIR(st.st_mode))
			return err_set(err, ERR_INPUT, "'%s' is a directory", path);
		ret->path = xstrdup(path);
		return fd_open(AT_FDCWD, path, O_WRONLY, 0, &ret->fd, err);
	}
	ret->path = xstrdup(path);
	ret->temporary = xasprintf("%s.%d.partial", path, (int)getpid());
	if (fd_open(AT_FDCWD, ret->temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644, &ret->fd, NULL) ==
	    0)
		return 0;
	return err_errno(err, "write '%s'", path);
}

const char *output_file_name(const struct output_file *file)
{
	return file->path ? file->path : "the standard output";
}

int output_file_finish(struct output_file *file, struct err *err)
{
	if (file->temporary && fsync(file->fd) < 0)
		return err_errno(err, "write '%s'", file->path);
	if (fd_close(&file->fd, output_file_name(file), err) < 0)
		return -1;
	if (file->temporary && rename(file->temporary, file->path) < 0)
		return err_errno(err, "rename '%s' to '%s'", file->temporary, file->path);
	free(TAKE(file->temporary));
	return 0;
}

void output_file_release(struct output_file *file)
{
	fd_closep(&file->fd);
	if (file->temporary)
		(void)unlink(file->temporary); /* it may not even have been made */
	free(file->temporary);
	free(file->path);
	*file = (struct output_file)OUTPUT_FILE_INIT;
}
