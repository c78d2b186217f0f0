/*
 * Names of users and groups, looked up in the passwd and group files of a root file system
 * (passwd(5), group(5)).
 */
#ifndef SOLVE_ACCOUNTS_H
#define SOLVE_ACCOUNTS_H

#include <sys/types.h>

#include "base/err.h"
#include "context/tree.h"

struct owner {
	uid_t uid;
	gid_t gid;
};

/*
 * "user", "uid", "user:group", in any mix of names and numbers, as --chown has it: a number alone
 * is the group as well, a name's group is that of its passwd entry. Names that are not there are 0,
 * as BuildKit has it. `root` may be NULL: no names. LIMIT_PASSWD.
 */
WARN_UNUSED int accounts_resolve(struct tree *root, const char *text, struct owner *ret,
				 struct err *err);

#endif
