/*
 * A binfmt_misc of our own. It lives in a user namespace made for it below ours, with all our ids standing for themselves:
 * the kernel looks for an interpreter in the nearest namespace that has a binfmt_misc, so steps that are to run under the
 * host's registration must not be in it, and for root it keeps everything away from the host. The mount is attached
 * nowhere: descriptors keep it alive, and the end of their owner is the end of it.
 */
#ifndef SANDBOX_BINFMT_H
#define SANDBOX_BINFMT_H

#include "base/err.h"
#include "sandbox/emulation.h"

struct binfmt {
	int userns_fd; /* for setns(2) */
	int mount_fd;  /* the root of the binfmt_misc */
	int register_fd;
};

#define BINFMT_INIT        \
	{                  \
		-1, -1, -1 \
	}

/* Single-threaded callers with CAP_SYS_ADMIN, CAP_SETUID and CAP_SETGID in their user namespace. */
WARN_UNUSED int binfmt_open(struct binfmt *ret, struct err *err);
/* A processor that is registered already is fine. */
WARN_UNUSED int binfmt_register(const struct binfmt *binfmt, const struct emulation *emulation,
				struct err *err);
void binfmt_close(struct binfmt *binfmt);

#endif
