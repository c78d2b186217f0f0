#include "image/image_archive.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/path.h"
#include "image/reference.h"
#include "image/tar.h"

#define LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"
/* OCI image-spec, annotations.md; containerd's, by which `docker load` and `nerdctl load` name an image. */
#define ANNOTATION_TAG  "org.opencontainers.image.ref.name"
#define ANNOTATION_NAME "io.containerd.image.name"

/* What an image consists of: each blob once. */
struct parts {
	struct descriptors blobs;     /* sorted by digest once all are known */
	struct descriptors manifests; /* of images, without attestations */
};

static void parts_release(struct parts *parts)
{
	descriptors_release(&parts->blobs);
	descriptors_release(&parts->manifests);
}

/* --- what there is --- */

static int add_blob(const struct image_archive *archive, const struct descriptor *blob,
		    struct parts *parts, struct err *err)
{
	struct descriptor *added;
	uint64_t size = 0;

	VEC_FOREACH(known, &parts->blobs) {
		if (digest_equal(&known->digest, &blob->digest))
			return 0;
	}
	if (!store_has_blob(archive->store, &blob->digest, &size))
		return err_set(err, ERR_NOT_FOUND, "blob %s is not in the store",
			       blob->digest.text);
	added = VEC_ADD(&parts->blobs);
	descriptor_copy(added, blob);
	added->size = size;
	return 0;
}

static int add_manifest(const struct image_archive *archive, const struct descriptor *target,
			struct parts *parts, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };

	if (add_blob(archive, target, parts, err) < 0 ||
	    store_read_blob(archive->store, &target->digest, LIMIT_MANIFEST, &text, err) < 0 ||
	    manifest_parse(str_span(&text), target->media_type, &manifest, err) < 0 ||
	    add_blob(archive, &manifest.config, parts, err) < 0)
		return -1;
	VEC_FOREACH(layer, &manifest.layers) {
		if (add_blob(archive, layer, parts, err) < 0)
			return -1;
	}
	if (!strmap_has(&target->annotations, "vnd.docker.reference.type"))
		descriptor_copy(VEC_ADD(&parts->manifests), target);
	return 0;
}

static int add_target(const struct image_archive *archive, struct parts *parts, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *target = archive->target;

	if (!media_type_is_index(target->media_type))
		return add_manifest(archive, target, parts, err);
	if (add_blob(archive, target, parts, err) < 0 ||
	    store_read_blob(archive->store, &target->digest, LIMIT_MANIFEST, &text, err) < 0 ||
	    index_parse(str_span(&text), target->media_type, &index, err) < 0)
		return -1;
	VEC_FOREACH(member, &index.manifests) {
		if (add_manifest(archive, member, parts, err) < 0)
			return -1;
	}
	return 0;
}

static int compare_digests(const void *a, const void *b)
{
	const struct descriptor *left = a, *right = b;

	return strcmp(left->digest.text, right->digest.text);
}

static int find_parts(const struct image_archive *archive, struct parts *ret, struct err *err)
{
	if (add_target(archive, ret, err) < 0)
		return -1;
	qsort(ret->blobs.items, ret->blobs.len, sizeof(*ret->blobs.items), compare_digests);
	return 0;
}

static char *blob_path(const struct digest *digest)
{
	return xasprintf("blobs/%s/%s", digest_algorithm_name(digest_algorithm_of(digest)),
			 digest_hex(digest));
}

/* --- index.json and manifest.json --- */

static int add_named(const struct image_archive *archive, const char *name, struct index *index,
		     struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	struct descriptor *entry = VEC_ADD(&index->manifests);

	descriptor_copy(entry, archive->target);
	if (image_ref_parse(name, &ref, err) < 0)
		return -1;
	strmap_set(&entry->annotations, ANNOTATION_NAME, name);
	if (ref.tag)
		strmap_set(&entry->annotations, ANNOTATION_TAG, ref.tag);
	return 0;
}

/* Adds an entry for each name, or one without. */
static int add_entries(const struct image_archive *archive, struct index *index, struct err *err)
{
	if (!archive->names || archive->names->len == 0) {
		descriptor_copy(VEC_ADD(&index->manifests), archive->target);
		return 0;
	}
	VEC_FOREACH(name, archive->names) {
		if (add_named(archive, *name, index, err) < 0)
			return -1;
	}
	return 0;
}

