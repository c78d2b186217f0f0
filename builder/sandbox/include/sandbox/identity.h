/*
 * Which user and group ids this process may use for the files of images. A command that touches snapshots enters once,
 * before any thread starts; from then on all files are seen with container ids.
 *
 *	root             stays in its user namespace, all ids 1:1, a private mount namespace
 *	user, subuids    a new user namespace: 0 is the user, 1.. are his ranges (newuidmap, newgidmap)
 *	user, no ranges  a new user namespace with id 0 alone: files of other owners cannot be made
 *	nested           already in a user namespace with more than one id (unshare -r, a container): as root there
 */
#ifndef SANDBOX_IDENTITY_H
#define SANDBOX_IDENTITY_H

#include <stdbool.h>

#include "base/err.h"

enum identity_kind { IDENTITY_ROOT, IDENTITY_RANGES, IDENTITY_SINGLE, IDENTITY_NESTED };

struct identity {
	enum identity_kind kind;
	unsigned long id_count; /* usable user ids */
	/* IDENTITY_SINGLE: why there are no ranges and, behind a semicolon, the command that mends it; to be shown as a warning. Owned. */
	char *limitation;
};

/*
 * user_namespaces(7). Errors name the sysctl or the package that stands in the way: max_user_namespaces,
 * kernel.unprivileged_userns_clone, AppArmor's restriction, newuidmap missing or not set-user-ID.
 */
WARN_UNUSED int identity_enter(struct identity *ret, struct err *err);
void identity_release(struct identity *identity);

/* What /etc/subuid and /etc/subgid, or the service that nsswitch.conf names in their place, give this user. */
struct subordinate_ids {
	char *user; /* as they call him */
	unsigned long uids, gids;
};

void subordinate_ids_find(struct subordinate_ids *ret);
void subordinate_ids_release(struct subordinate_ids *ids);

#endif
