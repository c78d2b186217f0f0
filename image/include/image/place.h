/*
 * Where an image is, as people write it: a name means a registry or the store, as the command says;
 * a prefix means something else. The prefixes are those of skopeo, podman and buildah.
 *
 *	app:1   registry.example.com/team/app@sha256:...   docker://app:1
 *	store:app:1
 *	oci:DIR[:TAG][@DIGEST]
 *	oci-archive:FILE[:TAG]
 *	docker-archive:FILE[:NAME]
 */
#ifndef IMAGE_PLACE_H
#define IMAGE_PLACE_H

#include "base/err.h"
#include "image/reference.h"

enum place_kind {
	PLACE_NAME,     /* without a prefix */
	PLACE_REGISTRY, /* docker:// */
	PLACE_STORE,
	PLACE_LAYOUT,
	PLACE_LAYOUT_ARCHIVE,
	PLACE_DOCKER_ARCHIVE,
};

struct image_place {
	enum place_kind kind;
	struct image_ref ref; /* of the first three */
	char *path;           /* of the others */
	/*
	 * A tag in the layout, or a canonical reference in docker's archive; NULL = none was given.
	 */
	char *name;
	char *digest; /* of an image in a layout; NULL = none was given */
};

#define IMAGE_PLACE_INIT           \
	{                          \
		.kind = PLACE_NAME \
	}

WARN_UNUSED int image_place_parse(const char *text, struct image_place *ret, struct err *err);
void image_place_release(struct image_place *place);
/* Is it a file or a directory? */
bool image_place_is_path(const struct image_place *place);

#endif
