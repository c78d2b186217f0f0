#include "release/release.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "media.h"
#include "registry/repository.h"
#include "release/catalogue.h"

bool release_is(const struct manifest *manifest)
{
	return str_eq(manifest->artifact_type, ARTIFACT_TYPE);
}

static void take_annotations(const struct strmap *annotations, struct release *ret)
{
	const char *parent = strmap_get(annotations, KEY_PARENT);
	const char *version = strmap_get(annotations, KEY_VERSION);

	/* it becomes part of requests */
	if (version && release_check_name(version, "version", NULL) == 0)
		ret->version = xstrdup(version);
	ret->revision = xstrdup_or_null(strmap_get(annotations, KEY_REVISION));
	ret->created = xstrdup_or_null(strmap_get(annotations, KEY_CREATED));
	ret->author = xstrdup_or_null(strmap_get(annotations, KEY_AUTHORS));
	ret->note = xstrdup_or_null(strmap_get(annotations, KEY_NOTE));
	ret->is_dirty = str_eq(strmap_get(annotations, KEY_DIRTY), "true");
	/* a damaged one is none */
	if (parent && digest_parse(parent, &ret->parent, NULL) < 0)
		ret->parent = (struct digest){ .text = "" };
	VEC_FOREACH(item, annotations) {
		if (str_has_prefix(item->key, KEY_TAG))
			strmap_set(&ret->tags, item->key + strlen(KEY_TAG), item->value);
	}
}

static int take_files(const struct manifest *manifest, struct release *ret, struct err *err)
{
	VEC_FOREACH(layer, &manifest->layers) {
		if (str_eq(layer->media_type, MEDIA_FILE))
			descriptor_copy(VEC_ADD(&ret->files), layer);
	}
	return ret->files.len > 0 ? 0 : err_set(err, ERR_INPUT, "there is no compose file in it");
}

static int no_release(const struct fetched_manifest *fetched, const char *type, struct err *err)
{
	(void)err_set(err, ERR_INPUT, "it is no release, but '%s'",
		      type ? type : fetched->media_type);
	return err_hint(err, "'edgectl push FLEET' makes one");
}

static int deleted(struct err *err)
{
	(void)err_set(err, ERR_NOT_FOUND, "it was deleted, but the deletion was interrupted");
	return err_hint(err, "'edgectl release rm' completes it");
}

/* For who asks for a release it is no image that is missing. */
static int fetch(struct registry *registry, const struct image_ref *ref,
		 struct fetched_manifest *ret, struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;

	if (registry_fetch_manifest(registry, ref, ret, &problem) == 0)
		return 0;
	if (problem.kind != ERR_NOT_FOUND) {
		err_move(err, &problem);
		return -1;
	}
	(void)err_set(err, ERR_NOT_FOUND, "it is not in registry '%s'", ref->host);
	return err_hint(err, "'edgectl release ls %s/%s' lists what there is", ref->host,
			ref->repository);
}

static int read(struct registry *registry, const struct image_ref *ref, struct release *ret,
		struct err *err)
{
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .media_type = NULL };
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };

	if (fetch(registry, ref, &fetched, err) < 0)
		return -1;
	if (!media_type_is_manifest(fetched.media_type))
		return no_release(&fetched, NULL, err);
	if (manifest_parse(str_span(&fetched.body), fetched.media_type, &manifest, err) < 0)
		return -1;
	if (str_eq(manifest.artifact_type, REGISTRY_DELETED_TAG))
		return deleted(err);
	if (!release_is(&manifest))
		return no_release(&fetched,
				  manifest.artifact_type ? manifest.artifact_type
							 : manifest.config.media_type,
				  err);
	take_annotations(&manifest.annotations, ret);
	ret->digest = fetched.digest;
	return take_files(&manifest, ret, err);
}

int release_read_manifest(struct registry *registry, const struct image_ref *ref,
			  struct release *ret, struct err *err)
{
	AUTO(freep) char *shown = image_ref_format_short(ref);

	return read(registry, ref, ret, err) < 0 ? err_wrap(err, "release '%s'", shown) : 0;
}

int release_read(struct registry *registry, const struct image_ref *ref, struct release *ret,
		 struct err *err)
{
	if (release_read_manifest(registry, ref, ret, err) < 0)
		return -1;
	if (!ret->version)
		ret->version = xstrdup(image_ref_version(ref));
	return release_read_file(registry, ref, ret, err);
}

static void take_images(const struct yaml *document, struct strmap *ret)
{
	YAML_EACH_ENTRY(service, yaml_get(document, "services")) {
		const char *image = yaml_get_text(service->value, "image");

		if (image)
			strmap_set(ret, service->key, image);
	}
}

int release_list_images(struct release *release, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct yaml_documents documents = { .items = NULL };
	struct diags file;
	int status;

	diags_init(&file, "compose.yaml", str_span(&release->compose));
	if (yaml_parse(arena, &file, &documents) == 0) {
		for (size_t i = 0; i < documents.len; i++)
			take_images(documents.items[i], &release->images);
	}
	status = diags_check(&file, err);
	diags_release(&file);
	return status;
}

/* Files of one project are documents of one text. */
static int read_files(struct registry *registry, const struct image_ref *repository,
		      struct release *release, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	VEC_FOREACH(file, &release->files) {
		str_truncate(&text, 0);
		if (registry_read_blob(registry, repository, file, LIMIT_YAML, &text, err) < 0)
			return -1;
		if (release->compose.len > 0)
			str_add(&release->compose, "\n---\n");
		str_addn(&release->compose, text.ptr, text.len);
	}
	return release_list_images(release, err);
}

int release_read_file(struct registry *registry, const struct image_ref *repository,
		      struct release *release, struct err *err)
{
	if (release->compose.len > 0 || read_files(registry, repository, release, err) == 0)
		return 0;
	str_truncate(&release->compose, 0);
	return err_wrap(err, "release '%s'", release->version);
}
