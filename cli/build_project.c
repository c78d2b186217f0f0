#include "build_project.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "build_mode.h"
#include "compose_file.h"
#include "compose_resource.h"
#include "report.h"

static void item_release(struct build_item *item)
{
	build_plan_release(&item->plan);
	build_service_release(&item->service);
}

void build_project_release(struct build_project *project)
{
	for (size_t i = 0; i < project->len; i++) {
		item_release(&project->items[i]);
		build_result_release(&project->results[i]);
	}
	free(project->items);
	free(project->requests);
	free(project->results);
	compose_free(project->compose);
}

static void allocate(struct build_project *project, size_t count)
{
	project->items = xcalloc(count, sizeof(*project->items));
	project->requests = xcalloc(count, sizeof(*project->requests));
	project->results = xcalloc(count, sizeof(*project->results));
}

static struct build_item *add_item(struct build_project *project)
{
	struct build_item *item = &project->items[project->len++];

	item->plan = (struct build_plan)BUILD_PLAN_INIT;
	return item;
}

static int plan_item(struct build_item *item, struct err *err)
{
	if (build_plan(item->args, &item->plan, err) < 0)
		return item->name ? err_wrap(err, "service '%s'", item->name) : -1;
	VEC_FOREACH(target, &item->service.targets)
		named_contexts_add_target(&item->plan.contexts, target->key, target->value);
	item->plan.request.name = item->name;
	return 0;
}

static int open_dockerfile(const struct build_args *args, struct build_project *ret,
			   struct err *err)
{
	struct build_item *item;

	allocate(ret, 1);
	item = add_item(ret);
	item->args = args;
	item->has_image_name = true;
	return plan_item(item, err);
}

/* --- services --- */

static int load(const struct build_args *args, struct build_project *ret, struct err *err)
{
	bool insecure = args->how.insecure;
	const struct compose_remote remote = { compose_resource_fetch, &insecure };
	const struct compose_options options = {
		.files = args->source.files,
		.remote = &remote,
		.env_files = args->project.env_files,
		.project_directory = args->project.directory,
		.project_name = args->project.name,
		.profiles = args->project.profiles,
		.services = args->operands,
		.no_env_resolution = true, /* those of the containers do not matter */
		.for_build = true,
	};

	if (compose_file_load(&options, &ret->compose, err) == 0)
		return 0;
	if (err && err->kind == ERR_USAGE && args->operands.len == 1 &&
	    fs_exists(AT_FDCWD, args->operands.items[0]))
		(void)err_hint(err, "for the Dockerfile in that directory: 'edgectl build ./%s'",
			       args->operands.items[0]);
	return -1;
}

static int nothing_to_build(const struct build_args *args, const struct compose_project *project,
			    struct err *err)
{
	if (args->operands.len > 0)
		return err_set(err, ERR_INPUT, "there is nothing to build");
	(void)err_set(err, ERR_INPUT, "no service of project '%s' has a build section",
		      project->name);
	return err_hint(err, "is it one of a profile? '--profile \"*\"' switches all of them on");
}

/* All of them into one file, or one directory, cannot be meant. */
static int check_outputs(const struct build_item *item, struct err *err)
{
	VEC_FOREACH(output, &item->plan.outputs) {
		if (!output->dest)
			continue;
		(void)err_set(err, ERR_USAGE, "--output to '%s' is for a single Dockerfile",
			      output->dest);
		return err_hint(err, "give the Dockerfile's directory: 'edgectl build "
				     "--output ... .'");
	}
	return 0;
}

static int add_service(const struct build_args *args, const struct compose_service *service,
		       struct build_project *ret, struct err *err)
{
	struct build_item *item = add_item(ret);

	item->name = service->name;
	item->args = &item->service.args;
	if (build_service_words(args, ret->compose, service, &item->service, err) < 0)
		return -1;
	item->has_image_name = item->service.has_image_name;
	return plan_item(item, err) < 0 ? -1 : check_outputs(item, err);
}

static void skip(const struct compose_service *service)
{
	AUTO(freep)
	char *text = xasprintf("service '%s' has no build section, skipped", service->name);

	report_line(text);
}

static int open_services(const struct build_args *args, struct build_project *ret, struct err *err)
{
	const struct compose_project *project;

	if (load(args, ret, err) < 0)
		return -1;
	project = compose_project(ret->compose);
	allocate(ret, project->services.len + 1);
	VEC_FOREACH(service, &project->services) {
		if (service->build && add_service(args, service, ret, err) < 0)
			return -1;
		if (!service->build && args->operands.len > 0)
			skip(service);
	}
	return ret->len > 0 ? 0 : nothing_to_build(args, project, err);
}

static int check_one(const struct build_args *args, const struct build_project *project,
		     struct err *err)
{
	if (project->len == 1 || !args->result.iidfile)
		return 0;
	(void)err_set(err, ERR_USAGE, "--iidfile holds one image id, and %zu services are built",
		      project->len);
	return err_hint(err, "use --metadata-file, or name one service");
}

/* Known before anything is built, not after. */
static int check_push(const struct build_args *args, const struct build_project *project,
		      struct err *err)
{
	for (size_t i = 0; i < project->len; i++) {
		if (project->items[i].has_image_name || project->items[i].plan.names.len > 1)
			return 0;
	}
	if (!args->result.push)
		return 0;
	(void)err_set(err, ERR_INPUT, "--push: none of the services says where to");
	return err_hint(err, "give them an 'image' with its registry: lab:5000/app:1");
}

int build_project_open(const struct build_args *args, struct build_project *ret, struct err *err)
{
	enum build_mode mode;

	if (build_mode_choose(args, &mode, err) < 0)
		return -1;
	if (mode == BUILD_DOCKERFILE ? open_dockerfile(args, ret, err) < 0
				     : open_services(args, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < ret->len; i++)
		ret->requests[i] = ret->items[i].plan.request;
	return check_one(args, ret, err) < 0 ? -1 : check_push(args, ret, err);
}
