/*
 * Places to mount upon. Where the image has none, an empty directory or file (a stub) is made for the time of the step. It
 * must not get into a layer: what was made, and which directories overlayfs copied to `upper` on the way, is remembered and
 * undone once the step's mounts are gone. Within a bind of a host's directory a stub is made on the host, and is undone
 * there, unless another step mounts upon it by then.
 */
#ifndef SANDBOX_MOUNT_POINT_H
#define SANDBOX_MOUNT_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"
#include "base/str.h"
#include "wire.h"

struct stub {
	char *path; /* in the root, through no link; on the host: relative to `host` */
	bool directory;
	char *host;  /* the directory that is bound; NULL = the step's own root */
	bool found;  /* on the host, and there before: only kept from others that might remove it */
	int lock_fd; /* flock(2) on it as long as the step mounts upon it; -1 = none */
};

/* A directory that was not in `upper` before, as it looked then. */
struct copied_dir {
	char *path;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct timespec mtime;
};

struct stubs {
	struct {
		struct stub *items;
		size_t len, cap;
	} made;
	struct {
		struct copied_dir *items;
		size_t len, cap;
	} copied;
};

#define STUBS_INIT                       \
	{                                \
		.made = {.items = NULL } \
	}

/* What is mounted within the root. */
struct mounted {
	char *at;   /* in the root, through no link */
	char *host; /* the bound directory; NULL = what goes away with the step */
};

struct mount_points {
	int root_fd;       /* of the step; borrowed */
	int upper_fd;      /* -1 = read-only root; borrowed */
	uint64_t mount_id; /* of root_fd: stubs in other file systems go with them */
	struct stubs *stubs;
	struct {
		struct mounted *items;
		size_t len, cap;
	} mounted;
	bool has_host; /* one of them is bound from the host */
};

WARN_UNUSED int mount_points_init(struct mount_points *points, int root_fd, int upper_fd,
				  struct stubs *stubs, struct err *err);
void mount_points_release(struct mount_points *points);
/* To be called before something is mounted at the directory `fd`. `host` as in struct mounted. */
WARN_UNUSED int mount_points_note(struct mount_points *points, int fd, const char *host,
				  struct err *err);
/* An O_PATH descriptor; *ret_fd is -1 when there is nothing at `target`. Links resolve inside the root. */
WARN_UNUSED int mount_point_find(const struct mount_points *points, const char *target, int *ret_fd,
				 struct err *err);
/* The same, making what is missing. What is there must be a directory, or not, as `directory` says. */
WARN_UNUSED int mount_point_make(struct mount_points *points, const char *target, bool directory,
				 int *ret_fd, struct err *err);
/*
 * Where links of the image lead a mount that a step asked for: not into /proc, whose files are how the kernel tells processes apart
 * and confines them; nor over the root, nor over /dev unless by a /dev. ERR_INPUT.
 */
WARN_UNUSED int mount_point_check(const struct mount_points *points, int fd, const char *target,
				  bool is_dev, struct err *err);

/* Marks those on the host as mounted upon, for other steps. */
void stubs_lock(struct stubs *stubs);
/* In the directory that was `upper`, unmounted. Leaves what the step put to use; never follows a link. */
void stubs_remove(int upper_fd, struct stubs *stubs);
void stubs_release(struct stubs *stubs);
void stubs_encode(const struct stubs *stubs, struct str *out);
/* wire->bad tells. */
void stubs_decode(struct wire *wire, struct stubs *ret);

#endif
