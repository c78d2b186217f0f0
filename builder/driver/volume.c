/* The value of -v/--volume. */
#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "builder/build.h"

static int parse_option(const char *text, const char *option, bool *ret_read_only, struct err *err)
{
	*ret_read_only = str_eq(option, "ro");
	if (*ret_read_only || str_eq(option, "rw"))
		return 0;
	(void)err_set(err, ERR_USAGE, "volume '%s': unknown option '%s'", text, option);
	return err_hint(err, "write ro or rw");
}

static int set_target(const char *text, struct span target, struct build_volume *volume,
		      struct err *err)
{
	AUTO(freep) char *path = span_dup(target);

	if (!path_is_absolute(path)) {
		(void)err_set(err, ERR_USAGE, "volume '%s': '%s' is not an absolute path", text,
			      path);
		return err_hint(err, "write HOST:CONTAINER[:ro|rw]");
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

	if (!fs_exists(AT_FDCWD, path))
		return err_set(err, ERR_USAGE, "volume '%s': '%s' does not exist", text, path);
	return fs_realpath(path, &volume->source, err);
}

int build_volume_parse(const char *text, const char *base_dir, struct build_volume *ret,
		       struct err *err)
{
	struct span rest = span_of(text), source, target;
	struct build_volume volume = { .read_only = false };
	AUTO(freep) char *option = NULL;
	bool has_target = span_cut(&rest, ':', &source);
	bool has_option = has_target && span_cut(&rest, ':', &target);

	if (!has_target || source.len == 0) {
		(void)err_set(err, ERR_USAGE, "volume '%s' names no place in the container", text);
		return err_hint(err, "write HOST:CONTAINER[:ro|rw]");
	}
	option = has_option ? span_dup(rest) : NULL;
	if (option && parse_option(text, option, &volume.read_only, err) < 0)
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
