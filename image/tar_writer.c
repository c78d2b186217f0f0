#include "image/tar.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/str.h"
#include "tar_header.h"

#define BUFFER_SIZE ((size_t)256 * 1024)

struct tar_writer {
	struct layer_sink sink;
	int fd;
	char *name;
	struct str buffer;
	char *path;         /* of the file whose data is expected */
	uint64_t remaining; /* bytes of that data */
	size_t padding;     /* bytes that fill up its last block */
};

static const char zeros[2 * TAR_BLOCK];

static int flush(struct tar_writer *tar, struct err *err)
{
	int result = fd_write_all(tar->fd, tar->buffer.ptr, tar->buffer.len, tar->name, err);

	str_clear(&tar->buffer);
	return result;
}

static int put(struct tar_writer *tar, const void *data, size_t len, struct err *err)
{
	if (tar->buffer.len + len > BUFFER_SIZE && flush(tar, err) < 0)
		return -1;
	if (len > BUFFER_SIZE)
		return fd_write_all(tar->fd, data, len, tar->name, err);
	str_addn(&tar->buffer, data, len);
	return 0;
}

static int check_complete(const struct tar_writer *tar, struct err *err)
{
	if (tar->remaining == 0)
		return 0;
	return err_set(err, ERR_INPUT, "'%s' became shorter while it was read", tar->path);
}

static int take_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct tar_writer *tar = CONTAINER_OF(sink, struct tar_writer, sink);
	AUTO(str_release) struct str header = STR_INIT;

	if (check_complete(tar, err) < 0)
		return -1;
	free(tar->path);
	tar->path = xstrdup(entry->path);
	tar->remaining = entry->type == LAYER_FILE ? entry->size : 0;
	tar->padding = (TAR_BLOCK - (size_t)(tar->remaining % TAR_BLOCK)) % TAR_BLOCK;
	tar_header_add(&header, entry);
	return put(tar, header.ptr, header.len, err);
}

static int take_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct tar_writer *tar = CONTAINER_OF(sink, struct tar_writer, sink);

	if (len > tar->remaining)
		return err_set(err, ERR_INPUT, "'%s' became longer while it was read", tar->path);
	if (put(tar, data, len, err) < 0)
		return -1;
	tar->remaining -= len;
	return len > 0 && tar->remaining == 0 ? put(tar, zeros, tar->padding, err) : 0;
}

struct tar_writer *tar_writer_new(int fd, const char *name)
{
	struct tar_writer *tar = xcalloc(1, sizeof(*tar));

	tar->sink = (struct layer_sink){ .entry = take_entry, .data = take_data };
	tar->fd = fd;
	tar->name = xstrdup(name);
	str_init(&tar->buffer, 0);
	return tar;
}

struct layer_sink *tar_writer_sink(struct tar_writer *tar)
{
	return &tar->sink;
}

int tar_writer_add_dir(struct tar_writer *tar, const char *path, struct err *err)
{
	const struct layer_entry entry = { .type = LAYER_DIR, .path = path, .mode = 0755 };

	return take_entry(&tar->sink, &entry, err);
}

static int begin_file(struct tar_writer *tar, const char *path, uint64_t size, struct err *err)
{
	const struct layer_entry entry = {
		.type = LAYER_FILE, .path = path, .mode = 0644, .size = size
	};

	return take_entry(&tar->sink, &entry, err);
}

int tar_writer_add(struct tar_writer *tar, const char *path, const void *data, size_t len,
		   struct err *err)
{
	if (begin_file(tar, path, len, err) < 0)
		return -1;
	return take_data(&tar->sink, data, len, err);
}

int tar_writer_add_fd(struct tar_writer *tar, const char *path, int fd, uint64_t size,
		      struct err *err)
{
	AUTO(freep) char *buffer = xmalloc(BUFFER_SIZE);

	if (begin_file(tar, path, size, err) < 0)
		return -1;
	while (size > 0) {
		size_t want = size < BUFFER_SIZE ? (size_t)size : BUFFER_SIZE;
		ssize_t got = fd_read_full(fd, buffer, want, path, err);

		if (got < 0 || take_data(&tar->sink, buffer, (size_t)got, err) < 0)
			return -1;
		if ((size_t)got < want)
			return check_complete(tar, err);
		size -= want;
	}
	return 0;
}

int tar_writer_finish(struct tar_writer *tar, struct err *err)
{
	if (check_complete(tar, err) < 0 || put(tar, zeros, sizeof(zeros), err) < 0)
		return -1;
	return flush(tar, err);
}

void tar_writer_freep(struct tar_writer **writer)
{
	struct tar_writer *tar = TAKE(*writer);

	if (!tar)
		return;
	str_release(&tar->buffer);
	free(tar->name);
	free(tar->path);
	free(tar);
}
