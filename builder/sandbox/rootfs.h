/* The step's root: an overlay of snapshots, and a scratch file system for what is mounted over it. */
#ifndef SANDBOX_ROOTFS_H
#define SANDBOX_ROOTFS_H

#include "base/err.h"
#include "job.h"

struct rootfs {
	int scratch_fd; /* a tmpfs that covers the helper's directory in this mount namespace */
	int root_fd;    /* O_PATH, the root */
	int upper_fd;   /* -1 = the root is read-only */
};

#define ROOTFS_INIT        \
	{                  \
		-1, -1, -1 \
	}

/* What a root is made of: directories relative to the helper's, as struct sandbox_step has them. */
struct rootfs_layers {
	const struct strvec *lowers;
	const char *upper, *work; /* NULL = it is read-only */
};

/*
 * In a mount namespace of its own. What is needed below `dir_fd` afterwards must have been opened before. Changes the
 * working directory to the scratch file system.
 */
WARN_UNUSED int rootfs_mount(const struct job *job, int dir_fd, struct rootfs *ret,
			     struct err *err);
/*
 * Another root, of these layers, of which there is at least one lower: an O_PATH descriptor of it. To be called between the two
 * others, with a `number` for each.
 */
WARN_UNUSED int rootfs_open_tree(const struct rootfs_layers *layers, unsigned number, int dir_fd,
				 int *ret_fd, struct err *err);
/* Makes the root this process's root, and detaches the old one. */
WARN_UNUSED int rootfs_enter(const struct rootfs *rootfs, struct err *err);
void rootfs_close(struct rootfs *rootfs);
/* Takes away what a volatile overlay leaves in its work directory so that nobody mounts it again. */
void rootfs_forget_volatile(const struct job *job, int dir_fd);

#endif
