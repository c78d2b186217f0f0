/* What steps fetched from elsewhere, as provenance names it: files and repositories of ADD. */
#ifndef SOLVE_MATERIAL_H
#define SOLVE_MATERIAL_H

#include "solve/graph.h"

struct material {
	char *uri;             /* without passwords; a repository's ends in #REF */
	const char *algorithm; /* of the hash: "sha256" of a file, "sha1" of a commit; static */
	char *hash;            /* hexadecimal */
};

struct materials {
	struct material *items;
	size_t len, cap;
};

/* Appends what the vertex reads and *ret does not have yet. Of a graph that was solved. */
void materials_add(const struct vertex *vertex, struct materials *ret);
void materials_release(struct materials *materials);

#endif
