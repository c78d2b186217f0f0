#include "context/attributes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/alloc.h"
#include "base/str.h"

#define XATTR_LIMIT 65536 /* XATTR_LIST_MAX and XATTR_SIZE_MAX of Linux */

static bool is_kept(const char *name)
{
	return str_eq(name, "security.capability") ||
	       (str_has_prefix(name, "user.") && !str_has_prefix(name, "user.overlay.") &&
		!str_has_prefix(name, "user.edgectl."));
}

static bool means_none(int errnum)
{
	return errnum == ENODATA || errnum == ENOTSUP || errnum == EPERM || errnum == EACCES;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct layer_xattr *)a)->name, ((const struct layer_xattr *)b)->name);
}

static int read_value(const char *path, const char *name, struct layer_xattrs *ret, struct err *err)
{
	AUTO(freep) char *value = xmalloc(XATTR_LIMIT);
	ssize_t len = lgetxattr(path, name, value, XATTR_LIMIT);

	if (len < 0)
		return means_none(errno) ? 0 : err_errno(err, "read attribute '%s'", name);
	*VEC_ADD(ret) = (struct layer_xattr){
		.name = xstrdup(name),
		.value = xmemdup(value, (size_t)len),
		.len = (size_t)len,
	};
	return 0;
}

int xattrs_read(const char *path, struct layer_xattrs *ret, struct err *err)
{
	char names[4096];
	AUTO(freep) char *large = NULL;
	char *list = names;
	ssize_t len = llistxattr(path, names, sizeof(names));

	if (len < 0 && errno == ERANGE) {
		list = large = xmalloc(XATTR_LIMIT);
		len = llistxattr(path, large, XATTR_LIMIT);
	}
	if (len < 0)
		return means_none(errno) ? 0 : err_errno(err, "list attributes");
	for (const char *name = list; name < list + len; name += strlen(name) + 1) {
		if (is_kept(name) && read_value(path, name, ret, err) < 0)
			return -1;
	}
	if (ret->len > 1)
		qsort(ret->items, ret->len, sizeof(*ret->items), by_name);
	return 0;
}
