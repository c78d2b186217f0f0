#include "context/image_layout.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/vec.h"

#define ANNOTATION_TAG "org.opencontainers.image.ref.name"
#define BUFFER_SIZE    ((size_t)256 * 1024)

struct layout {
	const struct image_layout_request *request;
	int fd; /* of its directory */
};

static void layout_close(struct layout *layout)
{
	fd_closep(&layout->fd);
}

/* --- its blobs --- */

static int open_blob(const struct layout *layout, const struct digest *digest, int *ret_fd,
		     struct err *err)
{
	AUTO(freep)
	char *path = xasprintf("blobs/%.*s/%s", (int)strcspn(digest->text, ":"), digest->text,
			       digest_hex(digest));

	if (fd_open_in_root(layout->fd, path, O_RDONLY | O_NONBLOCK, 0, ret_fd, err) < 0)
		return err_wrap(err, "blob %s", digest->text);
	return 0;
}

static int copy(const struct layout *layout, int from, struct blob_writer *writer, struct err *err)
{
	AUTO(freep) char *buffer = xmalloc(BUFFER_SIZE);
	ssize_t got;

	for (;;) {
		got = fd_read_full(from, buffer, BUFFER_SIZE, "blob", err);
		if (got < 0 || monitor_check(layout->request->monitor, err) < 0)
			return -1;
		if (got == 0)
			return 0;
		if (blob_writer_size(writer) > LIMIT_LAYER_SIZE)
			return err_set(err, ERR_LIMIT, "it is larger than %llu GiB",
				       (unsigned long long)(LIMIT_LAYER_SIZE >> 30));
		if (blob_write(writer, buffer, (size_t)got, err) < 0)
			return -1;
	}
}

static int import_blob(const struct layout *layout, const struct descriptor *blob, struct err *err)
{
	struct blob_writer *writer;
	AUTO(fd_closep) int fd = -1;
	struct digest digest;
	int result;

	if (store_has_blob(layout->request->store, &blob->digest, NULL))
		return 0;
	if (open_blob(layout, &blob->digest, &fd, err) < 0)
		return -1;
	writer = blob_writer_new(layout->request->store, err);
	if (!writer)
		return -1;
	result = copy(layout, fd, writer, err);
	if (result == 0)
		result = blob_writer_commit(writer, &blob->digest, &digest, err);
	blob_writer_freep(&writer);
	return result < 0 ? err_wrap(err, "blob %s", blob->digest.text) : 0;
}

/* A manifest or an index: into the store, and its text. */
static int import_document(const struct layout *layout, const struct descriptor *document,
			   struct str *ret, struct err *err)
{
	if (document->size > LIMIT_MANIFEST)
		return err_set(err, ERR_LIMIT, "manifest %s is larger than %zu MiB",
			       document->digest.text, LIMIT_MANIFEST / LIMIT_MIB);
	if (import_blob(layout, document, err) < 0)
		return -1;
	return store_read_blob(layout->request->store, &document->digest, LIMIT_MANIFEST, ret, err);
}

/* --- its images --- */

static int import_manifest(const struct layout *layout, const struct descriptor *target,
			   struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	if (import_document(layout, target, &text, err) < 0 ||
	    manifest_parse(str_span(&text), target->media_type, &manifest, err) < 0 ||
	    import_blob(layout, &manifest.config, err) < 0)
		return -1;
	VEC_FOREACH(layer, &manifest.layers) {
		if (import_blob(layout, layer, err) < 0)
			return -1;
	}
	return 0;
}

static int import_image(const struct layout *layout, const struct descriptor *target,
			struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	const struct descriptor *member = NULL;

	if (!media_type_is_index(target->media_type))
		return import_manifest(layout, target, err);
	if (import_document(layout, target, &text, err) < 0 ||
	    index_parse(str_span(&text), target->media_type, &index, err) < 0 ||
	    index_select(&index, layout->request->platform, &member, err) < 0)
		return -1;
	return import_manifest(layout, member, err);
}

