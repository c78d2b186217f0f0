/*
 * Manifests and indexes: OCI image-spec 1.1 and Docker schema 2, which differ in their media types only. The exact bytes
 * are what a digest names, so reading keeps them; writing gives the same bytes for the same values.
 */
#ifndef IMAGE_MANIFEST_H
#define IMAGE_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "image/digest.h"
#include "image/platform.h"

#define MEDIA_OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define MEDIA_OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_OCI_CONFIG      "application/vnd.oci.image.config.v1+json"
#define MEDIA_OCI_LAYER       "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_OCI_LAYER_GZIP  "application/vnd.oci.image.layer.v1.tar+gzip"
#define MEDIA_OCI_LAYER_ZSTD  "application/vnd.oci.image.layer.v1.tar+zstd"
#define MEDIA_DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define MEDIA_DOCKER_LAYER    "application/vnd.docker.image.rootfs.diff.tar.gzip"
/* BuildKit's names; dockers before 23 take neither. */
#define MEDIA_DOCKER_LAYER_TAR  "application/vnd.docker.image.rootfs.diff.tar"
#define MEDIA_DOCKER_LAYER_ZSTD "application/vnd.docker.image.rootfs.diff.tar.zstd"

/* Members that we do not know (urls, data, a vendor's own) are kept, and written back. */
struct descriptor {
	char *media_type;
	struct digest digest;
	uint64_t size;
	struct platform platform; /* os "" = not given; members of an index only */
	char *artifact_type;      /* NULL = none */
	struct strmap annotations;
	json_t *unknown;          /* NULL = none; owned */
	json_t *unknown_platform; /* the same of its "platform": os.version ... */
};

struct descriptors {
	struct descriptor *items;
	size_t len, cap;
};

void descriptor_release(struct descriptor *d);
void descriptor_copy(struct descriptor *dst, const struct descriptor *src);
void descriptors_release(struct descriptors *v);

/* Is this the media type of an index / a manifest / a layer that can be unpacked, in either dialect? */
bool media_type_is_index(const char *media_type);
bool media_type_is_manifest(const char *media_type);
bool media_type_is_layer(const char *media_type);
/* A layer that its owner does not let registries hand out (Windows base images). */
bool media_type_is_foreign(const char *media_type);

struct manifest {
	char *media_type;
	char *artifact_type; /* NULL = an image, or what the config's media type says */
	struct descriptor config;
	struct descriptors layers; /* lowest first */
	struct descriptor subject; /* what it is about; without a digest = nothing */
	struct strmap annotations;
	json_t *unknown; /* other members; NULL = none; owned */
};

struct index {
	char *media_type;
	char *artifact_type;
	struct descriptors manifests;
	struct descriptor subject;
	struct strmap annotations;
	json_t *unknown;
};

/*
 * ERR_INPUT when a required member is missing or of the wrong type, sizes are negative, a digest is malformed, or the text
 * is both manifest and index (CVE-2021-41190). `media_type` is what the transport said, NULL = unknown; it must agree
 * with the text's own. Schema 1 is ERR_UNSUPPORTED.
 */
WARN_UNUSED int manifest_parse(struct span text, const char *media_type, struct manifest *ret,
			       struct err *err);
WARN_UNUSED int index_parse(struct span text, const char *media_type, struct index *ret,
			    struct err *err);
void manifest_release(struct manifest *m);
void index_release(struct index *i);
void manifest_write(const struct manifest *m, struct str *out);
void index_write(const struct index *i, struct str *out);
/*
 * The member that serves `want` best, borrowed; ERR_NOT_FOUND lists what there is. Attestations (platform
 * unknown/unknown) are never chosen. A member without a platform is, if it is the only one: its config tells what it is.
 */
WARN_UNUSED int index_select(const struct index *i, const struct platform *want,
			     const struct descriptor **ret, struct err *err);

#endif
