#include "base/path.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

static bool is_dot_dot(struct span component)
{
	return span_eq(component, "..");
}

/* Cuts the last component off `s`, but nothing of its first `keep` bytes. */
static void pop_component(struct str *s, size_t keep)
{
	size_t len = s->len;

	while (len > keep && s->ptr[len - 1] != '/')
		len--;
	if (len > keep)
		len--;
	str_truncate(s, len);
}

static void push_component(struct str *s, struct span component)
{
	if (s->len && s->ptr[s->len - 1] != '/')
		str_addc(s, '/');
	str_addn(s, component.ptr, component.len);
}

char *path_clean(const char *path)
{
	AUTO(str_release) struct str s = STR_INIT;
	struct span rest = span_of(path);
	struct span component = { 0 };
	bool absolute = path_is_absolute(path);
	size_t keep = 0; /* the root, and leading ".." that nothing can take back */

	if (absolute) {
		str_addc(&s, '/');
		keep = 1;
	}
	while (rest.len) {
		span_cut(&rest, '/', &component);
		if (!component.len || span_eq(component, "."))
			continue;
		if (!is_dot_dot(component)) {
			push_component(&s, component);
		} else if (s.len > keep) {
			pop_component(&s, keep);
		} else if (!absolute) {
			push_component(&s, component);
			keep = s.len;
		}
	}
	if (!s.len)
		str_addc(&s, '.');
	return str_detach(&s);
}

char *path_join(const char *base, const char *name)
{
	size_t len = strlen(base);

	if (!len)
		return xstrdup(name);
	while (len > 0 && base[len - 1] == '/')
		len--;
	while (*name == '/')
		name++;
	if (!*name)
		return len ? xstrndup(base, len) : xstrdup("/");
	return xasprintf("%.*s/%s", (int)len, base, name);
}

char *path_resolve(const char *base, const char *path)
{
	AUTO(freep) char *joined = NULL;

	if (path_is_absolute(path))
		return path_clean(path);
	joined = path_join(base, path);
	return path_clean(joined);
}

char *path_in_root(const char *path)
{
	AUTO(freep) char *absolute = xasprintf("/%s", path);
	AUTO(freep) char *clean = path_clean(absolute);

	return xstrdup(clean[1] ? clean + 1 : ".");
}

bool path_is_within(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (!strcmp(dir, "/"))
		return path_is_absolute(path);
	if (!strcmp(dir, "."))
		return !path_is_absolute(path) && strcmp(path, "..") != 0 &&
		       !str_has_prefix(path, "../");
	return !strncmp(path, dir, len) && (path[len] == '\0' || path[len] == '/');
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

bool path_is_absolute(const char *path)
{
	return path[0] == '/';
}
