/*
 * The system calls that steps may not make: what Docker's default profile refuses to a container with the default
 * capabilities, seccomp(2). Refused ones fail with EPERM; clone3 and those that are newer than this table with ENOSYS, so
 * that programs fall back to older ones. Steps under QEMU are filtered as well: QEMU makes this machine's calls.
 */
#ifndef SANDBOX_SYSCALL_FILTER_H
#define SANDBOX_SYSCALL_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

#include "base/err.h"

/* Made once for all steps, and inherited by fork. */
struct syscall_filter {
	struct sock_filter *items; /* NULL = none */
	size_t len;
};

#define SYSCALL_FILTER_INIT   \
	{                     \
		.items = NULL \
	}

WARN_UNUSED int syscall_filter_make(struct syscall_filter *ret, struct err *err);
void syscall_filter_release(struct syscall_filter *filter);
/*
 * For this process and all that it will start; there is no way back. Needs CAP_SYS_ADMIN in its user namespace, because
 * no_new_privs is not set. ERR_UNSUPPORTED where the kernel has no such filters.
 */
WARN_UNUSED int syscall_filter_load(const struct syscall_filter *filter, struct err *err);

#endif
