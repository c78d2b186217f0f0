/*
 * What is attached to an image goes where the image goes: its referrers, what is attached to those in turn, and what cosign
 * keeps under tags that are made of the digest.
 */
#include "base/alloc.h"
#include "base/map.h"
#include "copy.h"
#include "referrers.h"

#define DEPTH_MAX    4
#define ATTACHED_MAX 10000

struct attached {
	struct copy *copy;
	struct strmap known; /* digests and tags that were copied, or looked at */
};

static int copy_all_of(struct attached *attached, const struct push_plan *plan, unsigned depth,
		       struct err *err);

/* `version`: a tag, or NULL for the digest. */
static void name_version(const struct image_ref *repository, const char *tag,
			 const struct digest *digest, struct image_ref *ret)
{
	*ret = (struct image_ref){ .host = xstrdup(repository->host),
				   .repository = xstrdup(repository->repository),
				   .tag = xstrdup_or_null(tag) };
	if (!tag)
		ret->digest = *digest;
}

static int copy_version(struct attached *attached, const char *tag, const struct digest *digest,
			unsigned depth, struct err *err)
{
	struct copy *copy = attached->copy;
	struct registry_copy_request request = *copy->request;
	struct copy one = { .registry = copy->registry, .request = &request };
	AUTO(image_ref_release) struct image_ref from = IMAGE_REF_INIT;
	AUTO(image_ref_release) struct image_ref to = IMAGE_REF_INIT;
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	AUTO(push_plan_release) struct push_plan plan = { .blobs = { .items = NULL } };

	name_version(copy->request->from, tag, digest, &from);
	name_version(copy->request->to, tag, digest, &to);
	request.from = &from;
	request.to = &to;
	request.platform_count = 0;
	if (copy_image(&one, &target, &plan, err) < 0)
		return err_wrap(err, "%s", tag ?: digest->text);
	copy->summary.attached++;
	copy->summary.blobs.sent_blobs += one.summary.blobs.sent_blobs;
	copy->summary.blobs.sent_bytes += one.summary.blobs.sent_bytes;
	copy->summary.blobs.skipped_blobs += one.summary.blobs.skipped_blobs;
	copy->summary.blobs.skipped_bytes += one.summary.blobs.skipped_bytes;
	return copy_all_of(attached, &plan, depth + 1, err);
}

static bool is_new(struct attached *attached, const char *version)
{
	if (strmap_has(&attached->known, version))
		return false;
	strmap_set(&attached->known, version, NULL);
	return true;
}

/* A list under a tag may be older than what it lists. */
static int copy_listed(struct attached *attached, const struct digest *digest, unsigned depth,
		       struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;

	if (copy_version(attached, NULL, digest, depth, &problem) == 0)
		return 0;
	if (problem.kind != ERR_NOT_FOUND) {
		err_move(err, &problem);
		return -1;
	}
	monitor_text(attached->copy->registry->monitor, attached->copy->request->step,
		     EVENT_WARNING, "%s is listed as attached, but not there, ignoring",
		     digest->text);
	return 0;
}

static int copy_referrers(struct attached *attached, const struct digest *subject, unsigned depth,
			  struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(descriptors_release) struct descriptors list = { .items = NULL };

	name_version(attached->copy->request->from, NULL, subject, &ref);
	if (registry_referrers(attached->copy->registry, &ref, NULL, &list, err) < 0)
		return -1;
	VEC_FOREACH(entry, &list) {
		if (attached->known.len > ATTACHED_MAX)
			return err_set(err, ERR_LIMIT, "more than %d artifacts are attached",
				       ATTACHED_MAX);
		if (is_new(attached, entry->digest.text) &&
		    copy_listed(attached, &entry->digest, depth, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_tag_if_there(struct attached *attached, const char *tag, unsigned depth,
			     struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(descriptor_release) struct descriptor there = { .media_type = NULL };
	AUTO(err_release) struct err problem = ERR_INIT;

	name_version(attached->copy->request->from, tag, NULL, &ref);
	if (registry_describe(attached->copy->registry, &ref, NULL, &there, &problem) == 0)
		return copy_version(attached, tag, NULL, depth, err);
	if (problem.kind == ERR_NOT_FOUND)
		return 0;
	err_move(err, &problem);
	return -1;
}

static int copy_cosign_tags(struct attached *attached, const struct digest *subject, unsigned depth,
			    struct err *err)
{
	static const char *const suffixes[] = { "sig", "att", "sbom" };
	AUTO(freep) char *base = referrers_tag(subject);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		AUTO(freep) char *tag = xasprintf("%s.%s", base, suffixes[i]);

		if (is_new(attached, tag) && copy_tag_if_there(attached, tag, depth, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_all_of(struct attached *attached, const struct push_plan *plan, unsigned depth,
		       struct err *err)
{
	if (depth > DEPTH_MAX)
		return 0;
	VEC_FOREACH(manifest, &plan->manifests) {
		const struct digest *digest = &manifest->descriptor.digest;

		if (copy_referrers(attached, digest, depth, err) < 0 ||
		    copy_cosign_tags(attached, digest, depth, err) < 0)
			return -1;
	}
	return 0;
}

int copy_attached(struct copy *copy, const struct push_plan *plan, struct err *err)
{
	struct attached attached = { .copy = copy, .known = STRMAP_INIT };
	int status = 0;

	VEC_FOREACH(manifest, &plan->manifests)
		strmap_set(&attached.known, manifest->descriptor.digest.text, NULL);
	status = copy_all_of(&attached, plan, 0, err);
	strmap_release(&attached.known);
	return status;
}
