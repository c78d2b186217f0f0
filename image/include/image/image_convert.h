/*
 * An image of the store in the other dialect: OCI's media types or Docker's schema 2. Digests of
 * manifests change thereby; configs and layers stay what they are, except that Docker's has no zstd
 * and no plain tar: those layers are compressed anew with gzip.
 */
#ifndef IMAGE_IMAGE_CONVERT_H
#define IMAGE_IMAGE_CONVERT_H

#include "base/err.h"
#include "base/monitor.h"
#include "image/manifest.h"
#include "image/store.h"

enum image_dialect { DIALECT_KEPT, DIALECT_OCI, DIALECT_DOCKER };

/*
 * *ret is `target` itself when it is of that dialect already. Docker's manifests have no annotations,
 * subjects and artifact types: they are left out; so are attestations. ERR_UNSUPPORTED for artifacts
 * that are no images. Members of an index that are not in the store are left out.
 */
WARN_UNUSED int image_convert(struct store *store, const struct descriptor *target,
			      enum image_dialect dialect, const struct monitor *monitor,
			      struct descriptor *ret, struct err *err);

#endif
