#include "app.h"
#include "command.h"
#include "image_option.h"
#include "machine_option.h"
#include "place_option.h"
#include "pull_unpacker.h"
#include "registry_option.h"
#include "session.h"

#include "registry/repository.h"

struct pull_args {
	struct strvec images, platforms, boards;
	bool all_platforms, all_tags, unpack;
	struct transfer_args transfer;
};

/* Which platforms; none = all. */
struct pull_choice {
	struct platform *platforms;
	size_t count;
	bool is_default; /* this machine's, because nothing was said */
	bool unpack;
};

static int fetch(struct session *session, const struct pull_choice *choice,
		 const struct image_ref *ref, unsigned step, struct descriptor *target,
		 struct err *err)
{
	/*
	 * Without a word about platforms: this machine's, as docker does. If there is none for it,
	 * all there is: on a workstation most images are for boards.
	 */
	const struct pull_platforms platforms = { .items = choice->platforms,
						  .count = choice->count,
						  .or_all = choice->is_default };
	AUTO(freep) char *name = image_ref_format_short(ref);
	AUTO(pull_unpacker_release) struct pull_unpacker unpacker = PULL_UNPACKER_INIT;
	struct fetch_target into = { .store = session->store, .step = step };

	if (choice->unpack) {
		pull_unpacker_init(&unpacker, session, step);
		into.watch = &unpacker.watch;
	}
	if (registry_pull(session->registry, ref, &platforms, &into, target, err) < 0)
		return -1;
	if (choice->unpack && pull_unpacker_finish(&unpacker, target, err) < 0)
		return err_wrap(err, "pull '%s'", name);
	return 0;
}

static int pull_and_tag(struct session *session, const struct pull_choice *choice,
			const struct image_ref *ref, unsigned step, struct descriptor *target,
			struct err *err)
{
	AUTO(freep) char *name = image_ref_format(ref);

	if (fetch(session, choice, ref, step, target, err) < 0)
		return store_explain_failure(session->store, err);
	return store_tag(session->store, name, target, err);
}

static void add_pulled(struct session *session, const char *name, const struct descriptor *target,
		       struct str *digests)
{
	progress_summary(session->progress, "pulled %s %s", name, target->digest.text);
	str_addf(digests, "%s\n", target->digest.text);
}

static int pull_ref(struct session *session, const struct pull_choice *choice,
		    const struct image_ref *ref, struct str *digests, struct err *err)
{
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	AUTO(freep) char *name = image_ref_format_short(ref);
	unsigned step = progress_begin(&session->monitor, "pulling %s", name);
	int status = pull_and_tag(session, choice, ref, step, &target, err);

	progress_end(&session->monitor, step, status, err);
	if (status == 0)
		add_pulled(session, name, &target, digests);
	return status;
}

static int unpack_stored(struct session *session, const struct descriptor *target, struct err *err)
{
	AUTO(pull_unpacker_release) struct pull_unpacker unpacker = PULL_UNPACKER_INIT;
	unsigned step = progress_begin(&session->monitor, "unpacking");
	int status;

	pull_unpacker_init(&unpacker, session, step);
	status = pull_unpacker_finish(&unpacker, target, err);
	progress_end(&session->monitor, step, status, err);
	return status < 0 ? store_explain_failure(session->store, err) : 0;
}

/* Out of a layout or an archive, under the name that it has there. */
static int pull_path(struct session *session, const struct pull_choice *choice, const char *text,
		     const struct image_place *place, struct str *digests, struct err *err)
{
	const struct place_request request = {
		.session = session,
		.place = place,
		.text = text,
		.platforms = choice->platforms,
		/* what somebody has put into a file is wanted whole, unless they say otherwise */
		.platform_count = choice->is_default ? 0 : choice->count,
		.store = session->store,
	};
	AUTO(named_image_release) struct named_image image = { .name = NULL };
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep) char *name = NULL, *shown = NULL;

	if (place_read(&request, &image, err) < 0)
		return -1;
	if (!named_image_reference(&image, &ref)) {
		err_set(err, ERR_INPUT, "'%s': the image has no name there", text);
		return err_hint(err, "name it yourself: edgectl copy %s store:NAME", text);
	}
	name = image_ref_format(&ref);
	shown = image_ref_format_short(&ref);
	if (choice->unpack && unpack_stored(session, &image.target, err) < 0)
		return -1;
	if (store_tag(session->store, name, &image.target, err) < 0)
		return -1;
	add_pulled(session, shown, &image.target, digests);
	return 0;
}

