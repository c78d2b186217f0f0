#include "app.h"
#include "command.h"
#include "compose_file.h"
#include "fleet_site.h"
#include "generate.h"
#include "release_memory.h"
#include "setting.h"
#include "typed_line.h"

#include <fcntl.h>
#include <string.h>

#include "base/diag.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "compose/list.h"
#include "config/fleet.h"
#include "config/key.h"
#include "device/address_book.h"
#include "dockerfile/dockerfile.h"
#include "image/reference.h"
#include "image/store.h"
#include "templates/board.h"
#include "templates/kept_template.h"
#include "templates/template.h"

struct complete_args {
	struct strvec words;
};

const char *value_kind_name(enum value_kind kind)
{
	switch (kind) {
	case VALUE_IMAGE: return "image";
	case VALUE_PLATFORM: return "platform";
	case VALUE_BOARD: return "board";
	case VALUE_DEVICE: return "device";
	case VALUE_DEVICES: return "devices";
	case VALUE_COMMAND: return "command";
	case VALUE_SERVICE:
	case VALUE_SERVICE_OR_DIR: return "service";
	case VALUE_TEMPLATE: return "template";
	case VALUE_KEPT_TEMPLATE: return "kept-template";
	case VALUE_STAGE: return "stage";
	case VALUE_CONFIG_KEY: return "config-key";
	case VALUE_FLEET: return "fleet";
	case VALUE_FLEET_RELEASE: return "fleet-release";
	case VALUE_RELEASE: return "release";
	case VALUE_CHANNEL: return "channel";
	case VALUE_PUSHED: return "pushed";
	case VALUE_TEXT:
	case VALUE_FILE:
	case VALUE_DIR:
	case VALUE_CHOICE: break;
	}
	return NULL;
}

bool value_kind_may_be_dir(enum value_kind kind)
{
	return kind == VALUE_SERVICE_OR_DIR || kind == VALUE_TEMPLATE;
}

static void add_word(struct str *out, const char *before, const char *word, const char *prefix)
{
	AUTO(freep) char *whole = xasprintf("%s%s", before, word);

	if (str_has_prefix(whole, prefix))
		str_addf(out, "%s\n", whole);
}

/* What stands before the word of a list that is being typed, with its comma; the caller frees. */
static char *list_head(const char *prefix)
{
	const char *comma = strrchr(prefix, ',');

	return xstrndup(prefix, comma ? (size_t)(comma + 1 - prefix) : 0);
}

static void complete_platform(const char *prefix, struct str *out)
{
	static const char *const platforms[] = {
		"linux/amd64",  "linux/arm64",   "linux/arm/v7", "linux/arm/v6",
		"linux/arm/v5", "linux/riscv64", "linux/386",
	};
	AUTO(freep) char *before = list_head(prefix);

	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++)
		add_word(out, before, platforms[i], prefix);
}

/* The second words of a topic, behind 'help TOPIC'. */
static void complete_verb(const struct cli_topic *topic, const char *prefix, struct str *out)
{
	COMMAND_FOREACH(command) {
		if (!command->hidden && topic_verb(topic, command))
			add_word(out, "", topic_verb(topic, command), prefix);
	}
}

static void complete_command(const struct typed_line *line, const char *prefix, struct str *out)
{
	if (line->operands.len > 0) {
		const struct cli_topic *topic = topic_find(line->operands.items[0]);

		if (topic)
			complete_verb(topic, prefix, out);
		return;
	}
	COMMAND_FOREACH(command) {
		if (!command->hidden && !strchr(command->name, ' '))
			add_word(out, "", command->name, prefix);
	}
	TOPIC_FOREACH(topic)
		add_word(out, "", topic->name, prefix);
}

/* A list, as of platforms. Aliases are for those who type them: offered when no slug fits. */
static void complete_board(const char *prefix, struct str *out)
{
	AUTO(board_catalog_release) struct board_catalog boards = BOARD_CATALOG_INIT;
	AUTO(freep) char *before = list_head(prefix);

	if (board_catalog_load(&boards, NULL) < 0)
		return;
	VEC_FOREACH(board, &boards)
		add_word(out, before, board->slug, prefix);
	if (out->len > 0)
		return;
	VEC_FOREACH(board, &boards) {
		VEC_FOREACH(alias, &board->aliases)
			add_word(out, before, *alias, prefix);
	}
}

/* Completing must not create a store. */
static bool store_exists(void)
{
	AUTO(freep) char *root = NULL;

	return fs_data_home(&root, NULL) == 0 && fs_exists(AT_FDCWD, root);
}

static void complete_image(const char *prefix, struct str *out)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(stored_images_release) struct stored_images images = { .len = 0 };

	if (!store_exists() || store_open(NULL, &store, NULL) < 0 ||
	    store_list(store, &images, NULL) < 0)
		return;
	VEC_FOREACH(image, &images) {
		AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
		AUTO(freep) char *name = NULL;

		if (image_ref_parse(image->name, &ref, NULL) < 0)
			continue;
		name = image_ref_format_short(&ref);
		add_word(out, "", name, prefix);
	}
}

