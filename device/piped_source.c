#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "device/bytes.h"

struct piped_source {
	int (*write)(void *data, int fd, struct err *err);
	void *data;
	pthread_t thread;
	int read_fd, write_fd;
	int status;
	struct err err;
};

static void *run(void *user)
{
	struct piped_source *source = user;

	source->status = source->write(source->data, source->write_fd, &source->err);
	fd_closep(&source->write_fd);
	return NULL;
}

int piped_source_new(int (*write)(void *data, int fd, struct err *err), void *data,
		     struct piped_source **ret, struct err *err)
{
	struct piped_source *source = xcalloc(1, sizeof(*source));

	source->write = write;
	source->data = data;
	source->read_fd = source->write_fd = -1;
	if (fd_pipe(&source->read_fd, &source->write_fd, err) < 0) {
		free(source);
		return -1;
	}
	errno = pthread_create(&source->thread, NULL, run, source);
	if (errno != 0) {
		(void)err_errno(err, "start a thread");
		fd_closep(&source->read_fd);
		fd_closep(&source->write_fd);
		free(source);
		return -1;
	}
	*ret = source;
	return 0;
}

static int produce(void *data, char *buffer, size_t size, size_t *ret_len, struct err *err)
{
	struct piped_source *source = data;
	ssize_t len = 0;

	do {
		len = read(source->read_fd, buffer, size);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return err_errno(err, "read what is to be sent");
	*ret_len = (size_t)len;
	return 0;
}

struct byte_source piped_source_bytes(struct piped_source *source)
{
	return (struct byte_source){ .produce = produce, .data = source };
}

int piped_source_finish(struct piped_source *source, int status, struct err *err)
{
	fd_closep(&source->read_fd);
	(void)pthread_join(source->thread, NULL);
	if (source->status < 0 && source->err.errnum != EPIPE) {
		if (err)
			err_move(err, &source->err);
		status = -1;
	}
	err_release(&source->err);
	free(source);
	return status;
}
