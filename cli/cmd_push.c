#include "app.h"
#include "command.h"
#include "image_option.h"
#include "machine_option.h"
#include "place_option.h"
#include "registry_option.h"
#include "scratch_store.h"
#include "session.h"

#include "image/image_content.h"
#include "image/image_convert.h"

struct push_args {
	struct strvec images;
	const char *platform, *board;
	bool all_tags;
	int format;
	struct transfer_args transfer;
};

struct pushing {
	const struct push_args *args;
	struct session *session;
	const struct platform *platform; /* NULL = all there is */
	struct str digests;
};

/*
 * Of an index, the one manifest for the platform; a single image stays what it is. Then in the
 * media types that are asked for.
 */
static int push_target(struct pushing *pushing, struct store *store,
		       const struct descriptor *target, const struct image_ref *ref,
		       struct err *err)
{
	AUTO(descriptor_release) struct descriptor chosen = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor converted = { .media_type = NULL };

	if (!pushing->platform)
		descriptor_copy(&chosen, target);
	else if (image_content_select(store, target, pushing->platform, &chosen, err) < 0)
		return -1;
	if (image_convert(store, &chosen, (enum image_dialect)pushing->args->format,
			  &pushing->session->monitor, &converted, err) < 0)
		return -1;
	str_addf(&pushing->digests, "%s\n", converted.digest.text);
	return push_image_from(pushing->session, store, &converted, ref, err);
}

static int push_ref(struct pushing *pushing, const struct image_ref *ref, struct err *err)
{
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	AUTO(freep) char *name = image_ref_format(ref);
	AUTO(freep) char *shown = image_ref_format_short(ref);
	struct store *store = pushing->session->store;

	if (store_resolve(store, name, &target, err) < 0)
		return err_wrap(err, "push '%s'", shown);
	return push_target(pushing, store, &target, ref, err);
}

/* Every name in the store of that repository. */
static int push_tags(struct pushing *pushing, const struct image_ref *ref, struct err *err)
{
	AUTO(stored_images_release) struct stored_images images = { .items = NULL };
	size_t count = 0;

	if (store_list(pushing->session->store, &images, err) < 0)
		return -1;
	VEC_FOREACH(image, &images) {
		AUTO(image_ref_release) struct image_ref one = IMAGE_REF_INIT;

		if (image_ref_parse(image->name, &one, NULL) < 0 || !str_eq(one.host, ref->host) ||
		    !str_eq(one.repository, ref->repository) || !one.tag)
			continue;
		if (push_ref(pushing, &one, err) < 0)
			return -1;
		count++;
	}
	if (count > 0)
		return 0;
	err_set(err, ERR_NOT_FOUND, "no image of '%s/%s' in the store", ref->host, ref->repository);
	return err_hint(err, "'edgectl images' lists what there is");
}

/* Out of a layout or an archive, to where its name there says. */
static int push_path(struct pushing *pushing, const char *text, const struct image_place *place,
		     struct err *err)
{
	AUTO(scratch_store_release) struct scratch_store scratch = SCRATCH_STORE_INIT;
	AUTO(named_image_release) struct named_image image = { .name = NULL };
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	struct place_request request = { .session = pushing->session,
					 .place = place,
					 .text = text };

	if (scratch_store_open(&scratch, err) < 0)
		return -1;
	request.store = scratch.store;
	if (place_read(&request, &image, err) < 0)
		return -1;
	if (!named_image_reference(&image, &ref)) {
		err_set(err, ERR_INPUT, "'%s': the image has no name there", text);
		return err_hint(err, "say where it is to go: edgectl copy %s REGISTRY/NAME:TAG",
				text);
	}
	return push_target(pushing, scratch.store, &image.target, &ref, err);
}

static int push_word(struct pushing *pushing, const char *text, struct err *err)
{
	AUTO(image_place_release) struct image_place place = IMAGE_PLACE_INIT;

	if (place_option_parse(text, &place, err) < 0)
		return -1;
	if (image_place_is_path(&place))
		return push_path(pushing, text, &place, err);
	if (pushing->args->all_tags)
		return push_tags(pushing, &place.ref, err);
	return push_ref(pushing, &place.ref, err);
}

static int push_all(struct pushing *pushing, struct err *err)
{
	VEC_FOREACH(text, &pushing->args->images) {
		if (push_word(pushing, *text, err) < 0)
			return -1;
	}
	return 0;
}

/* Wrong words are told before anything is opened. */
static int check_words(const struct push_args *args, struct err *err)
{
	VEC_FOREACH(text, &args->images) {
		AUTO(image_place_release) struct image_place place = IMAGE_PLACE_INIT;

		if (place_option_parse(*text, &place, err) < 0)
			return -1;
	}
	return 0;
}

static void pushing_release(struct pushing *pushing)
{
	str_release(&pushing->digests);
}

static int push_run(struct app *app, const void *args_data, struct err *err)
{
	const struct push_args *args = args_data;
	struct session_options options;
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(pushing_release)
	struct pushing pushing = { .args = args, .session = &session, .digests = STR_INIT };
	struct platform platform = { .os = "" };
	bool is_given = false;
	int status = 0;

	if (check_words(args, err) < 0 ||
	    machine_parse_one(args->platform, args->board, &platform, &is_given, err) < 0 ||
	    transfer_args_session(&args->transfer, "Pushing", &options, err) < 0 ||
	    session_open(&options, &session, err) < 0)
		return -1;
	pushing.platform = is_given ? &platform : NULL;
	status = push_all(&pushing, err);
	return transfer_args_finish(&args->transfer, &session, app, status, &pushing.digests, err);
}

/* In the order of enum image_dialect. */
static const char *const formats[] = { "keep", "oci", "docker", NULL };

static const struct cli_option push_options[] = {
	OPTION_OPERANDS(struct push_args, images, "IMAGE", VALUE_IMAGE, 1, 0),
	OPTION_STRING(struct push_args, platform, 0, "platform", "OS/ARCH", VALUE_PLATFORM,
		      "Push only the image for this platform, as a single image"),
	OPTION_STRING(struct push_args, board, 0, "board", "BOARD", VALUE_BOARD,
		      "Push only the image for this board's platform, as a single image"),
	OPTION_FLAG(struct push_args, all_tags, 'a', "all-tags",
		    "Push every tag of the repository that the store has"),
	OPTION_CHOICE(struct push_args, format, 0, "format", "FORMAT", formats,
		      "Media types to push in", .fallback = "keep"),
	OPTION_TRANSFER(struct push_args, transfer, "Upload up to N blobs at once"),
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
	.details =
		"IMAGE names the image in the store and the registry that it goes to. Blobs "
		"that the registry has are not sent again; the manifest comes last, so that "
		"nobody ever pulls half an image. Images that share blobs send them once.\n\n"
		"IMAGE may also be in a file, oci:DIR[:TAG], oci-archive:FILE[:TAG] or "
		"docker-archive:FILE[:NAME], and goes to where its name there says.\n\n"
		"--format docker gives the media types that old registries and engines know; the "
		"digest changes with them.\n\n"
		"Credentials are those of 'edgectl login', which are docker's. A registry on "
		"this machine's loopback interface may speak plain HTTP "
		"without --insecure.",
	.options = push_options,
	.args_size = sizeof(struct push_args),
	.examples = push_examples,
	.run = push_run,
};
