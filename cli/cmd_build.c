#include <stdlib.h>

#include "app.h"
#include "build_args.h"
#include "build_call.h"
#include "build_output.h"
#include "build_print.h"
#include "build_project.h"
#include "command.h"
#include "exit_code.h"
#include "format.h"
#include "image_option.h"
#include "session.h"

/* "built app lab:5000/app:1 sha256:... (3 steps run, 5 cached, 2 shared, 12.3s emulated)" */
static void summarize(struct session *session, const struct build_item *item,
		      const struct build_result *result)
{
	const struct build_plan *plan = &item->plan;
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, "built ");
	if (item->name)
		str_addf(&text, "%s ", item->name);
	VEC_FOREACH(name, &plan->names) {
		AUTO(freep) char *shown = image_ref_format_short(name);

		str_addf(&text, "%s ", shown);
	}
	if (result->target.media_type)
		str_addf(&text, "%s ", result->target.digest.text);
	str_addf(&text, "(%u step%s run, %u cached", result->executed_steps,
		 result->executed_steps == 1 ? "" : "s", result->cached_steps);
	if (result->shared_steps > 0)
		str_addf(&text, ", %u shared", result->shared_steps);
	if (result->emulated_ns > 0) {
		str_add(&text, ", ");
		format_elapsed(&text, result->emulated_ns);
		str_add(&text, " emulated");
	}
	progress_summary(session->progress, "%s)", text.ptr);
	VEC_FOREACH(output, &plan->outputs) {
		if (output->dest && !str_eq(output->dest, "-"))
			progress_summary(session->progress, "wrote %s", output->dest);
	}
}

static int push_to(struct session *session, const struct build_output *output,
		   const struct descriptor *image, const char *name, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (image_ref_parse(name, &ref, err) < 0)
		return -1;
	if (output->push_by_digest) {
		free(TAKE(ref.tag));
		ref.digest = image->digest;
	}
	return push_image(session, image, &ref, err);
}

/* What a service is called only because it has no `image` is no name to push to. */
static int push_output(struct session *session, const struct build_item *item,
		       const struct build_output *output, const struct descriptor *image,
		       struct err *err)
{
	const struct strvec *names = output->names.len ? &output->names : &item->plan.tags;
	size_t first = output->names.len == 0 && !item->has_image_name;

	if (first)
		progress_summary(session->progress, "%s has no 'image', %s is not pushed",
				 item->name, names->items[0]);
	for (size_t i = first; i < names->len; i++) {
		if (push_to(session, output, image, names->items[i], err) < 0)
			return item->name ? err_wrap(err, "%s", item->name) : -1;
	}
	return 0;
}

