/* The files of an image archive while it is read: small ones as text, layers as blobs of the store. */
#ifndef IMAGE_ARCHIVE_PARTS_H
#define IMAGE_ARCHIVE_PARTS_H

#include "image/archive.h"
#include "image/layer.h"

struct archive_part {
	char *path;
	char *link;             /* path of the part that it stands for; NULL = none */
	struct str text;        /* of one that is no blob */
	struct descriptor blob; /* without a digest: it is text */
	struct digest diff_id;  /* empty = not known: it came compressed */
};

struct archive_parts {
	struct archive_part *items;
	size_t len, cap;
};

void archive_parts_release(struct archive_parts *parts);
/* Reads the tar to its end. */
WARN_UNUSED int archive_parts_read(const struct archive_source *source, struct archive_parts *ret,
				   struct err *err);
/* Along links; NULL = there is none. Borrowed. */
const struct archive_part *archive_parts_find(const struct archive_parts *parts, const char *path);

#endif
