#include <ctype.h>

#include "base/alloc.h"
#include "short.h"

#define SECTIONS_MAX 3

static bool is_letter(char c)
{
	return isalpha((unsigned char)c) != 0;
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

/* Two slashes, a host, a slash, a share. */
static bool is_network_share(const char *path)
{
	size_t host = 0;

	if (!is_slash(path[0]) || !is_slash(path[1]))
		return false;
	host = strcspn(path + 2, "/\\");
	return host && path[2 + host] && path[3 + host];
}

bool is_windows_absolute(const char *path)
{
	return (is_letter(path[0]) && path[1] == ':' && is_slash(path[2])) ||
	       is_network_share(path);
}

/*
 * "d:/x" could be drive D of Windows, where the reference has it as the target of an anonymous volume.
 * Here it is the volume d, unless what follows it is a path, to which a drive would be mounted.
 */
static bool is_letter_volume(const char *spec)
{
	const char *options = NULL;

	if (!is_letter(spec[0]) || spec[1] != ':' || spec[2] != '/')
		return false;
	options = strchr(spec + 2, ':');
	return !options || !strpbrk(options + 1, "/\\:");
}

/* The length of the section up to the ':' that ends it; drives and "${A:-b}" keep theirs. */
static size_t section_len(const char *spec, bool drives)
{
	size_t depth = 0;

	for (size_t i = 0; spec[i]; i++) {
		if (spec[i] == '{' && (depth || (i && spec[i - 1] == '$')))
			depth++;
		else if (depth && spec[i] == '}')
			depth--;
		if (spec[i] != ':' || depth || (drives && i == 1 && is_letter(spec[0])))
			continue;
		return i;
	}
	return strlen(spec);
}

static bool is_host_path(const char *source)
{
	return strchr("./~", source[0]) || (source[0] == '\\' && source[1] == '\\') ||
	       (is_letter(source[0]) && source[1] == ':');
}

static struct yaml *member(struct arena *arena, struct yaml *map, const char *key)
{
	struct yaml *value = yaml_get(map, key);

	if (!value) {
		value = yaml_new(arena, YAML_MAP, map);
		yaml_set(arena, map, key, value);
	}
	return value;
}

static void take_option(struct arena *arena, struct yaml *mount, const char *option)
{
	static const char *const propagations[] = { "private", "rprivate", "shared",
						    "rshared", "slave",    "rslave" };

	if (!strcmp(option, "ro"))
		yaml_set(arena, mount, "read_only", yaml_new_bool(arena, true, mount));
	else if (!strcmp(option, "nocopy"))
		yaml_set(arena, member(arena, mount, "volume"), "nocopy",
			 yaml_new_bool(arena, true, mount));
	else if (!strcmp(option, "z") || !strcmp(option, "Z"))
		yaml_set(arena, member(arena, mount, "bind"), "selinux",
			 yaml_new_string(arena, option, mount));
	for (size_t i = 0; i < ARRAY_SIZE(propagations); i++)
		if (!strcmp(option, propagations[i]))
			yaml_set(arena, member(arena, mount, "bind"), "propagation",
				 yaml_new_string(arena, option, mount));
}

static void take_options(struct arena *arena, struct yaml *mount, const char *options)
{
	struct span rest = span_of(options);
	struct span option = { 0 };
	bool more = true;

	while (more) {
		more = span_cut(&rest, ',', &option);
		take_option(arena, mount, arena_strndup(arena, option.ptr, option.len));
	}
}

static struct yaml *mount_of(struct arena *arena, const struct yaml *at, const char *source,
			     const char *target, const char *options)
{
	struct yaml *mount = yaml_new(arena, YAML_MAP, at);
	bool is_bind = source && is_host_path(source);

	yaml_set(arena, mount, "type", yaml_new_string(arena, is_bind ? "bind" : "volume", at));
	if (source)
		yaml_set(arena, mount, "source", yaml_new_string(arena, source, at));
	yaml_set(arena, mount, "target", yaml_new_string(arena, target, at));
	if (options)
		take_options(arena, mount, options);
	if (is_bind)
		yaml_set(arena, member(arena, mount, "bind"), "create_host_path",
			 yaml_new_bool(arena, true, at));
	else if (yaml_has(mount, "bind"))
		yaml_set(arena, yaml_get(mount, "bind"), "create_host_path",
			 yaml_new_bool(arena, false, at));
	if (!is_bind)
		(void)member(arena, mount, "volume");
	return mount;
}

static int refuse(const char *text, const char *why, struct err *err)
{
	err_set(err, ERR_INPUT, "'%s' is not a volume: %s", text, why);
	return err_hint(err, "write it as [SOURCE:]TARGET[:OPTIONS]: './data:/data:ro'");
}

int short_volume(struct arena *arena, const struct yaml *spec, struct yaml **ret, struct err *err)
{
	const char *sections[SECTIONS_MAX] = { NULL };
	const char *rest = spec->text;
	bool drives = !is_letter_volume(spec->text);
	size_t count = 0;

	/* Too short to hold more than a target. */
	if (*rest && strlen(rest) <= 2) {
		*ret = mount_of(arena, spec, NULL, rest, NULL);
		return 0;
	}
	for (;;) {
		size_t len = section_len(rest, drives);

		if (!len)
			return refuse(spec->text, "an empty part", err);
		if (count == SECTIONS_MAX)
			return refuse(spec->text, "too many colons", err);
		sections[count++] = arena_strndup(arena, rest, len);
		if (!rest[len])
			break;
		rest += len + 1;
	}
	if (count == 1)
		*ret = mount_of(arena, spec, NULL, sections[0], NULL);
	else
		*ret = mount_of(arena, spec, sections[0], sections[1], sections[2]);
	return 0;
}
