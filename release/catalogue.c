#include "release/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "catalogue_order.h"
#include "registry/repository.h"
#include "release_tags.h"

#define DIGITS_MIN 6

static void published_release(struct published *published)
{
	release_release(&published->release);
	strvec_release(&published->channels);
	strvec_release(&published->previous_of);
}

void catalogue_release(struct catalogue *catalogue)
{
	VEC_FOREACH(published, catalogue)
		published_release(published);
	free(catalogue->items);
	strvec_release(&catalogue->remains);
	*catalogue = (struct catalogue)CATALOGUE_INIT;
}

static struct published *find_digest(const struct catalogue *catalogue, const struct digest *digest)
{
	VEC_FOREACH(published, catalogue) {
		if (digest_equal(&published->release.digest, digest))
			return published;
	}
	return NULL;
}

/* What the tag says of it. */
static void note_tag(struct published *published, const char *tag)
{
	if (tag_is_draft(tag))
		published->has_draft_tag = true;
	else if (tag_is_previous(tag))
		strvec_add(&published->previous_of, tag + strlen(PREVIOUS_PREFIX));
	else if (str_eq(tag, published->release.version))
		published->has_version_tag = true;
	else
		strvec_add(&published->channels, tag);
}

/* What is no release has nothing to do with us. */
static int add_tag(struct registry *registry, const struct image_ref *repository, const char *tag,
		   struct catalogue *catalogue, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(err_release) struct err problem = ERR_INIT;
	AUTO(release_release) struct release release = RELEASE_INIT;
	struct published *published;

	image_ref_copy(&ref, repository);
	free(ref.tag);
	ref.tag = xstrdup(tag);
	if (release_read_manifest(registry, &ref, &release, &problem) < 0) {
		/* or taken away since it was listed */
		if (problem.kind == ERR_NOT_FOUND)
			strvec_add(&catalogue->remains, tag);
		return problem.kind == ERR_INPUT || problem.kind == ERR_NOT_FOUND
			       ? 0
			       : fail_with(err, &problem);
	}
	if (!release.version)
		release.version = xstrdup(release.digest.text);
	published = find_digest(catalogue, &release.digest);
	if (!published) {
		published = VEC_ADD(catalogue);
		*published = (struct published){ .release = release };
		release = (struct release)RELEASE_INIT;
	}
	note_tag(published, tag);
	return 0;
}

int catalogue_read(struct registry *registry, const struct image_ref *repository,
		   struct catalogue *ret, struct err *err)
{
	AUTO(strvec_release) struct strvec tags = STRVEC_INIT;
	AUTO(err_release) struct err problem = ERR_INIT;

	if (registry_tags(registry, repository, &tags, &problem) < 0)
		return problem.kind == ERR_NOT_FOUND ? 0 : fail_with(err, &problem);
	VEC_FOREACH(tag, &tags) {
		if (!tag_is_image(*tag) && add_tag(registry, repository, *tag, ret, err) < 0)
			return -1;
	}
	catalogue_sort(ret);
	return 0;
}

int catalogue_read_files(struct registry *registry, const struct image_ref *repository,
			 struct catalogue *catalogue, struct err *err)
{
	VEC_FOREACH(published, catalogue) {
		AUTO(err_release) struct err problem = ERR_INIT;

		if (release_read_file(registry, repository, &published->release, &problem) == 0)
			continue;
		if (problem.kind == ERR_CANCELLED || problem.kind == ERR_NETWORK)
			return fail_with(err, &problem);
		published->is_damaged = true;
	}
	return 0;
}

/* --- looking up --- */

static struct published *find_channel(const struct catalogue *catalogue, const char *channel)
{
	VEC_FOREACH(published, catalogue) {
		if (strvec_contains(&published->channels, channel))
			return published;
	}
	return NULL;
}

const struct published *catalogue_of_channel(const struct catalogue *catalogue, const char *channel)
{
	return find_channel(catalogue, channel);
}

const struct published *catalogue_previous(const struct catalogue *catalogue, const char *channel)
{
	const struct published *now = catalogue_of_channel(catalogue, channel);

	VEC_FOREACH(published, catalogue) {
		if (strvec_contains(&published->previous_of, channel) && published != now)
			return published;
	}
	return now && digest_is_set(&now->release.parent)
		       ? find_digest(catalogue, &now->release.parent)
		       : NULL;
}

static bool is_digest_of(const struct published *published, const char *word)
{
	const struct digest *digest = &published->release.digest;

	return strlen(word) >= DIGITS_MIN &&
	       (str_has_prefix(digest_hex(digest), word) || str_eq(digest->text, word));
}

static int unknown(const struct catalogue *catalogue, const char *word, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *near;

	VEC_FOREACH(published, catalogue) {
		strvec_add(&names, published->release.version);
		strvec_add_all(&names, &published->channels);
	}
	near = suggest(word, (const char *const *)strvec_argv(&names));
	(void)err_set(err, ERR_NOT_FOUND, "no release or channel is called '%s'", word);
	if (near)
		return err_hint(err, "did you mean '%s'?", near);
	return err_hint(err, "'edgectl release ls' lists what there is");
}

/* Its tag says what a version is; what only claims to be it comes after that. */
static struct published *find_version(const struct catalogue *catalogue, const char *word)
{
	struct published *found = NULL;

	VEC_FOREACH(published, catalogue) {
		if (!str_eq(published->release.version, word))
			continue;
		if (published->has_version_tag)
			return published;
		if (!found || published->has_draft_tag)
			found = published;
	}
	return found;
}

int catalogue_find(const struct catalogue *catalogue, const char *word, struct published **ret,
		   struct err *err)
{
	*ret = find_channel(catalogue, word);
	if (!*ret)
		*ret = find_version(catalogue, word);
	if (*ret)
		return 0;
	VEC_FOREACH(published, catalogue) {
		if (!is_digest_of(published, word))
			continue;
		*ret = published;
		return 0;
	}
	return unknown(catalogue, word, err);
}

int catalogue_check_channel(const struct catalogue *catalogue, const char *channel, struct err *err)
{
	if (release_check_name(channel, "channel", err) < 0)
		return -1;
	VEC_FOREACH(published, catalogue) {
		if (!str_eq(published->release.version, channel))
			continue;
		(void)err_set(err, ERR_INPUT, "'%s' is a release, and cannot be a channel, too",
			      channel);
		return err_hint(err, "give the channel another name");
	}
	return 0;
}
