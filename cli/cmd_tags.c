#include "app.h"
#include "command.h"
#include "image_option.h"
#include "registry_option.h"
#include "session.h"

#include "base/json.h"
#include "registry/repository.h"

struct tags_args {
	struct strvec words;
	struct registry_args registry;
	bool json;
};

static void show(const struct tags_args *args, struct strvec *tags, struct str *out)
{
	json_auto_t *array = NULL;

	if (!args->json) {
		VEC_FOREACH(tag, tags)
			str_addf(out, "%s\n", *tag);
		return;
	}
	array = json_from_strvec(tags);
	json_write_pretty(array, out);
}

static int tags_run(struct app *app, const void *args_data, struct err *err)
{
	const struct tags_args *args = args_data;
	struct session_options options = registry_args_to_ask(&args->registry);
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(strvec_release) struct strvec tags = STRVEC_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	int status;

	options.without_store = true;
	if (image_option_parse(args->words.items[0], &ref, err) < 0 ||
	    session_open(&options, &session, err) < 0)
		return -1;
	status = registry_tags(session.registry, &ref, &tags, err);
	if (session_finish(&session, app, status, err) < 0)
		return -1;
	show(args, &tags, &text);
	return app_print(&text, err);
}

static const struct cli_option tags_options[] = {
	OPTION_OPERANDS(struct tags_args, words, "REPOSITORY", VALUE_IMAGE, 1, 1),
	OPTION_FLAG(struct tags_args, json, 0, "json", "Print a JSON array of strings"),
	OPTION_REGISTRY(struct tags_args, registry),
	OPTION_END,
};

static const struct cli_example tags_examples[] = {
	{ "The tags of a repository, newest version last:",
	  "edgectl tags registry.example.com/app | sort -V" },
	{ NULL, NULL },
};

const struct cli_command cmd_tags = {
	.name = "tags",
	.group = GROUP_IMAGE,
	.summary = "List the tags of a repository in a registry",
	.details = "One on each line, in the registry's order.",
	.options = tags_options,
	.args_size = sizeof(struct tags_args),
	.examples = tags_examples,
	.run = tags_run,
};
