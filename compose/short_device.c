#include "base/alloc.h"
#include "short.h"

bool is_cdi_device(const char *text)
{
	const char *slash = strchr(text, '/');
	const char *equals = strchr(text, '=');

	return slash && slash != text && equals && equals > slash + 1 && equals[1] &&
	       !strchr(text, ':');
}

static struct yaml *device_of(struct arena *arena, const struct yaml *at, struct span source,
			      struct span target, const char *permissions)
{
	struct yaml *map = yaml_new(arena, YAML_MAP, at);

	yaml_set(arena, map, "source", yaml_new_stringf(arena, at, "%.*s", SPAN_FMT(source)));
	yaml_set(arena, map, "target", yaml_new_stringf(arena, at, "%.*s", SPAN_FMT(target)));
	yaml_set(arena, map, "permissions", yaml_new_string(arena, permissions, at));
	return map;
}

int short_device(struct arena *arena, const struct yaml *spec, struct yaml **ret, struct err *err)
{
	struct span rest = span_of(spec->text);
	struct span source = { 0 }, target = { 0 };
	const char *permissions = "rwm";

	if (!span_cut(&rest, ':', &source))
		target = source;
	else if (span_cut(&rest, ':', &target))
		permissions = rest.ptr;
	if (!target.len)
		target = source;
	if (strchr(permissions, ':')) {
		err_set(err, ERR_INPUT, "'%s' is not a device: too many colons", spec->text);
		return err_hint(
			err,
			"write it as SOURCE[:TARGET[:PERMISSIONS]]: '/dev/i2c-1:/dev/i2c-1:rw'");
	}
	*ret = device_of(arena, spec, source, target, permissions);
	return 0;
}
