/*
 * A release: one state of all services of a fleet, as an artifact in an OCI registry of the form that docker compose
 * publishes (`docker compose -f oci://REPOSITORY:TAG`): the resolved compose file, every image by its digest, and
 * annotations that say what it was made of.
 *
 *	artifactType  application/vnd.docker.compose.project
 *	config        application/vnd.oci.empty.v1+json (OCI image-spec 1.1, manifest.md, "Guidance for an empty descriptor")
 *	layers        application/vnd.docker.compose.file+yaml, annotated com.docker.compose.file
 *
 * What is the same release is the same bytes: there is no time in it but that of the source.
 */
#ifndef RELEASE_RELEASE_H
#define RELEASE_RELEASE_H

#include <stdbool.h>

#include "image/store.h"
#include "registry/client.h"

struct release {
	struct digest digest; /* of its manifest; empty until it is written or read */
	char *version;        /* a tag */
	char *revision;       /* the commit; NULL = of no checkout */
	bool is_dirty;        /* files had been changed since */
	char *created;        /* RFC 3339, of the source; NULL = not known */
	char *author, *note;  /* NULL = none */
	struct digest parent; /* the release before it in its channel; empty = none */
	struct strmap tags;
	struct descriptors files; /* of its compose file; filled by reading */
	struct str compose;       /* the file; empty until it is read */
	struct strmap
		images; /* by service: canonical references with digests; filled by reading the file */
};

#define RELEASE_INIT                \
	{                           \
		.compose = STR_INIT \
	}

void release_release(struct release *release);
/* Puts it into the store; *ret describes its manifest, whose digest it notes. */
WARN_UNUSED int release_write(struct store *store, struct release *release, struct descriptor *ret,
			      struct err *err);
/*
 * Reads what `ref` names. ERR_INPUT when it is no release; ERR_NOT_FOUND, also when its deletion was interrupted. What docker compose published is one, too,
 * with `version` the tag or the digest.
 */
WARN_UNUSED int release_read(struct registry *registry, const struct image_ref *ref,
			     struct release *ret, struct err *err);
/* The same without its file: one request. `version` is NULL when it has none, or one that cannot be a tag. */
WARN_UNUSED int release_read_manifest(struct registry *registry, const struct image_ref *ref,
				      struct release *ret, struct err *err);
/* Then the file, unless it was read before. */
WARN_UNUSED int release_read_file(struct registry *registry, const struct image_ref *repository,
				  struct release *release, struct err *err);
/* Does the manifest that was fetched belong to one? */
bool release_is(const struct manifest *manifest);
/* Has the registry the images that were listed? ERR_NOT_FOUND names the service. */
WARN_UNUSED int release_check_images(struct registry *registry, const struct release *release,
				     struct err *err);
/* The images by service, out of its file. */
WARN_UNUSED int release_list_images(struct release *release, struct err *err);

#endif
