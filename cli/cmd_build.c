#include "app.h"
#include "build_call.h"
#include "build_output.h"
#include "command.h"
#include "format.h"
#include "image_option.h"
#include "machine_option.h"
#include "session.h"

#include "base/fs.h"
#include "base/map.h"
#include "builder/build.h"

struct build_args {
	struct strvec contexts, named_contexts, tags, build_args, platforms, boards, labels,
		volumes;
	const char *file, *target, *iidfile, *metadata_file;
	const char *call;
	bool check;
	bool no_cache, pull, push, insecure, quiet;
	int progress;
};

/* The words, understood. */
struct build_plan {
	struct build_request request;
	struct machines machines;
	/* The same, as the builder wants it. */
	struct build_machine *wanted;
	struct build_board *boards;
	struct strmap build_args, labels;
	struct build_volumes volumes;
	struct named_contexts contexts;
	struct image_refs names;
	struct strvec tags; /* the same, canonical */
};

static void plan_release(struct build_plan *plan)
{
	machines_release(&plan->machines);
	free(plan->wanted);
	free(plan->boards);
	strmap_release(&plan->build_args);
	strmap_release(&plan->labels);
	build_volumes_release(&plan->volumes);
	named_contexts_release(&plan->contexts);
	image_refs_release(&plan->names);
	strvec_release(&plan->tags);
}

static int plan_names(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	VEC_FOREACH(text, &args->tags) {
		struct image_ref *name = VEC_ADD(&plan->names);

		if (image_option_parse(*text, name, err) < 0)
			return err_wrap(err, "option '--tag'");
		strvec_take(&plan->tags, image_ref_format(name));
	}
	if (args->push && args->tags.len == 0) {
		(void)err_set(err, ERR_USAGE, "--push needs a name to push to");
		return err_hint(err, "give one with --tag REGISTRY/NAME:TAG");
	}
	return 0;
}

static int plan_volumes(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	AUTO(freep) char *here = NULL;

	if (args->volumes.len > 0 && fs_realpath(".", &here, err) < 0)
		return -1;
	VEC_FOREACH(text, &args->volumes) {
		if (build_volume_parse(*text, here, VEC_ADD(&plan->volumes), err) < 0)
			return err_wrap(err, "option '--volume'");
	}
	return 0;
}

static int plan_contexts(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	VEC_FOREACH(text, &args->named_contexts) {
		if (named_contexts_add(&plan->contexts, *text, err) < 0)
			return err_wrap(err, "option '--build-context'");
	}
	return 0;
}

static void plan_pairs(const struct build_args *args, struct build_plan *plan)
{
	VEC_FOREACH(pair, &args->build_args)
		strmap_set_pair(&plan->build_args, *pair);
	VEC_FOREACH(pair, &args->labels) {
		strmap_set_pair(&plan->labels, *pair);
		/* "--label NAME" is an empty label, not one from the environment. */
		if (!strchr(*pair, '='))
			strmap_set(&plan->labels, *pair, "");
	}
}

/*
 * reproducible-builds.org/specs/source-date-epoch; as a build argument it goes before the
 * environment, as with buildx.
 */
static int plan_epoch(struct build_plan *plan, struct err *err)
{
	const char *text = strmap_get(&plan->build_args, "SOURCE_DATE_EPOCH");
	unsigned long long seconds = 0;

	plan->request.source_date_epoch = -1;
	if (!text)
		text = getenv("SOURCE_DATE_EPOCH");
	if (!text || !*text)
		return 0;
	if (!span_to_u64(span_of(text), INT64_MAX, &seconds))
		return err_set(err, ERR_USAGE, "SOURCE_DATE_EPOCH: '%s' is not a number of seconds",
			       text);
	plan->request.source_date_epoch = (int64_t)seconds;
	return 0;
}

/* An index has one image for a platform. */
static int check_distinct(const struct machines *machines, const struct machine *machine,
			  struct err *err)
{
	char platform[PLATFORM_TEXT_MAX];

	for (const struct machine *other = machines->items; other < machine; other++) {
		if (!platform_equal(&other->platform, &machine->platform))
			continue;
		(void)err_set(err, ERR_USAGE, "boards '%s' and '%s' are both %s",
			      other->board->slug, machine->board->slug,
			      platform_format(&machine->platform, platform));
		return err_hint(err, "an image cannot hold both: build for one of them, or with "
				     "--platform for all of its kind");
	}
	return 0;
}

static int plan_machines(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	const struct machines *machines = &plan->machines;

	if (machines_parse(&args->platforms, &args->boards, &plan->machines, err) < 0)
		return -1;
	plan->wanted = xcalloc(machines->len + 1, sizeof(*plan->wanted));
	plan->boards = xcalloc(machines->len + 1, sizeof(*plan->boards));
	for (size_t i = 0; i < machines->len; i++) {
		const struct machine *machine = &machines->items[i];
		const struct board *board = machine->board;

		if (check_distinct(machines, machine, err) < 0)
			return -1;
		plan->wanted[i].platform = machine->platform;
		if (!board)
			continue;
		plan->boards[i] = (struct build_board){ .slug = board->slug, .arch = board->arch };
		plan->wanted[i].board = &plan->boards[i];
		plan->wanted[i].cpu_model = board->cpu.qemu;
	}
	return 0;
}

