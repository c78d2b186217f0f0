/* Relative paths to those that a board's or a build's side can use. */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "loader.h"
#include "short.h"

struct pass {
	struct arena *arena;
	const char *directory;
	const char *home;
};

/* The user's home stands for a "~" in front, also for that of "~x": no other user's home is looked up. */
static const char *expand_home(const struct pass *pass, const char *path)
{
	AUTO(freep) char *joined = NULL;
	AUTO(freep) char *clean = NULL;

	if (path[0] != '~' || !pass->home)
		return path;
	joined = xasprintf("%s/%s", pass->home, path + 1);
	clean = path_clean(joined);
	return arena_strdup(pass->arena, clean);
}

static const char *resolve(const struct pass *pass, const char *path)
{
	AUTO(freep) char *joined = NULL;
	AUTO(freep) char *clean = NULL;

	path = expand_home(pass, path);
	if (path_is_absolute(path) || !*path)
		return path;
	joined = path_join(pass->directory, path);
	clean = path_clean(joined);
	return arena_strdup(pass->arena, clean);
}

static const char *resolve_host(const struct pass *pass, const char *path)
{
	return is_windows_absolute(path) && path[0] != '/' ? path : resolve(pass, path);
}

/* Of a remote repository or another builder's scheme: nothing on this machine. */
static bool is_remote(const char *context)
{
	static const char *const prefixes[] = { "https://",    "http://", "git://",  "ssh://",
						"github.com/", "git@",    "service:" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_has_prefix(context, prefixes[i]))
			return true;
	return strstr(context, "://") != NULL;
}

/* Symbolic links resolved as far as the path exists. */
static const char *resolve_links(const struct pass *pass, const char *path)
{
	const char *full = resolve(pass, path);
	size_t len = strlen(full);

	/* Relative ones come by again. */
	if (!path_is_absolute(full))
		return full;
	for (; len; len = (size_t)((const char *)memrchr(full, '/', len) - full)) {
		AUTO(freep) char *existing = xstrndup(full, len);
		AUTO(freep) char *real = NULL;

		if (fs_realpath(existing, &real, NULL) == 0)
			return arena_printf(pass->arena, "%s%s", real[1] ? real : "", full + len);
	}
	return full;
}

static const char *resolve_ssh(const struct pass *pass, const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals)
		return text;
	return arena_printf(pass->arena, "%.*s=%s", (int)(equals - text), text,
			    resolve_host(pass, equals + 1));
}

static void resolve_member(const struct pass *pass, struct yaml *map, const char *key)
{
	struct yaml *value = yaml_get(map, key);

	if (yaml_is(value, YAML_STRING))
		value->text = resolve_host(pass, value->text);
}

static void resolve_map(const struct pass *pass, struct yaml *map, enum path_rule rule)
{
	struct yaml *options = yaml_get(map, "driver_opts");

	if (rule == PATH_VOLUME && str_eq(yaml_get_text(map, "type"), "bind"))
		resolve_member(pass, map, "source");
	if (rule == PATH_OPTIONS && str_eq(yaml_get_text(map, "driver"), "local") &&
	    str_eq(yaml_get_text(options, "o"), "bind"))
		resolve_member(pass, options, "device");
}

static const char *resolve_text(const struct pass *pass, const char *text, enum path_rule rule)
{
	switch (rule) {
	case PATH_NO:
	case PATH_VOLUME:
	case PATH_OPTIONS: return text;
	case PATH_FILE: return resolve(pass, text);
	case PATH_HOST: return resolve_host(pass, text);
	case PATH_CONTEXT: return is_remote(text) ? text : resolve(pass, text);
	case PATH_WATCHED: return resolve_links(pass, text);
	case PATH_SSH: return resolve_ssh(pass, text);
	}
	return text;
}

static void walk(const struct pass *pass, struct yaml *node, const struct attr *attr)
{
	if (!attr)
		return;
	if (node->kind == YAML_STRING)
		node->text = resolve_text(pass, node->text, attr->path);
	if (node->kind == YAML_MAP)
		resolve_map(pass, node, attr->path);
	YAML_EACH_ITEM(item, node)
		walk(pass, *item, attr->items);
	YAML_EACH_ENTRY(entry, node)
		walk(pass, entry->value, attr_member(attr, entry->key));
}

char *relative_path(const char *from, const char *to)
{
	AUTO(str_release) struct str out = STR_INIT;
	size_t common = 0;

	for (size_t i = 0;; i++) {
		bool from_ends = from[i] == '\0' || from[i] == '/';
		bool to_ends = to[i] == '\0' || to[i] == '/';

		if (from_ends && to_ends)
			common = i;
		if (from[i] != to[i] || !from[i])
			break;
	}
	for (const char *at = from + common; *at; at++)
		if (*at == '/' && at[1])
			str_add(&out, "../");
	to += common;
	str_add(&out, *to == '/' ? to + 1 : to);
	return out.len ? path_clean(out.ptr) : xstrdup(".");
}

void resolve_paths(struct loader *loader, struct yaml *document, const char *directory)
{
	struct pass pass = { .arena = loader->arena,
			     .directory = directory,
			     .home = strmap_get(&loader->env, "HOME") };

	walk(&pass, document, &attr_document);
}
