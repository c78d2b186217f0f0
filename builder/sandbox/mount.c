#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "rootfs.h"

#define CLONE_TREE (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)

struct mounter {
	int scratch_fd, dir_fd;
	struct mount_points *points;
	struct strvec *warnings;
	unsigned texts; /* files made so far */
	unsigned trees; /* and roots opened */
};

/* --- sources --- */

void mount_sources_close(struct mount_sources *sources)
{
	VEC_FOREACH(fd, sources)
		fd_closep(fd);
	free(sources->items);
	*sources = (struct mount_sources)MOUNT_SOURCES_INIT;
}

int mount_sources_open(const struct mount_plan *plan, struct mount_sources *ret, struct err *err)
{
	VEC_FOREACH(item, plan) {
		int *fd = VEC_ADD(ret);

		*fd = -1;
		if (item->action != MOUNT_BIND)
			continue;
		*fd = open_tree(AT_FDCWD, item->source, CLONE_TREE);
		if (*fd < 0 && !item->optional)
			return err_errno(err, "mount '%s'", item->source);
	}
	return 0;
}

/* --- mounting --- */

static int attach(int tree_fd, int target_fd, uint64_t attributes, const struct mount_item *item,
		  struct err *err)
{
	struct mount_attr attr = { .attr_set = attributes };

