#include "app.h"
#include "command.h"
#include "image_option.h"
#include "inspection.h"
#include "machine_option.h"
#include "registry_option.h"
#include "session.h"

#include "base/json.h"

struct inspect_args {
	struct strvec images;
	struct registry_args registry;
	const char *platform, *board;
	bool remote, raw, config, json;
};

struct inspecting {
	const struct inspect_args *args;
	struct session *session;
	struct platform platform;
	bool has_platform;
	json_t *array; /* --json */
	struct str out;
};

static void inspecting_release(struct inspecting *inspecting)
{
	json_decref(inspecting->array);
	str_release(&inspecting->out);
}

/* --- the bytes as they are --- */

static int add_raw(struct inspecting *inspecting, struct image_source *source, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *member = NULL;

	if (!inspecting->has_platform || !media_type_is_index(source->target.media_type)) {
		str_addn(&inspecting->out, source->body.ptr, source->body.len);
		return 0;
	}
	if (index_parse(str_span(&source->body), source->target.media_type, &index, err) < 0 ||
	    index_select(&index, &inspecting->platform, &member, err) < 0)
		return -1;
	return image_source_manifest(source, member, &inspecting->out, err);
}

static int add_config(struct inspecting *inspecting, const struct inspection *inspection,
		      struct err *err)
{
	const struct inspected_image *image =
		inspection->shown < 0 ? NULL : &inspection->images.items[inspection->shown];

	if (!image) {
		err_set(err, ERR_INPUT, "'%s' is for several platforms", inspection->name);
		return err_hint(err, "choose one with --platform");
	}
	if (!image->has_config)
		return err_set(err, ERR_INPUT, "'%s' is an artifact of type '%s', and has none",
			       inspection->name, inspection->artifact_type);
	str_addn(&inspecting->out, image->config_text.ptr, image->config_text.len);
	return 0;
}

/* --- one image --- */

static int add_inspection(struct inspecting *inspecting, const struct inspection *inspection,
			  struct err *err)
{
	if (inspecting->args->config)
		return add_config(inspecting, inspection, err);
	if (inspecting->args->json) {
		json_array_append_new(inspecting->array, inspection_json(inspection));
		return 0;
	}
	str_add(&inspecting->out, inspecting->out.len > 0 ? "\n\n" : "");
	inspection_show(inspection, &inspecting->out);
	return 0;
}

static int inspect_image(struct inspecting *inspecting, const char *text, struct err *err)
{
	AUTO(image_source_release) struct image_source source = IMAGE_SOURCE_INIT;
	AUTO(inspection_release) struct inspection inspection = { .name = NULL };
	const struct inspection_request request = {
		.source = &source,
		.name = text,
		.platform = inspecting->has_platform ? &inspecting->platform : NULL,
		.all_configs = inspecting->args->json,
	};

	if (image_source_open(inspecting->session, text, inspecting->args->remote, &source, err) <
	    0)
		return -1;
	if (inspecting->args->raw)
		return add_raw(inspecting, &source, err);
	if (inspection_take(&request, &inspection, err) < 0)
		return -1;
	return add_inspection(inspecting, &inspection, err);
}

static int inspect_all(struct inspecting *inspecting, struct err *err)
{
	VEC_FOREACH(text, &inspecting->args->images) {
		if (inspect_image(inspecting, *text, err) < 0)
			return -1;
	}
	if (inspecting->args->json)
		json_write_pretty(inspecting->array, &inspecting->out);
	return 0;
}

static int check_words(const struct inspect_args *args, struct err *err)
{
	if (args->raw + args->config + args->json > 1)
		return err_set(err, ERR_USAGE, "--raw, --config and --json exclude each other");
	if ((args->raw || args->config) && args->images.len > 1)
		return err_set(err, ERR_USAGE, "--raw and --config are for a single image");
	return 0;
}

static int inspect_run(struct app *app, const void *args_data, struct err *err)
{
	const struct inspect_args *args = args_data;
	const struct session_options options = registry_args_to_ask(&args->registry);
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(inspecting_release)
	struct inspecting inspecting = {
		.args = args, .session = &session, .array = json_array(), .out = STR_INIT
	};
	int status;

	if (check_words(args, err) < 0 ||
	    machine_parse_one(args->platform, args->board, &inspecting.platform,
			      &inspecting.has_platform, err) < 0 ||
	    session_open(&options, &session, err) < 0)
		return -1;
	status = inspect_all(&inspecting, err);
	if (session_finish(&session, app, status, err) < 0)
		return -1;
	return app_print(&inspecting.out, err);
}

static const struct cli_option inspect_options[] = {
	OPTION_OPERANDS(struct inspect_args, images, "IMAGE", VALUE_IMAGE, 1, 0),
	OPTION_FLAG(struct inspect_args, remote, 0, "remote",
		    "Ask the registry instead of the local store"),
	OPTION_STRING(struct inspect_args, platform, 0, "platform", "OS/ARCH", VALUE_PLATFORM,
		      "Show the image for this platform"),
	OPTION_BOARD(struct inspect_args, board),
	OPTION_FLAG(struct inspect_args, json, 0, "json",
		    "Print a JSON array of objects with the members name, digest, mediaType, size "
		    "(in bytes), annotations and images: of each platform its digest, size, layers "
		    "and config"),
	OPTION_FLAG(struct inspect_args, raw, 0, "raw",
		    "Print the bytes of the manifest or index, as its digest names them"),
	OPTION_FLAG(struct inspect_args, config, 0, "config", "Print the bytes of the config"),
	OPTION_REGISTRY(struct inspect_args, registry),
	OPTION_END,
};

static const struct cli_example inspect_examples[] = {
	{ "What a registry has for an image, without pulling it:",
	  "edgectl inspect --remote debian:12" },
	{ "Whether an archive is for the right board:", "edgectl inspect docker-archive:app.tar" },
	{ NULL, NULL },
};

const struct cli_command cmd_inspect = {
	.name = "inspect",
	.group = GROUP_IMAGE,
	.summary = "Show what an image is: platforms, settings, layers and the steps behind them",
	.details = "IMAGE is a name in the local store, with --remote or as docker://NAME in a "
		   "registry, or an image elsewhere: oci:DIR[:TAG], oci-archive:FILE[:TAG], "
		   "docker-archive:FILE[:NAME]. Of an image in a registry, only manifests and "
		   "configs are fetched.\n\n"
		   "Sizes are those of the compressed layers, which a pull moves.",
	.options = inspect_options,
	.args_size = sizeof(struct inspect_args),
	.examples = inspect_examples,
	.run = inspect_run,
};
