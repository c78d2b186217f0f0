/*
 * Which blobs are known to be in which repositories, because this command or an earlier one sent,
 * fetched or found them there. What this command saw is taken for granted; what the store remembers
 * of earlier ones is a guess, good enough to ask for a mount (distribution-spec, "Mounting a blob
 * from another repository").
 */
#ifndef REGISTRY_PRESENCE_H
#define REGISTRY_PRESENCE_H

#include "base/map.h"
#include "image/reference.h"
#include "image/store.h"

struct presence {
	struct strmap blobs;   /* "HOST/REPOSITORY@DIGEST" */
	struct strmap sources; /* "HOST DIGEST": a repository */
};

#define PRESENCE_INIT                                        \
	{                                                    \
		.blobs = STRMAP_INIT, .sources = STRMAP_INIT \
	}

void presence_release(struct presence *presence);
void presence_add(struct presence *presence, const struct image_ref *ref,
		  const struct digest *digest);
bool presence_has(const struct presence *presence, const struct image_ref *ref,
		  const struct digest *digest);
/* The registry says that it is not there after all. */
void presence_remove(struct presence *presence, const struct image_ref *ref,
		     const struct digest *digest);
/* Another repository of that registry, seen by this command; NULL = none. Borrowed. */
const char *presence_source(const struct presence *presence, const struct image_ref *ref,
			    const struct digest *digest);

/* For the commands to come. What cannot be written is forgotten. */
void presence_remember(struct store *store, const struct image_ref *ref,
		       const struct descriptors *blobs);
/* The repository that was remembered last; "" = none. */
void presence_recall(struct store *store, const struct image_ref *ref, const struct digest *digest,
		     struct str *ret);

#endif
