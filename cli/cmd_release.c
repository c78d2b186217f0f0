#include "app.h"
#include "command.h"
#include "format.h"
#include "release_site.h"
#include "table.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"

#define NOTE_WIDTH 72

/* --- as JSON --- */

static json_t *map_to_json(const struct strmap *map)
{
	json_t *object = json_object();

	VEC_FOREACH(item, map)
		json_set_string(object, item->key, item->value ? item->value : "");
	return object;
}

static void set_optional(json_t *object, const char *key, const char *value)
{
	if (value && *value)
		json_set_string(object, key, value);
}

static json_t *published_to_json(const struct published *published)
{
	const struct release *release = &published->release;
	json_t *object = json_object();

	json_set_string(object, "version", release->version);
	json_set_string(object, "digest", release->digest.text);
	json_object_set_new(object, "draft", json_boolean(published_is_draft(published)));
	json_object_set_new(object, "channels", json_from_strvec(&published->channels));
	set_optional(object, "revision", release->revision);
	json_object_set_new(object, "dirty", json_boolean(release->is_dirty));
	set_optional(object, "created", release->created);
	set_optional(object, "author", release->author);
	set_optional(object, "note", release->note);
	set_optional(object, "parent", release->parent.text);
	json_object_set_new(object, "tags", map_to_json(&release->tags));
	json_object_set_new(object, "images",
			    published->is_damaged ? json_null() : map_to_json(&release->images));
	return object;
}

/* --- release ls --- */

struct ls_args {
	struct strvec words;
	struct registry_args registry;
	bool json;
};

static void add_note(const char *note, struct table *table)
{
	AUTO(str_release) struct str line = STR_INIT, text = STR_INIT;

	format_line(&line, note);
	format_fitted(&text, str_span(&line), NOTE_WIDTH);
	table_add(table, text.ptr);
}

static void add_row(const struct published *published, struct table *table)
{
	const struct release *release = &published->release;
	AUTO(freep) char *channels = strvec_join(&published->channels, ", ");
	AUTO(freep)
	char *revision = xasprintf("%.12s%s", release->revision ? release->revision : "-",
				   release->is_dirty ? "+" : "");

	table_add(table, release->version);
	table_add(table, published_is_draft(published) ? "draft" : channels);
	table_add(table, revision);
	table_add(table, release->created ? release->created : "-");
	add_note(release->note ? release->note : "", table);
}

static void list(const struct catalogue *catalogue, struct str *out)
{
	static const char *const head[] = { "RELEASE", "CHANNELS", "REVISION", "SOURCE OF",
					    "NOTE" };
	struct table table;

	table_init(&table, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&table, head[i]);
	VEC_FOREACH(published, catalogue)
		add_row(published, &table);
	table_format(&table, out);
	table_release(&table);
}

static void list_json(const struct catalogue *catalogue, struct str *out)
{
	json_auto_t *array = json_array();

	VEC_FOREACH(published, catalogue)
		json_array_append_new(array, published_to_json(published));
	json_write_pretty(array, out);
}

static int ls_run(struct app *app, const void *args_data, struct err *err)
{
	const struct ls_args *args = args_data;
	AUTO(release_site_release) struct release_site site = RELEASE_SITE_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	int status;

	if (release_site_open(app, args->words.items[0], &args->registry, &site, err) < 0)
		return -1;
	if (!args->json) {
		list(&site.catalogue, &text);
		return release_site_finish(&site, 0, &text, err);
	}
	status = catalogue_read_files(site.session.registry, &site.fleet.repository,
				      &site.catalogue, err);
	if (status == 0)
		list_json(&site.catalogue, &text);
	return release_site_finish(&site, status, &text, err);
}

static const struct cli_option ls_options[] = {
	OPTION_OPERANDS(struct ls_args, words, "FLEET", VALUE_FLEET, 1, 1),
	OPTION_FLAG(struct ls_args, json, 0, "json", "Print a JSON array"),
	OPTION_REGISTRY(struct ls_args, registry),
	OPTION_END,
};

