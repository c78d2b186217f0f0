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
	uint64_t
		bytes; /* of layers that no image of the older release has above the same ones, compressed */
	uint64_t whole_bytes; /* of all layers */
	unsigned layers, all_layers;
	struct descriptors new_layers; /* which ones they are, the lowest one first */
};

struct downloads {
	struct download *items;
	size_t len, cap;
};

void downloads_release(struct downloads *downloads);

enum file_change_kind { FILE_ADDED, FILE_REMOVED, FILE_CHANGED };

/* What is not there, or only in layers that both images have. */
#define FILE_SIZE_UNKNOWN UINT64_MAX

struct file_change {
	char *path; /* relative to the root */
	enum file_change_kind kind;
	uint64_t before, after; /* bytes; 0 of what is no file */
};

/* In the image for one platform, by path. */
struct file_changes {
	struct platform platform;
	struct file_change *items;
	size_t len, cap;
};

struct platform_files {
	struct file_changes *items;
	size_t len, cap;
};

struct service_difference {
	char *name;
	enum service_change change;
	char *before, *after; /* images; NULL = none */
	struct setting_changes settings;
	struct downloads downloads;  /* none for an image that is the same */
	struct platform_files files; /* filled by release_compare_files() */
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
/*
 * The files of each service that has another image than before, for each platform that both are for: the layers above those
 * that the two share, fetched into the target's store where it lacks them. What the layers below hold is not looked at: a
 * file of theirs that the newer image replaces counts as added. Directories count only when both have them. ERR_LIMIT above LIMIT_COMPARED_FILES.
 */
WARN_UNUSED int release_compare_files(struct registry *registry, const struct fetch_target *target,
				      struct release_difference *difference, struct err *err);
void release_difference_release(struct release_difference *difference);

#endif
