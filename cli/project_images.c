#include "project_images.h"

#include "base/alloc.h"
#include "compose/project.h"
#include "compose_file.h"
#include "compose_resource.h"
#include "report.h"

static void add_service(const struct compose_service *service, struct strvec *ret)
{
	AUTO(freep) char *text = NULL;

	if (service->image)
		strvec_add(ret, service->image);
	strvec_add_all(ret, &service->build->tags);
	if (service->image || service->build->tags.len > 0)
		return;
	text = xasprintf("service '%s' has no 'image', it is not pushed", service->name);
	report_line(text);
}

static int load(const struct strvec *services, struct compose **ret, struct err *err)
{
	bool insecure = false;
	const struct compose_remote remote = { compose_resource_fetch, &insecure };
	const struct compose_options options = {
		.remote = &remote,
		.services = *services,
		.no_env_resolution = true, /* those of the containers do not matter */
		.for_build = true,
	};

	if (!compose_file_is_here() && !compose_file_is_above()) {
		(void)err_set(err, ERR_USAGE, "missing IMAGE|FLEET|DEVICE");
		return err_hint(err, "without one, it is the services of a compose file that are "
				     "pushed, and there is none here");
	}
	return compose_file_load(&options, ret, err);
}

int project_images(const struct strvec *services, struct strvec *ret, struct err *err)
{
	AUTO(compose_freep) struct compose *compose = NULL;

	if (load(services, &compose, err) < 0)
		return -1;
	VEC_FOREACH(service, &compose_project(compose)->services) {
		if (service->build)
			add_service(service, ret);
	}
	if (ret->len > 0)
		return 0;
	(void)err_set(err, ERR_INPUT, "none of the services that are built says where to");
	return err_hint(err, "give them an 'image' with its registry: lab:5000/app:1");
}
