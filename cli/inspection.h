/* What is to be said of an image: its manifests, and the configs of those that are shown. */
#ifndef CLI_INSPECTION_H
#define CLI_INSPECTION_H

#include <jansson.h>

#include "image_source.h"

/* One image of an index, or the only one. */
struct inspected_image {
	struct descriptor descriptor;
	bool is_here; /* else nothing but the descriptor is known */
	struct manifest manifest;
	uint64_t size; /* manifest, config and layers as they are stored: compressed */
	bool has_config;
	struct image_config config;
	struct str config_text;
};

struct inspected_images {
	struct inspected_image *items;
	size_t len, cap;
};

struct inspection {
	const char *name; /* as the user wrote it; borrowed */
	struct descriptor target;
	char *artifact_type; /* NULL = none */
	struct strmap annotations;
	struct inspected_images images;
	unsigned attestations;
	/* Which of the images is shown in all its parts; -1 = none. */
	int shown;
};

struct inspection_request {
	struct image_source *source;
	const char *name;
	const struct platform *platform; /* NULL = all of them */
	bool all_configs;
};

WARN_UNUSED int inspection_take(const struct inspection_request *request, struct inspection *ret,
				struct err *err);
void inspection_release(struct inspection *inspection);
uint64_t inspection_size(const struct inspection *inspection);

/* For people. */
void inspection_show(const struct inspection *inspection, struct str *out);
json_t *inspection_json(const struct inspection *inspection);

#endif
