#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "store_private.h"
#include "sweep.h"

void blob_path(const struct digest *digest, char path[BLOB_PATH_MAX])
{
	snprintf(path, BLOB_PATH_MAX, "blobs/%s/%s",
		 digest_algorithm_name(digest_algorithm_of(digest)), digest_hex(digest));
}

bool store_has_blob(struct store *store, const struct digest *digest, uint64_t *ret_size)
{
	char path[BLOB_PATH_MAX];
	struct stat st;

	if (!digest_is_set(digest))
		return false;
	blob_path(digest, path);
	if (!lease_use(&store->lease, store->fd, path) ||
	    fstatat(store->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return false;
	if (ret_size)
		*ret_size = (uint64_t)st.st_size;
	return true;
}

int store_open_blob(struct store *store, const struct digest *digest, int *ret_fd, struct err *err)
{
	char path[BLOB_PATH_MAX];
	int fd;

	if (!digest_is_set(digest))
		return err_set(err, ERR_NOT_FOUND, "blob without a digest");
	blob_path(digest, path);
	(void)lease_use(&store->lease, store->fd, path);
	fd = openat(store->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "blob %s is not in the store", digest->text);
	if (fd < 0)
		return err_errno(err, "open blob %s", digest->text);
	*ret_fd = fd;
	return 0;
}

int store_read_blob(struct store *store, const struct digest *digest, size_t limit, struct str *ret,
		    struct err *err)
{
	AUTO(hasher_freep) struct hasher *hasher = NULL;
	AUTO(fd_closep) int fd = -1;
	struct digest actual;

	str_clear(ret);
	if (store_open_blob(store, digest, &fd, err) < 0 ||
	    fd_read_to_str(fd, ret, limit, digest->text, err) < 0)
		return -1;
	hasher = hasher_new(digest_algorithm_of(digest));
	hasher_update(hasher, ret->ptr, ret->len);
	hasher_finish(hasher, &actual);
	if (digest_equal(digest, &actual))
		return 0;
	err_set(err, ERR_DIGEST, "blob %s is damaged: its content is %s", digest->text,
		actual.text);
	return err_hint(err, "remove '%s/blobs/%s/%s' and pull or build again", store->root,
			digest_algorithm_name(digest_algorithm_of(digest)), digest_hex(digest));
}

int store_put_blob(struct store *store, const void *data, size_t len, struct digest *ret,
		   struct err *err)
{
	AUTO(blob_writer_freep) struct blob_writer *w = blob_writer_new(store, err);

	if (!w || blob_write(w, data, len, err) < 0)
		return -1;
	return blob_writer_commit(w, NULL, ret, err);
}

int store_delete_blob(struct store *store, const struct digest *digest, struct err *err)
{
	char path[BLOB_PATH_MAX];

	blob_path(digest, path);
	if (unlinkat(store->fd, path, 0) == 0)
		return 0;
	if (errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "blob %s is not in the store", digest->text);
	err_errno(err, "remove blob %s", digest->text);
	return store_failed(store, err);
}

void blob_sweep(struct store *store)
{
	AUTO(fd_closep)
	int fd = openat(store->fd, "ingest", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		sweep_files(fd);
}
