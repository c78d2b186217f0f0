#include "app.h"
#include "command.h"
#include "image_option.h"
#include "machine_option.h"
#include "rate_option.h"
#include "registry_option.h"
#include "session.h"

#include "base/limits.h"

struct push_args {
	struct strvec images;
	const char *platform, *board;
	bool quiet;
	const char *limit_rate;
	int progress, jobs;
	struct registry_args registry;
};

/* Of an index, the one manifest for the platform; NULL = all. A single image stays what it is. */
static int select_platform(struct store *store, const struct platform *platform,
			   struct descriptor *target, struct err *err)
{
	AUTO(str_release) struct str body = STR_INIT;
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *selected = NULL;
	struct descriptor copy = { .media_type = NULL };

	if (!platform || !media_type_is_index(target->media_type))
		return 0;
	if (store_read_blob(store, &target->digest, LIMIT_MANIFEST, &body, err) < 0 ||
	    index_parse(str_span(&body), target->media_type, &index, err) < 0 ||
	    index_select(&index, platform, &selected, err) < 0)
		return -1;
	descriptor_copy(&copy, selected);
	descriptor_release(target);
	*target = copy;
	return 0;
}

static int push_named(struct session *session, const struct platform *platform, const char *text,
		      struct str *digests, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	AUTO(freep) char *name = NULL;

	if (image_option_parse(text, &ref, err) < 0)
		return -1;
	name = image_ref_format(&ref);
	if (store_resolve(session->store, name, &target, err) < 0) {
		if (err->kind == ERR_NOT_FOUND)
			(void)err_hint(err, "'edgectl images' lists what there is");
		return err_wrap(err, "push '%s'", text);
	}
	if (select_platform(session->store, platform, &target, err) < 0)
		return err_wrap(err, "push '%s'", text);
	str_addf(digests, "%s\n", target.digest.text);
	return push_image(session, &target, &ref, err);
}

static int push_all(struct session *session, const struct push_args *args,
		    const struct platform *platform, struct str *digests, struct err *err)
{
	VEC_FOREACH(text, &args->images) {
		if (push_named(session, platform, *text, digests, err) < 0)
			return -1;
	}
	return 0;
}

/* *ret_given = false: all there is. */
static int choose_platform(const struct push_args *args, struct platform *ret, bool *ret_given,
			   struct err *err)
{
	AUTO(machines_release) struct machines machines = MACHINES_INIT;
	AUTO(strvec_release) struct strvec platforms = STRVEC_INIT;
	AUTO(strvec_release) struct strvec boards = STRVEC_INIT;

	if (args->platform)
		strvec_add(&platforms, args->platform);
	if (args->board)
		strvec_add(&boards, args->board);
	if (machines_parse(&platforms, &boards, &machines, err) < 0)
		return -1;
	if (machines.len > 1)
		return err_set(err, ERR_USAGE,
			       "--platform and --board name more than one platform");
	*ret_given = machines.len > 0;
	if (*ret_given)
		*ret = machines.items->platform;
	return 0;
}

/* Wrong words are told before anything is opened. */
static int check_words(const struct push_args *args, struct err *err)
{
	VEC_FOREACH(text, &args->images) {
		AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

		if (image_option_parse(*text, &ref, err) < 0)
			return -1;
	}
	return 0;
}

static int push_run(struct app *app, const void *args_data, struct err *err)
{
	const struct push_args *args = args_data;
	struct session_options options = { .title = "Pushing",
					   .progress = args->quiet
							       ? PROGRESS_QUIET
							       : (enum progress_mode)args->progress,
					   .insecure = args->registry.insecure,
					   .verbose = args->registry.verbose,
					   .secrets = args->registry.secrets,
					   .jobs = (unsigned)args->jobs };
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(str_release) struct str digests = STR_INIT;
	struct platform platform = { .os = "" };
	bool is_given = false;
	int status = 0;

	if (check_words(args, err) < 0 || choose_platform(args, &platform, &is_given, err) < 0 ||
	    rate_option_parse(args->limit_rate, &options.rate_limit, err) < 0 ||
	    session_open(&options, &session, err) < 0)
		return -1;
	status = push_all(&session, args, is_given ? &platform : NULL, &digests, err);
	if (session_finish(&session, app, status, err) < 0)
		return -1;
	return args->quiet ? app_print(&digests, err) : 0;
}

static const struct cli_option push_options[] = {
	OPTION_OPERANDS(struct push_args, images, "IMAGE", VALUE_IMAGE, 1, 0),
	OPTION_STRING(struct push_args, platform, 0, "platform", "OS/ARCH", VALUE_PLATFORM,
		      "Push only the image for this platform, as a single image"),
	OPTION_STRING(struct push_args, board, 0, "board", "BOARD", VALUE_BOARD,
		      "Push only the image for this board's platform, as a single image"),
	OPTION_REGISTRY(struct push_args, registry),
	OPTION_INT(struct push_args, jobs, 'j', "jobs", "N", 1, 32, "Upload up to N blobs at once",
		   .fallback = "4"),
	OPTION_LIMIT_RATE(struct push_args, limit_rate),
	OPTION_PROGRESS(struct push_args, progress),
	OPTION_FLAG(struct push_args, quiet, 'q', "quiet", "Print only the digest"),
	OPTION_END,
};

static const struct cli_example push_examples[] = {
	{ "Push an image that was built for several platforms:",
	  "edgectl push registry.example.com/app:1" },
	{ "To a registry in the lab that speaks plain HTTP:",
	  "edgectl push --insecure board-lab:5000/app:1" },
	{ NULL, NULL },
};

const struct cli_command cmd_push = {
	.name = "push",
	.group = GROUP_IMAGE,
	.summary = "Upload images from the local store to a registry",
	.details = "IMAGE names the image in the store and the registry that it goes to. Blobs "
		   "that the registry has are not sent again; the manifest comes last, so that "
		   "nobody ever pulls half an image.\n\n"
		   "Credentials are those of docker: ~/.docker/config.json and its credential "
		   "helpers. A registry on this machine's loopback interface may speak plain HTTP "
		   "without --insecure.",
	.options = push_options,
	.args_size = sizeof(struct push_args),
	.examples = push_examples,
	.run = push_run,
};
