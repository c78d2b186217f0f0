#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"

#define NFS_MAGIC  0x6969
#define FUSE_MAGIC 0x65735546
#define CIFS_MAGIC 0xff534d42
#define ZFS_MAGIC  0x2fc12fc1

void rootfs_close(struct rootfs *rootfs)
{
	fd_closep(&rootfs->scratch_fd);
	fd_closep(&rootfs->root_fd);
	fd_closep(&rootfs->upper_fd);
}

/*
 * The descriptor of a mount stays usable as a directory whatever is mounted on it later, so nothing here has to name the
 * place of the scratch file system.
 */
static int mount_scratch(int dir_fd, int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int context_fd = fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (context_fd < 0 || fsconfig(context_fd, FSCONFIG_SET_STRING, "mode", "755", 0) < 0 ||
	    fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_errno(err, "make a tmpfs");
	*ret_fd = fsmount(context_fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (*ret_fd < 0 || move_mount(*ret_fd, "", dir_fd, "",
				      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_errno(err, "mount a tmpfs");
	if (fchdir(*ret_fd) < 0 || mkdir("root", 0755) < 0 || mkdir("empty", 0755) < 0)
		return err_errno(err, "prepare a tmpfs");
	return 0;
}

/* --- overlayfs --- */

/*
 * overlayfs takes at most a page of options, and ':' and ',' in them mean something: short links in the scratch directory
 * stand for the directories, whatever these are called.
 */
static int add_link(const char *link, int dir_fd, const char *path, struct err *err)
{
	AUTO(freep) char *target = xasprintf("/proc/self/fd/%d/%s", dir_fd, path);

	return symlink(target, link) < 0 ? err_errno(err, "link '%s'", path) : 0;
}

/* `prefix` tells the links of several mounts apart. */
static int add_upper(const struct rootfs_layers *layers, const char *prefix, int dir_fd,
		     struct str *options, struct err *err)
{
	AUTO(freep) char *upper = xasprintf("%su", prefix);
	AUTO(freep) char *work = xasprintf("%sw", prefix);

	if (add_link(upper, dir_fd, layers->upper, err) < 0 ||
	    add_link(work, dir_fd, layers->work, err) < 0)
		return -1;
	/* volatile: else the end of every step waits until the whole disk is synced. */
	str_addf(options, ",upperdir=%s,workdir=%s,volatile", upper, work);
	return 0;
}

static int write_options(const struct rootfs_layers *layers, const char *prefix, int dir_fd,
			 struct str *options, struct err *err)
{
	/* xino=off: 32-bit programs cannot take the inode numbers that it makes. */
	str_add(options, "userxattr,xino=off,lowerdir=");
	for (size_t i = layers->lowers->len; i > 0; i--) {
		AUTO(freep) char *link = xasprintf("%s%zu", prefix, i);

		if (add_link(link, dir_fd, layers->lowers->items[i - 1], err) < 0)
			return -1;
		str_addf(options, "%s%s", link, i > 1 ? ":" : "");
	}
	return layers->upper ? add_upper(layers, prefix, dir_fd, options, err) : 0;
}

static const char *file_system_name(int dir_fd)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} known[] = {
		{ OVERLAYFS_SUPER_MAGIC, "overlay" },
		{ TMPFS_MAGIC, "tmpfs" },
		{ NFS_MAGIC, "nfs" },
		{ FUSE_MAGIC, "fuse" },
		{ CIFS_MAGIC, "cifs" },
		{ SMB2_SUPER_MAGIC, "smb" },
		{ MSDOS_SUPER_MAGIC, "vfat" },
		{ EXFAT_SUPER_MAGIC, "exfat" },
		{ ECRYPTFS_SUPER_MAGIC, "ecryptfs" },
		{ ZFS_MAGIC, "zfs" },
		{ V9FS_MAGIC, "9p" },
		{ EXT4_SUPER_MAGIC, "ext4" },
		{ XFS_SUPER_MAGIC, "xfs" },
		{ BTRFS_SUPER_MAGIC, "btrfs" },
		{ F2FS_SUPER_MAGIC, "f2fs" },
	};
	struct statfs fs;

	if (fstatfs(dir_fd, &fs) < 0)
		return "unknown";
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if ((unsigned long)fs.f_type == known[i].magic)
			return known[i].name;
	return "unknown";
}

/* overlayfs says ENOENT, and not for which of a hundred. */
static const char *find_missing(const struct rootfs_layers *layers, int dir_fd)
{
	struct stat st;

	VEC_FOREACH(lower, layers->lowers)
		if (fstatat(dir_fd, *lower, &st, 0) < 0)
			return *lower;
	return layers->work && fstatat(dir_fd, layers->work, &st, 0) < 0 ? layers->work
									 : "of a layer";
}

/* sandbox_refused_overlay() goes by the kind and the errnum. */
static int refused(int errnum, struct err *err)
{
	if (err) {
		err->kind = ERR_UNSUPPORTED;
		err->errnum = errnum;
	}
	return -1;
}

static int explain_overlay(const struct rootfs_layers *layers, int dir_fd, struct err *err)
{
	int errnum = errno;

	if (errnum == ENODEV) {
		(void)err_set(err, ERR_UNSUPPORTED, "this kernel has no overlayfs");
		(void)err_hint(err, "sudo modprobe overlay");
		return refused(errnum, err);
	}
	if (errnum == EPERM) {
		(void)err_set(err, ERR_UNSUPPORTED,
			      "not allowed to mount overlayfs: that needs Linux 5.11, and a "
			      "container that does not forbid it");
		(void)err_hint(err,
			       "in a container: start it with --security-opt seccomp=unconfined "
			       "--security-opt apparmor=unconfined");
		return refused(errnum, err);
	}
	if (errnum == ENOENT || errnum == ESTALE || errnum == ENOTDIR)
		return err_errnum(err, errnum, "mount the directory '%s'",
				  find_missing(layers, dir_fd));
	(void)err_errnum(err, errnum, "mount overlayfs in a store on '%s'",
			 file_system_name(dir_fd));
	if (errnum != EINVAL && errnum != EOPNOTSUPP && errnum != ENOSYS)
		return -1;
	(void)err_hint(err, "set EDGECTL_ROOT to a directory on ext4, xfs or btrfs");
	return refused(errnum, err);
}

/* MS_NODEV: real root can make device nodes, for a layer; they must not open the disks of the machine. */
static int mount_overlay(const struct rootfs_layers *layers, const char *name, const char *prefix,
			 int dir_fd, struct err *err)
{
	AUTO(str_release) struct str options = STR_INIT;
	unsigned long flags = MS_NODEV | (layers->upper ? 0 : MS_RDONLY);

	if (write_options(layers, prefix, dir_fd, &options, err) < 0)
		return -1;
	return mount("overlay", name, "overlay", flags, options.ptr) < 0
		       ? explain_overlay(layers, dir_fd, err)
		       : 0;
}

/* One directory alone is no overlay. */
static int mount_directory(int tree_fd, bool read_only, struct err *err)
{
	struct mount_attr attr = { .attr_set =
					   MOUNT_ATTR_NODEV | (read_only ? MOUNT_ATTR_RDONLY : 0) };

	if (mount_setattr(tree_fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ||
	    move_mount(tree_fd, "", AT_FDCWD, "root", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_errno(err, "mount the root");
	return 0;
}

int rootfs_mount(const struct job *job, int dir_fd, struct rootfs *ret, struct err *err)
{
	struct rootfs_layers layers = { &job->lowers, job->upper, job->work };
	const char *alone = NULL;
	AUTO(fd_closep) int tree_fd = -1;

	if (job->upper &&
	    fd_open(dir_fd, job->upper, O_RDONLY | O_DIRECTORY, 0, &ret->upper_fd, err) < 0)
		return -1;
	if (job->upper && !job->lowers.len)
		alone = job->upper;
	else if (!job->upper && job->lowers.len == 1)
		alone = job->lowers.items[0];
	else if (!job->upper && !job->lowers.len)
		return err_set(err, ERR_INPUT, "no directory for the root");
	if (alone) {
		tree_fd = open_tree(dir_fd, alone, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (tree_fd < 0)
			return err_errno(err, "open '%s'", alone);
	}
	if (mount_scratch(dir_fd, &ret->scratch_fd, err) < 0)
		return -1;
	if ((alone ? mount_directory(tree_fd, !job->upper, err)
		   : mount_overlay(&layers, "root", "", dir_fd, err)) < 0)
		return -1;
	return fd_open(AT_FDCWD, "root", O_PATH | O_DIRECTORY, 0, &ret->root_fd, err);
}

int rootfs_open_tree(const struct rootfs_layers *layers, unsigned number, int dir_fd, int *ret_fd,
		     struct err *err)
{
	AUTO(freep) char *name = xasprintf("tree%u", number);
	AUTO(freep) char *prefix = xasprintf("%s-", name);

	if (layers->lowers->len == 1 && !layers->upper)
		return fd_open(dir_fd, layers->lowers->items[0], O_PATH | O_DIRECTORY, 0, ret_fd,
			       err);
	if (mkdir(name, 0755) < 0)
		return err_errno(err, "prepare a tmpfs");
	if (mount_overlay(layers, name, prefix, dir_fd, err) < 0)
		return -1;
	return fd_open(AT_FDCWD, name, O_PATH | O_DIRECTORY, 0, ret_fd, err);
}

int rootfs_enter(const struct rootfs *rootfs, struct err *err)
{
	/* pivot_root(2): with the same directory twice the old root ends up above the new one. */
	if (fchdir(rootfs->root_fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_errno(err, "enter the root file system");
	return 0;
}

void rootfs_forget_volatile(const struct job *job, int dir_fd)
{
	static const struct {
		const char *path;
		int flags;
	} marks[] = {
		{ "work/incompat/volatile/dirty", 0 },
		{ "work/incompat/volatile", AT_REMOVEDIR },
		{ "work/incompat", AT_REMOVEDIR },
	};

	if (!job->upper || !job->lowers.len)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		AUTO(freep) char *path = path_join(job->work, marks[i].path);

		/* Where they are not, there is nothing to take away. */
		(void)unlinkat(dir_fd, path, marks[i].flags);
	}
}