static void complete_device(const char *prefix, struct str *out)
{
	AUTO(address_book_release) struct address_book book = { .items = NULL };

	if (address_book_load(&book, NULL) < 0)
		return;
	VEC_FOREACH(device, &book)
		add_word(out, "", device->name, prefix);
}

static void complete_devices(const char *prefix, struct str *out)
{
	AUTO(address_book_release) struct address_book book = { .items = NULL };
	AUTO(freep) char *before = list_head(prefix);

	if (!*before)
		add_word(out, "", "all", prefix);
	if (address_book_load(&book, NULL) < 0)
		return;
	VEC_FOREACH(device, &book)
		add_word(out, before, device->name, prefix);
}

/* Those of inactive profiles as well: naming one switches it on. */
static void complete_service(const struct typed_line *line, const char *prefix, struct str *out)
{
	AUTO(compose_freep) struct compose *compose = NULL;
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	struct compose_options options = { .no_env_resolution = true };

	strvec_add(&options.profiles, "*");
	strvec_add_all(&options.files, &line->files);
	if (compose_file_load_silently(&options, &compose, NULL) == 0)
		compose_list(compose, COMPOSE_SERVICES, &names);
	strvec_release(&options.profiles);
	strvec_release(&options.files);
	strvec_sort(&names);
	VEC_FOREACH(name, &names)
		add_word(out, "", *name, prefix);
}

static void complete_template(const char *prefix, struct str *out)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;

	template_list(&names);
	VEC_FOREACH(name, &names)
		add_word(out, "", *name, prefix);
}

static void complete_kept_template(const char *prefix, struct str *out)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;

	kept_template_list(&names);
	VEC_FOREACH(name, &names)
		add_word(out, "", *name, prefix);
}

static void complete_config_key(const char *prefix, struct str *out)
{
	CONFIG_KEY_FOREACH(key, config_keys)
		add_word(out, "", key->name, prefix);
}

static bool read_in(const char *dir, const char *name, struct str *ret)
{
	AUTO(freep) char *path = path_join(dir, name);

	return fs_read_file(AT_FDCWD, path, LIMIT_DOCKERFILE, ret, NULL) == 0;
}

/* The one that --file names, else that of the context: the last word that can be no service. */
static bool read_dockerfile(const struct typed_line *line, struct str *ret)
{
	const char *context = ".";

	if (line->files.len > 0)
		return read_in(".", line->files.items[line->files.len - 1], ret);
	VEC_FOREACH(word, &line->operands) {
		if (strchr(*word, '/') || str_eq(*word, ".."))
			context = *word;
	}
	return read_in(context, "Dockerfile", ret) || read_in(context, "Dockerfile.template", ret);
}

