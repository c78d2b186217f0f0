/* The value of -v/--volume. */
#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "builder/build.h"

static int parse_cache(const char *text, const char *way, enum volume_cache *ret, struct err *err)
{
	static const char *const ways[] = { "path", "content", "none" };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		if (str_eq(way, ways[i])) {
			*ret = (enum volume_cache)i;
			return 0;
		}
	}
	(void)err_set(err, ERR_USAGE, "volume '%s': unknown way '%s' to cache", text, way);
	return err_hint(err, "write cache=path, cache=content or cache=none");
}

static int parse_option(const char *text, const char *option, struct build_volume *volume,
			struct err *err)
{
	if (str_has_prefix(option, "cache="))
		return parse_cache(text, option + strlen("cache="), &volume->cache, err);
	volume->read_only = str_eq(option, "ro");
	if (volume->read_only || str_eq(option, "rw"))
		return 0;
	(void)err_set(err, ERR_USAGE, "volume '%s': unknown option '%s'", text, option);
	return err_hint(err, "write ro, rw, or cache=path|content|none");
}

static int parse_options(const char *text, struct span options, struct build_volume *volume,
			 struct err *err)
{
	struct span option;
	bool has_more;

	do {
		AUTO(freep) char *word = NULL;

		has_more = span_cut(&options, ':', &option);
		word = span_dup(option);
		if (parse_option(text, word, volume, err) < 0)
			return -1;
	} while (has_more);
	return 0;
}

static int set_target(const char *text, struct span target, struct build_volume *volume,
		      struct err *err)
{
	AUTO(freep) char *path = span_dup(target);

	if (!path_is_absolute(path)) {
		(void)err_set(err, ERR_USAGE, "volume '%s': '%s' is not an absolute path", text,
			      path);
		return err_hint(err, "write HOST:CONTAINER[:ro|rw][:cache=path|content|none]");
	}
	volume->target = path_clean(path);
	if (!str_eq(volume->target, "/"))
		return 0;
	free(volume->target);
	volume->target = NULL;
	return err_set(err, ERR_USAGE, "volume '%s': it cannot cover '/'", text);
}

static int set_source(const char *text, struct span source, const char *base_dir,
		      struct build_volume *volume, struct err *err)
{
	AUTO(freep) char *given = span_dup(source);
	AUTO(freep) char *path = path_resolve(base_dir, given);

	if (!fs_exists(AT_FDCWD, path)) {
		(void)err_set(err, ERR_USAGE, "volume '%s': '%s' does not exist", text, path);
		return err_hint(err, "if the name is right, make it: mkdir -p '%s'", path);
	}
	return fs_realpath(path, &volume->source, err);
}

int build_volume_parse(const char *text, const char *base_dir, struct build_volume *ret,
		       struct err *err)
{
	struct span rest = span_of(text), source, target;
	struct build_volume volume = { .read_only = false };
	bool has_target = span_cut(&rest, ':', &source);
	bool has_option = has_target && span_cut(&rest, ':', &target);

	if (!has_target || source.len == 0) {
		(void)err_set(err, ERR_USAGE, "volume '%s' names no place in the container", text);
		return err_hint(err, "write HOST:CONTAINER[:ro|rw][:cache=path|content|none]");
	}
	if (has_option && parse_options(text, rest, &volume, err) < 0)
		return -1;
	if (set_target(text, target, &volume, err) < 0)
		return -1;
	if (set_source(text, source, base_dir, &volume, err) < 0) {
		free(volume.target);
		return -1;
	}
	*ret = volume;
	return 0;
}

void build_volumes_release(struct build_volumes *v)
{
	VEC_FOREACH(volume, v) {
		free(volume->source);
		free(volume->target);
	}
	free(v->items);
	*v = (struct build_volumes){ .items = NULL };
}
