/*
 * Image names, by the grammar of distribution/reference: [host[:port]/]path[:tag][@digest], with Docker's
 * normalisation: no host is docker.io, no namespace there is "library", and no tag and no digest is "latest".
 */
#ifndef IMAGE_REFERENCE_H
#define IMAGE_REFERENCE_H

#include "base/err.h"
#include "image/digest.h"

struct image_ref {
	char *host;       /* "docker.io", "localhost:5000", "[::1]:5000" */
	char *repository; /* "library/debian" */
	char *tag;        /* NULL when a digest alone is given */
	struct digest digest;
};

#define IMAGE_REF_INIT       \
	{                    \
		.host = NULL \
	}

/*
 * ERR_INPUT names the part that is wrong. Repositories have at most 255 characters, tags 128. 64 hexadecimal digits are a
 * name like any other: there are no image ids.
 */
WARN_UNUSED int image_ref_parse(const char *text, struct image_ref *ret, struct err *err);
void image_ref_release(struct image_ref *ref);
void image_ref_copy(struct image_ref *dst, const struct image_ref *src);
/* Canonical: host, repository, tag and digest all written out. The caller frees. */
char *image_ref_format(const struct image_ref *ref);
/* As a person writes it: without "docker.io/library/". The caller frees. */
char *image_ref_format_short(const struct image_ref *ref);
/* What stands behind /manifests/: the digest when there is one, else the tag. Borrowed. */
const char *image_ref_version(const struct image_ref *ref);

#endif
