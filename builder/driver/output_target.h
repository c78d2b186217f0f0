/*
 * The file that an archive goes to: under a temporary name until it is whole, or straight into a pipe, a device or the
 * standard output.
 *
 *	AUTO(output_target_release) struct output_target target = OUTPUT_TARGET_INIT;
 *
 *	if (output_target_open(&target, dest, stdout_fd, err) < 0 || write(target.fd) || output_target_commit(&target, err) < 0)
 */
#ifndef DRIVER_OUTPUT_TARGET_H
#define DRIVER_OUTPUT_TARGET_H

#include <stdbool.h>

#include "base/err.h"

struct output_target {
	int fd;
	char *path, *temporary; /* temporary NULL = written in place */
	bool is_borrowed;       /* fd is the standard output */
};

#define OUTPUT_TARGET_INIT \
	{                  \
		.fd = -1   \
	}

/* What can be told before there is anything to write: a directory is no file. */
WARN_UNUSED int output_target_check(const char *dest, struct err *err);
/* `dest` "-" is stdout_fd. The directory of the file is made. */
WARN_UNUSED int output_target_open(struct output_target *target, const char *dest, int stdout_fd,
				   struct err *err);
WARN_UNUSED int output_target_commit(struct output_target *target, struct err *err);
/* Without commit: nothing stays. */
void output_target_release(struct output_target *target);

#endif
