#include "app.h"
#include "command.h"
#include "format.h"
#include "image_option.h"
#include "machine_option.h"
#include "registry_option.h"
#include "session.h"
#include "table.h"

#include "base/json.h"
#include "registry/repository.h"

struct referrers_args {
	struct strvec words;
	struct registry_args registry;
	const char *type, *platform, *board;
	bool json;
};

/* --- which image --- */

static int find_subject(struct session *session, const struct referrers_args *args,
			struct image_ref *ref, struct err *err)
{
	AUTO(descriptor_release) struct descriptor subject = { .media_type = NULL };
	struct platform platform;
	bool is_given = false;

	if (!args->platform && !args->board && digest_is_set(&ref->digest))
		return 0;
	if (machine_parse_one(args->platform, args->board, &platform, &is_given, err) < 0 ||
	    registry_describe(session->registry, ref, is_given ? &platform : NULL, &subject, err) <
		    0)
		return -1;
	ref->digest = subject.digest;
	return 0;
}

static int find(struct session *session, const struct referrers_args *args, struct image_ref *ref,
		struct descriptors *ret, struct err *err)
{
	if (find_subject(session, args, ref, err) < 0)
		return -1;
	return registry_referrers(session->registry, ref, args->type, ret, err);
}

/* --- showing --- */

static json_t *json_of(const struct descriptor *entry)
{
	json_t *object = json_object(), *annotations = json_object();

	json_set_string(object, "digest", entry->digest.text);
	json_set_string(object, "mediaType", entry->media_type);
	json_object_set_new(object, "artifactType",
			    entry->artifact_type ? json_string(entry->artifact_type) : json_null());
	json_object_set_new(object, "size", json_integer((json_int_t)entry->size));
	for (size_t i = 0; i < entry->annotations.len; i++)
		json_set_string(annotations, entry->annotations.items[i].key,
				entry->annotations.items[i].value);
	json_object_set_new(object, "annotations", annotations);
	return object;
}

static void show_json(const struct descriptors *entries, struct str *out)
{
	json_auto_t *array = json_array();

	VEC_FOREACH(entry, entries)
		json_array_append_new(array, json_of(entry));
	json_write_pretty(array, out);
}

/* What others wrote must not drive the terminal. */
static void add_fitted(struct table *table, const char *text)
{
	AUTO(str_release) struct str clean = STR_INIT;

	format_fitted(&clean, span_of(text), 60);
	table_add(table, clean.len > 0 ? clean.ptr : "-");
}

static void show_table(const struct descriptors *entries, struct str *out)
{
	AUTO(table_release) struct table table;

	table_init(&table, 3);
	table_add(&table, "DIGEST");
	table_add(&table, "TYPE");
	table_add(&table, "CREATED");
	VEC_FOREACH(entry, entries) {
		const char *created =
			strmap_get(&entry->annotations, "org.opencontainers.image.created");

		table_add(&table, entry->digest.text);
		add_fitted(&table, entry->artifact_type ? entry->artifact_type : "-");
		add_fitted(&table, created ? created : "-");
	}
	table_format(&table, out);
}

static int referrers_run(struct app *app, const void *args_data, struct err *err)
{
	const struct referrers_args *args = args_data;
	struct session_options options = registry_args_to_ask(&args->registry);
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(descriptors_release) struct descriptors entries = { .items = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	int status;

	options.without_store = true;
	if (image_option_parse(args->words.items[0], &ref, err) < 0 ||
	    session_open(&options, &session, err) < 0)
		return -1;
	status = find(&session, args, &ref, &entries, err);
	if (session_finish(&session, app, status, err) < 0)
		return -1;
	if (args->json)
		show_json(&entries, &text);
	else
		show_table(&entries, &text);
	return app_print(&text, err);
}

static const struct cli_option referrers_options[] = {
	OPTION_OPERANDS(struct referrers_args, words, "IMAGE", VALUE_IMAGE, 1, 1),
	OPTION_STRING(struct referrers_args, type, 0, "artifact-type", "TYPE", VALUE_TEXT,
		      "List only artifacts of this type"),
	OPTION_STRING(struct referrers_args, platform, 0, "platform", "OS/ARCH", VALUE_PLATFORM,
		      "What is attached to the image for this platform instead of the index"),
	OPTION_BOARD(struct referrers_args, board),
	OPTION_FLAG(struct referrers_args, json, 0, "json",
		    "Print a JSON array of objects with the members digest, mediaType, "
		    "artifactType, size and annotations"),
	OPTION_REGISTRY(struct referrers_args, registry),
	OPTION_END,
};

static const struct cli_example referrers_examples[] = {
	{ "The bills of materials of an image:",
	  "edgectl referrers --artifact-type application/spdx+json registry.example.com/app:1" },
	{ NULL, NULL },
};

const struct cli_command cmd_referrers = {
	.name = "referrers",
	.group = GROUP_IMAGE,
	.summary = "List what is attached to an image in a registry",
	.details = "Signatures, bills of materials and other artifacts whose subject the image is, "
		   "as 'edgectl attach' and other tools push them.",
	.options = referrers_options,
	.args_size = sizeof(struct referrers_args),
	.examples = referrers_examples,
	.run = referrers_run,
};
