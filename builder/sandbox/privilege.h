/* What a step's processes may do: the capabilities Docker gives, limits, and the ids of its account. */
#ifndef SANDBOX_PRIVILEGE_H
#define SANDBOX_PRIVILEGE_H

#include <stdbool.h>

#include "account.h"
#include "base/err.h"
#include "base/vec.h"
#include "sandbox/step_options.h"
#include "syscall_filter.h"

struct privilege {
	bool insecure; /* all capabilities stay, and there is no filter */
	const struct syscall_filter *filter;
	const struct step_options *options;
};

/*
 * Gives up, for this process and all that it starts, every capability outside of the default set, system calls, core files,
 * the caller's session keyring, and other processes' abstract sockets (scope.h). no_new_privs stays unset: set-user-ID programs (sudo, su) are part of builds.
 * `warnings` gets a line when the kernel knows no filters.
 */
WARN_UNUSED int privilege_drop(const struct privilege *privilege, struct strvec *warnings,
			       struct err *err);
/* What the limits of the options need that only root of the machine can give: to be called outside of new namespaces. */
void privilege_raise_limits(const struct step_options *options);
/* For this process and all that it starts. */
WARN_UNUSED int privilege_limit(const struct step_options *options, struct err *err);
/* Becomes the account: groups, gid, uid. Other users than root keep no capability. */
WARN_UNUSED int privilege_become(const struct account *account, struct err *err);

#endif
