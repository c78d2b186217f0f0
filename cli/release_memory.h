/*
 * The releases and channels of fleets, as they were last seen, for who completes a word: a shell cannot wait for a registry.
 * A file for each repository in `releases/` of the cache directory; what cannot be read or written is not known, no more.
 */
#ifndef CLI_RELEASE_MEMORY_H
#define CLI_RELEASE_MEMORY_H

#include "base/vec.h"
#include "release/catalogue.h"

struct release_memory {
	struct strvec releases,
		channels; /* names that are fit for tags, however harmful the registry */
};

#define RELEASE_MEMORY_INIT                                      \
	{                                                        \
		.releases = STRVEC_INIT, .channels = STRVEC_INIT \
	}

void release_memory_release(struct release_memory *memory);
/* What is known of the repository; nothing is fine. */
void release_memory_read(const struct image_ref *repository, struct release_memory *ret);
/* In the place of what was known. */
void release_memory_keep(const struct image_ref *repository, const struct catalogue *catalogue);
/* Without that release. */
void release_memory_forget(const struct image_ref *repository, const char *release);
/* One more of either; NULL = none. */
void release_memory_add(const struct image_ref *repository, const char *release,
			const char *channel);

#endif
