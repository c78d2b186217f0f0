#include "app.h"
#include "command.h"
#include "image_option.h"
#include "machine_option.h"
#include "place_option.h"
#include "registry_option.h"
#include "scratch_store.h"
#include "session.h"

#include "format.h"
#include "image/image_convert.h"
#include "image/image_subset.h"
#include "registry/repository.h"

struct copy_args {
	struct strvec words;
	struct transfer_args transfer;
	struct strvec platforms, boards;
	int format;
	bool all, all_tags, referrers;
};

struct copying {
	const struct copy_args *args;
	struct session *session;
	struct image_place from, to;
	struct platform *platforms; /* none = all there are */
	size_t platform_count;
	struct scratch_store scratch;
	struct str digests;
};

static void copying_release(struct copying *copying)
{
	image_place_release(&copying->from);
	image_place_release(&copying->to);
	free(copying->platforms);
	scratch_store_release(&copying->scratch);
	str_release(&copying->digests);
}

static bool is_remote(const struct image_place *place)
{
	return place->kind == PLACE_NAME || place->kind == PLACE_REGISTRY;
}

/* From registry to registry, with the digest that it has. */
static bool copies_as_it_is(const struct copying *copying)
{
	return is_remote(&copying->from) && is_remote(&copying->to) &&
	       copying->args->format == DIALECT_KEPT;
}

/* --- between registries --- */

static void add_summary(const struct copying *copying, const char *to,
			const struct descriptor *target, const struct copy_summary *summary)
{
	const struct push_summary *blobs = &summary->blobs;
	AUTO(str_release) struct str sent = STR_INIT;
	AUTO(str_release) struct str attached = STR_INIT;

	if (summary->attached > 0)
		str_addf(&attached, ", with %u attached", summary->attached);
	if (blobs->sent_blobs + blobs->skipped_blobs == 0) {
		progress_summary(copying->session->progress, "%s is %s already%s", to,
				 target->digest.text, attached.ptr);
		return;
	}
	format_size(&sent, blobs->sent_bytes);
	progress_summary(copying->session->progress,
			 "copied %s %s%s (%u blob%s, %s sent; %u there before)", to,
			 target->digest.text, attached.ptr, blobs->sent_blobs,
			 blobs->sent_blobs == 1 ? "" : "s", sent.ptr, blobs->skipped_blobs);
}

static int copy_remote(struct copying *copying, const struct image_ref *from,
		       const struct image_ref *to, struct err *err)
{
	struct session *session = copying->session;
	AUTO(freep) char *to_name = image_ref_format_short(to);
	AUTO(freep) char *from_name = image_ref_format_short(from);
	unsigned step = progress_begin(&session->monitor, "copying %s to %s", from_name, to_name);
	const struct registry_copy_request request = {
		.from = from,
		.to = to,
		.platforms = copying->platforms,
		.platform_count = copying->platform_count,
		.with_referrers = copying->args->referrers,
		.scratch = copying->scratch.store,
		.step = step,
		.jobs = (unsigned)copying->args->transfer.jobs,
	};
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	struct copy_summary summary = { .attached = 0 };
	int status = registry_copy(session->registry, &request, &target, &summary, err);

	progress_end(&session->monitor, step, status, err);
	if (status < 0)
		return -1;
	add_summary(copying, to_name, &target, &summary);
	str_addf(&copying->digests, "%s\n", target.digest.text);
	return 0;
}

static int copy_all_tags(struct copying *copying, struct err *err)
{
	AUTO(strvec_release) struct strvec tags = STRVEC_INIT;

	if (registry_tags(copying->session->registry, &copying->from.ref, &tags, err) < 0)
		return -1;
	VEC_FOREACH(tag, &tags) {
		AUTO(image_ref_release) struct image_ref from = IMAGE_REF_INIT;
		AUTO(image_ref_release) struct image_ref to = IMAGE_REF_INIT;

		image_ref_copy(&from, &copying->from.ref);
		image_ref_copy(&to, &copying->to.ref);
		free(from.tag);
		free(to.tag);
		from.tag = xstrdup(*tag);
		to.tag = xstrdup(*tag);
		if (copy_remote(copying, &from, &to, err) < 0)
			return -1;
	}
	return 0;
}

/* --- between anything --- */

/* Where it passes through: the user's store when that is one of the two. */
static struct store *passage(const struct copying *copying)
{
	return copying->scratch.store ? copying->scratch.store : copying->session->store;
}

static int copy_through(struct copying *copying, struct err *err)
{
	const struct copy_args *args = copying->args;
	struct place_request request = {
		.session = copying->session,
		.place = &copying->from,
		.text = args->words.items[0],
		.platforms = copying->platforms,
		.platform_count = copying->platform_count,
		.store = passage(copying),
	};
	AUTO(named_image_release) struct named_image image = { .name = NULL };
	AUTO(descriptor_release) struct descriptor chosen = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };

	if (place_read(&request, &image, err) < 0 ||
	    image_subset_make(request.store, &image.target, copying->platforms,
			      copying->platform_count, &chosen, err) < 0 ||
	    image_convert(request.store, &chosen, (enum image_dialect)args->format,
			  &copying->session->monitor, &target, err) < 0)
		return -1;
	request.place = &copying->to;
	request.text = args->words.items[1];
	if (place_write(&request, &target, err) < 0)
		return -1;
	str_addf(&copying->digests, "%s\n", target.digest.text);
	return 0;
}

