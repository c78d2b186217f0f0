#include "userns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"

/* The first word of a file below /proc/sys; -1 when there is no such file. */
static long read_sysctl(const char *path)
{
	AUTO(str_release) struct str text = STR_INIT;
	unsigned long long value = 0;

	if (fs_read_file(AT_FDCWD, path, LIMIT_KIB, &text, NULL) < 0 ||
	    !span_to_u64(span_trim(str_span(&text)), INT32_MAX, &value))
		return -1;
	return (long)value;
}

int userns_explain(int errnum, struct err *err)
{
	if (errnum == ENOSPC || errnum == EUSERS) {
		(void)err_set(err, ERR_LIMIT,
			      "no further user namespace: user.max_user_namespaces is %ld",
			      read_sysctl("/proc/sys/user/max_user_namespaces"));
		return err_hint(err, "sudo sysctl -w user.max_user_namespaces=65536");
	}
	if (errnum != EPERM && errnum != EACCES)
		return err_errnum(err, errnum, "create a user namespace");
	if (read_sysctl("/proc/sys/kernel/unprivileged_userns_clone") == 0) {
		(void)err_set(
			err, ERR_DENIED,
			"user namespaces are switched off by kernel.unprivileged_userns_clone");
		return err_hint(err, "sudo sysctl -w kernel.unprivileged_userns_clone=1");
	}
	if (read_sysctl("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1) {
		(void)err_set(err, ERR_DENIED,
			      "AppArmor denies user namespaces to programs without a profile "
			      "(kernel.apparmor_restrict_unprivileged_userns)");
		return err_hint(err,
				"sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
	}
	(void)err_set(err, ERR_DENIED, "not allowed to create a user namespace");
	return err_hint(err, "in a container: start it with --security-opt seccomp=unconfined "
			     "--security-opt apparmor=unconfined; in a chroot: leave it");
}
