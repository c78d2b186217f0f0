/*
 * A file that a command writes: it appears under its name when it is whole. "-" is the standard
 * output, unless that is a terminal.
 */
#ifndef CLI_OUTPUT_FILE_H
#define CLI_OUTPUT_FILE_H

#include "base/err.h"

struct output_file {
	int fd;
	char *path, *temporary; /* NULL = the standard output */
};

#define OUTPUT_FILE_INIT \
	{                \
		.fd = -1 \
	}

WARN_UNUSED int output_file_open(const char *path, struct output_file *ret, struct err *err);
/* What messages call it. */
const char *output_file_name(const struct output_file *file);
WARN_UNUSED int output_file_finish(struct output_file *file, struct err *err);
/* Without finish: nothing is left of it. */
void output_file_release(struct output_file *file);

#endif
