/*
 * Two libarchive readers in a row: the first only decompresses ("raw" format), the second reads the tar, so that the
 * uncompressed bytes pass by here to be hashed and counted. Names are taken as bytes: in a UTF-8 locale libarchive would put
 * them into NFC, so it runs in the C locale.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"
#include "image/layer.h"
#include "libarchive.h"
#include "xattr.h"
#include "zstd_source.h"

#define READ_SIZE       ((size_t)256 * 1024)
#define ZEROS_SIZE      ((size_t)64 * 1024)
#define WHITEOUT_PREFIX ".wh."
#define OPAQUE_NAME     ".wh..wh..opq"
#define AUFS_PREFIX     ".wh..wh." /* the other marks of aufs, which mean nothing any more */

struct reader {
	struct zstd_source *source;
	char *buffer; /* of what the source gave last */
	struct archive *stream, *tar;
	bool stream_is_empty;
	struct hasher *hasher; /* NULL = nobody wants the digest */
	uint64_t stream_size;  /* uncompressed bytes so far */
	uint64_t files_size;   /* the same of the files: holes are not in the stream */
	uint64_t entries;
	bool is_layer;
	struct layer_sink *sink;
	struct err *
		stream_err; /* set when the first reader failed: the second only knows that it did */
	bool source_failed, stream_failed;
};

static int archive_failed(struct archive *a, const char *what, struct err *err)
{
	const char *text = libarchive.error_string(a);

	if (text && str_has_prefix(text, "Unrecognized archive format"))
		return err_set(err, ERR_INPUT, "it is no tar, compressed or not");
	return err_set(err, ERR_INPUT, "%s: %s", what, text ? text : "unreadable");
}

/* --- the stream --- */

static la_ssize_t feed_stream(struct archive *a, void *data, const void **ret)
{
	struct reader *r = data;
	ssize_t n = zstd_source_read(r->source, r->buffer, READ_SIZE, r->stream_err);

	if (n < 0) {
		r->source_failed = true;
		libarchive.set_error(a, EIO, "the source failed");
	}
	*ret = r->buffer;
	return n;
}

static int stream_failed(struct reader *r, const char *what, struct err *err)
{
	if (r->source_failed)
		return -1; /* err is filled already */
	return archive_failed(r->stream, what, err);
}

static void support_filters(struct archive *a)
{
	/* they fail only where libarchive runs gzip(1) in place of a library, which it then can */
	(void)libarchive.read_support_filter_gzip(a);
	(void)libarchive.read_support_filter_bzip2(a);
	(void)libarchive.read_support_filter_xz(a);
	(void)libarchive.read_support_filter_zstd(a);
}

static int open_stream(struct reader *r, struct err *err)
{
	struct archive_entry *ignored;
	int code;

	r->stream_err = err;
	r->stream = libarchive.read_new();
	support_filters(r->stream);
	libarchive.read_support_format_raw(r->stream);
	libarchive.read_support_format_empty(r->stream);
	if (libarchive.read_open(r->stream, r, NULL, feed_stream, NULL) != ARCHIVE_OK)
		return stream_failed(r, "read the archive", err);
	/* the last filter is the file itself: more than one before it is no layer, but a trap */
	if (libarchive.filter_count(r->stream) > (zstd_source_is_zstd(r->source) ? 1 : 2))
		return err_set(err, ERR_INPUT, "the archive is compressed more than once");
	code = libarchive.read_next_header(r->stream, &ignored);
	r->stream_is_empty = code == ARCHIVE_EOF;
	if (code < ARCHIVE_WARN)
		return stream_failed(r, "read the archive", err);
	return 0;
}

/* The next piece; *ret_len is 0 at the end. */
static int next_piece(struct reader *r, const void **ret, size_t *ret_len, struct err *err)
{
	la_int64_t offset;
	int code = r->stream_is_empty
			   ? ARCHIVE_EOF
			   : libarchive.read_data_block(r->stream, ret, ret_len, &offset);

	if (code == ARCHIVE_EOF) {
		*ret_len = 0;
		return 0;
	}
	if (code < ARCHIVE_WARN)
		return stream_failed(r, "decompress the archive", err);
	r->stream_size += *ret_len;
	if (r->stream_size > LIMIT_LAYER_SIZE)
		return err_set(err, ERR_LIMIT, "the archive is larger than %llu GiB unpacked",
			       (unsigned long long)(LIMIT_LAYER_SIZE >> 30));
	if (r->hasher)
		hasher_update(r->hasher, *ret, *ret_len);
	return 0;
}

static la_ssize_t feed_tar(struct archive *a, void *data, const void **ret)
{
	struct reader *r = data;
	size_t len = 0;

	if (next_piece(r, ret, &len, r->stream_err) < 0) {
		r->stream_failed = true;
		libarchive.set_error(a, EIO, "the stream failed");
		return -1;
	}
	return (la_ssize_t)len;
}