static int plan_build(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	struct build_request *request = &plan->request;

	if (plan_machines(args, plan, err) < 0 || plan_names(args, plan, err) < 0 ||
	    plan_volumes(args, plan, err) < 0 || plan_contexts(args, plan, err) < 0)
		return -1;
	plan_pairs(args, plan);
	request->context_dir = args->contexts.len > 0 ? args->contexts.items[0] : ".";
	request->dockerfile = args->file;
	request->machines = plan->wanted;
	request->machine_count = plan->machines.len;
	request->target = args->target;
	request->build_args = &plan->build_args;
	request->labels = &plan->labels;
	request->volumes = &plan->volumes;
	request->contexts = &plan->contexts;
	request->tags = &plan->tags;
	request->no_cache = args->no_cache;
	request->pull = args->pull;
	request->layers =
		(struct layer_options){ .compression = COMPRESSION_GZIP, .clamp_mtime = -1 };
	return plan_epoch(plan, err);
}

/* "built app:1 sha256:... (3 steps run, 5 cached, 12.3s emulated)" */
static void summarize(struct session *session, const struct build_plan *plan,
		      const struct build_result *result)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, "built ");
	VEC_FOREACH(name, &plan->names) {
		AUTO(freep) char *shown = image_ref_format_short(name);

		str_addf(&text, "%s ", shown);
	}
	str_addf(&text, "%s (%u step%s run, %u cached", result->target.digest.text,
		 result->executed_steps, result->executed_steps == 1 ? "" : "s",
		 result->cached_steps);
	if (result->emulated_ns > 0) {
		str_add(&text, ", ");
		format_elapsed(&text, result->emulated_ns);
		str_add(&text, " emulated");
	}
	progress_summary(session->progress, "%s)", text.ptr);
}

static int build_and_push(struct session *session, const struct build_args *args,
			  struct build_plan *plan, struct build_result *result, struct err *err)
{
	plan->request.store = session->store;
	plan->request.registry = session->registry;
	plan->request.sandbox = session->sandbox;
	plan->request.monitor = &session->monitor;
	if (build_run(&plan->request, result, err) < 0)
		return -1;
	summarize(session, plan, result);
	VEC_FOREACH(name, &plan->names) {
		if (args->push && push_image(session, &result->target, name, err) < 0)
			return -1;
	}
	return 0;
}

static int write_results(const struct build_args *args, const struct build_plan *plan,
			 const struct build_result *result, struct err *err)
{
	if (args->iidfile && build_output_write_id(result, args->iidfile, err) < 0)
		return -1;
	if (args->metadata_file &&
	    build_output_write_metadata(result, &plan->tags, args->metadata_file, err) < 0)
		return -1;
	return 0;
}

static int build_command_run(struct app *app, const void *args_data, struct err *err)
{
	const struct build_args *args = args_data;
	struct session_options options = { .title = "Building",
					   .progress = args->quiet
							       ? PROGRESS_QUIET
							       : (enum progress_mode)args->progress,
					   .needs_sandbox = true,
					   .insecure = args->insecure };
	AUTO(plan_release) struct build_plan plan = { .machines = MACHINES_INIT };
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(build_result_release) struct build_result result = BUILD_RESULT_INIT;
	AUTO(str_release) struct str id = STR_INIT;
	struct build_call call;
	int status = 0;

	if (plan_build(args, &plan, err) < 0 ||
	    build_call_parse(args->call, args->check, &call, err) < 0)
		return -1;
	if (call.is_check) {
		options.needs_sandbox = false;
		options.title = "Checking";
		return build_call_check(app, &call, &plan.request, &options, err);
	}
	if (session_open(&options, &session, err) < 0)
		return -1;
	status = build_and_push(&session, args, &plan, &result, err);
	if (status == 0)
		status = write_results(args, &plan, &result, err);
	if (session_finish(&session, app, status, err) < 0)
		return -1;
	str_addf(&id, "%s\n", build_output_id(&result));
	return options.progress == PROGRESS_QUIET ? app_print(&id, err) : 0;
}

