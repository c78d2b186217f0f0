#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "store_private.h"

#define INDEX_FILE     "index.json"
#define INDEX_TEMP     ".index.json"
#define INDEX_STAMP    "index.json" /* key of the stamp in the table meta */
#define REF_ANNOTATION "org.opencontainers.image.ref.name"
#define STAMP_MAX      80

/* --- rows --- */

static int read_row(sqlite3_stmt *query, struct stored_image *ret, struct err *err)
{
	struct digest digest;

	if (digest_parse(db_text(query, 2), &digest, err) < 0)
		return err_wrap(err, "tag '%s' in the database", db_text(query, 0));
	*ret = (struct stored_image){
		.name = xstrdup(db_text(query, 0)),
		.target = { .media_type = xstrdup(db_text(query, 1)),
			    .digest = digest,
			    .size = (uint64_t)sqlite3_column_int64(query, 3) },
		.updated = sqlite3_column_int64(query, 7),
	};
	if (db_text(query, 4)[0])
		platform_set(&ret->target.platform, db_text(query, 4), db_text(query, 5),
			     db_text(query, 6));
	return 0;
}

static void stored_image_release(struct stored_image *image)
{
	free(image->name);
	descriptor_release(&image->target);
}

void stored_images_release(struct stored_images *v)
{
	VEC_FOREACH(image, v)
		stored_image_release(image);
	free(v->items);
	*v = (struct stored_images){ .items = NULL };
}

static int list(struct db *db, struct stored_images *ret, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_TAG_LIST, err);
	struct stored_image image;
	bool row = true;

	while (query && db_step(db, query, &row, err) == 0) {
		if (!row)
			return 0;
		if (read_row(query, &image, err) < 0)
			return -1;
		*VEC_ADD(ret) = image;
	}
	return -1;
}

/* False with *ret untouched when there is no such tag. */
static int find(struct db *db, const char *name, struct descriptor *ret, bool *ret_found,
		struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_TAG_GET, err);
	struct stored_image image;

	if (!query)
		return -1;
	db_bind_text(query, 1, name);
	if (db_step(db, query, ret_found, err) < 0)
		return -1;
	if (!*ret_found)
		return 0;
	if (read_row(query, &image, err) < 0)
		return -1;
	free(image.name);
	*ret = image.target;
	return 0;
}

/* --- index.json --- */

static int read_stamp(struct db *db, char stamp[STAMP_MAX], struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_META_GET, err);
	bool row = false;

	stamp[0] = '\0';
	if (!query)
		return -1;
	db_bind_text(query, 1, INDEX_STAMP);
	if (db_step(db, query, &row, err) < 0)
		return -1;
	if (row)
		snprintf(stamp, STAMP_MAX, "%s", db_text(query, 0));
	return 0;
}

static int write_stamp(struct db *db, const char *stamp, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_META_SET, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, INDEX_STAMP);
	db_bind_text(query, 2, stamp);
	return db_run(db, query, err);
}

