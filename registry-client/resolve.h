/* From a manifest to an image for a platform. */
#ifndef REGISTRY_RESOLVE_H
#define REGISTRY_RESOLVE_H

#include "registry.h"

/*
 * Fetches the config of an image, small and without progress. ERR_LIMIT when it is larger than
 * LIMIT_CONFIG.
 */
WARN_UNUSED int config_fetch(struct registry *registry, const struct image_ref *ref,
			     const struct descriptor *config, struct store *store,
			     struct image_config *ret, struct err *err);
/* ERR_UNSUPPORTED unless an image of that config serves `want`. */
WARN_UNUSED int config_check_platform(const struct image_config *config,
				      const struct platform *want, struct err *err);

#endif
