#include "upload_record.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"

#define DIRECTORY   "uploads"
#define NAME_LENGTH 32
/* distribution forgets its uploads after a week, others after a day. */
#define AGE_SECONDS ((time_t)24 * 60 * 60)
#define SIZE_LIMIT  (64 * LIMIT_KIB)

struct upload_record {
	int dir_fd, fd;
	char name[NAME_LENGTH + 1];
	char *registry, *repository, *digest;
	char *location; /* NULL = none */
	uint64_t part_limit;
	size_t size; /* of the file */
};

static int open_directory(struct store *store)
{
	int fd = -1;

	if (fs_mkdir_all(store_dir_fd(store), DIRECTORY, 0700, NULL) < 0 ||
	    fd_open(store_dir_fd(store), DIRECTORY, O_RDONLY | O_DIRECTORY, 0, &fd, NULL) < 0)
		return -1;
	return fd;
}

static void set_name(struct upload_record *record)
{
	AUTO(freep)
	char *text = xasprintf("%s/%s@%s", record->registry, record->repository, record->digest);
	struct digest hash;

	digest_of(text, strlen(text), &hash);
	snprintf(record->name, sizeof(record->name), "%.*s", NAME_LENGTH, digest_hex(&hash));
}

static bool is_old(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || time(NULL) - st.st_mtime > AGE_SECONDS;
}

static uint64_t number_of(const json_t *json, const char *key)
{
	long long number = json_get_int(json, key, 0);

	return number > 0 ? (uint64_t)number : 0;
}

/* The text must be of this very upload: a name is only a hash of what it is for. */
static void read_place(struct upload_record *record)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *json = NULL;

	if (fd_read_to_str(record->fd, &text, SIZE_LIMIT, record->name, NULL) < 0)
		return;
	record->size = text.len;
	if (text.len == 0 || is_old(record->fd) ||
	    json_parse(str_span(&text), record->name, &json, NULL) < 0 ||
	    !str_eq(json_get_string(json, "registry"), record->registry) ||
	    !str_eq(json_get_string(json, "repository"), record->repository) ||
	    !str_eq(json_get_string(json, "digest"), record->digest))
		return;
	record->location = xstrdup_or_null(json_get_string(json, "location"));
	record->part_limit = number_of(json, "part-limit");
}

static int lock_file(struct upload_record *record)
{
	struct stat st;

	if (fd_open(record->dir_fd, record->name, O_RDWR | O_CREAT | O_NOFOLLOW, 0600, &record->fd,
		    NULL) < 0)
		return -1;
	/* A name that is gone was dropped by the process that had it locked. */
	if (flock(record->fd, LOCK_EX | LOCK_NB) < 0 || fstat(record->fd, &st) < 0 ||
	    st.st_nlink == 0)
		return -1;
	return 0;
}

struct upload_record *upload_record_open(struct store *store, const char *host,
					 const char *repository, const struct digest *digest)
{
	struct upload_record *record = xcalloc(1, sizeof(*record));

	record->fd = -1;
	record->registry = xstrdup(host);
	record->repository = xstrdup(repository);
	record->digest = xstrdup(digest->text);
	set_name(record);
	record->dir_fd = open_directory(store);
	if (record->dir_fd < 0 || lock_file(record) < 0) {
		upload_record_freep(&record);
		return NULL;
	}
	read_place(record);
	return record;
}

void upload_record_freep(struct upload_record **record)
{
	struct upload_record *r = TAKE(*record);
	struct stat st;

	if (!r)
		return;
	/* Nothing was written into it: the upload never began. */
	if (r->fd >= 0 && fstat(r->fd, &st) == 0 && st.st_size == 0 && st.st_nlink > 0)
		(void)unlinkat(r->dir_fd, r->name, 0); /* else the sweep does it */
	fd_closep(&r->fd);
	fd_closep(&r->dir_fd);
	free(r->registry);
	free(r->repository);
	free(r->digest);
	free(r->location);
	free(r);
}

const char *upload_record_location(const struct upload_record *record)
{
	return record ? record->location : NULL;
}

uint64_t upload_record_part_limit(const struct upload_record *record)
{
	return record ? record->part_limit : 0;
}

static void format(const struct upload_record *record, const struct upload_place *place,
		   struct str *ret)
{
	json_auto_t *json = json_object();

	json_set_string(json, "registry", record->registry);
	json_set_string(json, "repository", record->repository);
	json_set_string(json, "digest", record->digest);
	json_set_string(json, "location", place->location);
	json_object_set_new(json, "offset", json_integer((json_int_t)place->offset));
	if (place->part_limit > 0)
		json_object_set_new(json, "part-limit",
				    json_integer((json_int_t)place->part_limit));
	json_write(json, ret);
	str_addc(ret, '\n');
}

/*
 * In place and by one write, with blanks over what is left of a longer text, so that a kill finds the
 * old text or the new one. Without fsync: what a crash leaves half is no JSON, and costs no more than
 * the upload's beginning.
 */
void upload_record_save(struct upload_record *record, const struct upload_place *place)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (!record)
		return;
	format(record, place, &text);
	while (text.len < record->size)
		str_addc(&text, ' ');
	if (lseek(record->fd, 0, SEEK_SET) < 0 ||
	    fd_write_all(record->fd, text.ptr, text.len, record->name, NULL) < 0)
		upload_record_drop(record);
	else
		record->size = text.len;
}

void upload_record_drop(struct upload_record *record)
{
	if (!record)
		return;
	free(TAKE(record->location));
	record->size = 0;
	(void)!ftruncate(record->fd, 0); /* it is removed with the record */
}

static void sweep_one(int dir_fd, const char *name)
{
	AUTO(fd_closep)
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0 && is_old(fd) && flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(dir_fd, name, 0); /* the next sweep tries again */
}

void upload_records_sweep(struct store *store)
{
	AUTO(dir_closep) DIR *dir = dir_open(store_dir_fd(store), DIRECTORY, 0);
	const struct dirent *entry;

	while (dir && (entry = dir_next(dir)))
		sweep_one(dirfd(dir), entry->d_name);
}
