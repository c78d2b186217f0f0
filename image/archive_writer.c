#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "image/archive.h"
#include "image/image_content.h"
#include "image/reference.h"
#include "image/tar.h"
#include "layout_index.h"

static char *blob_name(const struct digest *digest)
{
	return xasprintf("blobs/%s/%s", digest_algorithm_name(digest_algorithm_of(digest)),
			 digest_hex(digest));
}

static int put_blob(struct tar_writer *tar, struct store *store, const struct descriptor *blob,
		    struct err *err)
{
	AUTO(freep) char *path = blob_name(&blob->digest);
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (store_open_blob(store, &blob->digest, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "blob %s", blob->digest.text);
	return tar_writer_add_fd(tar, path, fd, (uint64_t)st.st_size, err);
}

/* --- the two tables of contents --- */

static void write_index(const struct named_images *images, struct str *out)
{
	AUTO(index_release) struct index index = { .media_type = xstrdup(MEDIA_OCI_INDEX) };

	VEC_FOREACH(image, images)
		layout_enter(&index, image);
	index_write(&index, out);
}

/* The entry for the same manifest, which has one more name then. */
static json_t *find_docker_entry(const json_t *entries, const char *config, const json_t *layers)
{
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		if (str_eq(json_get_string(entry, "Config"), config) &&
		    json_equal(json_get_array(entry, "Layers"), layers))
			return entry;
	}
	return NULL;
}

static void add_repo_tag(json_t *entry, const char *name)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep) char *familiar = NULL;
	json_t *tags = json_get_array(entry, "RepoTags");

	if (!name || image_ref_parse(name, &ref, NULL) < 0 || !ref.tag)
		return;
	familiar = image_ref_format_short(&ref);
	json_array_append_new(tags, json_string(familiar));
}

/* The only image of an index; attestations are none. */
static int find_single(struct store *store, const struct named_image *image, struct descriptor *ret,
		       struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *single = NULL;
	size_t count = 0;

	if (!media_type_is_index(image->target.media_type)) {
		descriptor_copy(ret, &image->target);
		return 0;
	}
	if (image_content_read_index(store, &image->target, &index, err) < 0)
		return -1;
	VEC_FOREACH(member, &index.manifests) {
		if (strmap_has(&member->annotations, "vnd.docker.reference.type") ||
		    !store_has_blob(store, &member->digest, NULL))
			continue;
		single = member;
		count++;
	}
	if (count == 1) {
		descriptor_copy(ret, single);
		return 0;
	}
	err_set(err, ERR_UNSUPPORTED,
		"'%s': the format of 'docker save' holds one image, not one for each of %zu "
		"platforms",
		image->name ? image->name : image->target.digest.text, count);
	return err_hint(err, "choose one with --platform, or write an OCI archive");
}

static int add_docker_entry(struct store *store, const struct named_image *image, json_t *entries,
			    struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor single = { .media_type = NULL };
	AUTO(freep) char *config = NULL;
	json_auto_t *layers = json_array();
	json_t *entry;

	if (find_single(store, image, &single, err) < 0 ||
	    image_content_read_manifest(store, &single, &manifest, err) < 0)
		return -1;
	config = blob_name(&manifest.config.digest);
	VEC_FOREACH(layer, &manifest.layers) {
		AUTO(freep) char *path = blob_name(&layer->digest);

		json_array_append_new(layers, json_string(path));
	}
	entry = find_docker_entry(entries, config, layers);
	if (!entry) {
		entry = json_object();
		json_array_append_new(entries, entry);
		json_set_string(entry, "Config", config);
		json_object_set_new(entry, "RepoTags", json_array());
		json_object_set(entry, "Layers", layers);
	}
	add_repo_tag(entry, image->name);
	return 0;
}

int archive_docker_table(struct store *store, const struct named_images *images, struct str *out,
			 struct err *err)
{
	json_auto_t *entries = json_array();

	VEC_FOREACH(image, images) {
		if (add_docker_entry(store, image, entries, err) < 0)
			return -1;
	}
	json_write(entries, out);
	return 0;
}

/* --- all of it --- */

/* The tables first: a reader of a pipe knows then what it is about to get. */
static int put_tables(struct tar_writer *tar, struct store *store,
		      const struct named_images *images, enum archive_format format,
		      struct err *err)
{
	AUTO(str_release) struct str index = STR_INIT;
	AUTO(str_release) struct str table = STR_INIT;

	write_index(images, &index);
	if (format == ARCHIVE_DOCKER && archive_docker_table(store, images, &table, err) < 0)
		return -1;
	if (tar_writer_add(tar, LAYOUT_FILE, LAYOUT_TEXT, strlen(LAYOUT_TEXT), err) < 0 ||
	    tar_writer_add(tar, LAYOUT_INDEX, index.ptr, index.len, err) < 0)
		return -1;
	if (format != ARCHIVE_DOCKER)
		return 0;
	return tar_writer_add(tar, "manifest.json", table.ptr, table.len, err);
}

static bool has_algorithm(const struct descriptors *blobs, enum digest_algorithm algorithm)
{
	VEC_FOREACH(blob, blobs) {
		if (digest_algorithm_of(&blob->digest) == algorithm)
			return true;
	}
	return false;
}

static int put_dirs(struct tar_writer *tar, const struct descriptors *blobs, struct err *err)
{
	if (tar_writer_add_dir(tar, "blobs", err) < 0 ||
	    tar_writer_add_dir(tar, "blobs/sha256", err) < 0)
		return -1;
	if (!has_algorithm(blobs, DIGEST_SHA512))
		return 0;
	return tar_writer_add_dir(tar, "blobs/sha512", err);
}

static int write_all(struct tar_writer *tar, struct store *store, const struct named_images *images,
		     enum archive_format format, const struct monitor *monitor, struct err *err)
{
	AUTO(descriptors_release) struct descriptors blobs = { .items = NULL };

	VEC_FOREACH(image, images) {
		if (image_content_list(store, &image->target, &blobs, err) < 0)
			return -1;
	}
	if (put_tables(tar, store, images, format, err) < 0 || put_dirs(tar, &blobs, err) < 0)
		return -1;
	VEC_FOREACH(blob, &blobs) {
		if (monitor_check(monitor, err) < 0 || put_blob(tar, store, blob, err) < 0)
			return -1;
	}
	return tar_writer_finish(tar, err);
}

int archive_write(struct store *store, const struct named_images *images,
		  enum archive_format format, int fd, const char *name,
		  const struct monitor *monitor, struct err *err)
{
	AUTO(tar_writer_freep) struct tar_writer *tar = tar_writer_new(fd, name);

	if (write_all(tar, store, images, format, monitor, err) < 0)
		return err_wrap(err, "archive '%s'", name);
	return 0;
}