static json_t *repo_tags(const struct strvec *names, struct err *err)
{
	json_t *tags = json_array();

	for (size_t i = 0; names && i < names->len; i++) {
		AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
		AUTO(freep) char *shown = NULL;

		if (image_ref_parse(names->items[i], &ref, err) < 0) {
			json_decref(tags);
			return NULL;
		}
		shown = image_ref_format_short(&ref);
		json_array_append_new(tags, json_string(shown));
	}
	return tags;
}

static int only_image(const struct parts *parts, struct err *err)
{
	if (parts->manifests.len == 1)
		return 0;
	(void)err_set(
		err, ERR_UNSUPPORTED,
		"the format of 'docker save' holds one image, not one for each of %zu platforms",
		parts->manifests.len);
	return err_hint(err, "choose one with --platform, or write an OCI archive: type=oci");
}

/* github.com/moby/moby, image/spec: "Combined Image JSON + Filesystem Changeset Format". */
static int format_docker(const struct image_archive *archive, const struct parts *parts,
			 struct str *out, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	const struct descriptor *only = parts->manifests.items;
	AUTO(freep) char *config = NULL;
	json_t *list, *image, *layers, *tags;

	if (only_image(parts, err) < 0 ||
	    store_read_blob(archive->store, &only->digest, LIMIT_MANIFEST, &text, err) < 0 ||
	    manifest_parse(str_span(&text), only->media_type, &manifest, err) < 0)
		return -1;
	tags = repo_tags(archive->names, err);
	if (!tags)
		return -1;
	layers = json_array();
	VEC_FOREACH(layer, &manifest.layers) {
		AUTO(freep) char *path = blob_path(&layer->digest);

		json_array_append_new(layers, json_string(path));
	}
	config = blob_path(&manifest.config.digest);
	image = json_object();
	json_set_string(image, "Config", config);
	json_object_set_new(image, "RepoTags", tags);
	json_object_set_new(image, "Layers", layers);
	list = json_array();
	json_array_append_new(list, image);
	json_write(list, out);
	json_decref(list);
	return 0;
}

/* --- as a tar --- */

static int write_blobs(const struct image_archive *archive, const struct parts *parts,
		       struct tar_writer *tar, struct err *err)
{
	if (tar_writer_add_dir(tar, "blobs", err) < 0 ||
	    tar_writer_add_dir(tar, "blobs/sha256", err) < 0)
		return -1;
	VEC_FOREACH(blob, &parts->blobs) {
		AUTO(fd_closep) int fd = -1;
		AUTO(freep) char *path = blob_path(&blob->digest);

		if (monitor_check(archive->monitor, err) < 0 ||
		    store_open_blob(archive->store, &blob->digest, &fd, err) < 0 ||
		    tar_writer_add_fd(tar, path, fd, blob->size, err) < 0)
			return -1;
	}
	return 0;
}

int image_archive_write(const struct image_archive *archive, int fd, const char *name,
			struct err *err)
{
	AUTO(tar_writer_freep) struct tar_writer *tar = NULL;
	AUTO(parts_release) struct parts parts = { .blobs = { .items = NULL } };
	AUTO(index_release) struct index index = { .media_type = xstrdup(MEDIA_OCI_INDEX) };
	AUTO(str_release) struct str index_text = STR_INIT;
	AUTO(str_release) struct str docker_text = STR_INIT;

	if (find_parts(archive, &parts, err) < 0 || add_entries(archive, &index, err) < 0 ||
	    (archive->is_docker && format_docker(archive, &parts, &docker_text, err) < 0))
		return -1;
	index_write(&index, &index_text);
	tar = tar_writer_new(fd, name);
	if (write_blobs(archive, &parts, tar, err) < 0 ||
	    tar_writer_add(tar, "index.json", index_text.ptr, index_text.len, err) < 0)
		return -1;
	if (archive->is_docker &&
	    tar_writer_add(tar, "manifest.json", docker_text.ptr, docker_text.len, err) < 0)
		return -1;
	if (tar_writer_add(tar, "oci-layout", LAYOUT_TEXT, strlen(LAYOUT_TEXT), err) < 0)
		return -1;
	return tar_writer_finish(tar, err);
}

