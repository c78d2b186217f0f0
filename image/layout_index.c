#include "layout_index.h"

#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "image/reference.h"

int layout_check_version(struct span text, struct err *err)
{
	json_auto_t *json = NULL;
	const char *version;

	if (json_parse(text, LAYOUT_FILE, &json, err) < 0)
		return -1;
	version = json_get_string(json, "imageLayoutVersion");
	if (!version || !str_has_prefix(version, "1."))
		return err_set(err, ERR_UNSUPPORTED, "its layout has version '%.100s', not 1",
			       version ? version : "");
	return 0;
}

const char *layout_name_of(const struct descriptor *entry)
{
	const char *name = strmap_get(&entry->annotations, ANNOTATION_NAME);

	return name ? name : strmap_get(&entry->annotations, ANNOTATION_TAG);
}

void layout_add_named(const struct descriptor *entry, struct named_images *ret)
{
	struct named_image *image = VEC_ADD(ret);

	image->name = xstrdup_or_null(layout_name_of(entry));
	descriptor_copy(&image->target, entry);
	strmap_remove(&image->target.annotations, ANNOTATION_NAME);
	strmap_remove(&image->target.annotations, ANNOTATION_TAG);
}

/* --- choosing --- */

static bool has_name(const struct descriptor *entry, const char *name)
{
	const char *tag = strmap_get(&entry->annotations, ANNOTATION_TAG);
	/* Some write the whole reference there. */
	const char *colon = tag ? strrchr(tag, ':') : NULL;

	return str_eq(tag, name) || (colon && str_eq(colon + 1, name)) ||
	       str_eq(strmap_get(&entry->annotations, ANNOTATION_NAME), name);
}

static const struct descriptor *find(const struct index *index, const char *name)
{
	VEC_FOREACH(entry, &index->manifests) {
		if (has_name(entry, name))
			return entry;
	}
	return NULL;
}

static int no_such_name(const struct index *index, const char *name, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	AUTO(freep) char *list = NULL;

	VEC_FOREACH(entry, &index->manifests) {
		if (layout_name_of(entry))
			strvec_add(&names, layout_name_of(entry));
	}
	list = strvec_join(&names, ", ");
	(void)err_set(err, ERR_NOT_FOUND, "it has no image '%s'", name);
	return names.len > 0 ? err_hint(err, "it has: %s", list) : -1;
}

/* It may name one image per platform without an index around them: then it is the index. */
static bool is_one_image(const struct index *index)
{
	VEC_FOREACH(entry, &index->manifests) {
		if (layout_name_of(entry))
			return false;
	}
	return true;
}

static int choose_by_name(const struct index *index, const struct layout_request *request,
			  const struct descriptor **ret, struct err *err)
{
	if (request->tag) {
		*ret = find(index, request->tag);
		return *ret ? 0 : no_such_name(index, request->tag, err);
	}
	if (index->manifests.len == 1) {
		*ret = &index->manifests.items[0];
		return 0;
	}
	*ret = find(index, "latest");
	if (*ret)
		return 0;
	if (is_one_image(index) && request->platform_count > 0)
		return index_select(index, request->platforms, ret, err);
	return no_such_name(index, "latest", err);
}

static int choose_by_digest(const struct index *index, const struct digest *digest,
			    const struct descriptor **ret, struct err *err)
{
	VEC_FOREACH(entry, &index->manifests) {
		if (digest_equal(&entry->digest, digest)) {
			*ret = entry;
			return 0;
		}
	}
	return err_set(err, ERR_NOT_FOUND, "it has no image %s", digest->text);
}

int layout_choose(const struct index *index, const struct layout_request *request,
		  const struct descriptor **ret, struct err *err)
{
	struct digest digest = { .text = "" };

	if (request->digest && digest_parse(request->digest, &digest, err) < 0)
		return -1;
	if (request->digest && !request->tag)
		return choose_by_digest(index, &digest, ret, err);
	if (choose_by_name(index, request, ret, err) < 0)
		return -1;
	if (request->digest && !digest_equal(&(*ret)->digest, &digest))
		return err_set(err, ERR_DIGEST, "image '%s' is %s, not %s", request->tag,
			       (*ret)->digest.text, digest.text);
	return 0;
}

/* --- entering --- */

static void remove_entry(struct index *index, const char *name)
{
	for (size_t i = index->manifests.len; i-- > 0;) {
		struct descriptor *entry = &index->manifests.items[i];

		if (!str_eq(layout_name_of(entry), name))
			continue;
		descriptor_release(entry);
		memmove(entry, entry + 1, (--index->manifests.len - i) * sizeof(*entry));
	}
}

/* A reference becomes containerd's annotation beside the tag; anything else is a tag. */
static void set_name(struct descriptor *entry, const char *name)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	strmap_remove(&entry->annotations, ANNOTATION_NAME);
	strmap_remove(&entry->annotations, ANNOTATION_TAG);
	if (!name)
		return;
	if (strchr(name, '/') && image_ref_parse(name, &ref, NULL) == 0 && ref.tag) {
		strmap_set(&entry->annotations, ANNOTATION_NAME, name);
		strmap_set(&entry->annotations, ANNOTATION_TAG, ref.tag);
	} else {
		strmap_set(&entry->annotations, ANNOTATION_TAG, name);
	}
}

/* Without a name: one entry for each content. */
static void remove_unnamed(struct index *index, const struct digest *digest)
{
	for (size_t i = index->manifests.len; i-- > 0;) {
		struct descriptor *entry = &index->manifests.items[i];

		if (layout_name_of(entry) || !digest_equal(&entry->digest, digest))
			continue;
		descriptor_release(entry);
		memmove(entry, entry + 1, (--index->manifests.len - i) * sizeof(*entry));
	}
}

void layout_enter(struct index *index, const struct named_image *image)
{
	struct descriptor entry;

	descriptor_copy(&entry, &image->target);
	set_name(&entry, image->name);
	if (image->name)
		remove_entry(index, layout_name_of(&entry));
	else
		remove_unnamed(index, &entry.digest);
	*VEC_ADD(&index->manifests) = entry;
}
