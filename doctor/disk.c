#include <errno.h>
#include <stdint.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/alloc.h"
#include "base/path.h"
#include "doctor/check.h"

#define GIB         ((uint64_t)1 << 30)
#define SPACE_NONE  (GIB / 2) /* less than a base image with a compiler takes */
#define SPACE_FEW   (5 * GIB)
#define INODES_NONE 1000
#define INODES_FEW  100000 /* of one Debian image with a compiler: 20,000 */
#define REMEDY                                                                              \
	"'edgectl prune' frees what the build cache takes; store.path in config.yaml puts " \
	"the store elsewhere"

/* What there is of the path to the store, which nobody may have made yet. */
static char *nearest_dir(const char *path)
{
	char *dir = xstrdup(path);

	while (access(dir, F_OK) < 0 && errno == ENOENT && !str_eq(dir, "/")) {
		char *parent = path_dir(dir);

		free(dir);
		dir = parent;
	}
	return dir;
}

static double gigabytes(uint64_t bytes)
{
	return (double)bytes / 1e9;
}

static void look_at_space(const struct check *check, const char *root, const struct statvfs *disk,
			  struct findings *ret)
{
	uint64_t space = (uint64_t)disk->f_bavail * disk->f_frsize;

	/* ramfs and its like do not say */
	if (disk->f_blocks == 0)
		return;
	findings_add(ret,
		     space < SPACE_NONE  ? FINDING_BAD
		     : space < SPACE_FEW ? FINDING_WARNING
					 : FINDING_GOOD,
		     check->name, space < SPACE_FEW ? REMEDY : NULL,
		     "%.1f GB of %.1f GB are free for the store '%s'%s", gigabytes(space),
		     gigabytes((uint64_t)disk->f_blocks * disk->f_frsize), root,
		     space < SPACE_FEW ? ", which a few images fill" : "");
	/* btrfs and others have as many as they need, and say 0 */
	if (disk->f_files > 0 && disk->f_favail < INODES_FEW)
		findings_add(ret, disk->f_favail < INODES_NONE ? FINDING_BAD : FINDING_WARNING,
			     check->name, REMEDY,
			     "%llu further files can be made on the disk of the store; an image "
			     "has tens of thousands",
			     (unsigned long long)disk->f_favail);
}

static void look_at_kind(const struct check *check, const char *dir, struct findings *ret)
{
	struct statfs fs;

	if (statfs(dir, &fs) < 0)
		return;
	if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
		findings_add(ret, FINDING_WARNING, check->name,
			     "store.path in config.yaml puts the store elsewhere",
			     "the store is in memory: a restart of the machine empties it");
	else if (fs.f_type == NFS_SUPER_MAGIC)
		findings_add(
			ret, FINDING_WARNING, check->name,
			"store.path in config.yaml puts the store on a local disk",
			"the store is on NFS, where overlayfs cannot write and locks are slow");
}

static int run_disk(const struct check *check, const struct check_context *context,
		    struct findings *ret, struct err *err)
{
	AUTO(freep) char *dir = NULL;
	struct statvfs disk;

	if (!context->store_root) {
		findings_add(ret, FINDING_BAD, check->name, context->store_err->hint,
			     "there is no place for the store: %s", context->store_err->message);
		return 0;
	}
	dir = nearest_dir(context->store_root);
	if (statvfs(dir, &disk) < 0)
		return err_errno(err, "look at the disk of '%s'", dir);
	if (access(dir, W_OK) < 0) {
		findings_add(ret, FINDING_BAD, check->name,
			     "store.path in config.yaml puts the store elsewhere",
			     "'%s' cannot be written%s: no store is to be had there", dir,
			     errno == EROFS ? ", it is mounted read-only" : "");
		return 0;
	}
	look_at_space(check, context->store_root, &disk, ret);
	look_at_kind(check, dir, ret);
	return 0;
}

extern const struct check check_disk;
const struct check check_disk = {
	.name = "disk",
	.title = "Disk",
	.run = run_disk,
};
