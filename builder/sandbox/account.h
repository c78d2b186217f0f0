/* Who a step runs as: USER, looked up in the /etc/passwd and /etc/group of the step's root. */
#ifndef SANDBOX_ACCOUNT_H
#define SANDBOX_ACCOUNT_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct account {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary ones, `gid` among them; owned */
	size_t group_count;
	char *home; /* "/" when passwd does not say; owned */
};

/*
 * `user` is "name", "uid", "name:group", "uid:gid" or mixed; NULL or "" = root. Pure: `passwd` and `group` are the texts of
 * the two files, empty when there are none. As Docker does it: numbers need no entry; a user without ":group" has the gid
 * and the groups of his entries, or gid 0 where he has none. An unknown name is ERR_INPUT.
 */
WARN_UNUSED int account_resolve(const char *user, struct span passwd, struct span group,
				struct account *ret, struct err *err);
/* The same for a root file system; its files must be regular, at most LIMIT_PASSWD long, and inside of it. */
WARN_UNUSED int account_find(int root_fd, const char *user, struct account *ret, struct err *err);
void account_release(struct account *account);

#endif
