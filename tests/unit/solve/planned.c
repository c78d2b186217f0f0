#include "planned.h"

#include <stdlib.h>

#include "base/alloc.h"

static int find_base(struct base_finder *finder, const char *name, const struct platform *platform,
		     const struct base_image **ret, struct err *err)
{
	struct planned *planned = CONTAINER_OF(finder, struct planned, finder);
	struct base_image *image = &planned->image;

	planned->asked++;
	if (str_eq(name, "missing"))
		return err_set(err, ERR_NOT_FOUND, "base image '%s': no such image", name);
	if (image->name && str_eq(image->name, name)) {
		*ret = image;
		return 0;
	}
	base_image_release(image);
	*image = (struct base_image){ .name = xstrdup(name), .platform = *platform };
	image_config_init(&image->config);
	image->config.platform = *platform;
	if (planned->env)
		strmap_set_pair(&image->config.env, planned->env);
	if (planned->on_build)
		strvec_add(&image->config.on_build, planned->on_build);
	*ret = image;
	return image_ref_parse(name, &image->ref, err);
}

void planned_init(struct planned *planned)
{
	*planned = (struct planned){
		.finder = { .find = find_base },
		.file = DOCKERFILE_INIT,
		.settings = { .epoch = -1 },
	};
	platform_set(&planned->platform, "linux", "arm", "v7");
	platform_set(&planned->build_platform, "linux", "amd64", "");
}

void planned_release(struct planned *planned)
{
	planned_image_release(&planned->result);
	graph_release(&planned->graph);
	base_image_release(&planned->image);
	strmap_release(&planned->build_args);
	dockerfile_release(&planned->file);
	diags_release(&planned->diags);
}

int planned_make(struct planned *planned, const char *text, struct err *err)
{
	struct plan_request request = {
		.settings = &planned->settings,
		.file = &planned->file,
		.file_name = "Dockerfile",
		.platform = &planned->platform,
		.platform_is_given = planned->platform_is_given,
		.build_platform = &planned->build_platform,
		.target = planned->target,
		.cpu_model = planned->cpu_model,
		.build_args = &planned->build_args,
		.bases = &planned->finder,
	};

	planned->settings.context = &planned->context;
	diags_init(&planned->diags, "Dockerfile", span_of(text));
	if (dockerfile_parse(span_of(text), &planned->file, &planned->diags) < 0)
		return diags_check(&planned->diags, err);
	return plan_image(&planned->graph, &request, &planned->result, err);
}

char *planned_dump(const struct planned *planned)
{
	struct str text = STR_INIT;

	graph_dump(&planned->graph, &text);
	VEC_FOREACH(line, &planned->result.lines)
		str_addf(&text, "%c %s\n", line->vertex ? '=' : '-', line->created_by);
	return str_detach(&text);
}
