#include "image/layout.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "image/image_content.h"
#include "layout_index.h"

#define BUFFER_SIZE ((size_t)256 * 1024)
#define DEPTH_MAX   4

struct layout {
	const struct layout_request *request;
	int fd; /* of its directory */
};

static void layout_close(struct layout *layout)
{
	fd_closep(&layout->fd);
}

static char *blob_name(const struct digest *digest)
{
	return xasprintf("blobs/%s/%s", digest_algorithm_name(digest_algorithm_of(digest)),
			 digest_hex(digest));
}

/* --- reading --- */

static int open_blob(const struct layout *layout, const struct digest *digest, int *ret_fd,
		     struct err *err)
{
	AUTO(freep) char *path = blob_name(digest);

	return fd_open_in_root(layout->fd, path, O_RDONLY | O_NONBLOCK, 0, ret_fd, err);
}

static int copy_in(const struct layout *layout, int from, struct blob_writer *writer,
		   struct err *err)
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

static int copy_blob(const struct layout *layout, const struct descriptor *blob, struct err *err)
{
	AUTO(blob_writer_freep) struct blob_writer *writer = NULL;
	AUTO(fd_closep) int fd = -1;
	struct digest digest;

	if (open_blob(layout, &blob->digest, &fd, err) < 0)
		return -1;
	writer = blob_writer_new(layout->request->store, err);
	if (!writer || copy_in(layout, fd, writer, err) < 0)
		return -1;
	return blob_writer_commit(writer, &blob->digest, &digest, err);
}

static int import_blob(const struct layout *layout, const struct descriptor *blob, struct err *err)
{
	if (store_has_blob(layout->request->store, &blob->digest, NULL))
		return 0;
	if (media_type_is_foreign(blob->media_type))
		return err_set(err, ERR_UNSUPPORTED,
			       "layer %s is of a type that its owner hands out alone: '%s'",
			       blob->digest.text, blob->media_type);
	if (copy_blob(layout, blob, err) < 0)
		return err_wrap(err, "blob %s", blob->digest.text);
	return 0;
}

static int import_document(const struct layout *layout, const struct descriptor *document,
			   struct err *err)
{
	if (document->size > LIMIT_MANIFEST)
		return err_set(err, ERR_LIMIT, "manifest %s is larger than %zu MiB",
			       document->digest.text, LIMIT_MANIFEST / LIMIT_MIB);
	return import_blob(layout, document, err);
}

static int import_manifest(const struct layout *layout, const struct descriptor *target,
			   struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };

	if (import_document(layout, target, err) < 0 ||
	    image_content_read_manifest(layout->request->store, target, &manifest, err) < 0 ||
	    import_blob(layout, &manifest.config, err) < 0)
		return -1;
	if (layout->request->without_layers)
		return 0;
	VEC_FOREACH(layer, &manifest.layers) {
		if (import_blob(layout, layer, err) < 0)
			return -1;
	}
	return 0;
}

static int import_image(const struct layout *layout, const struct descriptor *target,
			unsigned depth, struct err *err);

/* A layout may hold only some of an index's members. */
static bool is_there(const struct layout *layout, const struct digest *digest)
{
	AUTO(freep) char *path = blob_name(digest);

	return fs_exists(layout->fd, path) || store_has_blob(layout->request->store, digest, NULL);
}

static int import_all_members(const struct layout *layout, const struct index *index,
			      unsigned depth, struct err *err)
{
	size_t count = 0;

	VEC_FOREACH(member, &index->manifests) {
		if (!is_there(layout, &member->digest))
			continue;
		if (import_image(layout, member, depth + 1, err) < 0)
			return -1;
		count++;
	}
	if (count == 0 && index->manifests.len > 0)
		return err_set(err, ERR_NOT_FOUND, "it has none of the image's members");
	return 0;
}

