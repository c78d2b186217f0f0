/* What a step's processes may do: the capabilities Docker gives, limits, and the ids of its account. */
#ifndef SANDBOX_PRIVILEGE_H
#define SANDBOX_PRIVILEGE_H

#include "account.h"
#include "base/err.h"

/*
 * Gives up, for this process and all that it starts, every capability outside of the default set, core files, and the
 * caller's session keyring. no_new_privs stays unset: set-user-ID programs (sudo, su) are part of builds.
 */
WARN_UNUSED int privilege_drop(struct err *err);
/* Becomes the account: groups, gid, uid. Other users than root keep no capability. */
WARN_UNUSED int privilege_become(const struct account *account, struct err *err);

#endif
