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
	bool has_version_tag, has_draft_tag;
	bool is_damaged; /* its file was asked for, and cannot be read */
	struct strvec channels;
	struct strvec previous_of; /* channels that it was the last one of */
};

/* Those that follow each other by `parent` stand together, the last one first. */
struct catalogue {
	struct published *items;
	size_t len, cap;
	struct strvec remains; /* tags whose deletion was interrupted */
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

/* It is not out yet. */
static inline bool published_is_draft(const struct published *published)
{
	return published->has_draft_tag && !published->has_version_tag;
}

/*
 * All that `repository` has; one that is not there has none. One request for each of its tags but those of images: the
 * releases' files are not read.
 */
WARN_UNUSED int catalogue_read(struct registry *registry, const struct image_ref *repository,
			       struct catalogue *ret, struct err *err);
void catalogue_release(struct catalogue *catalogue);
/* The files of all, too; what has none that can be read is damaged. */
WARN_UNUSED int catalogue_read_files(struct registry *registry, const struct image_ref *repository,
				     struct catalogue *catalogue, struct err *err);
/* By version, channel or digest (or its first digits, 6 at least). ERR_NOT_FOUND with what there is. */
WARN_UNUSED int catalogue_find(const struct catalogue *catalogue, const char *word,
			       struct published **ret, struct err *err);
/* ERR_INPUT for what cannot be a channel: it is a release's version, say. */
WARN_UNUSED int catalogue_check_channel(const struct catalogue *catalogue, const char *channel,
					struct err *err);
/* NULL when nothing is in it. */
const struct published *catalogue_of_channel(const struct catalogue *catalogue,
					     const char *channel);
/* What it had before: as it was noted, else the parent of what it has. NULL when there is none, or no longer. */
const struct published *catalogue_previous(const struct catalogue *catalogue, const char *channel);

/* Is all of it there for boards to pull: its file, and its images? ERR_NOT_FOUND names the service. */
WARN_UNUSED int published_check(struct registry *registry, const struct image_ref *repository,
				const struct published *published, struct err *err);

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

/* Completes the deletions that were interrupted; `ret_tags` (NULL = nobody asks) gets what was removed. */
WARN_UNUSED int catalogue_sweep(struct registry *registry, const struct image_ref *repository,
				const struct catalogue *catalogue, struct strvec *ret_tags,
				struct err *err);

/* All borrowed. */
struct removal {
	struct registry *registry;
	const struct image_ref *repository;
	const struct catalogue *catalogue; /* with its files */
	struct published *const *releases; /* of the catalogue */
	size_t count;
};

/*
 * Takes away the tags of the releases, and of images that no other one of the catalogue has; one that is damaged may have
 * any. What is left of deletions that were interrupted goes with them. ERR_DENIED when a channel names one of them, and nothing is changed then. `ret_tags` gets what was removed.
 */
WARN_UNUSED int release_remove(const struct removal *removal, struct strvec *ret_tags,
			       struct err *err);

#endif
