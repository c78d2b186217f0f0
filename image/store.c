#include "image/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/path.h"
#include "partial.h"
#include "store_private.h"

#define LAYOUT_FILE "oci-layout"
/* Less is left when a program has just failed for lack of it. */
#define DISK_FULL_BYTES (256 << 10)
/* The same after it has said so, when others may have tidied up since. */
#define DISK_WAS_FULL_BYTES (64 << 20)

static int hint_room(const struct store *store, struct err *err)
{
	if (store->is_scratch)
		return err_hint(err,
				"make room on the disk of '%s', or choose another place for "
				"temporary files: TMPDIR=/other/place",
				store->root);
	return err_hint(
		err,
		"make room on the disk of '%s' ('edgectl prune' removes build cache), or put the "
		"store elsewhere: EDGECTL_ROOT=/other/place",
		store->root);
}

int store_failed(const struct store *store, struct err *err)
{
	switch (err ? err->errnum : 0) {
	case ENOSPC:
	case EDQUOT: return hint_room(store, err);
	case EACCES:
	case EPERM:
	case EROFS:
		if (store->is_scratch)
			return err_hint(err, "choose another place for temporary files: "
					     "TMPDIR=/other/place");
		return err_hint(err,
				"the store '%s' must be yours: choose another with "
				"EDGECTL_ROOT=/other/place",
				store->root);
	default: return -1;
	}
}

static bool has_less_than(const struct store *store, uint64_t bytes)
{
	struct statvfs st;

	return fstatvfs(store->fd, &st) == 0 && (uint64_t)st.f_bavail * st.f_frsize < bytes;
}

void store_mark_scratch(struct store *store)
{
	store->is_scratch = true;
}

static bool came_of_full_disk(const struct store *store, const struct err *err)
{
	bool was_said = err->errnum == ENOSPC || err->errnum == EDQUOT;

	if (err->kind == ERR_CHILD)
		return has_less_than(store, was_said ? DISK_WAS_FULL_BYTES : DISK_FULL_BYTES);
	return was_said;
}

int store_explain_failure(const struct store *store, struct err *err)
{
	return err && came_of_full_disk(store, err) ? hint_room(store, err) : -1;
}

/* The layout file comes last: a store whose making was interrupted is made again. */
static int make_layout(struct store *store, struct err *err)
{
	static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	/* snapshots hold set-user-ID programs and devices of images, which are for no other user of the machine */
	static const struct {
		const char *path;
		mode_t mode;
	} dirs[] = { { "blobs/sha256", 0755 }, { "ingest", 0755 }, { "snapshots", 0700 } };

	if (fs_exists(store->fd, LAYOUT_FILE))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (fs_mkdir_all(store->fd, dirs[i].path, dirs[i].mode, err) < 0)
			return -1;
	return fs_write_file_atomic(store->fd, LAYOUT_FILE, layout, strlen(layout), 0644, err);
}

static int open_root(struct store *store, const char *root, struct err *err)
{
	int flags = O_RDONLY | O_DIRECTORY;

	store->root = xstrdup(root);
	if (!fs_exists(AT_FDCWD, root) && fs_mkdir_all(AT_FDCWD, root, 0700, err) < 0)
		return -1;
	if (fd_open(AT_FDCWD, root, flags, 0, &store->fd, err) < 0)
		return -1;
	free(TAKE(store->root));
	if (fs_realpath(root, &store->root, err) < 0) {
		store->root = xstrdup(root);
		return -1;
	}
	return make_layout(store, err);
}

/* Snapshots that were not flushed are trusted within one boot only. */
static void read_boot_id(struct store *store)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(fd_closep) int fd = -1;

	if (fd_open(AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY, 0, &fd, NULL) == 0 &&
	    fd_read_to_str(fd, &text, 4096, "boot_id", NULL) == 0)
		memccpy(store->boot_id, text.ptr, '\n', sizeof(store->boot_id) - 1);
	store->boot_id[strcspn(store->boot_id, "\n")] = '\0';
	if (!store->boot_id[0])
		snprintf(store->boot_id, sizeof(store->boot_id), "unknown");
}

static int open_store(struct store *store, const char *root, struct err *err)
{
	AUTO(freep) char *own = NULL, *db_path = NULL;

	if (!root) {
		if (fs_data_home(&own, err) < 0)
			return -1;
		root = own;
	}
	if (open_root(store, root, err) < 0 || lease_open(&store->lease, store->fd, err) < 0)
		return store_failed(store, err);
	read_boot_id(store);
	db_path = path_join(store->root, "edgectl.db");
	if (db_open(&store->db, db_path, store->fd, err) < 0)
		return store_failed(store, err);
	blob_sweep(store);
	partial_sweep(store);
	return tag_check_index(store, err);
}

int store_open(const char *root, struct store **ret, struct err *err)
{
	struct store *store = xcalloc(1, sizeof(*store));

	store->fd = -1;
	store->lease = (struct lease)LEASE_INIT;
	if (open_store(store, root, err) < 0) {
		store_closep(&store);
		return err_wrap(err, "open the store");
	}
	*ret = store;
	return 0;
}

void store_closep(struct store **store)
{
	struct store *s = TAKE(*store);

	if (!s)
		return;
	VEC_FOREACH(lock, &s->making)
		fd_closep(&lock->fd);
	free(s->making.items);
	db_close(&s->db);
	lease_close(&s->lease);
	fd_closep(&s->fd);
	free(s->root);
	free(s);
}

const char *store_root(const struct store *store)
{
	return store->root;
}

int store_dir_fd(const struct store *store)
{
	return store->fd;
}

bool store_use(struct store *store, const char *path)
{
	return lease_use(&store->lease, store->fd, path);
}
