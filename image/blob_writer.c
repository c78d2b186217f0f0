#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "blob_feed_source.h"
#include "partial.h"
#include "store_private.h"

#define FLUSH_BYTES ((uint64_t)16 * LIMIT_MIB)
#define COPY_BUFFER ((size_t)128 * LIMIT_KIB)
#define WRITE_BYTES ((size_t)64 * LIMIT_KIB) /* gathered: as fd_write_all() writes them */

/*
 * The file is locked while it is written: one that nobody has locked was left by a process that died.
 */
struct blob_writer {
	struct store *store;
	struct hasher *hasher;
	enum digest_algorithm algorithm; /* of the hasher */
	int fd;
	char path[PARTIAL_PATH_MAX]; /* "" = there is no file */
	bool is_partial;             /* to be kept, unless it is wrong */
	uint64_t size;
	uint64_t flushed;       /* the disk has been told to write it */
	char *gathered;         /* NULL = nothing yet: */
	size_t pending;         /* the last bytes of `size`, not in the file yet */
	struct blob_feed *feed; /* NULL = nobody reads along */
};

/* 1 when a sweep took the new file away before it was locked. */
static int create_ingest_file(struct blob_writer *w, struct err *err)
{
	uint64_t name;
	struct stat st;

	if (getrandom(&name, sizeof(name), 0) != (ssize_t)sizeof(name))
		return err_errno(err, "random numbers");
	snprintf(w->path, sizeof(w->path), "ingest/%016llx", (unsigned long long)name);
	w->fd = openat(w->store->fd, w->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (w->fd < 0) {
		err_errno(err, "create '%s/%s'", w->store->root, w->path);
		w->path[0] = '\0';
		return -1;
	}
	if (flock(w->fd, LOCK_EX) < 0 || fstat(w->fd, &st) < 0)
		return err_errno(err, "lock '%s/%s'", w->store->root, w->path);
	if (st.st_nlink > 0)
		return 0;
	fd_closep(&w->fd);
	return 1;
}

static struct blob_writer *new_writer(struct store *store, enum digest_algorithm algorithm)
{
	struct blob_writer *w = xcalloc(1, sizeof(*w));

	w->store = store;
	w->fd = -1;
	w->algorithm = algorithm;
	w->hasher = hasher_new(algorithm);
	return w;
}

struct blob_writer *blob_writer_new(struct store *store, struct err *err)
{
	struct blob_writer *w = new_writer(store, DIGEST_SHA256);
	int result;

	do {
		lease_begin_use(&store->lease);
		result = create_ingest_file(w, err);
		lease_end_use(&store->lease);
	} while (result > 0);
	if (result < 0) {
		store_failed(store, err);
		blob_writer_freep(&w);
		return NULL;
	}
	return w;
}

/* Through the hasher, from the beginning of the file. */
static int read_through(struct blob_writer *w, struct hasher *hasher, struct err *err)
{
	AUTO(freep) char *buffer = xmalloc(COPY_BUFFER);
	ssize_t n;

	if (lseek(w->fd, 0, SEEK_SET) < 0)
		return err_errno(err, "read the blob again");
	while ((n = fd_read_full(w->fd, buffer, COPY_BUFFER, "blob", err)) > 0)
		hasher_update(hasher, buffer, (size_t)n);
	return n < 0 ? -1 : 0;
}

static int take_partial(struct blob_writer *w, struct err *err)
{
	struct stat st;

	w->is_partial = true;
	if (fstat(w->fd, &st) < 0)
		return err_errno(err, "stat '%s/%s'", w->store->root, w->path);
	w->size = w->flushed = (uint64_t)st.st_size;
	return read_through(w, w->hasher, err);
}

struct blob_writer *blob_writer_resume(struct store *store, const struct digest *digest,
				       struct err *err)
{
	struct blob_writer *w = new_writer(store, digest_algorithm_of(digest));
	int result;

	lease_begin_use(&store->lease);
	result = partial_open(store, digest, w->path, &w->fd, err);
	lease_end_use(&store->lease);
	if (result < 0) {
		w->path[0] = '\0';
		blob_writer_freep(&w);
		return NULL;
	}
	if (w->fd < 0) {
		w->path[0] = '\0';
		blob_writer_freep(&w);
		return blob_writer_new(store, err);
	}
	if (take_partial(w, err) < 0)
		blob_writer_freep(&w);
	return w;
}

int blob_writer_restart(struct blob_writer *w, struct err *err)
{
	struct digest unused;

	blob_feed_endp(&w->feed, false);
	if (ftruncate(w->fd, 0) < 0 || lseek(w->fd, 0, SEEK_SET) < 0) {
		err_errno(err, "empty '%s/%s'", w->store->root, w->path);
		return store_failed(w->store, err);
	}
	hasher_finish(w->hasher, &unused); /* which starts anew afterwards */
	w->size = w->flushed = w->pending = 0;
	return 0;
}

/*
 * The disk begins to write while more comes, so that the fsync at the end has little left to wait
 * for.
 */
static void flush_some(struct blob_writer *w, uint64_t in_file)
{
	if (in_file - w->flushed < FLUSH_BYTES)
		return;
	(void)sync_file_range(w->fd, (off_t)w->flushed, (off_t)(in_file - w->flushed),
			      SYNC_FILE_RANGE_WRITE); /* fsync tells of errors */
	w->flushed = in_file;
}

/* The next bytes of the file; so many of `size` are behind them. */
static int write_out(struct blob_writer *w, const void *data, size_t len, size_t behind,
		     struct err *err)
{
	/* what cannot be written now must not come behind a part of it later */
	w->pending = 0;
	if (fd_write_all(w->fd, data, len, "blob", err) < 0)
		return store_failed(w->store, err);
	flush_some(w, w->size - behind);
	if (w->feed)
		blob_feed_grow(w->feed, w->size - behind);
	return 0;
}

static int write_pending(struct blob_writer *w, size_t behind, struct err *err)
{
	return w->pending > 0 ? write_out(w, w->gathered, w->pending, behind, err) : 0;
}

/* Bytes come from the network by 16 KiB, at most: they are gathered. A large piece takes no detour. */
int blob_write(struct blob_writer *w, const void *data, size_t len, struct err *err)
{
	hasher_update(w->hasher, data, len);
	w->size += len;
	if (w->pending + len > WRITE_BYTES && write_pending(w, len, err) < 0)
		return -1;
	if (len > WRITE_BYTES)
		return write_out(w, data, len, 0, err);
	if (!w->gathered)
		w->gathered = xmalloc(WRITE_BYTES);
	memcpy(w->gathered + w->pending, data, len);
	w->pending += len;
	return 0;
}

uint64_t blob_writer_size(const struct blob_writer *w)
{
	return w->size;
}

static int find_digest(struct blob_writer *w, const struct digest *expected, struct digest *ret,
		       struct err *err)
{
	enum digest_algorithm algorithm = expected ? digest_algorithm_of(expected) : w->algorithm;

	/* The rare one that is named by another algorithm than the one hashed along. */
	if (algorithm != w->algorithm) {
		hasher_free(w->hasher);
		w->hasher = hasher_new(algorithm);
		w->algorithm = algorithm;
		if (read_through(w, w->hasher, err) < 0)
			return -1;
	}
	hasher_finish(w->hasher, ret);
	if (!expected || digest_equal(expected, ret))
		return 0;
	w->is_partial = false;
	return err_set(err, ERR_DIGEST, "the content is %s, not %s", ret->text, expected->text);
}

static int publish(struct blob_writer *w, const struct digest *digest, struct err *err)
{
	struct store *store = w->store;
	char path[BLOB_PATH_MAX];

	blob_path(digest, path);
	if (fsync(w->fd) < 0)
		return err_errno(err, "sync blob %s", digest->text);
	if (digest_algorithm_of(digest) != DIGEST_SHA256 &&
	    fs_mkdir_all(store->fd, "blobs/sha512", 0755, err) < 0)
		return -1;
	if (renameat(store->fd, w->path, store->fd, path) < 0)
		return err_errno(err, "name blob %s", digest->text);
	atomic_store(&store->has_new_names, true);
	w->path[0] = '\0';
	return 0;
}

static int sync_names(const struct store *store, const char *path, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (fd_open(store->fd, path, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0)
		return -1;
	return fsync(fd) == 0 ? 0 : err_errno(err, "sync '%s/%s'", store->root, path);
}

int blob_sync_names(struct store *store, struct err *err)
{
	/* Before it: what gets a name meanwhile may come too late. */
	atomic_store(&store->has_new_names, false);
	if (sync_names(store, "blobs/sha256", err) == 0 &&
	    (!fs_exists(store->fd, "blobs/sha512") || sync_names(store, "blobs/sha512", err) == 0))
		return 0;
	atomic_store(&store->has_new_names, true);
	return -1;
}

int blob_writer_commit(struct blob_writer *w, const struct digest *expected, struct digest *ret,
		       struct err *err)
{
	struct digest digest;
	uint64_t size = 0;

	if (write_pending(w, 0, err) < 0 || find_digest(w, expected, &digest, err) < 0)
		return -1;
	/* one of another length is damaged, and replaced */
	if (!(store_has_blob(w->store, &digest, &size) && size == w->size) &&
	    publish(w, &digest, err) < 0)
		return store_failed(w->store, err);
	w->is_partial = false;
	blob_feed_endp(&w->feed, true);
	if (ret)
		*ret = digest;
	return 0;
}

void blob_writer_freep(struct blob_writer **writer)
{
	struct blob_writer *w = TAKE(*writer);

	if (!w)
		return;
	blob_feed_endp(&w->feed, false);
	if (w->is_partial && w->fd >= 0)
		(void)write_pending(w, 0, NULL); /* it comes again, then */
	if (w->path[0] && !(w->is_partial && w->size > 0))
		(void)unlinkat(w->store->fd, w->path, 0); /* else the next sweep does it */
	fd_closep(&w->fd);
	hasher_free(w->hasher);
	free(w->gathered);
	free(w);
}

struct blob_feed *blob_writer_feed(struct blob_writer *w, struct err *err)
{
	int fd = -1;

	if (fd_open(w->store->fd, w->path, O_RDONLY | O_NOFOLLOW, 0, &fd, err) < 0)
		return NULL;
	blob_feed_endp(&w->feed, false);
	w->feed = blob_feed_new(fd, w->size - w->pending);
	return w->feed;
}
