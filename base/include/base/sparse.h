/*
 * Reading a file from its beginning to its end without reading its holes: one truncate(1) makes a file of terabytes that
 * takes no room.
 *
 *	struct sparse_reader reader;
 *
 *	sparse_reader_init(&reader, fd, &st);
 *	while (left > 0) {
 *		ssize_t n = sparse_read(&reader, buf, min(left, sizeof(buf)), name, &data, err);
 */
#ifndef BASE_SPARSE_H
#define BASE_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"

struct sparse_reader {
	int fd;            /* borrowed; its offset is not used */
	uint64_t at;       /* of the next byte */
	uint64_t hole_end; /* above `at`: that is in a hole */
	uint64_t data_end; /* above `at`: that is in data */
};

/* `st` is the file's. */
void sparse_reader_init(struct sparse_reader *reader, int fd, const struct stat *st);
/*
 * Up to `len` bytes, less only at the end of the file and of a hole; -1 on error. *ret_data is `buf`, or zeros that
 * belong to nobody.
 */
WARN_UNUSED ssize_t sparse_read(struct sparse_reader *reader, void *buf, size_t len,
				const char *name, const void **ret_data, struct err *err);

/* Is all of it zero? Fast. */
bool is_zero(const void *data, size_t len);

#endif
