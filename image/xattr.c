#include "xattr.h"

#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/alloc.h"
#include "base/str.h"

#define CAPABILITY "security.capability"

void layer_xattrs_add(struct layer_xattrs *xattrs, const char *name, const void *value, size_t len)
{
	*VEC_ADD(xattrs) = (struct layer_xattr){
		.name = xstrdup(name),
		.value = xmemdup(value, len),
		.len = len,
	};
}

bool xattr_is_wanted(const char *name)
{
	if (str_has_prefix(name, "user."))
		return !str_has_prefix(name, "user.overlay.") &&
		       !str_has_prefix(name, "user.edgectl.");
	return strcmp(name, CAPABILITY) == 0;
}

/* struct vfs_ns_cap_data without its last member is struct vfs_cap_data. */
static size_t forget_namespace(void *value, size_t len)
{
	struct vfs_ns_cap_data cap;
	uint32_t magic;

	if (len != XATTR_CAPS_SZ_3)
		return len;
	memcpy(&cap, value, len);
	magic = le32toh(cap.magic_etc);
	if ((magic & VFS_CAP_REVISION_MASK) != VFS_CAP_REVISION_3)
		return len;
	cap.magic_etc = htole32((magic & ~VFS_CAP_REVISION_MASK) | VFS_CAP_REVISION_2);
	memcpy(value, &cap, XATTR_CAPS_SZ_2);
	return XATTR_CAPS_SZ_2;
}

static int read_one(int fd, const char *name, struct layer_xattrs *ret, struct err *err)
{
	char value[XATTR_SIZE_MAX];
	ssize_t len = fgetxattr(fd, name, value, sizeof(value));

	if (len < 0)
		return errno == ENODATA ? 0 : err_errno(err, "read attribute '%s'", name);
	if (strcmp(name, CAPABILITY) == 0)
		len = (ssize_t)forget_namespace(value, (size_t)len);
	layer_xattrs_add(ret, name, value, (size_t)len);
	return 0;
}

int xattr_read(int fd, struct layer_xattrs *ret, struct err *err)
{
	char names[XATTR_SIZE_MAX];
	ssize_t len = flistxattr(fd, names, sizeof(names));

	if (len < 0)
		return errno == ENOTSUP ? 0 : err_errno(err, "list the attributes");
	for (const char *name = names; name < names + len; name += strlen(name) + 1)
		if (xattr_is_wanted(name) && read_one(fd, name, ret, err) < 0)
			return -1;
	return 0;
}

int xattr_write(int fd, const struct layer_xattrs *xattrs, struct err *err)
{
	if (!xattrs)
		return 0;
	VEC_FOREACH(xattr, xattrs) {
		if (!xattr_is_wanted(xattr->name))
			continue;
		if (fsetxattr(fd, xattr->name, xattr->value, xattr->len, 0) < 0 && errno != EPERM &&
		    errno != ENOTSUP)
			return err_errno(err, "set attribute '%s'", xattr->name);
	}
	return 0;
}
