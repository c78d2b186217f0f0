/*
 * The packages that are installed in an image, from the databases of dpkg, apk and rpm.
 *
 *	dpkg	/var/lib/dpkg/status, /var/lib/dpkg/status.d/ (deb-status; distroless images)
 *	apk	/lib/apk/db/installed, /usr/lib/apk/db/installed (apk's installed db v2)
 *	rpm	rpmdb.sqlite, SUSE's Packages.db, or Packages, a Berkeley DB, in /usr/lib/sysimage/rpm or /var/lib/rpm
 */
#ifndef DRIVER_PACKAGE_H
#define DRIVER_PACKAGE_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "context/tree.h"

enum package_kind { PACKAGE_DEB, PACKAGE_APK, PACKAGE_RPM };

struct package {
	enum package_kind kind;
	char *name, *version; /* never NULL */
	char *architecture;   /* the rest may be */
	char *source;         /* the source package, where it is another one */
	char *license;        /* as the database has it: not always an expression of SPDX */
	char *supplier;
};

struct packages {
	struct package *items;
	size_t len, cap;
};

/*
 * Sorted by kind, name, version and architecture. *ret_unread is what there is and cannot be read: the path of an rpm database of
 * an unknown kind, which the caller frees; NULL = nothing. A damaged database is ERR_INPUT.
 */
WARN_UNUSED int packages_find(struct tree *tree, struct packages *ret, char **ret_unread,
			      struct err *err);
void packages_release(struct packages *packages);

/* The databases one by one; they append. */
WARN_UNUSED int packages_read_dpkg(struct span status, bool is_installed_by_default,
				   struct packages *ret, struct err *err);
WARN_UNUSED int packages_read_apk(struct span installed, struct packages *ret, struct err *err);
/* `fd` is an SQLite database. */
WARN_UNUSED int packages_read_rpm(int fd, struct packages *ret, struct err *err);
/* `database` is the whole file; ERR_INPUT when it is damaged. */
WARN_UNUSED int packages_read_ndb(struct span database, struct packages *ret, struct err *err);
/* Is the file a Berkeley DB of a kind that rpm makes? */
bool packages_are_berkeley(struct span database);
/* The same for such a one. */
WARN_UNUSED int packages_read_berkeley(struct span database, struct packages *ret, struct err *err);

#endif