static int tar_failed(struct reader *r, struct err *err)
{
	if (r->stream_failed)
		return -1; /* err is filled already */
	return archive_failed(r->tar, "read the archive", err);
}

static int open_tar(struct reader *r, struct err *err)
{
	r->tar = libarchive.read_new();
	libarchive.read_support_format_tar(r->tar);
	libarchive.read_support_format_empty(r->tar);
	if (libarchive.read_open(r->tar, r, NULL, feed_tar, NULL) < ARCHIVE_WARN)
		return tar_failed(r, err);
	return 0;
}

/* What stands behind the end of the archive is part of the digest. */
static int drain(struct reader *r, struct err *err)
{
	const void *piece;
	size_t len;

	do
		if (next_piece(r, &piece, &len, err) < 0)
			return -1;
	while (len > 0);
	return 0;
}

/* --- names --- */

static bool leaves_root(const char *path)
{
	return strcmp(path, "..") == 0 || str_has_prefix(path, "../");
}

/* The cleaned path without leading slashes. */
static int clean(const char *text, char **ret, struct err *err)
{
	AUTO(freep) char *path = NULL;

	if (!text || !*text)
		return err_set(err, ERR_INPUT, "the archive has an entry without a name");
	if (strlen(text) > LIMIT_LAYER_PATH)
		return err_set(err, ERR_LIMIT,
			       "the archive has a name of more than %zu bytes: '%.60s...'",
			       (size_t)LIMIT_LAYER_PATH, text);
	text += strspn(text, "/");
	path = path_clean(text);
	if (leaves_root(path))
		return err_set(err, ERR_INPUT, "the archive has '%.500s', outside of its root",
			       text);
	*ret = TAKE(path);
	return 0;
}

/* Has the path a component that begins with the prefix of aufs's marks? */
static bool is_aufs_mark(const char *path)
{
	for (const char *p = path; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (str_has_prefix(p, AUFS_PREFIX))
			return true;
	}
	return false;
}

/* OCI image-spec, layer.md#whiteouts. `*path` becomes what it is about; *ret_skip for marks without meaning. */
static int read_whiteout(char **path, enum layer_entry_type *type, bool *ret_skip, struct err *err)
{
	const char *base = path_base(*path), *name = base + strlen(WHITEOUT_PREFIX);
	AUTO(freep) char *dir = path_dir(*path), *full = NULL;

	*ret_skip = false;
	if (strcmp(base, OPAQUE_NAME) == 0) {
		*type = LAYER_OPAQUE;
		full = TAKE(dir);
	} else if (is_aufs_mark(*path)) {
		*ret_skip = true;
		return 0;
	} else if (!str_has_prefix(base, WHITEOUT_PREFIX)) {
		return 0;
	} else if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		return err_set(err, ERR_INPUT, "the layer has a whiteout '%.500s' of nothing",
			       *path);
	} else {
		*type = LAYER_WHITEOUT;
		full = strcmp(dir, ".") == 0 ? xstrdup(name) : path_join(dir, name);
	}
	free(*path);
	*path = TAKE(full);
	return 0;
}

/* --- entries --- */

static enum layer_entry_type type_of(struct archive_entry *ae)
{
	if (libarchive.entry_hardlink(ae))
		return LAYER_HARDLINK;
	switch (libarchive.entry_filetype(ae)) {
	case AE_IFDIR: return LAYER_DIR;
	case AE_IFLNK: return LAYER_SYMLINK;
	case AE_IFCHR: return LAYER_CHAR;
	case AE_IFBLK: return LAYER_BLOCK;
	case AE_IFIFO: return LAYER_FIFO;
	default: return LAYER_FILE;
	}
}

static void read_xattrs(struct archive_entry *ae, struct layer_xattrs *ret)
{
	const char *name;
	const void *value;
	size_t len;

	libarchive.entry_xattr_reset(ae);
	while (libarchive.entry_xattr_next(ae, &name, &value, &len) == ARCHIVE_OK)
		if (name)
			layer_xattrs_add(ret, name, value, len);
}

