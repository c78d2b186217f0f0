/*
 * What else there is to do with a repository than to pull from it and push to it: its tags, what is
 * attached to an image, deletion, and copies from one to another.
 */
#ifndef REGISTRY_REPOSITORY_H
#define REGISTRY_REPOSITORY_H

#include "registry/client.h"

/*
 * All tags, in the registry's order; what is no tag by the grammar is left out. Tag and digest of
 * `ref` do not count. ERR_NOT_FOUND when there is no such repository.
 */
WARN_UNUSED int registry_tags(struct registry *registry, const struct image_ref *ref,
			      struct strvec *ret, struct err *err);

/*
 * What `ref` names now, asked for without its content where the registry can. With `platform`, the
 * member of an index that serves it; NULL = the index itself.
 */
WARN_UNUSED int registry_describe(struct registry *registry, const struct image_ref *ref,
				  const struct platform *platform, struct descriptor *ret,
				  struct err *err);

/*
 * A small blob whole: a config. It need not be in any store. ERR_LIMIT above `limit` bytes,
 * ERR_DIGEST.
 */
WARN_UNUSED int registry_read_blob(struct registry *registry, const struct image_ref *ref,
				   const struct descriptor *blob, size_t limit, struct str *ret,
				   struct err *err);

/* What a tag names while a registry that cannot delete it alone is made to; or for good, when that was interrupted. */
#define REGISTRY_DELETED_TAG "application/vnd.edgectl.deleted-tag"

/*
 * Deletes the tag of `ref`, or, when it has a digest, that manifest with all tags that name it.
 * Where a registry cannot delete a tag alone, the tag is moved to an empty manifest, and that one
 * deleted: other tags of the same image stay. ERR_UNSUPPORTED when the registry does not allow
 * deletion, and nothing is changed then.
 */
WARN_UNUSED int registry_delete(struct registry *registry, const struct image_ref *ref,
				struct err *err);

/*
 * What is attached to the manifest that `ref` names by its digest: its referrers
 * (distribution-spec 1.1, "Listing Referrers"), by the API or by the tag that stands for it.
 * `artifact_type` NULL = of every type.
 */
WARN_UNUSED int registry_referrers(struct registry *registry, const struct image_ref *ref,
				   const char *artifact_type, struct descriptors *ret,
				   struct err *err);

/*
 * Pushes `target`, a manifest in `store` that has a subject, to the repository of `ref`, by its digest. As with every push,
 * it is then among the subject's referrers: at a tag, where the registry does not keep them itself.
 */
WARN_UNUSED int registry_attach(struct registry *registry, struct store *store,
				const struct descriptor *target, const struct image_ref *ref,
				unsigned step, struct err *err);

/* All borrowed. */
struct registry_copy_request {
	const struct image_ref *from, *to;
	/* Of an index, what is for these, as image_subset_make() has it; none = all there is, and the index as it is. */
	const struct platform *platforms;
	size_t platform_count;
	/*
	 * Along with an image, what is attached to it and to its members: referrers, those of referrers, and what cosign keeps
	 * under tags (sha256-HEX.sig, .att, .sbom).
	 */
	bool with_referrers;
	/* A store for what is under way, empty at first: blobs leave it once they are sent. */
	struct store *scratch;
	unsigned step;
	unsigned jobs; /* blobs at once; 0 = 4 */
};

struct copy_summary {
	struct push_summary blobs;
	unsigned attached; /* artifacts that came along */
};

/*
 * From one repository to another, of the same registry or not: what is there already is not sent,
 * what the same registry has is mounted. Manifests arrive as the bytes they are; *ret describes the
 * one that `to` names now.
 */
WARN_UNUSED int registry_copy(struct registry *registry,
			      const struct registry_copy_request *request, struct descriptor *ret,
			      struct copy_summary *ret_summary, struct err *err);

/* Would the registry take a push to the repository? Begins an upload and gives it up. Errors as those of a push. */
WARN_UNUSED int registry_check_push(struct registry *registry, const struct image_ref *ref,
				    struct err *err);

#endif
