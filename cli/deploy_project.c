#include "deploy_project.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/str.h"
#include "build_mode.h"
#include "compose_file.h"
#include "compose_resource.h"
#include "device/info.h"

/* What a Dockerfile without a compose file is run as: reachable, and there again after a reboot. */
static const char dockerfile_model[] = "services:\n"
				       "  " DEPLOY_MAIN_SERVICE ":\n"
				       "    build: .\n"
				       "    network_mode: host\n"
				       "    restart: unless-stopped\n";

int deploy_enter_source(const struct deploy_args *args, struct err *err)
{
	if (args->source && chdir(args->source) < 0)
		return err_errno(err, "option '--source': '%s'", args->source);
	return 0;
}

void deploy_project_release(struct deploy_project *project)
{
	build_project_release(&project->build);
	compose_free(project->compose);
	strvec_release(&project->platform);
	free(project->args.operands.items);
}

static int choose_platform(const struct deploy_args *args, struct engine *engine,
			   struct deploy_project *project, struct err *err)
{
	struct platform platform;
	char text[PLATFORM_TEXT_MAX];

	project->args.source.machines_said = true;
	if (args->build.source.platforms.len > 0 || args->build.source.boards.len > 0)
		return 0;
	if (device_platform(engine, &platform, err) < 0)
		return -1;
	strvec_add(&project->platform, platform_format(&platform, text));
	project->args.source.platforms = project->platform;
	return 0;
}

/* The words behind DEVICE; the texts stay those of `words`. */
static void take_services(const struct strvec *words, struct strvec *ret)
{
	*ret = (struct strvec){ .len = words->len - 1 };
	ret->items = xcalloc(ret->len + 1, sizeof(*ret->items));
	for (size_t i = 0; i < ret->len; i++)
		ret->items[i] = words->items[i + 1];
	ret->cap = ret->len + 1;
}

static int load(struct deploy_project *project, struct strvec files, struct err *err)
{
	const struct build_args *args = &project->args;
	bool insecure = args->how.insecure;
	const struct compose_remote remote = { compose_resource_fetch, &insecure };
	const struct compose_options options = {
		.files = files,
		.remote = &remote,
		.env_files = args->project.env_files,
		.project_directory = project->is_dockerfile ? "." : args->project.directory,
		.project_name = project->name,
		.profiles = args->project.profiles,
		.services = args->operands,
	};

	return compose_file_load_silently(&options, &project->compose, err);
}

/* A file of the model, which is nowhere on the disk. */
static int load_dockerfile_model(struct deploy_project *project, struct err *err)
{
	AUTO(fd_closep) int fd = memfd_create("compose.yaml", MFD_CLOEXEC);
	AUTO(strvec_release) struct strvec files = STRVEC_INIT;

	if (fd < 0)
		return err_errno(err, "make the compose model");
	if (fd_write_all(fd, dockerfile_model, strlen(dockerfile_model), "compose.yaml", err) < 0)
		return -1;
	strvec_addf(&files, "/proc/self/fd/%d", fd);
	return load(project, files, err);
}

/* A project of images alone is no mistake here. */
static bool has_something_to_build(const struct compose *compose)
{
	VEC_FOREACH(service, &compose_project(compose)->services) {
		if (service->build)
			return true;
	}
	return false;
}

int deploy_project_open(const struct deploy_args *args, struct engine *engine,
			struct deploy_project *ret, struct err *err)
{
	enum build_mode mode;

	/* A Dockerfile has a name here as well, which is no word of its build. */
	ret->args = args->build;
	ret->args.project.name = NULL;
	ret->name = args->build.project.name;
	take_services(&args->words, &ret->args.operands);
	if (choose_platform(args, engine, ret, err) < 0 ||
	    build_mode_choose(&ret->args, &mode, err) < 0)
		return -1;
	ret->is_dockerfile = mode == BUILD_DOCKERFILE;
	if (!ret->is_dockerfile)
		ret->args.project.name = ret->name;
	if (ret->is_dockerfile ? load_dockerfile_model(ret, err) < 0
			       : load(ret, ret->args.source.files, err) < 0)
		return -1;
	return has_something_to_build(ret->compose)
		       ? build_project_open(&ret->args, &ret->build, err)
		       : 0;
}