static int read_numbers(struct archive_entry *ae, struct layer_entry *e, struct err *err)
{
	int64_t uid = libarchive.entry_uid(ae), gid = libarchive.entry_gid(ae);
	int64_t size = libarchive.entry_size(ae);

	/* the greatest one means "leave as it is" to chown(2) */
	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return err_set(err, ERR_INPUT, "'%.500s' has the owner %lld:%lld", e->path,
			       (long long)uid, (long long)gid);
	if (size < 0)
		return err_set(err, ERR_INPUT, "'%.500s' has the size %lld", e->path,
			       (long long)size);
	e->uid = (uid_t)uid;
	e->gid = (gid_t)gid;
	e->mode = libarchive.entry_perm(ae) & 07777;
	e->mtime.tv_sec = libarchive.entry_mtime(ae);
	e->mtime.tv_nsec = libarchive.entry_mtime_nsec(ae);
	if (e->mtime.tv_nsec < 0 || e->mtime.tv_nsec > 999999999)
		e->mtime.tv_nsec = 0;
	e->size = e->type == LAYER_FILE ? (uint64_t)size : 0;
	if (e->type == LAYER_CHAR || e->type == LAYER_BLOCK)
		e->rdev = libarchive.entry_rdev(ae);
	return 0;
}

static int read_link(struct archive_entry *ae, struct layer_entry *e, char **owned, struct err *err)
{
	if (e->type == LAYER_HARDLINK) {
		if (clean(libarchive.entry_hardlink(ae), owned, err) < 0)
			return err_wrap(err, "hard link '%.500s'", e->path);
		e->link = *owned;
	} else if (e->type == LAYER_SYMLINK) {
		e->link = libarchive.entry_symlink(ae);
		if (!e->link || !*e->link)
			return err_set(err, ERR_INPUT, "symbolic link '%.500s' leads nowhere",
				       e->path);
	}
	return 0;
}

static int send_zeros(struct reader *r, uint64_t count, struct err *err)
{
	static const char zeros[ZEROS_SIZE];

	while (count > 0) {
		size_t part = count < ZEROS_SIZE ? (size_t)count : ZEROS_SIZE;

		if (r->sink->data(r->sink, zeros, part, err) < 0)
			return -1;
		count -= part;
	}
	return 0;
}

/* Sparse files come in pieces with holes between them. */
static int send_data(struct reader *r, const struct layer_entry *e, struct err *err)
{
	uint64_t done = 0;

	for (;;) {
		const void *piece;
		size_t len;
		la_int64_t offset;
		int code = libarchive.read_data_block(r->tar, &piece, &len, &offset);

		if (code == ARCHIVE_EOF)
			return send_zeros(r, e->size - done, err);
		if (code < ARCHIVE_WARN)
			return tar_failed(r, err);
		if (offset < 0 || (uint64_t)offset < done || (uint64_t)offset > e->size ||
		    len > e->size - (uint64_t)offset)
			return err_set(err, ERR_INPUT, "'%.500s' has data outside of it", e->path);
		if (send_zeros(r, (uint64_t)offset - done, err) < 0 ||
		    (len > 0 && r->sink->data(r->sink, piece, len, err) < 0))
			return -1;
		done = (uint64_t)offset + len;
	}
}

static int check_limits(struct reader *r, const struct layer_entry *e, struct err *err)
{
	if (++r->entries > LIMIT_LAYER_ENTRIES)
		return err_set(err, ERR_LIMIT, "the archive has more than %d entries",
			       LIMIT_LAYER_ENTRIES);
	if (e->size > LIMIT_LAYER_SIZE - r->files_size)
		return err_set(err, ERR_LIMIT, "the files of the archive are larger than %llu GiB",
			       (unsigned long long)(LIMIT_LAYER_SIZE >> 30));
	r->files_size += e->size;
	return 0;
}

/* Some archives have the root as a file, without a name even; the directory that they are put into is there already. */
static bool is_root_in_name_only(struct archive_entry *ae)
{
	const char *name = libarchive.entry_pathname(ae);

	return type_of(ae) == LAYER_FILE && (!name || !*name || str_eq(name, "."));
}

static int read_entry(struct reader *r, struct archive_entry *ae, struct err *err)
{
	AUTO(layer_xattrs_release) struct layer_xattrs xattrs = { .items = NULL };
	AUTO(freep) char *path = NULL, *link = NULL;
	struct layer_entry e = { .type = type_of(ae), .xattrs = &xattrs };
	bool skip = false;

	if (!r->is_layer && is_root_in_name_only(ae))
		return 0;
	if (clean(libarchive.entry_pathname(ae), &path, err) < 0 ||
	    (r->is_layer && read_whiteout(&path, &e.type, &skip, err) < 0))
		return -1;
	if (skip)
		return 0;
	e.path = path;
	read_xattrs(ae, &xattrs);
	if (read_link(ae, &e, &link, err) < 0 || read_numbers(ae, &e, err) < 0 ||
	    check_limits(r, &e, err) < 0)
		return -1;
	if (strcmp(e.path, ".") == 0 && e.type != LAYER_DIR && e.type != LAYER_OPAQUE)
		return err_set(err, ERR_INPUT, "the root of the archive is not a directory");
	if (r->sink->entry(r->sink, &e, err) < 0)
		return -1;
	return e.size > 0 ? send_data(r, &e, err) : 0;
}

