/*
 * Layers: file system changes as a tar archive (OCI image-spec, layer.md). A layer is a sequence of entries; whoever
 * makes entries (a directory walk, COPY, a blob) and whoever takes them (the blob writer, the unpacker) meet in
 * struct layer_sink:
 *
 *	layer_pack_dir()  --+                       +--> layer_writer (tar, digest, compression: a blob)
 *	COPY, ADD         --+--> struct layer_sink -+--> layer_unpacker (a snapshot directory)
 *	layer_read()      --+                       +--> layer_tee (both)
 *
 * so that a file is read once, whatever is made of it.
 */
#ifndef IMAGE_LAYER_H
#define IMAGE_LAYER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"
#include "base/monitor.h"
#include "base/vec.h"
#include "image/manifest.h"
#include "image/store.h"

enum layer_entry_type {
	LAYER_FILE,
	LAYER_DIR,
	LAYER_SYMLINK,
	LAYER_HARDLINK, /* link = path of an earlier entry, or of a file below */
	LAYER_CHAR,
	LAYER_BLOCK,
	LAYER_FIFO,
	LAYER_WHITEOUT, /* path does not exist any more; nothing but the path counts */
	LAYER_OPAQUE,   /* the directory `path` hides what lower layers have in it; the same */
};

/* Of a file with that st_mode; LAYER_FILE for a socket, which no layer has. */
enum layer_entry_type layer_entry_type_of(mode_t mode);

struct layer_xattr {
	char *name;
	void *value;
	size_t len;
};

struct layer_xattrs {
	struct layer_xattr *items;
	size_t len, cap;
};

struct layer_entry {
	enum layer_entry_type type;
	const char *
		path; /* relative, cleaned, without leading or trailing slash; "." is the root itself */
	const char *link; /* symlink: the text; hardlink: a path like `path` */
	mode_t mode;      /* permission, set-id and sticky bits */
	uid_t uid;
	gid_t gid;
	struct timespec mtime;
	uint64_t size; /* LAYER_FILE: bytes that follow through data() */
	dev_t rdev;
	const struct layer_xattrs *xattrs; /* NULL = none */
};

/*
 * Takes entries in order. Parents come before children; the data of a file comes right behind its entry, in pieces, exactly
 * `size` bytes; data() is not called for an empty one. What an entry points to lives for the call.
 */
struct layer_sink {
	int (*entry)(struct layer_sink *sink, const struct layer_entry *entry, struct err *err);
	int (*data)(struct layer_sink *sink, const void *data, size_t len, struct err *err);
};

void layer_xattrs_release(struct layer_xattrs *xattrs);

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

/* The media type of a layer so compressed, Docker's or OCI's. Static. */
const char *layer_media_type(enum compression compression, bool docker);

struct layer_options {
	enum compression compression;
	int level;     /* 0 = the default of the compression */
	unsigned jobs; /* compressor threads; 0 = one per processor, at most 4 */
	int64_t clamp_mtime; /* SOURCE_DATE_EPOCH with rewrite-timestamp: no mtime above it; -1 = as they are */
};

/* What a finished layer is. */
struct layer {
	struct descriptor blob;
	struct digest diff_id; /* of the uncompressed tar */
	uint64_t uncompressed_size;
};

void layer_release(struct layer *layer);

/*
 * Writes entries as a tar blob into the store: pax where it must, mtime in whole seconds, no user names, no atime. Hashing
 * and compression run on threads of their own. The same entries give the same bytes on every machine and thread count.
 * What layer_read() would find too large (LIMIT_LAYER_SIZE, LIMIT_LAYER_ENTRIES) is refused at once: ERR_LIMIT.
 */
struct layer_writer;
struct layer_writer *layer_writer_new(struct store *store, const struct layer_options *options,
				      struct err *err);
struct layer_sink *layer_writer_sink(struct layer_writer *w);
/*
 * Ends the archive, commits the blob, and records it as one of its diff_id (store_record_layer()). `w` can only be freed
 * afterwards.
 */
