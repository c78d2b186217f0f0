/* The layers of images in registries, by platform. */
#ifndef LAYERS_H
#define LAYERS_H

#include "registry/client.h"
#include "release/difference.h"

/* A layer stands for itself and all below it: Docker's engine downloads what is above one that changed again. */
struct layer_chains {
	struct digest *items; /* of the layer's digest and the chain below it */
	size_t len, cap;
};

struct platform_layers {
	struct platform platform;
	struct descriptors layers;
	struct layer_chains chains; /* of each of them */
};

struct image_layers {
	struct platform_layers *items;
	size_t len, cap;
};

void image_layers_release(struct image_layers *layers);
/* Those of one image for that platform, lowest first. */
void image_layers_add(struct image_layers *ret, const struct platform *platform,
		      const struct descriptors *layers);
/* Appends those of an image, for each platform it has; a platform that is there already gets more. */
WARN_UNUSED int image_layers_read(struct registry *registry, const char *image,
				  struct image_layers *ret, struct err *err);
/* What boards that have all of `before` download for `after`; each layer counts once. */
void image_layers_compare(const struct image_layers *before, const struct image_layers *after,
			  struct downloads *ret);

#endif