/* --- as a directory --- */

static int copy_blob(const struct image_archive *archive, int dir, const struct descriptor *blob,
		     struct err *err)
{
	AUTO(freep) char *path = blob_path(&blob->digest);
	AUTO(freep) char *temporary = xasprintf("%s.%d", path, (int)getpid());
	AUTO(fd_closep) int from = -1, to = -1;
	struct stat st;
	uint64_t copied = 0;

	if (fstatat(dir, path, &st, 0) == 0 && (uint64_t)st.st_size == blob->size)
		return 0;
	if (store_open_blob(archive->store, &blob->digest, &from, err) < 0 ||
	    fd_open(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644, &to, err) < 0)
		return -1;
	if (fd_copy_all(from, to, &copied, path, err) < 0 || fd_close(&to, path, err) < 0) {
		(void)unlinkat(dir, temporary, 0);
		return -1;
	}
	if (renameat(dir, temporary, dir, path) < 0)
		return err_errno(err, "rename '%s'", temporary);
	return 0;
}

static bool is_replaced(const struct image_archive *archive, const struct descriptor *old,
			const struct index *fresh)
{
	const char *tag = strmap_get(&old->annotations, ANNOTATION_TAG);

	if (digest_equal(&old->digest, &archive->target->digest) && !tag)
		return true;
	VEC_FOREACH(entry, &fresh->manifests) {
		if (str_eq(tag, strmap_get(&entry->annotations, ANNOTATION_TAG)))
			return true;
	}
	return false;
}

static int keep_others(const struct image_archive *archive, int dir, struct index *index,
		       struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(index_release) struct index old = { .media_type = NULL };
	AUTO(index_release) struct index fresh = *index;

	*index = (struct index){ .media_type = xstrdup(MEDIA_OCI_INDEX) };
	if (fs_exists(dir, "index.json")) {
		if (fs_read_file(dir, "index.json", LIMIT_MANIFEST, &text, err) < 0 ||
		    index_parse(str_span(&text), NULL, &old, err) < 0)
			return err_wrap(err, "index.json");
	}
	VEC_FOREACH(entry, &old.manifests) {
		if (!is_replaced(archive, entry, &fresh))
			descriptor_copy(VEC_ADD(&index->manifests), entry);
	}
	VEC_FOREACH(entry, &fresh.manifests)
		descriptor_copy(VEC_ADD(&index->manifests), entry);
	return 0;
}

static int write_files(const struct image_archive *archive, int dir, struct err *err)
{
	AUTO(parts_release) struct parts parts = { .blobs = { .items = NULL } };
	AUTO(index_release) struct index index = { .media_type = xstrdup(MEDIA_OCI_INDEX) };
	AUTO(str_release) struct str docker_text = STR_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	if (find_parts(archive, &parts, err) < 0 || add_entries(archive, &index, err) < 0 ||
	    keep_others(archive, dir, &index, err) < 0 ||
	    (archive->is_docker && format_docker(archive, &parts, &docker_text, err) < 0) ||
	    fs_mkdir_all(dir, "blobs/sha256", 0755, err) < 0)
		return -1;
	VEC_FOREACH(blob, &parts.blobs) {
		if (monitor_check(archive->monitor, err) < 0 ||
		    copy_blob(archive, dir, blob, err) < 0)
			return -1;
	}
	index_write(&index, &text);
	if (fs_write_file_atomic(dir, "oci-layout", LAYOUT_TEXT, strlen(LAYOUT_TEXT), 0644, err) <
	    0)
		return -1;
	if (archive->is_docker && fs_write_file_atomic(dir, "manifest.json", docker_text.ptr,
						       docker_text.len, 0644, err) < 0)
		return -1;
	return fs_write_file_atomic(dir, "index.json", text.ptr, text.len, 0644, err);
}

int image_archive_write_dir(const struct image_archive *archive, const char *dir, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (fs_mkdir_all(AT_FDCWD, dir, 0755, err) < 0 ||
	    fd_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0)
		return -1;
	return write_files(archive, fd, err) < 0 ? err_wrap(err, "'%s'", dir) : 0;
}