static const struct descriptor *find_tag(const struct index *index, const char *tag)
{
	VEC_FOREACH(image, &index->manifests) {
		const char *name = strmap_get(&image->annotations, ANNOTATION_TAG);
		/* Some write the whole reference there. */
		const char *colon = name ? strrchr(name, ':') : NULL;

		if (str_eq(name, tag) || (colon && str_eq(colon + 1, tag)))
			return image;
	}
	return NULL;
}

static int no_such_tag(const struct index *index, const char *tag, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	AUTO(freep) char *list = NULL;

	VEC_FOREACH(image, &index->manifests) {
		const char *name = strmap_get(&image->annotations, ANNOTATION_TAG);

		if (name)
			strvec_add(&names, name);
	}
	list = strvec_join(&names, ", ");
	(void)err_set(err, ERR_NOT_FOUND, "it has no image '%s'", tag);
	return names.len > 0 ? err_hint(err, "it has: %s", list) : -1;
}

/* index.json may name one image per platform without an index around them: then it is the index. */
static bool is_one_image(const struct index *index)
{
	size_t tagged = 0;

	VEC_FOREACH(image, &index->manifests)
		tagged += strmap_has(&image->annotations, ANNOTATION_TAG);
	return tagged == 0;
}

static int choose(const struct layout *layout, const struct index *index,
		  const struct descriptor **ret, struct err *err)
{
	const struct image_layout_request *request = layout->request;

	if (request->tag) {
		*ret = find_tag(index, request->tag);
		return *ret ? 0 : no_such_tag(index, request->tag, err);
	}
	if (index->manifests.len == 1) {
		*ret = &index->manifests.items[0];
		return 0;
	}
	*ret = find_tag(index, "latest");
	if (*ret)
		return 0;
	if (is_one_image(index))
		return index_select(index, request->platform, ret, err);
	(void)no_such_tag(index, "latest", err);
	return -1;
}

static int choose_by_digest(const struct index *index, const struct digest *digest,
			    const struct descriptor **ret, struct err *err)
{
	VEC_FOREACH(image, &index->manifests) {
		if (digest_equal(&image->digest, digest)) {
			*ret = image;
			return 0;
		}
	}
	return err_set(err, ERR_NOT_FOUND, "it has no image %s", digest->text);
}

static int import(const struct layout *layout, struct descriptor *ret, struct err *err)
{
	const struct image_layout_request *request = layout->request;
	AUTO(index_release) struct index index = { .media_type = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	const struct descriptor *target = NULL;
	struct digest digest;

	if (fs_read_file(layout->fd, "index.json", LIMIT_MANIFEST, &text, err) < 0)
		return err_hint(err, "an OCI layout has the files oci-layout and index.json");
	if (index_parse(str_span(&text), NULL, &index, err) < 0)
		return err_wrap(err, "index.json");
	if (request->digest && digest_parse(request->digest, &digest, err) < 0)
		return -1;
	if (request->tag || !request->digest) {
		if (choose(layout, &index, &target, err) < 0)
			return -1;
		if (request->digest && !digest_equal(&target->digest, &digest))
			return err_set(err, ERR_DIGEST, "image '%s' is %s, not %s", request->tag,
				       target->digest.text, digest.text);
	} else if (choose_by_digest(&index, &digest, &target, err) < 0) {
		return -1;
	}
	if (import_image(layout, target, err) < 0)
		return -1;
	descriptor_copy(ret, target);
	return 0;
}

int image_layout_import(const struct image_layout_request *request, struct descriptor *ret,
			struct err *err)
{
	AUTO(layout_close) struct layout layout = { .request = request, .fd = -1 };

	if (fd_open(AT_FDCWD, request->dir, O_RDONLY | O_DIRECTORY, 0, &layout.fd, err) < 0 ||
	    import(&layout, ret, err) < 0)
		return err_wrap(err, "OCI layout '%s'", request->dir);
	return 0;
}