static int import_index(const struct layout *layout, const struct descriptor *target,
			unsigned depth, struct err *err)
{
	const struct layout_request *request = layout->request;
	AUTO(index_release) struct index index = { .media_type = NULL };

	if (depth >= DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "indexes within indexes, more than %d deep",
			       DEPTH_MAX);
	if (import_document(layout, target, err) < 0 ||
	    image_content_read_index(request->store, target, &index, err) < 0)
		return -1;
	if (request->platform_count == 0)
		return import_all_members(layout, &index, depth, err);
	for (size_t i = 0; i < request->platform_count; i++) {
		const struct descriptor *member = NULL;

		if (index_select(&index, &request->platforms[i], &member, err) < 0 ||
		    import_image(layout, member, depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

static int import_image(const struct layout *layout, const struct descriptor *target,
			unsigned depth, struct err *err)
{
	if (media_type_is_index(target->media_type))
		return import_index(layout, target, depth, err);
	return import_manifest(layout, target, err);
}

static int import_entry(const struct layout *layout, const struct descriptor *entry,
			struct named_images *ret, struct err *err)
{
	if (import_image(layout, entry, 0, err) < 0)
		return -1;
	layout_add_named(entry, ret);
	return 0;
}

static int read_index(int dir_fd, struct index *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (fs_exists(dir_fd, LAYOUT_FILE) &&
	    (fs_read_file(dir_fd, LAYOUT_FILE, LIMIT_MANIFEST, &text, err) < 0 ||
	     layout_check_version(str_span(&text), err) < 0))
		return -1;
	if (fs_read_file(dir_fd, LAYOUT_INDEX, LIMIT_MANIFEST, &text, err) < 0)
		return err_hint(err, "an OCI layout has the files oci-layout and index.json");
	if (index_parse(str_span(&text), NULL, ret, err) < 0)
		return err_wrap(err, LAYOUT_INDEX);
	return 0;
}

static int import(const struct layout *layout, struct named_images *ret, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *entry = NULL;

	if (read_index(layout->fd, &index, err) < 0)
		return -1;
	if (!layout->request->all) {
		if (layout_choose(&index, layout->request, &entry, err) < 0)
			return -1;
		return import_entry(layout, entry, ret, err);
	}
	VEC_FOREACH(each, &index.manifests) {
		if (import_entry(layout, each, ret, err) < 0)
			return -1;
	}
	return 0;
}

int layout_read(const struct layout_request *request, struct named_images *ret, struct err *err)
{
	AUTO(layout_close) struct layout layout = { .request = request, .fd = -1 };

	if (fd_open(AT_FDCWD, request->dir, O_RDONLY | O_DIRECTORY, 0, &layout.fd, err) < 0 ||
	    import(&layout, ret, err) < 0)
		return err_wrap(err, "OCI layout '%s'", request->dir);
	return 0;
}

int layout_fetch_blobs(const struct layout_request *request, const struct descriptors *blobs,
		       struct err *err)
{
	AUTO(layout_close) struct layout layout = { .request = request, .fd = -1 };

	if (fd_open(AT_FDCWD, request->dir, O_RDONLY | O_DIRECTORY, 0, &layout.fd, err) < 0)
		return err_wrap(err, "OCI layout '%s'", request->dir);
	VEC_FOREACH(blob, blobs) {
		if (import_blob(&layout, blob, err) < 0)
			return err_wrap(err, "OCI layout '%s'", request->dir);
	}
	return 0;
}

/* --- writing --- */

/* What a creation that was interrupted left is fine. */
static bool holds_other_things(int fd)
{
	AUTO(dir_closep) DIR *dir = dir_open(fd, ".", 0);
	const struct dirent *entry;

	while (dir && (entry = dir_next(dir)))
		if (!str_eq(entry->d_name, "blobs"))
			return true;
	return false;
}

static int make_layout(int fd, struct err *err)
{
	if (!fs_exists(fd, LAYOUT_FILE) && holds_other_things(fd))
		return err_set(err, ERR_INPUT, "the directory is neither empty nor an OCI layout");
	if (fs_mkdir_all(fd, "blobs/sha256", 0755, err) < 0)
		return -1;
	if (fs_exists(fd, LAYOUT_FILE))
		return 0;
	return fs_write_file_atomic(fd, LAYOUT_FILE, LAYOUT_TEXT, strlen(LAYOUT_TEXT), 0644, err);
}

static int open_layout(const char *dir, int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (fs_mkdir_all(AT_FDCWD, dir, 0755, err) < 0 ||
	    fd_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0 ||
	    make_layout(fd, err) < 0)
		return -1;
	/* one writer of index.json at a time */
	if (flock(fd, LOCK_EX) < 0)
		return err_errno(err, "lock the directory");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int copy_out(struct store *store, const struct digest *digest, int dir_fd, const char *temp,
		    struct err *err)
{
	AUTO(fd_closep) int from = -1;
	AUTO(fd_closep) int to = -1;

	if (store_open_blob(store, digest, &from, err) < 0 ||
	    fd_open(dir_fd, temp, O_WRONLY | O_CREAT | O_TRUNC, 0644, &to, err) < 0 ||
	    fd_copy_all(from, to, NULL, temp, err) < 0)
		return -1;
	return fsync(to) == 0 ? 0 : err_errno(err, "sync '%s'", temp);
}

static int export_blob(struct store *store, const struct descriptor *blob, int dir_fd,
		       struct err *err)
{
	AUTO(freep) char *path = blob_name(&blob->digest);
	AUTO(freep) char *temp = xasprintf("%s.partial", path);
	struct stat st;

	if (fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (uint64_t)st.st_size == blob->size)
		return 0;
	if (digest_algorithm_of(&blob->digest) == DIGEST_SHA512 &&
	    fs_mkdir_all(dir_fd, "blobs/sha512", 0755, err) < 0)
		return -1;
	if (copy_out(store, &blob->digest, dir_fd, temp, err) < 0) {
		(void)unlinkat(dir_fd, temp, 0); /* it may not even have been made */
		return -1;
	}
	if (renameat(dir_fd, temp, dir_fd, path) < 0)
		return err_errno(err, "rename '%s'", temp);
	return 0;
}

static int export_image(struct store *store, const struct named_image *image, int dir_fd,
			const struct monitor *monitor, struct err *err)
{
	AUTO(descriptors_release) struct descriptors blobs = { .items = NULL };

	if (image_content_list(store, &image->target, &blobs, err) < 0)
		return -1;
	VEC_FOREACH(blob, &blobs) {
		if (monitor_check(monitor, err) < 0 || export_blob(store, blob, dir_fd, err) < 0)
			return -1;
	}
	return 0;
}

static int update_index(const struct named_images *images, int dir_fd, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	if (fs_exists(dir_fd, LAYOUT_INDEX)) {
		if (read_index(dir_fd, &index, err) < 0)
			return -1;
	} else {
		index.media_type = xstrdup(MEDIA_OCI_INDEX);
	}
	VEC_FOREACH(image, images)
		layout_enter(&index, image);
	index_write(&index, &text);
	return fs_write_file_atomic(dir_fd, LAYOUT_INDEX, text.ptr, text.len, 0644, err);
}

static int export_all(struct store *store, const struct named_images *images, int dir_fd,
		      const struct monitor *monitor, struct err *err)
{
	VEC_FOREACH(image, images) {
		if (export_image(store, image, dir_fd, monitor, err) < 0)
			return -1;
	}
	return update_index(images, dir_fd, err);
}

int layout_write(struct store *store, const struct named_images *images, const char *dir,
		 const struct monitor *monitor, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (open_layout(dir, &fd, err) < 0 || export_all(store, images, fd, monitor, err) < 0)
		return err_wrap(err, "OCI layout '%s'", dir);
	return 0;
}