WARN_UNUSED int layer_writer_finish(struct layer_writer *w, struct layer *ret, struct err *err);
/* Without finish: drops what was written. */
void layer_writer_freep(struct layer_writer **w);

/*
 * Unpacks entries into a directory in overlayfs form: whiteouts as 0:0 character devices, opaque directories as
 * user.overlay.opaque=y; where the file system refuses these, as empty files with user.edgectl.whiteout=y, and as
 * user.edgectl.opaque=y. Nothing can be made outside of dir_fd: each component of a path is opened from the one above it
 * and never followed if it is a link; links and files in the way are replaced by directories. Hard links reach
 * what was unpacked before; ERR_UNSUPPORTED for one to a lower layer's file. Device nodes that the user namespace forbids
 * are left out (the blob keeps them). Sets owner, mode, xattrs (those of layer_pack_dir()), mtime; directories'
 * modes and mtimes last, at finish. `dir_fd` is not needed afterwards.
 */
struct layer_unpacker;
struct layer_unpacker *layer_unpacker_new(int dir_fd, struct err *err);
struct layer_sink *layer_unpacker_sink(struct layer_unpacker *u);
WARN_UNUSED int layer_unpacker_finish(struct layer_unpacker *u, struct err *err);
/*
 * Were there owners that the user namespace does not know? Such files belong to the caller, without set-id bits: the
 * snapshot will do for a build by a single user, the blob keeps what it says.
 */
bool layer_unpacker_lost_owners(const struct layer_unpacker *u);
void layer_unpacker_freep(struct layer_unpacker **u);

/* Feeds both; either may be NULL. */
struct layer_tee {
	struct layer_sink sink;
	struct layer_sink *first, *second;
};
void layer_tee_init(struct layer_tee *tee, struct layer_sink *first, struct layer_sink *second);

/*
 * Reads the tar (plain, gzip, bzip2, xz, zstd: told by content) behind `fd` into `sink`: layers, and archives of ADD.
 * Layer archives (`is_layer`) have ".wh." names turned into whiteouts; in others they are ordinary files. `ret_diff_id`, when
 * not NULL, receives the digest of the uncompressed stream. Limits: LIMIT_LAYER_ENTRIES, LIMIT_LAYER_SIZE.
 */
WARN_UNUSED int layer_read(int fd, bool is_layer, struct layer_sink *sink,
			   struct digest *ret_diff_id, struct err *err);
/* The same for what comes from elsewhere: up to `len` bytes, at least one; 0 at the end. */
struct layer_source {
	ssize_t (*read)(struct layer_source *source, void *buf, size_t len, struct err *err);
};
WARN_UNUSED int layer_read_from(struct layer_source *source, bool is_layer, struct layer_sink *sink,
				struct digest *ret_diff_id, struct err *err);
/*
 * Only decompresses what is behind `fd`, into `take`, which stops it by returning -1. LIMIT_LAYER_SIZE holds.
 */
typedef int layer_piece_fn(void *arg, const void *data, size_t len, struct err *err);
WARN_UNUSED int layer_decompress(int fd, layer_piece_fn *take, void *arg, struct err *err);
/* Is this a tar in one of those forms? Reads the beginning with pread(2), as ADD decides. */
WARN_UNUSED int layer_is_archive(int fd, bool *ret_is_archive, struct err *err);

struct layer_pack_options {
	bool root;    /* begin with an entry for the directory itself, "." */
	bool overlay; /* the directory is an overlay's upper: translate whiteouts and opaque marks */
	const struct strvec *exclude; /* paths (cleaned, relative) left out with all below them */
};
/*
 * Walks a directory in the order of bytes into `sink`: hard links, holes as data, xattrs (security.capability, without the
 * user namespace that it may name, and user.* except user.overlay.* and user.edgectl.*), sockets skipped. ERR_INPUT when a file changes
 * its size while it is read; ERR_UNSUPPORTED for an overlay that was mounted with redirect_dir or metacopy.
 */
WARN_UNUSED int layer_pack_dir(int dir_fd, const struct layer_pack_options *options,
			       struct layer_sink *sink, const struct monitor *monitor,
			       struct err *err);

#endif