/* Of a Dockerfile that is being edited, and cannot be read at the moment, none. */
static void complete_stage(const struct typed_line *line, const char *prefix, struct str *out)
{
	AUTO(dockerfile_release) struct dockerfile file = DOCKERFILE_INIT;
	AUTO(diags_release) struct diags diags = { .items = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	if (!read_dockerfile(line, &text))
		return;
	diags_init(&diags, "Dockerfile", str_span(&text));
	if (dockerfile_parse(str_span(&text), &file, &diags) < 0)
		return;
	VEC_FOREACH(stage, &file.stages) {
		if (stage->name)
			add_word(out, "", stage->name, prefix);
	}
}

static void complete_fleet(struct app *app, const char *prefix, struct str *out)
{
	AUTO(fleets_release) struct fleets fleets = FLEETS_INIT;
	struct config *config = NULL;

	if (app_config(app, &config, NULL) < 0 || fleets_read(config, &fleets, NULL) < 0)
		return;
	VEC_FOREACH(fleet, &fleets)
		add_word(out, "", fleet->name, prefix);
}

/* --- what a fleet has, as far as it is known here: no registry is asked --- */

enum known_names { KNOWN_CHANNELS = 1, KNOWN_RELEASES = 2 };

/* `before` each of them. */
static void complete_known(struct app *app, const char *fleet, unsigned which, const char *before,
			   const char *prefix, struct str *out)
{
	AUTO(fleet_site_release) struct fleet_site site = FLEET_SITE_INIT;
	AUTO(release_memory_release) struct release_memory memory = RELEASE_MEMORY_INIT;
	const char *own = NULL;

	if (fleet_site_find(app, fleet, &site, NULL) < 0)
		return;
	release_memory_read(&site.repository, &memory);
	own = site.fleet ? fleet_site_channel(&site) : NULL;
	if (own && !strvec_contains(&memory.channels, own))
		strvec_add(&memory.channels, own);
	VEC_FOREACH(name, &memory.channels)
		add_word(out, before, *name, prefix);
	VEC_FOREACH(name, &memory.releases) {
		if ((which & KNOWN_RELEASES) && !strvec_contains(&memory.channels, *name))
			add_word(out, before, *name, prefix);
	}
}

/* FLEET, or when it is there with its colon, FLEET:RELEASE. */
static void complete_fleet_release(struct app *app, const char *prefix, struct str *out)
{
	const char *colon = strrchr(prefix, ':');
	AUTO(freep) char *fleet = xstrndup(prefix, colon ? (size_t)(colon - prefix) : 0);
	AUTO(freep) char *before = xasprintf("%s:", fleet);

	/* a port is no release */
	if (colon && !strchr(colon, '/'))
		complete_known(app, fleet, KNOWN_CHANNELS | KNOWN_RELEASES, before, prefix, out);
	else
		complete_fleet(app, prefix, out);
}

static void complete_release(struct app *app, const struct typed_line *line, unsigned which,
			     const char *prefix, struct str *out)
{
	if (line->operands.len > 0)
		complete_known(app, line->operands.items[0], which, "", prefix, out);
}

/* VALUE_TEXT for what is no kind. */
static enum value_kind kind_named(const char *name)
{
	for (enum value_kind kind = 0; kind <= VALUE_PUSHED; kind++) {
		if (str_eq(value_kind_name(kind), name))
			return kind;
	}
	return VALUE_TEXT;
}

/* Does the synopsis call the operand that is being typed a channel? "FLEET RELEASE [CHANNEL]" */
static bool is_channel_wanted(const struct typed_line *line)
{
	const struct cli_option *operands =
		line->command ? option_operands(line->command->options) : NULL;
	struct span rest = span_of(operands ? operands->name : ""), word = rest;

	for (size_t i = 0; i <= line->operands.len; i++) {
		if (!span_cut(&rest, ' ', &word) && i < line->operands.len)
			return false;
	}
	return span_eq(word, "CHANNEL") || span_eq(word, "[CHANNEL]");
}

/* The scripts ask for operands by the kind of the first, however many stand there. */
static enum value_kind kind_wanted(const char *asked, const struct typed_line *line)
{
	enum value_kind kind = kind_named(asked);
	const struct cli_option *operands =
		line->command ? option_operands(line->command->options) : NULL;

	if (!operands || operands->kind != kind)
		return kind;
	if (operands->max > 0 && line->operands.len >= (size_t)operands->max)
		return VALUE_TEXT;
	if (operands->kind_count > 0 && line->operands.len >= operands->kind_count)
		return operands->kind_behind == VALUE_RELEASE && is_channel_wanted(line)
			       ? VALUE_CHANNEL
			       : operands->kind_behind;
	return kind;
}

static void complete(struct app *app, enum value_kind kind, const struct typed_line *line,
		     const char *prefix, struct str *out)
{
	switch (kind) {
	case VALUE_PLATFORM: complete_platform(prefix, out); break;
	case VALUE_BOARD: complete_board(prefix, out); break;
	case VALUE_DEVICE: complete_device(prefix, out); break;
	case VALUE_DEVICES: complete_devices(prefix, out); break;
	case VALUE_COMMAND: complete_command(line, prefix, out); break;
	case VALUE_IMAGE: complete_image(prefix, out); break;
	case VALUE_SERVICE:
	case VALUE_SERVICE_OR_DIR: complete_service(line, prefix, out); break;
	case VALUE_TEMPLATE: complete_template(prefix, out); break;
	case VALUE_KEPT_TEMPLATE: complete_kept_template(prefix, out); break;
	case VALUE_STAGE: complete_stage(line, prefix, out); break;
	case VALUE_CONFIG_KEY: complete_config_key(prefix, out); break;
	case VALUE_FLEET: complete_fleet(app, prefix, out); break;
	case VALUE_FLEET_RELEASE: complete_fleet_release(app, prefix, out); break;
	case VALUE_RELEASE:
		complete_release(app, line, KNOWN_CHANNELS | KNOWN_RELEASES, prefix, out);
		break;
	case VALUE_CHANNEL: complete_release(app, line, KNOWN_CHANNELS, prefix, out); break;
	case VALUE_PUSHED:
		complete_fleet(app, prefix, out);
		complete_device(prefix, out);
		complete_image(prefix, out);
		break;
	case VALUE_TEXT:
	case VALUE_FILE:
	case VALUE_DIR:
	case VALUE_CHOICE: break;
	}
}

/* A shell waits for this: whatever goes wrong, the answer is no words and no message. */
static int complete_run(struct app *app, const void *args_data, struct err *err)
{
	const struct complete_args *args = args_data;
	const char *prefix = args->words.len > 1 ? args->words.items[1] : "";
	AUTO(typed_line_release) struct typed_line line = TYPED_LINE_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	typed_line_read(&args->words, 2, &line);
	(void)!settings_export(app, NULL); /* the store may be elsewhere */
	complete(app, kind_wanted(args->words.items[0], &line), &line, prefix, &text);
	return app_print(&text, err);
}

static const struct cli_option complete_options[] = {
	OPTION_OPERANDS(struct complete_args, words, "KIND [PREFIX [WORD]...]", VALUE_TEXT, 1, 0,
			.command_at = 1),
	OPTION_END,
};

const struct cli_command cmd_complete = {
	.name = "__complete",
	.ignores_config = true,
	.hidden = true,
	.summary = "Print the words that a shell may complete",
	.options = complete_options,
	.args_size = sizeof(struct complete_args),
	.run = complete_run,
};