static const struct cli_example ls_examples[] = {
	{ "What a fleet has been given, the last one first:", "edgectl release ls greenhouse" },
	{ "Without the project, by the fleet's repository:",
	  "edgectl release ls registry.example.com/team/greenhouse" },
	{ NULL, NULL },
};

const struct cli_command cmd_release_ls = {
	.name = "release ls",
	.group = GROUP_FLEET,
	.summary = "List the releases of a fleet",
	.details = "With the channels that have them, and the commit that they were made of; '+' "
		   "behind it: files had been changed since.",
	.options = ls_options,
	.args_size = sizeof(struct ls_args),
	.examples = ls_examples,
	.run = ls_run,
};

/* --- release show --- */

struct show_args {
	struct strvec words;
	struct registry_args registry;
	bool json, compose;
};

static void add_line(struct str *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	str_addf(out, "%-10s ", name);
	format_line(out, value);
	str_addc(out, '\n');
}

static void add_pair(struct str *out, const char *name, const struct strmap_item *item,
		     const char *separator)
{
	AUTO(freep)
	char *text = xasprintf("%s%s%s", item->key, separator, item->value ? item->value : "");

	add_line(out, name, text);
}

static void show(const struct published *published, struct str *out)
{
	const struct release *release = &published->release;
	AUTO(freep) char *channels = strvec_join(&published->channels, ", ");

	add_line(out, "release", release->version);
	add_line(out, "digest", release->digest.text);
	add_line(out, "channels", published_is_draft(published) ? "none: a draft" : channels);
	add_line(out, "revision", release->revision);
	if (release->is_dirty)
		str_add(out, "           with changes that are not committed\n");
	add_line(out, "source of", release->created);
	add_line(out, "author", release->author);
	add_line(out, "note", release->note);
	add_line(out, "parent", release->parent.text);
	VEC_FOREACH(tag, &release->tags)
		add_pair(out, "tag", tag, "=");
	VEC_FOREACH(image, &release->images)
		add_pair(out, "service", image, "  ");
}

static void show_json(const struct published *published, struct str *out)
{
	json_auto_t *object = published_to_json(published);

	json_write_pretty(object, out);
}

static int show_run(struct app *app, const void *args_data, struct err *err)
{
	const struct show_args *args = args_data;
	AUTO(release_site_release) struct release_site site = RELEASE_SITE_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	struct published *published = NULL;
	int status;

	if (release_site_open(app, args->words.items[0], &args->registry, &site, err) < 0)
		return -1;
	status = catalogue_find(&site.catalogue,
				args->words.len > 1 ? args->words.items[1]
						    : fleet_site_channel(&site.fleet),
				&published, err);
	if (status == 0)
		status = release_read_file(site.session.registry, &site.fleet.repository,
					   &published->release, err);
	if (status == 0 && args->compose)
		str_add(&text, published->release.compose.ptr);
	else if (status == 0 && args->json)
		show_json(published, &text);
	else if (status == 0)
		show(published, &text);
	return release_site_finish(&site, status, &text, err);
}

static const struct cli_option show_options[] = {
	OPTION_OPERANDS(struct show_args, words, "FLEET [RELEASE]", VALUE_FLEET, 1, 2,
			.kind_count = 1, .kind_behind = VALUE_RELEASE),
	OPTION_FLAG(struct show_args, compose, 0, "compose", "Print the compose file of it"),
	OPTION_FLAG(struct show_args, json, 0, "json", "Print a JSON object"),
	OPTION_REGISTRY(struct show_args, registry),
	OPTION_END,
};

static const struct cli_example show_examples[] = {
	{ "What the boards of the fleet's channel run:", "edgectl release show greenhouse" },
	{ "What a release was made of:", "edgectl release show greenhouse v1.4" },
	{ NULL, NULL },
};

const struct cli_command cmd_release_show = {
	.name = "release show",
	.group = GROUP_FLEET,
	.summary = "Show one release of a fleet",
	.details = "RELEASE is a version, a channel, or a digest or its first digits; the fleet's "
		   "channel if it is left out.",
	.options = show_options,
	.args_size = sizeof(struct show_args),
	.examples = show_examples,
	.run = show_run,
};