static int copy_any(struct copying *copying, struct err *err)
{
	bool uses_store = copying->from.kind == PLACE_STORE || copying->to.kind == PLACE_STORE;

	if (!uses_store && scratch_store_open(&copying->scratch, err) < 0)
		return -1;
	if (copying->args->all_tags)
		return copy_all_tags(copying, err);
	if (copies_as_it_is(copying))
		return copy_remote(copying, &copying->from.ref, &copying->to.ref, err);
	return copy_through(copying, err);
}

/* --- the command --- */

static int parse_words(const struct copy_args *args, struct copying *ret, struct err *err)
{
	if (place_option_parse(args->words.items[0], &ret->from, err) < 0 ||
	    place_option_parse(args->words.items[1], &ret->to, err) < 0 ||
	    machines_parse_platforms(&args->platforms, &args->boards, &ret->platforms,
				     &ret->platform_count, err) < 0)
		return -1;
	if (args->all && ret->platform_count > 0)
		return err_set(err, ERR_USAGE, "--all and %s exclude each other",
			       args->platforms.len > 0 ? "--platform" : "--board");
	if (args->referrers && !copies_as_it_is(ret))
		return err_set(err, ERR_USAGE,
			       "--referrers copies from registry to registry, as it is");
	if (args->all_tags && !copies_as_it_is(ret))
		return err_set(err, ERR_USAGE,
			       "--all-tags copies from registry to registry, as it is");
	return 0;
}

static int copy_run(struct app *app, const void *args_data, struct err *err)
{
	const struct copy_args *args = args_data;
	struct session_options options;
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(copying_release)
	struct copying copying = { .args = args, .session = &session, .digests = STR_INIT };
	int status;

	if (parse_words(args, &copying, err) < 0 ||
	    transfer_args_session(&args->transfer, "Copying", &options, err) < 0)
		return -1;
	options.without_store = copying.from.kind != PLACE_STORE && copying.to.kind != PLACE_STORE;
	if (session_open(&options, &session, err) < 0)
		return -1;
	status = copy_any(&copying, err);
	return transfer_args_finish(&args->transfer, &session, app, status, &copying.digests, err);
}

static const char *const formats[] = { "keep", "oci", "docker", NULL };

static const struct cli_option copy_options[] = {
	OPTION_OPERANDS(struct copy_args, words, "SOURCE DESTINATION", VALUE_IMAGE, 2, 2),
	OPTION_LIST(struct copy_args, platforms, 0, "platform", "OS/ARCH[,...]", VALUE_PLATFORM,
		    "Copy only what is for these platforms; of one, a single image"),
	OPTION_BOARDS(struct copy_args, boards, "The same, for the platforms of these boards"),
	OPTION_FLAG(struct copy_args, all, 0, "all",
		    "Copy what there is for all platforms, which is the default"),
	OPTION_FLAG(struct copy_args, referrers, 0, "referrers",
		    "Copy signatures, attestations and other artifacts that are attached as well"),
	OPTION_FLAG(struct copy_args, all_tags, 0, "all-tags", "Copy every tag of the repository"),
	OPTION_CHOICE(struct copy_args, format, 0, "format", "FORMAT", formats,
		      "Media types of the copy", .fallback = "keep"),
	OPTION_TRANSFER(struct copy_args, transfer, "Copy up to N blobs at once"),
	OPTION_END,
};

static const struct cli_example copy_examples[] = {
	{ "Promote an image, for all its platforms; no layer is downloaded:",
	  "edgectl copy registry.example.com/test/app:1 registry.example.com/live/app:1" },
	{ "What the fleet's boards need of it, with its signatures:",
	  "edgectl copy --referrers --platform linux/arm/v7,linux/arm64 "
	  "registry.example.com/test/app:1 registry.example.com/live/app:1" },
	{ "Take an image along as a directory:",
	  "edgectl copy registry.example.com/app:1 oci:app:1" },
	{ "Bring a docker archive into a registry:",
	  "edgectl copy docker-archive:app.tar registry.example.com/app:1" },
	{ NULL, NULL },
};

const struct cli_command cmd_copy = {
	.name = "copy",
	.group = GROUP_IMAGE,
	.summary = "Copy images between registries, layouts and archives",
	.details =
		"A name is an image in a registry. Other places have a prefix: oci:DIR[:TAG] is an "
		"OCI layout, oci-archive:FILE[:TAG] one in a tar, docker-archive:FILE[:NAME] what "
		"'docker save' writes, store:NAME the local store, and docker://NAME a registry "
		"again, as other tools write it.\n\n"
		"An image for several platforms is copied whole, and its manifests arrive as the "
		"bytes that they are, so that the digest stays. Of several platforms, the copy is "
		"an "
		"index of those, with another digest. From registry to registry, what is "
		"there is not sent again, and within one registry blobs are mounted; the others "
		"pass through $TMPDIR, a few at a time.\n\n"
		"--referrers takes along what is attached to the image and to its members: "
		"referrers, those of referrers, and the tags under which cosign keeps signatures. "
		"Where the target's registry keeps no list of referrers, it is kept under a "
		"tag.\n\n"
		"--format oci or docker changes the media types, and with them the digest.",
	.options = copy_options,
	.args_size = sizeof(struct copy_args),
	.examples = copy_examples,
	.run = copy_run,
};
