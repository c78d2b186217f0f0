#include "app.h"
#include "command.h"
#include "device_push.h"
#include "fleet_push.h"
#include "fleet_site.h"
#include "image_option.h"
#include "machine_option.h"
#include "place_option.h"
#include "project_images.h"
#include "registry_option.h"
#include "scratch_store.h"
#include "session.h"

#include "image/image_convert.h"
#include "image/image_subset.h"

struct push_args {
	struct strvec images;
	bool all_tags;
	int format;
	struct transfer_args transfer;
	struct fleet_push_args fleet; /* its platforms and boards are those of images, too */
};

struct pushing {
	const struct push_args *args;
	struct session *session;
	struct strvec words; /* those of the command, or the images of the project here */
	const struct platform *platform; /* NULL = all there is */
	struct str digests;
};

/*
 * Of an index, the one manifest for the platform. Then in the media types that are asked for.
 */
static int push_target(struct pushing *pushing, struct store *store,
		       const struct descriptor *target, const struct image_ref *ref,
		       struct err *err)
{
	AUTO(descriptor_release) struct descriptor chosen = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor converted = { .media_type = NULL };

	if (image_subset_make(store, target, pushing->platform, pushing->platform != NULL, &chosen,
			      err) < 0 ||
	    image_convert(store, &chosen, (enum image_dialect)pushing->args->format,
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
	VEC_FOREACH(text, &pushing->words) {
		if (push_word(pushing, *text, err) == 0)
			continue;
		if (err && err->kind == ERR_NOT_FOUND && pushing->args->images.len == 0) {
			free(TAKE(err->hint));
			err_hint(err, "build it first; 'edgectl build --push' does both");
		}
		return -1;
	}
	return 0;
}

static int find_words(const struct push_args *args, struct strvec *ret, struct err *err)
{
	if (args->images.len == 0)
		return project_images(&args->fleet.services, ret, err);
	VEC_FOREACH(word, &args->images)
		strvec_add(ret, *word);
	return 0;
}

/* Wrong words are told before anything is opened. */
static int check_words(const struct strvec *words, struct err *err)
{
	VEC_FOREACH(text, words) {
		AUTO(image_place_release) struct image_place place = IMAGE_PLACE_INIT;

		if (place_option_parse(*text, &place, err) < 0)
			return -1;
	}
	return 0;
}

static void pushing_release(struct pushing *pushing)
{
	str_release(&pushing->digests);
	strvec_release(&pushing->words);
}

static int only_one(const struct strvec *words, const char *option, const char **ret,
		    struct err *err)
{
	*ret = words->len > 0 ? words->items[0] : NULL;
	if (words->len < 2)
		return 0;
	(void)err_set(err, ERR_USAGE, "option '--%s': an image is pushed whole, or for one",
		      option);
	return err_hint(err, "several are for a FLEET");
}

static int parse_machine(const struct push_args *args, struct platform *ret, bool *ret_given,
			 struct err *err)
{
	const char *platform = NULL, *board = NULL;

	if (only_one(&args->fleet.platforms, "platform", &platform, err) < 0 ||
	    only_one(&args->fleet.boards, "board", &board, err) < 0)
		return -1;
	return machine_parse_one(platform, board, ret, ret_given, err);
}

static int push_images(struct app *app, const struct push_args *args, struct err *err)
{
	struct session_options options;
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(pushing_release)
	struct pushing pushing = { .args = args, .session = &session, .digests = STR_INIT };
	struct platform platform = { .os = "" };
	bool is_given = false;
	int status = 0;

	if (find_words(args, &pushing.words, err) < 0 || check_words(&pushing.words, err) < 0 ||
	    parse_machine(args, &platform, &is_given, err) < 0 ||
	    transfer_args_session(&args->transfer, "Pushing", &options, err) < 0 ||
	    session_open(&options, &session, err) < 0)
		return -1;
	pushing.platform = is_given ? &platform : NULL;
	status = push_all(&pushing, err);
	return transfer_args_finish(&args->transfer, &session, app, status, &pushing.digests, err);
}

static int check_fleet_words(const struct push_args *args, struct err *err)
{
	const struct fleet_push_args *fleet = &args->fleet;
	bool is_project = args->images.len == 0;

	if (!fleet->channel && !fleet->note && !fleet->version && !fleet->draft &&
	    !fleet->dry_run && !fleet->with_env && fleet->release_tags.len == 0 &&
	    (is_project || fleet->services.len == 0))
		return 0;
	if (is_project)
		(void)err_set(err, ERR_USAGE, "a release is of a FLEET, which is not named");
	else
		(void)err_set(err, ERR_USAGE, "'%s' is no fleet, and an image has no release",
			      args->images.items[0]);
	return err_hint(err, "fleets stand in edgectl.yaml: 'edgectl fleet ls' lists them");
}

static int push_run(struct app *app, const void *args_data, struct err *err)
{
	const struct push_args *args = args_data;
	const char *first = args->images.len > 0 ? args->images.items[0] : NULL;
	bool is_fleet = false, is_device = false;

	if (args->images.len == 1 && (fleet_site_is_fleet(app, first, &is_fleet, err) < 0 ||
				      device_push_is_device(first, &is_device, err) < 0))
		return -1;
	if (is_fleet)
		return fleet_push_run(app, first, &args->fleet, &args->transfer, err);
	if (is_device && !args->all_tags && args->format == 0)
		return device_push_run(app, first, &args->fleet, &args->transfer, err);
	return check_fleet_words(args, err) < 0 ? -1 : push_images(app, args, err);
}

/* In the order of enum image_dialect. */
static const char *const formats[] = { "keep", "oci", "docker", NULL };

static const struct cli_option push_options[] = {
	OPTION_OPERANDS(struct push_args, images, "IMAGE|FLEET|DEVICE", VALUE_PUSHED, 0, 0),
	OPTION_LIST(struct push_args, fleet.platforms, 0, "platform", "OS/ARCH", VALUE_PLATFORM,
		    "Push only the image for this platform, as a single image; of a fleet, "
		    "build for it instead of the fleet's boards"),
	OPTION_LIST(struct push_args, fleet.boards, 0, "board", "BOARD", VALUE_BOARD,
		    "The same for this board's platform"),
	OPTION_HEADING("Releases of a fleet"),
	OPTION_STRING(struct push_args, fleet.channel, 0, "channel", "CHANNEL", VALUE_CHANNEL,
		      "Channel that the release goes to, instead of the fleet's own"),
	OPTION_FLAG(struct push_args, fleet.draft, 0, "draft",
		    "Publish it without moving a channel"),
	OPTION_STRING(struct push_args, fleet.version, 0, "release-version", "VERSION", VALUE_TEXT,
		      "Name of the release, instead of what 'git describe' says"),
	OPTION_STRING(struct push_args, fleet.note, 0, "note", "TEXT", VALUE_TEXT,
		      "What is new, for people"),
	OPTION_LIST(struct push_args, fleet.release_tags, 0, "release-tag", "KEY=VALUE", VALUE_TEXT,
		    "Note this on the release"),
	OPTION_LIST(struct push_args, fleet.services, 0, "service", "SERVICE", VALUE_SERVICE,
		    "Push or release only this service, and what it depends on"),
	OPTION_FLAG(struct push_args, fleet.with_env, 0, "with-env",
		    "Publish variables and configs that look like credentials, too"),
	OPTION_FLAG(struct push_args, fleet.dry_run, 0, "dry-run",
		    "Ask the registry, and say what would be done"),
	OPTION_HEADING("Images, and how"),
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
	{ "All services of the compose project here, after 'edgectl build':", "edgectl push" },
	{ "Build the project here for all boards of a fleet, and release it:",
	  "edgectl push greenhouse --note 'reads the new sensor'" },
	{ NULL, NULL },
};

const struct cli_command cmd_push = {
	.name = "push",
	.group = GROUP_IMAGE,
	.summary = "Upload images to a registry, or bring the project here to a fleet or a board",
	.details =
		"IMAGE names the image in the store and the registry that it goes to. Blobs "
		"that the registry has are not sent again; the manifest comes last, so that "
		"nobody ever pulls half an image. Images that share blobs send them once.\n\n"
		"IMAGE may also be in a file, oci:DIR[:TAG], oci-archive:FILE[:TAG] or "
		"docker-archive:FILE[:NAME], and goes to where its name there says.\n\n"
		"Without IMAGE, it is the images of the compose project here: of each service "
		"with "
		"a build section what 'image' and the tags of 'build' say. They are pushed as they "
		"are in the store; 'edgectl build --push' builds them first.\n\n"
		"--format docker gives the media types that old registries and engines know; the "
		"digest changes with them.\n\n"
		"FLEET is a fleet of edgectl.yaml: all services of the project here are built for "
		"its boards, their images pushed, and a release published that names them by "
		"their digests. The fleet's channel is moved last, so that a board sees the old "
		"release or the new one; interrupted, the same command goes on from there. "
		"Variables, those of env files, too, and the text of configs are in the release: "
		"what looks like a password, a token or a private key is refused, unless "
		"--with-env says that it may be published.\n\n"
		"DEVICE is a board that 'edgectl device add' named, an address with ssh://, "
		"tcp:// or unix://, NAME.local, or an IPv4 address: the project here is built "
		"and run on it, as 'edgectl deploy' does. --service and --platform count "
		"there, too.\n\n"
		"Credentials are those of 'edgectl login', which are docker's. A registry on "
		"this machine's loopback interface may speak plain HTTP "
		"without --insecure.",
	.options = push_options,
	.args_size = sizeof(struct push_args),
	.examples = push_examples,
	.run = push_run,
};