static int push_outputs(struct session *session, const struct build_item *item,
			const struct build_result *result, struct err *err)
{
	const struct build_outputs *outputs = &item->plan.outputs;

	for (size_t i = 0; i < outputs->len; i++) {
		if (outputs->items[i].push && push_output(session, item, &outputs->items[i],
							  &result->images.items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int build_and_push(struct session *session, struct build_project *project, struct err *err)
{
	for (size_t i = 0; i < project->len; i++) {
		struct build_request *request = &project->requests[i];

		request->store = session->store;
		request->registry = session->registry;
		request->sandbox = session->sandbox;
		request->monitor = &session->monitor;
	}
	if (build_run_all(project->requests, project->len, project->results, err) < 0)
		return -1;
	for (size_t i = 0; i < project->len; i++)
		summarize(session, &project->items[i], &project->results[i]);
	for (size_t i = 0; i < project->len; i++) {
		if (push_outputs(session, &project->items[i], &project->results[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Of a build that failed, too; its own error goes before one of this. */
static int write_trace(const struct session *session, const char *path, int status, struct err *err)
{
	if (build_output_write_trace(session->progress, path, status < 0 ? NULL : err) < 0)
		return -1;
	return status;
}

static int write_results(const struct build_args *args, const struct build_project *project,
			 struct err *err)
{
	const char *iidfile = args->result.iidfile, *metadata = args->result.metadata_file;

	if (iidfile && build_output_write_id(&project->results[0], iidfile, err) < 0)
		return -1;
	return metadata ? build_output_write_metadata(project, metadata, err) : 0;
}

/* The ids; with the names of the services, when there are some. */
static int print_ids(const struct build_project *project, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	for (size_t i = 0; i < project->len; i++) {
		if (!*build_output_id(&project->results[i])) /* no output is an image */
			continue;
		if (project->items[i].name)
			str_addf(&text, "%s ", project->items[i].name);
		str_addf(&text, "%s\n", build_output_id(&project->results[i]));
	}
	return app_print(&text, err);
}

static int build_all(struct app *app, const struct build_args *args, struct build_project *project,
		     const struct session_options *options, struct err *err)
{
	AUTO(session_release) struct session session = SESSION_INIT;
	int status;

	if (session_open(options, &session, err) < 0)
		return -1;
	status = build_and_push(&session, project, err);
	if (status == 0)
		status = write_results(args, project, err);
	if (args->how.trace)
		status = write_trace(&session, args->how.trace, status, err);
	if (session_finish(&session, app, status, err) < 0)
		return -1;
	return args->how.quiet ? print_ids(project, err) : 0;
}

static int print(const struct build_project *project, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	build_print(project, &text);
	return app_print(&text, err);
}

static int build_command_run(struct app *app, const void *args_data, struct err *err)
{
	const struct build_args *args = args_data;
	struct session_options options = { .title = "Building",
					   .progress =
						   args->how.quiet
							   ? PROGRESS_QUIET
							   : (enum progress_mode)args->how.progress,
					   .needs_sandbox = true,
					   .insecure = args->how.insecure,
					   .verbose = args->how.verbose,
					   .secrets = args->how.secrets };
	AUTO(build_project_release) struct build_project project = BUILD_PROJECT_INIT;
	struct build_call call;

	if (build_call_parse(args->how.call, args->how.check, &call, err) < 0 ||
	    build_project_open(args, &project, err) < 0)
		return -1;
	if (args->result.print)
		return print(&project, err);
	if (call.is_check) {
		options.needs_sandbox = false;
		options.title = "Checking";
		return build_call_check(app, &call, project.requests, project.len, &options, err);
	}
	return build_all(app, args, &project, &options, err);
}

static const struct cli_example build_examples[] = {
	{ "Build for a 32-bit board from the Dockerfile here:",
	  "edgectl build --platform linux/arm/v7 -t app:1 ." },
	{ "For exactly the processor of a Raspberry Pi 4:",
	  "edgectl build --board raspberrypi4-64 -t app:1 ." },
	{ "For two kinds of board as one image, and push it:",
	  "edgectl build --platform linux/arm/v7,linux/arm64 -t lab:5000/app --push ." },
	{ "From a subdirectory of a branch, without cloning it first:",
	  "edgectl build -t app:1 https://git.example.com/app.git#main:board" },
	{ "See what is wrong with the Dockerfile, without building it:",
	  "edgectl build --check ." },
	{ "Keep the packages that apt downloads between builds, outside of the image:",
	  "edgectl build -v ~/.cache/apt:/var/cache/apt/archives -t app:1 ." },
	{ "All services of the compose file here, for a board, to a registry:",
	  "edgectl build --board raspberrypi4-64 --push" },
	{ "One service, and what it is built from:", "edgectl build -f compose.yaml app" },
	{ NULL, NULL },
};

const struct cli_command cmd_build = {
	.name = "build",
	.group = GROUP_BUILD,
	.summary = "Build an image from a Dockerfile, or all of a compose project",
	.details = "CONTEXT is the directory whose files the Dockerfile can COPY; the current one "
		   "if it is left out. It may also be - for a tar archive or a Dockerfile on the "
		   "standard input, the http or https address of such a file, or a git repository: "
		   "https://HOST/PATH.git#REF:SUBDIR, ssh, git and file addresses alike.\n\n"
		   "With a compose file here and no CONTEXT, all services that have a build "
		   "section are built in one go, or the SERVICEs named and what they are built "
		   "from; what several of them have in common is built once. A plain word is a "
		   "service then, ./NAME a directory. -f with a name that ends in .yaml or .yml "
		   "is a compose file, too.\n\n"
		   "Steps for other processors run under QEMU user mode emulation, which is set up "
		   "for this build only: neither root nor a registration on the machine is needed. "
		   "Built for several platforms, the result is an index with an image for each.\n\n"
		   "The image id is the digest of the image's config, or of the index when there "
		   "are several platforms.",
	.manual =
		"--check reads the Dockerfile as a build would, all of its stages, and shows what "
		"is wrong and what is likely so with its place: BuildKit's build checks, and slips "
		"that they do not know. It builds nothing and fetches no image: of a base image "
		"that the "
		"store lacks, a registry is asked for the configuration, which tells its platform "
		"and its variables; without an answer they are taken to be right. Given several "
		"platforms or boards, it checks for each, and shows once what they have in common. "
		"The exit status is 1 when there is an error or a warning; with "
		"--call check,ignorestatus=true only when there is an error. "
		"--call check,format=json prints the same as JSON, in the form of docker buildx; "
		"of a "
		"compose project, one object with the report of each service by its name. "
		"What is to be overlooked is said in the file: '# check=skip=Rule,Rule' at its top "
		"or above an instruction; '# check=error=true' at the top makes builds fail for "
		"warnings, too. The build argument BUILDKIT_DOCKERFILE_CHECK replaces the one at "
		"the top. An ordinary build lists the warnings at its end.\n\n"
		"ADD of a private repository: over ssh with --ssh default, over https with a token "
		"as "
		"--secret id=GIT_AUTH_TOKEN,env=NAME, or GIT_AUTH_TOKEN.HOST for one server. "
		"Nothing "
		"else of the user's keys and files is lent to a Dockerfile.\n\n"
		"In a compose project the options for platforms, build arguments, labels, secrets, "
		"ssh, hosts, caches and the like are added to those of every service, and go over "
		"them where they say the same. --push sends the images to their names; a service "
		"without 'image' is left out. --print builds nothing and prints what would be "
		"built, in the form of docker buildx bake. The project's own entitlements and "
		"'privileged' are granted without --allow, as docker compose grants them: read a "
		"compose file of others before it is built, or see what --print has of it. Outputs "
		"with a destination, --tag, --target and --build-context are for a single "
		"Dockerfile.\n\n"
		"With --progress json, every line on the standard error is an object with the "
		"members event, time_ms (milliseconds since the start) and step (0 is the build as "
		"a whole), and those of text, item, verb, done, total, stream, file, line, column "
		"and length that the event has. Events are step-added, step-platform (item is the "
		"platform; "
		"verb is emulated where it is another processor's), step-started, step-cached, "
		"step-done, step-failed, step-cancelled, step-detail, transfer, transfer-done, "
		"log, warning, info and, last, error, which also has kind, hint and the exit "
		"status of a failed command.",
	.options = build_options,
	.args_size = sizeof(struct build_args),
	.examples = build_examples,
	.run = build_command_run,
};
