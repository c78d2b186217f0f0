/*
 * Manifests and configs of an image to be looked at, from a store or straight from a registry, which
 * then need not bring them into a store.
 */
#ifndef CLI_IMAGE_SOURCE_H
#define CLI_IMAGE_SOURCE_H

#include "image/config.h"
#include "place_option.h"
#include "scratch_store.h"
#include "session.h"

struct image_source {
	struct session *session;
	struct image_place place;
	struct scratch_store scratch; /* for places that are files */
	struct store *store;          /* borrowed; NULL = it is in a registry */
	struct descriptor target;
	struct str body; /* of the target's manifest, as it is */
};

#define IMAGE_SOURCE_INIT        \
	{                        \
		.body = STR_INIT \
	}

/*
 * A plain name is looked for in the session's store first, and only in the registry with `remote`.
 */
WARN_UNUSED int image_source_open(struct session *session, const char *text, bool remote,
				  struct image_source *ret, struct err *err);
void image_source_release(struct image_source *source);
/* Is it here? Members of an index may not be. */
bool image_source_has(const struct image_source *source, const struct descriptor *manifest);
WARN_UNUSED int image_source_manifest(struct image_source *source,
				      const struct descriptor *manifest, struct str *ret,
				      struct err *err);
WARN_UNUSED int image_source_blob(struct image_source *source, const struct descriptor *blob,
				  struct str *ret, struct err *err);

#endif
