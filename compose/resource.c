/* Files by their names, and those that are elsewhere: in git repositories and registries. */
#include "base/alloc.h"
#include "base/path.h"
#include "loader.h"

bool compose_is_remote(const char *name)
{
	return strstr(name, "://") || str_has_prefix(name, "git@") ||
	       str_has_prefix(name, "github.com/") || str_has_prefix(name, "oci:");
}

static int fetch(struct loader *loader, const char *name, struct err *err)
{
	const struct compose_remote *remote = loader->options->remote;
	AUTO(freep) char *path = NULL;

	if (!remote) {
		(void)err_set(err, ERR_UNSUPPORTED, "'%s' is elsewhere", name);
		return err_hint(err, "name a file of this machine");
	}
	if (remote->fetch(remote->data, name, &path, err) < 0)
		return -1;
	strmap_set(&loader->resources, name, path);
	return 0;
}

int resource_find(struct loader *loader, const char *directory, const char *name, char **ret,
		  struct err *err)
{
	if (!compose_is_remote(name)) {
		*ret = path_resolve(directory, name);
		return 0;
	}
	if (!strmap_has(&loader->resources, name) && fetch(loader, name, err) < 0)
		return -1;
	*ret = xstrdup(strmap_get(&loader->resources, name));
	return 0;
}

char *resource_way(const char *from, const char *name, const char *to)
{
	return compose_is_remote(name) ? xstrdup(to) : relative_path(from, to);
}
