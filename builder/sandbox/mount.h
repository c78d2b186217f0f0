/* Carries out a mount plan. */
#ifndef SANDBOX_MOUNT_H
#define SANDBOX_MOUNT_H

#include "base/err.h"
#include "base/vec.h"
#include "mount_plan.h"
#include "mount_point.h"

/* The trees of a plan's binds, opened while all of the host can still be seen. One per item; -1 = none. */
struct mount_sources {
	int *items;
	size_t len, cap;
};

#define MOUNT_SOURCES_INIT    \
	{                     \
		.items = NULL \
	}

WARN_UNUSED int mount_sources_open(const struct mount_plan *plan, struct mount_sources *ret,
				   struct err *err);
void mount_sources_close(struct mount_sources *sources);

/* `warnings` gets a line for what the kernel did not allow and something else stands in for. */
WARN_UNUSED int mount_plan_apply(const struct mount_plan *plan, const struct mount_sources *sources,
				 int scratch_fd, int dir_fd, struct mount_points *points,
				 struct strvec *warnings, struct err *err);

#endif
