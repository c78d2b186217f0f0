#include "scope.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* linux/landlock.h of Linux 6.12; Debian 12 has older headers. */
struct ruleset {
	uint64_t handled_access_fs, handled_access_net, scoped;
};
#define SCOPE_ABSTRACT_UNIX_SOCKET (1U << 0)
#define SCOPE_SIGNAL               (1U << 1)
#define CREATE_RULESET_VERSION     (1U << 0)
#define FIRST_VERSION              6 /* that knows scopes */

int scope_limit(struct err *err)
{
	const struct ruleset ruleset = { .scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL };
	AUTO(fd_closep) int fd = -1;

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION) < FIRST_VERSION)
		return 0;
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
	if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return err_errno(err, "keep the step from other processes");
	return 0;
}
