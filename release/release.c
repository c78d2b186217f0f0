#include "release/release.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "image/image_content.h"
#include "media.h"

void release_release(struct release *release)
{
	free(release->version);
	free(release->revision);
	free(release->created);
	free(release->author);
	free(release->note);
	strmap_release(&release->tags);
	descriptors_release(&release->files);
	strmap_release(&release->images);
	str_release(&release->compose);
	*release = (struct release)RELEASE_INIT;
}

static void annotate(struct strmap *annotations, const char *key, const char *value)
{
	if (value)
		strmap_set(annotations, key, value);
}

static void annotate_all(const struct release *release, struct strmap *annotations)
{
	annotate(annotations, KEY_VERSION, release->version);
	annotate(annotations, KEY_REVISION, release->revision);
	annotate(annotations, KEY_DIRTY, release->is_dirty ? "true" : NULL);
	annotate(annotations, KEY_CREATED, release->created);
	annotate(annotations, KEY_AUTHORS, release->author);
	annotate(annotations, KEY_NOTE, release->note);
	annotate(annotations, KEY_PARENT,
		 digest_is_set(&release->parent) ? release->parent.text : NULL);
	VEC_FOREACH(tag, &release->tags) {
		AUTO(freep) char *key = xasprintf(KEY_TAG "%s", tag->key);

		strmap_set(annotations, key, tag->value ? tag->value : "");
	}
}

static int put(struct store *store, const char *media_type, struct span text,
	       struct descriptor *ret, struct err *err)
{
	ret->media_type = xstrdup(media_type);
	ret->size = text.len;
	return store_put_blob(store, text.ptr, text.len, &ret->digest, err);
}

int release_write(struct store *store, struct release *release, struct descriptor *ret,
		  struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	struct descriptor *file = VEC_ADD(&manifest.layers);

	*file = (struct descriptor){ .media_type = NULL };
	manifest.media_type = xstrdup(MEDIA_OCI_MANIFEST);
	manifest.artifact_type = xstrdup(ARTIFACT_TYPE);
	if (put(store, MEDIA_EMPTY, SPAN_LIT("{}"), &manifest.config, err) < 0 ||
	    put(store, MEDIA_FILE, str_span(&release->compose), file, err) < 0)
		return -1;
	strmap_set(&file->annotations, KEY_FILE, "compose.yaml");
	annotate_all(release, &manifest.annotations);
	if (image_content_put_manifest(store, &manifest, ret, err) < 0)
		return -1;
	release->digest = ret->digest;
	return 0;
}
