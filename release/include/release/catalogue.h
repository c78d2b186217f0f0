/*
 * The repository of a fleet. Its tags:
 *
 *	VERSION                 a release
 *	draft.VERSION           one that is not out yet
 *	CHANNEL                 the release that boards of the channel run
 *	previous.CHANNEL        the one before it
 *	image.SERVICE.HEX       an image of releases, by the first 12 digits of its digest: it keeps registries from clearing
 *	                        away what has no tag, and needs no second repository
 *
 * Registries know no conditions: that nobody has moved a channel is asked just before it is moved, and again afterwards.
 */
#ifndef RELEASE_CATALOGUE_H
#define RELEASE_CATALOGUE_H

#include "release/release.h"

struct published {
	struct release release;
	bool is_draft;
	struct strvec channels;
	struct strvec previous_of; /* channels that it was the last one of */
};

/* Those that follow each other by `parent` stand together, the last one first. */
struct catalogue {
	struct published *items;
	size_t len, cap;
};

#define CATALOGUE_INIT        \
	{                     \
		.items = NULL \
	}

/* Is it fit for a channel or a version: a tag, and none that stands for something else? ERR_INPUT. */
WARN_UNUSED int release_check_name(const char *name, const char *what, struct err *err);
/* The caller frees. */
char *release_draft_tag(const char *version);
char *channel_previous_tag(const char *channel);
/* ERR_INPUT for a service whose name is no part of a tag. */
WARN_UNUSED int release_image_tag(const char *service, const struct digest *image, char **ret,
				  struct err *err);

/* All that `repository` has; one that is not there has none. */
WARN_UNUSED int catalogue_read(struct registry *registry, const struct image_ref *repository,
			       struct catalogue *ret, struct err *err);
void catalogue_release(struct catalogue *catalogue);
/* By version, channel or digest (or its first digits, 6 at least). ERR_NOT_FOUND with what there is. */
WARN_UNUSED int catalogue_find(const struct catalogue *catalogue, const char *word,
			       const struct published **ret, struct err *err);
/* NULL when nothing is in it. */
const struct published *catalogue_of_channel(const struct catalogue *catalogue,
					     const char *channel);
/* What it had before: as it was noted, else the parent of what it has. NULL when there is none, or no longer. */
const struct published *catalogue_previous(const struct catalogue *catalogue, const char *channel);

/* What a channel names now, empty for nothing. */
WARN_UNUSED int channel_read(struct registry *registry, const struct image_ref *repository,
			     const char *channel, struct digest *ret, struct err *err);

/* All borrowed. */
struct channel_move {
	struct registry *registry;
	const struct image_ref *repository;
	const char *channel;       /* or any other tag */
	const struct digest *from; /* what it names now, as far as we know; empty = nothing */
	const struct digest *to;   /* of the repository */
	struct store *scratch;     /* empty */
	unsigned step;
};

/* ERR_DENIED when it named something else than `from`, and then nothing is changed. */
WARN_UNUSED int tag_move(const struct channel_move *move, struct err *err);
/* The same for a channel: what it had before is noted first. */
WARN_UNUSED int channel_move(const struct channel_move *move, struct err *err);

/*
 * Takes away the tags of a release, and of images that no other one of the catalogue has. ERR_DENIED when a channel
 * names it. `ret_tags`, which may be NULL, gets what was removed.
 */
WARN_UNUSED int release_remove(struct registry *registry, const struct image_ref *repository,
			       const struct catalogue *catalogue, const struct published *published,
			       struct strvec *ret_tags, struct err *err);

#endif