static const struct cli_option build_options[] = {
	OPTION_OPERANDS(struct build_args, contexts, "CONTEXT", VALUE_DIR, 0, 1),
	OPTION_HEADING("What to build"),
	OPTION_STRING(struct build_args, file, 'f', "file", "FILE", VALUE_FILE,
		      "Dockerfile, instead of CONTEXT/Dockerfile; - for the standard input"),
	OPTION_STRING(struct build_args, target, 0, "target", "STAGE", VALUE_TEXT,
		      "Build this stage instead of the last one"),
	OPTION_LIST(struct build_args, platforms, 0, "platform", "OS/ARCH[,...]", VALUE_PLATFORM,
		    "Platforms to build for, instead of this machine's",
		    .env = "DOCKER_DEFAULT_PLATFORM", .yields_to = "board"),
	OPTION_BOARDS(struct build_args, boards,
		      "Boards to build for: their platforms, emulated as exactly their processors "
		      "where QEMU can"),
	OPTION_LIST(struct build_args, build_args, 0, "build-arg", "NAME[=VALUE]", VALUE_TEXT,
		    "Value of an ARG; without VALUE, that of the environment"),
	OPTION_LIST(struct build_args, named_contexts, 0, "build-context", "NAME=SOURCE", VALUE_DIR,
		    "What FROM and --from=NAME mean: a directory, docker-image://NAME, "
		    "oci-layout://DIR, or the address of a repository or archive"),
	OPTION_LIST(struct build_args, volumes, 'v', "volume", "HOST:CONTAINER[:ro|rw]", VALUE_DIR,
		    "Mount a directory or file of this machine in every RUN; it never gets into a "
		    "layer"),
	OPTION_HEADING("Result"),
	OPTION_LIST(struct build_args, tags, 't', "tag", "NAME[:TAG]", VALUE_IMAGE,
		    "Name of the image, with its registry if it is to be pushed"),
	OPTION_SWITCH(struct build_args, push, 0, "push",
		      "Push to every --tag when the build is done"),
	OPTION_LIST(struct build_args, labels, 0, "label", "NAME=VALUE", VALUE_TEXT,
		    "Label of the image"),
	OPTION_STRING(struct build_args, iidfile, 0, "iidfile", "FILE", VALUE_FILE,
		      "Write the image id to FILE"),
	OPTION_STRING(struct build_args, metadata_file, 0, "metadata-file", "FILE", VALUE_FILE,
		      "Write digest, descriptor and names to FILE as JSON"),
	OPTION_HEADING("How"),
	OPTION_FLAG(struct build_args, check, 0, "check",
		    "Build nothing: tell what is wrong in the Dockerfile, or likely so"),
	OPTION_STRING(struct build_args, call, 0, "call", "METHOD[,format=json]", VALUE_TEXT,
		      "build, or check, which is --check"),
	OPTION_FLAG(struct build_args, no_cache, 0, "no-cache", "Run every step again"),
	OPTION_SWITCH(struct build_args, pull, 0, "pull",
		      "Ask the registry for newer base images even if the store has them"),
	OPTION_SWITCH(struct build_args, insecure, 0, "insecure",
		      "Allow registries plain HTTP, and certificates that cannot be verified"),
	OPTION_PROGRESS(struct build_args, progress),
	OPTION_FLAG(struct build_args, quiet, 'q', "quiet", "Print only the image id"),
	OPTION_END,
};

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
	{ NULL, NULL },
};

const struct cli_command cmd_build = {
	.name = "build",
	.group = GROUP_BUILD,
	.summary = "Build an image from a Dockerfile, for one or several platforms",
	.details = "CONTEXT is the directory whose files the Dockerfile can COPY; the current one "
		   "if it is left out. It may also be - for a tar archive or a Dockerfile on the "
		   "standard input, the http or https address of such a file, or a git repository: "
		   "https://HOST/PATH.git#REF:SUBDIR, ssh, git and file addresses alike.\n\n"
		   "Steps for other processors run under QEMU user mode emulation, which is set up "
		   "for this build only: neither root nor a registration on the machine is needed. "
		   "Built for several platforms, the result is an index with an image for each.\n\n"
		   "The image id is the digest of the image's config, or of the index when there "
		   "are several platforms.",
	.manual =
		"--check reads the Dockerfile as a build would, all of its stages, and shows what "
		"is wrong and what is likely so with its place: BuildKit's build checks, and slips "
		"that they do not know. It builds nothing and fetches no image; a registry is "
		"asked "
		"at most for the configuration of a base image whose variables the file seems to "
		"use. The exit status is 1 when there is an error or a warning; with "
		"--call check,ignorestatus=true only when there is an error. "
		"--call check,format=json prints the same as JSON, in the form of docker buildx. "
		"What is to be overlooked is said in the file: '# check=skip=Rule,Rule' at its top "
		"or above an instruction; '# check=error=true' at the top makes builds fail for "
		"warnings, too. The build argument BUILDKIT_DOCKERFILE_CHECK replaces the one at "
		"the top. An ordinary build lists the warnings at its end.\n\n"
		"With --progress json, every line on the standard error is an object with the "
		"members event, time_ms (milliseconds since the start) and step (0 is the build as "
		"a whole), and those of text, item, verb, done, total, stream, file, line, column "
		"and length that the event has. Events are step-added, step-started, step-cached, "
		"step-done, step-failed, step-cancelled, step-detail, transfer, transfer-done, "
		"log, warning, info and, last, error, which also has kind, hint and the exit "
		"status of a failed command.",
	.options = build_options,
	.args_size = sizeof(struct build_args),
	.examples = build_examples,
	.run = build_command_run,
};
