#include "base/sparse.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BLOCK      512
#define ZEROS_SIZE ((size_t)256 * 1024)

void sparse_reader_init(struct sparse_reader *reader, int fd, const struct stat *st)
{
	bool is_dense = (uint64_t)st->st_blocks * BLOCK >= (uint64_t)st->st_size;

	*reader = (struct sparse_reader){ .fd = fd, .data_end = is_dense ? UINT64_MAX : 0 };
}

/* Where the file system knows of no holes all is data. */
static void find_extent(struct sparse_reader *reader)
{
	off_t at = (off_t)reader->at, data = lseek(reader->fd, at, SEEK_DATA), end;
	struct stat st;

	if (data < 0 && errno == ENXIO && fstat(reader->fd, &st) == 0) {
		reader->hole_end = st.st_size > at ? (uint64_t)st.st_size : 0;
		reader->data_end = reader->hole_end ? 0 : UINT64_MAX;
	} else if (data > at) {
		reader->hole_end = (uint64_t)data;
	} else {
		end = data < 0 ? -1 : lseek(reader->fd, at, SEEK_HOLE);
		reader->data_end = end < 0 ? UINT64_MAX : (uint64_t)end;
	}
}

static ssize_t read_data(struct sparse_reader *reader, void *buf, size_t len, const char *name,
			 struct err *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(reader->fd, (char *)buf + done, len - done,
				  (off_t)(reader->at + done));

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

ssize_t sparse_read(struct sparse_reader *reader, void *buf, size_t len, const char *name,
		    const void **ret_data, struct err *err)
{
	static const char zeros[ZEROS_SIZE];
	uint64_t left;
	ssize_t n;

	if (reader->at >= reader->hole_end && reader->at >= reader->data_end)
		find_extent(reader);
	if (reader->at < reader->hole_end) {
		left = reader->hole_end - reader->at;
		len = len < ZEROS_SIZE ? len : ZEROS_SIZE;
		n = (ssize_t)(left < len ? left : len);
		*ret_data = zeros;
	} else {
		left = reader->data_end - reader->at;
		n = read_data(reader, buf, left < len ? (size_t)left : len, name, err);
		*ret_data = buf;
	}
	if (n > 0)
		reader->at += (uint64_t)n;
	return n;
}

/* Compared with itself one byte on: memcmp(3) is vectorised. */
bool is_zero(const void *data, size_t len)
{
	const char *bytes = data;

	return len == 0 || (bytes[0] == '\0' && memcmp(bytes, bytes + 1, len - 1) == 0);
}