static int pull_tags(struct session *session, const struct pull_choice *choice,
		     const struct image_ref *ref, struct str *digests, struct err *err)
{
	AUTO(strvec_release) struct strvec tags = STRVEC_INIT;

	if (registry_tags(session->registry, ref, &tags, err) < 0)
		return -1;
	VEC_FOREACH(tag, &tags) {
		AUTO(image_ref_release)
		struct image_ref one = { .host = xstrdup(ref->host),
					 .repository = xstrdup(ref->repository),
					 .tag = xstrdup(*tag) };

		if (pull_ref(session, choice, &one, digests, err) < 0)
			return -1;
	}
	return 0;
}

static int pull_image(struct session *session, const struct pull_args *args,
		      const struct pull_choice *choice, const char *text, struct str *digests,
		      struct err *err)
{
	AUTO(image_place_release) struct image_place place = IMAGE_PLACE_INIT;

	if (place_option_parse(text, &place, err) < 0)
		return -1;
	if (image_place_is_path(&place))
		return pull_path(session, choice, text, &place, digests, err);
	if (args->all_tags)
		return pull_tags(session, choice, &place.ref, digests, err);
	return pull_ref(session, choice, &place.ref, digests, err);
}

static int pull_all(struct session *session, const struct pull_args *args,
		    const struct pull_choice *choice, struct str *digests, struct err *err)
{
	VEC_FOREACH(text, &args->images) {
		if (pull_image(session, args, choice, *text, digests, err) < 0)
			return -1;
	}
	return 0;
}

/* Without a word about it: what this machine can run, as docker does. */
static int choose_platforms(const struct pull_args *args, struct pull_choice *ret, struct err *err)
{
	if (args->all_platforms)
		return 0;
	if (machines_parse_platforms(&args->platforms, &args->boards, &ret->platforms, &ret->count,
				     err) < 0)
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
		AUTO(image_place_release) struct image_place place = IMAGE_PLACE_INIT;

		if (place_option_parse(*text, &place, err) < 0)
			return -1;
		if (place.kind == PLACE_STORE)
			return err_set(err, ERR_USAGE, "'%s' is in the store already", *text);
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
	struct session_options options;
	AUTO(choice_release) struct pull_choice choice = { .unpack = args->unpack };
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(str_release) struct str digests = STR_INIT;
	int status = 0;

	if (check_names(args, err) < 0 || choose_platforms(args, &choice, err) < 0 ||
	    transfer_args_session(&args->transfer, "Pulling", &options, err) < 0)
		return -1;
	options.makes_snapshots = args->unpack;
	if (session_open(&options, &session, err) < 0)
		return -1;
	status = pull_all(&session, args, &choice, &digests, err);
	return transfer_args_finish(&args->transfer, &session, app, status, &digests, err);
}

static const struct cli_option pull_options[] = {
	OPTION_OPERANDS(struct pull_args, images, "IMAGE", VALUE_IMAGE, 1, 0),
	OPTION_LIST(struct pull_args, platforms, 0, "platform", "OS/ARCH[,...]", VALUE_PLATFORM,
		    "Platforms to pull instead of this machine's", .yields_to = "board"),
	OPTION_BOARDS(struct pull_args, boards, "Boards to pull for, as by their platforms"),
	OPTION_FLAG(struct pull_args, all_platforms, 0, "all-platforms",
		    "Pull for every platform there is, whatever --platform says"),
	OPTION_FLAG(struct pull_args, all_tags, 'a', "all-tags",
		    "Pull every tag of the repository"),
	OPTION_FLAG(struct pull_args, unpack, 0, "unpack",
		    "Unpack the layers too, while they come"),
	OPTION_TRANSFER(struct pull_args, transfer, "Download up to N blobs at once"),
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
		"With --unpack its layers are unpacked while they come, which the first build on "
		"it would do otherwise.\n\n"
		"Of an image for several platforms, this machine's is fetched, or all of them if "
		"there is none for it.\n\n"
		"IMAGE may also be in a file: oci:DIR[:TAG], oci-archive:FILE[:TAG] or "
		"docker-archive:FILE[:NAME]. It is then brought in under the name that it has "
		"there.",
	.options = pull_options,
	.args_size = sizeof(struct pull_args),
	.examples = pull_examples,
	.run = pull_run,
};
