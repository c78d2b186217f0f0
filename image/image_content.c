#include "image/image_content.h"

#include "base/alloc.h"
#include "base/limits.h"

#define DEPTH_MAX 4 /* of indexes within indexes */

static int read_text(struct store *store, const struct descriptor *target, size_t limit,
		     struct str *ret, struct err *err)
{
	if (store_read_blob(store, &target->digest, limit, ret, err) == 0)
		return 0;
	if (err && err->kind == ERR_NOT_FOUND)
		err_hint(err, "pull the image again");
	return -1;
}

int image_content_read_manifest(struct store *store, const struct descriptor *target,
				struct manifest *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (read_text(store, target, LIMIT_MANIFEST, &text, err) < 0)
		return -1;
	return manifest_parse(str_span(&text), target->media_type, ret, err);
}

int image_content_read_index(struct store *store, const struct descriptor *target,
			     struct index *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (read_text(store, target, LIMIT_MANIFEST, &text, err) < 0)
		return -1;
	return index_parse(str_span(&text), target->media_type, ret, err);
}

int image_content_read_config(struct store *store, const struct descriptor *config,
			      struct image_config *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (read_text(store, config, LIMIT_CONFIG, &text, err) < 0)
		return -1;
	return image_config_parse(str_span(&text), ret, err);
}

/* --- all of an image --- */

static bool is_listed(const struct descriptors *list, const struct digest *digest)
{
	VEC_FOREACH(known, list) {
		if (digest_equal(&known->digest, digest))
			return true;
	}
	return false;
}

static int add_blob(struct store *store, const struct descriptor *blob, struct descriptors *ret,
		    struct err *err)
{
	if (is_listed(ret, &blob->digest))
		return 0;
	if (!store_has_blob(store, &blob->digest, NULL)) {
		err_set(err, ERR_NOT_FOUND, "blob %s is not in the store", blob->digest.text);
		return err_hint(err, "pull the image again");
	}
	descriptor_copy(VEC_ADD(ret), blob);
	return 0;
}

static int list_manifest(struct store *store, const struct descriptor *target,
			 struct descriptors *ret, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };

	if (image_content_read_manifest(store, target, &manifest, err) < 0 ||
	    add_blob(store, &manifest.config, ret, err) < 0)
		return -1;
	VEC_FOREACH(layer, &manifest.layers) {
		if (add_blob(store, layer, ret, err) < 0)
			return -1;
	}
	return 0;
}

static int list(struct store *store, const struct descriptor *target, unsigned depth,
		struct descriptors *ret, struct err *err);

static int list_index(struct store *store, const struct descriptor *target, unsigned depth,
		      struct descriptors *ret, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };

	if (depth >= DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "indexes within indexes, more than %d deep",
			       DEPTH_MAX);
	if (image_content_read_index(store, target, &index, err) < 0)
		return -1;
	VEC_FOREACH(member, &index.manifests) {
		if (store_has_blob(store, &member->digest, NULL) &&
		    list(store, member, depth + 1, ret, err) < 0)
			return -1;
	}
	return 0;
}

static int list(struct store *store, const struct descriptor *target, unsigned depth,
		struct descriptors *ret, struct err *err)
{
	int result;

	if (is_listed(ret, &target->digest))
		return 0;
	result = media_type_is_index(target->media_type)
			 ? list_index(store, target, depth, ret, err)
			 : list_manifest(store, target, ret, err);
	if (result < 0)
		return -1;
	return add_blob(store, target, ret, err);
}

int image_content_list(struct store *store, const struct descriptor *target,
		       struct descriptors *ret, struct err *err)
{
	return list(store, target, 0, ret, err);
}

/* --- writing --- */

static int put(struct store *store, const struct str *text, const char *media_type,
	       struct descriptor *ret, struct err *err)
{
	struct digest digest;

	if (store_put_blob(store, text->ptr, text->len, &digest, err) < 0)
		return -1;
	free(ret->media_type);
	ret->media_type = xstrdup(media_type);
	ret->digest = digest;
	ret->size = text->len;
	return 0;
}

int image_content_put_manifest(struct store *store, const struct manifest *manifest,
			       struct descriptor *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	manifest_write(manifest, &text);
	return put(store, &text, manifest->media_type, ret, err);
}

int image_content_put_index(struct store *store, const struct index *index, struct descriptor *ret,
			    struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	index_write(index, &text);
	return put(store, &text, index->media_type, ret, err);
}
