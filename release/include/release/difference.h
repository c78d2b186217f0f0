/* What differs between two releases: services, settings, layers, and what a board downloads for it. */
#ifndef RELEASE_DIFFERENCE_H
#define RELEASE_DIFFERENCE_H

#include "release/release.h"

enum service_change { SERVICE_ADDED, SERVICE_REMOVED, SERVICE_CHANGED };

/* "environment.LOG_LEVEL", "ports"; "networks.back" of the file as a whole. */
struct setting_change {
	char *key;
	char *before, *after; /* lists and maps as YAML in one line; NULL = it is not there */
};

struct setting_changes {
	struct setting_change *items;
	size_t len, cap;
};

/* For the boards of one platform. */
struct download {
	struct platform platform;
	uint64_t bytes;       /* of layers that no image of the older release has, compressed */
	uint64_t whole_bytes; /* of all layers */
	unsigned layers, all_layers;
};

struct downloads {
	struct download *items;
	size_t len, cap;
};

struct service_difference {
	char *name;
	enum service_change change;
	char *before, *after; /* images; NULL = none */
	struct setting_changes settings;
	struct downloads downloads; /* none for an image that is the same */
};

/* Services that are the same are left out. */
struct release_difference {
	struct service_difference *items;
	size_t len, cap;
	struct setting_changes others; /* networks, volumes, configs ... */
	struct downloads totals;       /* of all services, each layer once */
};

#define RELEASE_DIFFERENCE_INIT \
	{                       \
		.items = NULL   \
	}

/* `before` may have neither images nor a file: everything is new then. Images are asked for at their registries. */
WARN_UNUSED int release_compare(struct registry *registry, const struct release *before,
				const struct release *after, struct release_difference *ret,
				struct err *err);
void release_difference_release(struct release_difference *difference);

#endif
