/*
 * All that is mounted over a step's root, as data, in the order in which it is done: /proc, /sys, /dev, the files of the
 * network, then the step's own mounts, outer ones before those within them. Making it touches nothing; mount.h does it.
 */
#ifndef SANDBOX_MOUNT_PLAN_H
#define SANDBOX_MOUNT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "job.h"

enum mount_action {
	MOUNT_NEW,       /* a new file system of type `source`, with `data` */
	MOUNT_BIND,      /* the tree at `source` on the host */
	MOUNT_TREE,      /* what is at `source` in the root that the layers of `tree` make */
	MOUNT_TEXT,      /* a file that says `data`, of `data_len` bytes */
	MOUNT_LINK,      /* no mount: a symbolic link to `source` in a file system of ours */
	MOUNT_MASK,      /* hidden: an empty directory or file in its place */
	MOUNT_READ_ONLY, /* made read-only in place */
};

struct mount_item {
	enum mount_action action;
	char *source, *target;            /* target without its leading slash */
	const struct sandbox_mount *tree; /* of a MOUNT_TREE; the job's */
	char *data;
	size_t data_len;
	unsigned long flags;     /* of mount(2), for MOUNT_NEW */
	unsigned mode, uid, gid; /* of a MOUNT_TEXT */
	bool read_only;
	bool no_devices; /* MOUNT_BIND: device nodes in it do not work */
	bool lasting; /* MOUNT_BIND: what is made in it stays on the host: mount points as well */
	/* A link in its place is refused: the paths to be hidden in it are found by its name. */
	bool no_link;
	bool is_step;  /* the step asked for it: not in /proc, nor over / or /dev */
	bool optional; /* what is not there is left out */
	char *substitute; /* MOUNT_NEW: the host's tree in its place where the kernel refuses a new one */
};

struct mount_plan {
	struct mount_item *items;
	size_t len, cap;
};

#define MOUNT_PLAN_INIT       \
	{                     \
		.items = NULL \
	}

/* What the plan depends on besides the step. */
struct mount_facts {
	bool tty_group; /* gid 5 exists in this user namespace */
	struct span resolv_conf, hosts;
};

void mount_plan_make(const struct job *job, const struct mount_facts *facts,
		     struct mount_plan *ret);
void mount_plan_release(struct mount_plan *plan);

#endif
