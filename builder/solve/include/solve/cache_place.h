/* Where a build cache comes from or goes to: the values of --cache-from and --cache-to. */
#ifndef SOLVE_CACHE_PLACE_H
#define SOLVE_CACHE_PLACE_H

#include <stdbool.h>

#include "base/err.h"
#include "image/reference.h"

enum cache_kind {
	CACHE_REGISTRY, /* a name of its own, or that of an image that was built with CACHE_INLINE */
	CACHE_LOCAL,    /* an OCI layout in a directory */
	CACHE_INLINE,   /* in the configuration of the image that is built */
};

struct cache_place {
	enum cache_kind kind;
	char *text;               /* for messages */
	struct image_ref ref;     /* CACHE_REGISTRY */
	char *dir, *tag, *digest; /* CACHE_LOCAL; digest NULL = whatever the tag says */
	bool all;                 /* mode=max: every step, not only those of the result */
	bool ignore_error;        /* a cache that cannot be written is a warning */
};

struct cache_places {
	struct cache_place *items;
	size_t len, cap;
};

/*
 * "type=registry,ref=NAME", "type=local,src=DIR[,tag=TAG][,digest=DIGEST]", or just a NAME, as buildx
 * reads it. ERR_USAGE.
 */
WARN_UNUSED int cache_place_parse_source(const char *text, struct cache_place *ret,
					 struct err *err);
/*
 * "type=registry,ref=NAME", "type=local,dest=DIR[,tag=TAG]" with mode=min|max, "type=inline", each
 * with ignore-error; image-manifest and oci-mediatypes can only be true. ERR_USAGE.
 */
WARN_UNUSED int cache_place_parse_destination(const char *text, struct cache_place *ret,
					      struct err *err);
void cache_places_release(struct cache_places *places);

#endif
