#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"

#define COPY_CHUNK ((size_t)1 << 30)
#define READ_CHUNK ((size_t)64 << 10)
/*
 * More makes the page cache take larger folios, for which a virtual machine that gives free memory back to its host has to ask
 * for it again: ten times the time, measured on Linux 6.18. Less costs system calls.
 */
#define WRITE_CHUNK ((size_t)64 << 10)

void fd_closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

int fd_close(int *fd, const char *name, struct err *err)
{
	int closing = *fd;

	*fd = -1;
	/* Linux frees the descriptor even when close(2) says EINTR. */
	if (closing >= 0 && close(closing) < 0 && errno != EINTR)
		return err_errno(err, "write '%s'", name);
	return 0;
}

int fd_write_all(int fd, const void *data, size_t len, const char *name, struct err *err)
{
	const char *from = data;

	while (len) {
		ssize_t n = write(fd, from, len < WRITE_CHUNK ? len : WRITE_CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "write '%s'", name);
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t fd_read_full(int fd, void *buf, size_t len, const char *name, struct err *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, (char *)buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "read '%s'", name);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int fd_read_to_str(int fd, struct str *s, size_t limit, const char *name, struct err *err)
{
	size_t total = 0;
	ssize_t n = 0;

	do {
		/* One byte more than allowed, to see whether there is one. */
		size_t want = limit - total < READ_CHUNK ? limit - total + 1 : READ_CHUNK;

		str_reserve(s, want);
		n = fd_read_full(fd, s->ptr + s->len, want, name, err);
		if (n < 0)
			return -1;
		total += (size_t)n;
		if (total > limit)
			return err_set(err, ERR_LIMIT,
				       "read '%s': larger than the limit of %zu bytes", name,
				       limit);
		s->len += (size_t)n;
		s->ptr[s->len] = '\0';
	} while (n > 0);
	return 0;
}

/* 1 when the kernel copied to the end, 0 when it cannot copy between these two. */
static int copy_in_kernel(int from, int to, uint64_t *bytes, const char *name, struct err *err)
{
	for (;;) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, COPY_CHUNK, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
			return err_errno(err, "copy '%s'", name);
		if (n < 0)
			return 0;
		if (n == 0)
			return 1;
		*bytes += (uint64_t)n;
	}
}

int fd_copy_all(int from, int to, uint64_t *ret_bytes, const char *name, struct err *err)
{
	AUTO(freep) char *buf = NULL;
	uint64_t bytes = 0;
	ssize_t n = 0;

	if (copy_in_kernel(from, to, &bytes, name, err) < 0)
		return -1;
	/* Also at its end: some kernels copy nothing from files of /proc, whose size is 0. */
	buf = xmalloc(READ_CHUNK);
	while ((n = fd_read_full(from, buf, READ_CHUNK, name, err)) > 0) {
		if (fd_write_all(to, buf, (size_t)n, name, err) < 0)
			return -1;
		bytes += (uint64_t)n;
	}
	if (n < 0)
		return -1;
	if (ret_bytes)
		*ret_bytes = bytes;
	return 0;
}

int fd_open(int dirfd, const char *path, int flags, mode_t mode, int *ret_fd, struct err *err)
{
	int fd = -1;

	do
		fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return err_errno(err, "open '%s'", path);
	*ret_fd = fd;
	return 0;
}

int fd_pipe(int *ret_read, int *ret_write, struct err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, "make a pipe");
	*ret_read = ends[0];
	*ret_write = ends[1];
	return 0;
}

int fd_set_nonblocking(int fd, bool on, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) < 0)
		return err_errno(err, "set a descriptor %sblocking", on ? "non-" : "");
	return 0;
}