static int read_all(struct reader *r, struct err *err)
{
	struct archive_entry *ae;
	int code;

	if (open_stream(r, err) < 0 || open_tar(r, err) < 0)
		return -1;
	while ((code = libarchive.read_next_header(r->tar, &ae)) >= ARCHIVE_WARN &&
	       code != ARCHIVE_EOF)
		if (read_entry(r, ae, err) < 0)
			return -1;
	if (code != ARCHIVE_EOF)
		return tar_failed(r, err);
	return drain(r, err);
}

static locale_t use_c_locale(void)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	return c ? uselocale(c) : (locale_t)0;
}

static void restore_locale(locale_t before)
{
	if (before)
		freelocale(uselocale(before));
}

static void reader_release(struct reader *r)
{
	libarchive.read_free(r->tar);
	libarchive.read_free(r->stream);
	zstd_source_freep(&r->source);
	hasher_free(r->hasher);
	free(r->buffer);
}

int layer_read_from(struct layer_source *source, bool is_layer, struct layer_sink *sink,
		    struct digest *ret_diff_id, struct err *err)
{
	AUTO(reader_release)
	struct reader r = { .source = zstd_source_new(source),
			    .buffer = xmalloc(READ_SIZE),
			    .is_layer = is_layer,
			    .sink = sink };
	locale_t before = use_c_locale();
	int result;

	libarchive_load();
	if (ret_diff_id)
		r.hasher = hasher_new(DIGEST_SHA256);
	result = read_all(&r, err);
	if (result == 0 && ret_diff_id)
		hasher_finish(r.hasher, ret_diff_id);
	restore_locale(before);
	return result;
}

static int decompress(struct layer_source *source, layer_piece_fn *take, void *arg, struct err *err)
{
	AUTO(reader_release)
	struct reader r = { .source = zstd_source_new(source),
			    .buffer = xmalloc(READ_SIZE),
			    .is_layer = true };
	const void *piece = NULL;
	size_t len = 1;
	int result;

	libarchive_load();
	result = open_stream(&r, err);
	while (result == 0 && len > 0) {
		result = next_piece(&r, &piece, &len, err);
		if (result == 0 && len > 0)
			result = take(arg, piece, len, err);
	}
	return result;
}

/* --- out of a file --- */

struct file_source {
	struct layer_source source;
	int fd;
};

static ssize_t read_file(struct layer_source *source, void *buf, size_t len, struct err *err)
{
	const struct file_source *file = CONTAINER_OF(source, struct file_source, source);
	ssize_t n;

	do
		n = read(file->fd, buf, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_errno(err, "read the archive") : n;
}

int layer_read(int fd, bool is_layer, struct layer_sink *sink, struct digest *ret_diff_id,
	       struct err *err)
{
	struct file_source file = { .source = { .read = read_file }, .fd = fd };

	return layer_read_from(&file.source, is_layer, sink, ret_diff_id, err);
}

int layer_decompress(int fd, layer_piece_fn *take, void *arg, struct err *err)
{
	struct file_source file = { .source = { .read = read_file }, .fd = fd };
	locale_t before = use_c_locale();
	int result = decompress(&file.source, take, arg, err);

	restore_locale(before);
	return result;
}

/* --- is it one? --- */

struct peek {
	int fd;
	off_t offset;
	int errnum;
	char buffer[16 * 1024];
};

static la_ssize_t feed_peek(struct archive *a, void *data, const void **ret)
{
	struct peek *p = data;
	ssize_t n = pread(p->fd, p->buffer, sizeof(p->buffer), p->offset);

	if (n < 0) {
		p->errnum = errno;
		libarchive.set_error(a, errno, "read");
		return -1;
	}
	p->offset += n;
	*ret = p->buffer;
	return n;
}

int layer_is_archive(int fd, bool *ret_is_archive, struct err *err)
{
	struct peek peek = { .fd = fd };
	struct archive *a = NULL;
	locale_t before = use_c_locale();
	struct archive_entry *entry;
	int code;

	libarchive_load();
	a = libarchive.read_new();
	support_filters(a);
	libarchive.read_support_format_tar(a);
	code = libarchive.read_open(a, &peek, NULL, feed_peek, NULL);
	if (code >= ARCHIVE_WARN)
		code = libarchive.read_next_header(a, &entry);
	libarchive.read_free(a);
	restore_locale(before);
	if (peek.errnum)
		return err_errnum(err, peek.errnum, "read the beginning of the file");
	/* an archive without entries is taken for a file, as BuildKit does */
	*ret_is_archive = code == ARCHIVE_OK || code == ARCHIVE_WARN;
	return 0;
}