	if (attributes &&
	    mount_setattr(tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return err_errno(err, "restrict the mount at '/%s'", item->target);
	if (move_mount(tree_fd, "", target_fd, "",
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_errno(err, "mount '/%s'", item->target);
	return 0;
}

static uint64_t attributes_of(const struct mount_item *item)
{
	return (item->read_only ? MOUNT_ATTR_RDONLY : 0) |
	       (item->no_devices ? MOUNT_ATTR_NODEV : 0);
}

static int is_directory(int fd, bool *ret, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "look at a mount source");
	*ret = S_ISDIR(st.st_mode);
	return 0;
}

/* As the OCI runtimes refuse it since CVE-2019-19921: /proc would come to where nothing of it is hidden or locked. */
static int refuse_link(const struct mounter *mounter, const struct mount_item *item,
		       struct err *err)
{
	struct stat st;

	if (fstatat(mounter->points->root_fd, item->target, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISLNK(st.st_mode))
		return 0; /* what is not there is made */
	return err_set(err, ERR_INPUT, "'/%s' of the image is a link, and not a directory",
		       item->target);
}

/* ret_fd -1 = there is none, and need not be. */
static int target_of(struct mounter *mounter, const struct mount_item *item, bool directory,
		     int *ret_fd, struct err *err)
{
	bool is_dev = item->action == MOUNT_BIND && str_eq(item->source, "/dev");

	/* What is optional lies in a file system that has it or not: /proc, /sys. */
	if (item->optional && item->action != MOUNT_BIND && item->action != MOUNT_NEW)
		return mount_point_find(mounter->points, item->target, ret_fd, err);
	if (item->no_link && refuse_link(mounter, item, err) < 0)
		return -1;
	if (mount_point_make(mounter->points, item->target, directory, ret_fd, err) < 0)
		return -1;
	return item->is_step
		       ? mount_point_check(mounter->points, *ret_fd, item->target, is_dev, err)
		       : 0;
}

static int mount_tree(struct mounter *mounter, const struct mount_item *item, int tree_fd,
		      struct err *err)
{
	AUTO(fd_closep) int target_fd = -1;
	bool directory = false;

	if (tree_fd < 0)
		return 0;
	if (is_directory(tree_fd, &directory, err) < 0 ||
	    target_of(mounter, item, directory, &target_fd, err) < 0)
		return -1;
	if (directory && mount_points_note(mounter->points, target_fd,
					   item->lasting ? item->source : NULL, err) < 0)
		return -1;
	return attach(tree_fd, target_fd, attributes_of(item), item, err);
}

static int mount_part(struct mounter *mounter, const struct mount_item *item, struct err *err)
{
	struct rootfs_layers layers = { &item->tree->lowers, item->tree->upper, item->tree->work };
	AUTO(fd_closep) int root_fd = -1;
	AUTO(fd_closep) int fd = -1;
	AUTO(fd_closep) int tree_fd = -1;

	if (rootfs_open_tree(&layers, mounter->trees++, mounter->dir_fd, &root_fd, err) < 0)
		return err_wrap(err, "mount '/%s'", item->target);
	if (fd_open_in_root(root_fd, item->source, O_PATH, 0, &fd, err) < 0)
		return err_wrap(err, "mount '/%s'", item->target);
	tree_fd = open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree_fd < 0)
		return err_errno(err, "mount '/%s'", item->target);
	return mount_tree(mounter, item, tree_fd, err);
}

/* An unprivileged container overmounts parts of its /proc; the kernel then gives no new one that would show them. */
static int mount_substitute(struct mounter *mounter, const struct mount_item *item, int target_fd,
			    struct err *err)
{
	AUTO(fd_closep) int tree_fd = open_tree(AT_FDCWD, item->substitute, CLONE_TREE);

	if (tree_fd < 0)
		return err_errno(err, "mount '%s'", item->substitute);
	strvec_addf(mounter->warnings,
		    "this container does not allow a new '%s': steps see the '%s' of the container "
		    "instead",
		    item->source, item->substitute);
	return attach(tree_fd, target_fd, attributes_of(item), item, err);
}

static int mount_new(struct mounter *mounter, const struct mount_item *item, struct err *err)
{
	AUTO(fd_closep) int target_fd = -1;
	AUTO(freep) char *target = NULL;

	if (target_of(mounter, item, true, &target_fd, err) < 0 ||
	    mount_points_note(mounter->points, target_fd, NULL, err) < 0)
		return -1;
	target = xasprintf("/proc/self/fd/%d", target_fd);
	if (mount(item->source, target, item->source, item->flags, item->data) == 0)
		return 0;
	if (item->substitute && (errno == EPERM || errno == EACCES))
		return mount_substitute(mounter, item, target_fd, err);
	if (item->optional)
		return 0;
	return err_errno(err, "mount %s at '/%s'", item->source, item->target);
}

/* The mode again: the file is made with what the umask leaves of it. */
static int own_text(int fd, const struct mount_item *item, struct err *err)
{
	if ((item->uid || item->gid) && fchown(fd, item->uid, item->gid) < 0) {
		if (errno != EINVAL && errno != EPERM)
			return err_errno(err, "set the owner of '/%s'", item->target);
		return err_set(err, ERR_UNSUPPORTED,
			       "'/%s' cannot belong to %u:%u: this user namespace lacks such ids",
			       item->target, item->uid, item->gid);
	}
	return fchmod(fd, item->mode) < 0 ? err_errno(err, "set the mode of '/%s'", item->target)
					  : 0;
}

static int write_text(struct mounter *mounter, const struct mount_item *item, char **ret_name,
		      struct err *err)
{
	AUTO(freep) char *name = xasprintf("text%u", mounter->texts++);
	AUTO(fd_closep) int fd = -1;

	if (fd_open(mounter->scratch_fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, err) < 0 ||
	    fd_write_all(fd, item->data, item->data_len, item->target, err) < 0 ||
	    own_text(fd, item, err) < 0)
		return -1;
	*ret_name = TAKE(name);
	return fd_close(&fd, item->target, err);
}

static int mount_text(struct mounter *mounter, const struct mount_item *item, struct err *err)
{
	AUTO(freep) char *name = NULL;
	AUTO(fd_closep) int tree_fd = -1;

	if (write_text(mounter, item, &name, err) < 0)
		return -1;
	tree_fd = open_tree(mounter->scratch_fd, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree_fd < 0)
		return err_errno(err, "mount '/%s'", item->target);
	return mount_tree(mounter, item, tree_fd, err);
}

static int make_link(struct mounter *mounter, const struct mount_item *item, struct err *err)
{
	AUTO(freep) char *dir = path_dir(item->target);
	AUTO(fd_closep) int dir_fd = -1;

	if (fd_open_in_root(mounter->points->root_fd, dir, O_PATH | O_DIRECTORY, 0, &dir_fd, err) <
	    0)
		return -1;
	if (symlinkat(item->source, dir_fd, path_base(item->target)) < 0)
		return err_errno(err, "link '/%s'", item->target);
	return 0;
}

static int mask(struct mounter *mounter, const struct mount_item *item, struct err *err)
{
	AUTO(fd_closep) int target_fd = -1;
	AUTO(fd_closep) int tree_fd = -1;
	bool directory = false;

	if (target_of(mounter, item, false, &target_fd, err) < 0)
		return -1;
	if (target_fd < 0)
		return 0;
	if (is_directory(target_fd, &directory, err) < 0)
		return -1;
	tree_fd = directory ? open_tree(mounter->scratch_fd, "empty",
					OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)
			    : open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree_fd < 0)
		return err_errno(err, "hide '/%s'", item->target);
	return attach(tree_fd, target_fd, directory ? MOUNT_ATTR_RDONLY : 0, item, err);
}

static int lock(struct mounter *mounter, const struct mount_item *item, struct err *err)
{
	AUTO(fd_closep) int target_fd = -1;
	AUTO(fd_closep) int tree_fd = -1;

	if (target_of(mounter, item, true, &target_fd, err) < 0)
		return -1;
	if (target_fd < 0)
		return 0;
	tree_fd = open_tree(target_fd, "", CLONE_TREE | AT_EMPTY_PATH);
	if (tree_fd < 0)
		return err_errno(err, "make '/%s' read-only", item->target);
	return attach(tree_fd, target_fd, MOUNT_ATTR_RDONLY, item, err);
}

int mount_plan_apply(const struct mount_plan *plan, const struct mount_sources *sources,
		     int scratch_fd, int dir_fd, struct mount_points *points,
		     struct strvec *warnings, struct err *err)
{
	struct mounter mounter = {
		.scratch_fd = scratch_fd, .dir_fd = dir_fd, .points = points, .warnings = warnings
	};

	for (size_t i = 0; i < plan->len; i++) {
		const struct mount_item *item = &plan->items[i];
		int result = -1;

		switch (item->action) {
		case MOUNT_NEW: result = mount_new(&mounter, item, err); break;
		case MOUNT_BIND: result = mount_tree(&mounter, item, sources->items[i], err); break;
		case MOUNT_TREE: result = mount_part(&mounter, item, err); break;
		case MOUNT_TEXT: result = mount_text(&mounter, item, err); break;
		case MOUNT_LINK: result = make_link(&mounter, item, err); break;
		case MOUNT_MASK: result = mask(&mounter, item, err); break;
		case MOUNT_READ_ONLY: result = lock(&mounter, item, err); break;
		}
		if (result < 0)
			return -1;
	}
	return 0;
}
