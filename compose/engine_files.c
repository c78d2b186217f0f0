/* Secrets and configs whose content is a variable, or stands in the compose file. */
#include <stdlib.h>

#include "base/alloc.h"
#include "compose/list.h"
#include "engine.h"
#include "tree.h"

#define MODE_DEFAULT 0444

static int content_of(const struct compose *compose, const struct yaml *resource, const char *name,
		      const char **ret, struct err *err)
{
	const char *variable = yaml_get_text(resource, "environment");

	*ret = yaml_get_text(resource, "content");
	if (!variable)
		return 0;
	*ret = strmap_get(compose_environment(compose), variable);
	if (!*ret)
		return err_set(err, ERR_INPUT, "'%s' is the variable '%s', which is not set", name,
			       variable);
	return 0;
}

static void add_file(const struct yaml *use, const char *below, const char *name,
		     const char *content, struct compose_injected_files *out)
{
	const char *target = yaml_get_text(use, "target") ?: name;
	const char *mode = yaml_get_text(use, "mode");

	*VEC_ADD(out) = (struct compose_injected){
		.path = xasprintf("%s%s", *target == '/' ? "" : below, target),
		.content = xstrdup(content),
		.uid = xstrdup_or_null(yaml_get_text(use, "uid")),
		.gid = xstrdup_or_null(yaml_get_text(use, "gid")),
		.mode = mode ? (unsigned)strtoul(mode, NULL, 8) : MODE_DEFAULT,
	};
}

static int add_kind(const struct compose *compose, const struct yaml *service, const char *kind,
		    const char *below, struct compose_injected_files *out, struct err *err)
{
	const struct yaml *defined = yaml_get(compose_tree(compose), kind);

	YAML_EACH_ITEM(use, yaml_get(service, kind)) {
		const char *name = yaml_get_text(*use, "source") ?: "";
		const char *content = NULL;

		if (content_of(compose, yaml_get(defined, name), name, &content, err) < 0)
			return -1;
		if (content)
			add_file(*use, below, name, content, out);
	}
	return 0;
}

int compose_engine_files(const struct compose *compose, const char *service,
			 struct compose_injected_files *ret, struct err *err)
{
	const struct yaml *node = yaml_get(yaml_get(compose_tree(compose), "services"), service);

	*ret = (struct compose_injected_files){ .items = NULL };
	if (add_kind(compose, node, "configs", "/", ret, err) < 0 ||
	    add_kind(compose, node, "secrets", "/run/secrets/", ret, err) < 0)
		return err_wrap(err, "service '%s'", service);
	if (ret->len && yaml_has(node, "read_only"))
		return err_set(err, ERR_INPUT,
			       "service '%s' is read_only and cannot take '%s': make it a file",
			       service, ret->items[0].path);
	return 0;
}

void compose_injected_files_release(struct compose_injected_files *files)
{
	VEC_FOREACH(file, files) {
		free(file->path);
		free(file->content);
		free(file->uid);
		free(file->gid);
	}
	free(files->items);
	*files = (struct compose_injected_files){ .items = NULL };
}