static void format_stamp(const struct stat *st, char stamp[STAMP_MAX])
{
	snprintf(stamp, STAMP_MAX, "%llu %lld.%09ld %lld", (unsigned long long)st->st_ino,
		 (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (long long)st->st_size);
}

static int render_index(struct db *db, struct str *out, struct err *err)
{
	AUTO(stored_images_release) struct stored_images images = { .items = NULL };
	AUTO(index_release) struct index index = { .media_type = xstrdup(MEDIA_OCI_INDEX) };

	if (list(db, &images, err) < 0)
		return -1;
	VEC_FOREACH(image, &images) {
		struct descriptor *d = VEC_ADD(&index.manifests);

		descriptor_copy(d, &image->target);
		strmap_set(&d->annotations, REF_ANNOTATION, image->name);
	}
	index_write(&index, out);
	return 0;
}

/*
 * Inside of a transaction: its write lock makes us the only writer of the file too. The database notes which file it
 * wrote, so that a file that is not of the last transaction (we were killed, the power failed before it was
 * on the disk, another tool wrote it) is made again at the next opening; therefore no fsync here.
 */
static int write_index(struct store *store, struct db *db, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(fd_closep) int fd = -1;
	char stamp[STAMP_MAX];
	struct stat st;

	if (render_index(db, &text, err) < 0 ||
	    fd_open(store->fd, INDEX_TEMP, O_WRONLY | O_CREAT | O_TRUNC, 0644, &fd, err) < 0 ||
	    fd_write_all(fd, text.ptr, text.len, INDEX_FILE, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0 || renameat(store->fd, INDEX_TEMP, store->fd, INDEX_FILE) < 0)
		return err_errno(err, "write '%s/%s'", store->root, INDEX_FILE);
	format_stamp(&st, stamp);
	return write_stamp(db, stamp, err);
}

static int index_is_current(struct store *store, struct db *db, bool *ret, struct err *err)
{
	char noted[STAMP_MAX], actual[STAMP_MAX] = "none";
	struct stat st;

	if (read_stamp(db, noted, err) < 0)
		return -1;
	if (fstatat(store->fd, INDEX_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		format_stamp(&st, actual);
	*ret = strcmp(noted, actual) == 0;
	return 0;
}

static int repair_index(struct store *store, struct db *db, struct err *err)
{
	bool current = false;

	if (db_begin(db, err) < 0)
		return -1;
	/* another process may have been in the middle of a change */
	if (index_is_current(store, db, &current, err) < 0 ||
	    (!current && write_index(store, db, err) < 0)) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

int tag_check_index(struct store *store, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);
	bool current = false;

	if (index_is_current(store, db, &current, err) < 0 ||
	    (!current && repair_index(store, db, err) < 0))
		return store_failed(store, err);
	return 0;
}

/* --- changes --- */

static int touch(struct db *db, const char *name, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_TAG_TOUCH, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, name);
	db_bind_int(query, 2, time(NULL));
	return db_run(db, query, err);
}

static int set(struct db *db, const char *name, const struct descriptor *target, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_TAG_SET, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, name);
	db_bind_text(query, 2, target->media_type);
	db_bind_text(query, 3, target->digest.text);
	db_bind_int(query, 4, (int64_t)target->size);
	db_bind_text(query, 5, target->platform.os);
	db_bind_text(query, 6, target->platform.arch);
	db_bind_text(query, 7, target->platform.variant);
	db_bind_int(query, 8, time(NULL));
	return db_run(db, query, err);
}

static int delete (struct db *db, const char *name, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_TAG_DELETE, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, name);
	if (db_run(db, query, err) < 0)
		return -1;
	if (sqlite3_changes(db->handle) == 0) {
		err_set(err, ERR_NOT_FOUND, "no image '%s' in the store", name);
		return err_hint(err, "'edgectl images' lists what there is");
	}
	return 0;
}

/* target NULL = remove the tag */
static int change(struct store *store, struct db *db, const char *name,
		  const struct descriptor *target, struct err *err)
{
	if ((target && blob_sync_names(store, err) < 0) || db_begin(db, err) < 0)
		return store_failed(store, err);
	if ((target ? set(db, name, target, err) : delete (db, name, err)) < 0 ||
	    write_index(store, db, err) < 0) {
		db_rollback(db);
		return store_failed(store, err);
	}
	return db_commit(db, err) == 0 ? 0 : store_failed(store, err);
}

/* The same index may have got images of more platforms, and a damaged blob another file. */
static int keep(struct store *store, struct db *db, const char *name, struct err *err)
{
	if ((store->has_new_names && blob_sync_names(store, err) < 0) || touch(db, name, err) < 0)
		return store_failed(store, err);
	return 0;
}

static bool same_target(const struct descriptor *a, const struct descriptor *b)
{
	return digest_equal(&a->digest, &b->digest) && a->size == b->size &&
	       str_eq(a->media_type, b->media_type) && platform_equal(&a->platform, &b->platform);
}

int store_tag(struct store *store, const char *name, const struct descriptor *target,
	      struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);
	AUTO(descriptor_release) struct descriptor old = { .media_type = NULL };
	bool found = false;

	if (find(db, name, &old, &found, err) < 0)
		return -1;
	if (found && same_target(&old, target))
		return keep(store, db, name, err);
	return change(store, db, name, target, err);
}

int store_untag(struct store *store, const char *name, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);

	return change(store, db, name, NULL, err);
}

int store_resolve(struct store *store, const char *name, struct descriptor *ret, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);
	bool found = false;

	if (find(db, name, ret, &found, err) < 0)
		return -1;
	if (found)
		return 0;
	err_set(err, ERR_NOT_FOUND, "no image '%s' in the store", name);
	return err_hint(err, "'edgectl images' lists what there is");
}

int store_list(struct store *store, struct stored_images *ret, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);
	struct stored_images images = { .items = NULL };

	if (list(db, &images, err) < 0) {
		stored_images_release(&images);
		return -1;
	}
	*ret = images;
	return 0;
}
