/* The tag under which clients keep what is attached to an image, where the registry does not. */
#ifndef REGISTRY_REFERRERS_H
#define REGISTRY_REFERRERS_H

#include "image/digest.h"

/* "sha256-<64 hex>"; the caller frees. */
char *referrers_tag(const struct digest *digest);

#endif
