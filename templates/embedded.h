/* Text files that are part of the program; edge_embed_files() of cmake/EmbedFiles.cmake makes the tables. */
#ifndef EMBEDDED_H
#define EMBEDDED_H

#include "base/str.h"

struct embedded_file {
	const char *name; /* relative to templates/; NULL ends a table */
	struct span text;
};

extern const struct embedded_file board_files[];
extern const struct embedded_file project_files[];

#endif
