#include "push_plan.h"

#include "base/alloc.h"
#include "base/limits.h"

#define HEIGHT_MAX 4

void push_plan_release(struct push_plan *plan)
{
	VEC_FOREACH(manifest, &plan->manifests) {
		descriptor_release(&manifest->descriptor);
		str_release(&manifest->body);
	}
	free(plan->manifests.items);
	descriptors_release(&plan->blobs);
	*plan = (struct push_plan){ .blobs = { .items = NULL } };
}

static int add_manifest(struct push_plan *plan, struct store *store,
			const struct descriptor *descriptor, unsigned depth, unsigned *ret_height,
			struct err *err);

static void add_blob(struct push_plan *plan, const struct descriptor *blob)
{
	VEC_FOREACH(known, &plan->blobs) {
		if (digest_equal(&known->digest, &blob->digest))
			return;
	}
	descriptor_copy(VEC_ADD(&plan->blobs), blob);
}

static int add_members_of_manifest(struct push_plan *plan, struct span text, const char *media_type,
				   struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };

	if (manifest_parse(text, media_type, &manifest, err) < 0)
		return -1;
	add_blob(plan, &manifest.config);
	VEC_FOREACH(layer, &manifest.layers)
		add_blob(plan, layer);
	return 0;
}

static int add_members_of_index(struct push_plan *plan, struct store *store, struct span text,
				const char *media_type, unsigned depth, unsigned *ret_height,
				struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };

	if (depth >= HEIGHT_MAX)
		return err_set(err, ERR_LIMIT, "indexes within indexes, more than %d deep",
			       HEIGHT_MAX);
	if (index_parse(text, media_type, &index, err) < 0)
		return -1;
	*ret_height = 1;
	VEC_FOREACH(member, &index.manifests) {
		unsigned height = 0;

		if (add_manifest(plan, store, member, depth + 1, &height, err) < 0)
			return -1;
		if (height + 1 > *ret_height)
			*ret_height = height + 1;
	}
	return 0;
}

static bool find_planned(const struct push_plan *plan, const struct digest *digest,
			 unsigned *ret_height)
{
	VEC_FOREACH(manifest, &plan->manifests) {
		if (!digest_equal(&manifest->descriptor.digest, digest))
			continue;
		*ret_height = manifest->height;
		return true;
	}
	return false;
}

/* Leaves an empty text for the member of an index of which only some platforms were pulled. */
static int read_manifest(struct store *store, const struct descriptor *descriptor, unsigned depth,
			 struct str *ret, struct err *err)
{
	if (depth > 0 && !store_has_blob(store, &descriptor->digest, NULL))
		return 0;
	return store_read_blob(store, &descriptor->digest, LIMIT_MANIFEST, ret, err);
}

/* Appends `descriptor` behind everything that it names. */
static int add_manifest(struct push_plan *plan, struct store *store,
			const struct descriptor *descriptor, unsigned depth, unsigned *ret_height,
			struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct push_manifest *manifest;
	int result = 0;

	if (find_planned(plan, &descriptor->digest, ret_height))
		return 0;
	if (read_manifest(store, descriptor, depth, &text, err) < 0)
		return -1;
	if (text.len > 0 && media_type_is_index(descriptor->media_type))
		result = add_members_of_index(plan, store, str_span(&text), descriptor->media_type,
					      depth, ret_height, err);
	else if (text.len > 0)
		result =
			add_members_of_manifest(plan, str_span(&text), descriptor->media_type, err);
	if (result < 0)
		return err_wrap(err, "manifest %s", descriptor->digest.text);
	manifest = VEC_ADD(&plan->manifests);
	descriptor_copy(&manifest->descriptor, descriptor);
	manifest->body = text;
	manifest->height = *ret_height;
	text = (struct str)STR_INIT;
	return 0;
}

int push_plan_make(struct store *store, const struct descriptor *target, struct push_plan *ret,
		   struct err *err)
{
	unsigned height = 0;

	*ret = (struct push_plan){ .blobs = { .items = NULL } };
	if (add_manifest(ret, store, target, 0, &height, err) == 0)
		return 0;
	push_plan_release(ret);
	return -1;
}
