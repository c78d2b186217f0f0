#include "app.h"
#include "command.h"
#include "image_option.h"
#include "machine_option.h"
#include "rate_option.h"
#include "registry_option.h"
#include "session.h"

struct pull_args {
	struct strvec images, platforms, boards;
	bool all_platforms, quiet;
	const char *limit_rate;
	int progress, jobs;
	struct registry_args registry;
};

/* Which platforms; none = all. */
struct pull_choice {
	struct platform *platforms;
	size_t count;
	bool is_default; /* this machine's, because nothing was said */
};

static int pull_and_tag(struct session *session, const struct pull_choice *choice,
			const struct image_ref *ref, unsigned step, struct descriptor *target,
			struct err *err)
{
	AUTO(freep) char *name = image_ref_format(ref);
	/*
	 * Without a word about platforms: this machine's, as docker does. If there is none for it,
	 * all there is: on a workstation most images are for boards.
	 */
	const struct pull_platforms platforms = { .items = choice->platforms,
						  .count = choice->count,
						  .or_all = choice->is_default };

	if (registry_pull(session->registry, ref, &platforms, session->store, step, target, err) <
	    0)
		return -1;
	return store_tag(session->store, name, target, err);
}

static int pull_image(struct session *session, const struct pull_choice *choice, const char *text,
		      struct str *digests, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	unsigned step = 0;
	int status = 0;

	if (image_option_parse(text, &ref, err) < 0)
		return -1;
	step = progress_begin(&session->monitor, "pulling %s", text);
	status = pull_and_tag(session, choice, &ref, step, &target, err);
	progress_end(&session->monitor, step, status, err);
	if (status < 0)
		return -1;
	progress_summary(session->progress, "pulled %s %s", text, target.digest.text);
	str_addf(digests, "%s\n", target.digest.text);
	return 0;
}

static int pull_all(struct session *session, const struct pull_args *args,
		    const struct pull_choice *choice, struct str *digests, struct err *err)
{
	VEC_FOREACH(text, &args->images) {
		if (pull_image(session, choice, *text, digests, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_chosen(const struct pull_choice *choice, const struct platform *platform)
{
	for (size_t i = 0; i < choice->count; i++) {
		if (platform_equal(&choice->platforms[i], platform))
			return true;
	}
	return false;
}

/* Boards of the same platform pull the same image. */
static int name_platforms(const struct pull_args *args, struct pull_choice *ret, struct err *err)
{
	AUTO(machines_release) struct machines machines = MACHINES_INIT;

	if (machines_parse(&args->platforms, &args->boards, &machines, err) < 0)
		return -1;
	ret->platforms = xcalloc(machines.len + 1, sizeof(*ret->platforms));
	VEC_FOREACH(machine, &machines) {
		if (!is_chosen(ret, &machine->platform))
			ret->platforms[ret->count++] = machine->platform;
	}
	return 0;
}

/* Without a word about it: what this machine can run, as docker does. */
static int choose_platforms(const struct pull_args *args, struct pull_choice *ret, struct err *err)
{
	if (args->all_platforms)
		return 0;
	if (name_platforms(args, ret, err) < 0)
		return -1;
	if (ret->count > 0)
		return 0;
	ret->count = 1;
	ret->is_default = true;
	platform_host(ret->platforms);
	return 0;
}

static int check_names(const struct pull_args *args, struct err *err)
{
	VEC_FOREACH(text, &args->images) {
		AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

		if (image_option_parse(*text, &ref, err) < 0)
			return -1;
	}
	return 0;
}

static void choice_release(struct pull_choice *choice)
{
	free(choice->platforms);
}

static int pull_run(struct app *app, const void *args_data, struct err *err)
{
	const struct pull_args *args = args_data;
	struct session_options options = { .title = "Pulling",
					   .progress = args->quiet
							       ? PROGRESS_QUIET
							       : (enum progress_mode)args->progress,
					   .insecure = args->registry.insecure,
					   .verbose = args->registry.verbose,
					   .secrets = args->registry.secrets,
					   .jobs = (unsigned)args->jobs };
	AUTO(choice_release) struct pull_choice choice = { .platforms = NULL };
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(str_release) struct str digests = STR_INIT;
	int status = 0;

	if (check_names(args, err) < 0 || choose_platforms(args, &choice, err) < 0 ||
	    rate_option_parse(args->limit_rate, &options.rate_limit, err) < 0 ||
	    session_open(&options, &session, err) < 0)
		return -1;
	status = pull_all(&session, args, &choice, &digests, err);
	if (session_finish(&session, app, status, err) < 0)
		return -1;
	return args->quiet ? app_print(&digests, err) : 0;
}

static const struct cli_option pull_options[] = {
	OPTION_OPERANDS(struct pull_args, images, "IMAGE", VALUE_IMAGE, 1, 0),
	OPTION_LIST(struct pull_args, platforms, 0, "platform", "OS/ARCH[,...]", VALUE_PLATFORM,
		    "Platforms to pull instead of this machine's", .env = "DOCKER_DEFAULT_PLATFORM",
		    .yields_to = "board"),
	OPTION_BOARDS(struct pull_args, boards, "Boards to pull for, as by their platforms"),
	OPTION_FLAG(struct pull_args, all_platforms, 0, "all-platforms",
		    "Pull for every platform there is, whatever --platform says"),
	OPTION_REGISTRY(struct pull_args, registry),
	OPTION_INT(struct pull_args, jobs, 'j', "jobs", "N", 1, 32,
		   "Download up to N blobs at once", .fallback = "4"),
	OPTION_LIMIT_RATE(struct pull_args, limit_rate),
	OPTION_PROGRESS(struct pull_args, progress),
	OPTION_FLAG(struct pull_args, quiet, 'q', "quiet", "Print only the digest"),
	OPTION_END,
};

static const struct cli_example pull_examples[] = {
	{ "Fetch the base image for two kinds of board:",
	  "edgectl pull --platform linux/arm/v7,linux/arm64 debian:12" },
	{ NULL, NULL },
};

const struct cli_command cmd_pull = {
	.name = "pull",
	.group = GROUP_IMAGE,
	.summary = "Download images from a registry into the local store",
	.details =
		"Everything is verified against its digest. What the store has already is not "
		"fetched again.\n\n"
		"Of an image for several platforms, this machine's is fetched, or all of them if "
		"there is none for it.",
	.options = pull_options,
	.args_size = sizeof(struct pull_args),
	.examples = pull_examples,
	.run = pull_run,
};
