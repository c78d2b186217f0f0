#include "app.h"
#include "command.h"
#include "format.h"
#include "release_site.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "release/difference.h"

#define DIGITS_SHOWN 12

struct diff_args {
	struct strvec words;
	struct registry_args registry;
	bool json, files;
};

/* --- for people --- */

static void add_download(const struct download *download, struct str *out)
{
	char platform[PLATFORM_TEXT_MAX];

	str_addf(out, "%s downloads ", platform_format(&download->platform, platform));
	format_size(out, download->bytes);
	str_add(out, " of ");
	format_size(out, download->whole_bytes);
	str_addf(out, " (%u of %u layers)\n", download->layers, download->all_layers);
}

/* Each with its size: what to look for in the Dockerfile. */
static void add_layers(const struct download *download, struct str *out)
{
	VEC_FOREACH(layer, &download->new_layers) {
		const char *digest = layer->digest.text;

		str_addf(out, "        + layer %.*s  ",
			 (int)strcspn(digest, ":") + 1 + DIGITS_SHOWN, digest);
		format_size(out, layer->size);
		str_addc(out, '\n');
	}
}

static void add_change(const struct setting_change *change, const char *indent, struct str *out)
{
	str_add(out, indent);
	format_line(out, change->key);
	str_add(out, ": ");
	format_line(out, change->before ? change->before : "(none)");
	str_add(out, " -> ");
	format_line(out, change->after ? change->after : "(none)");
	str_addc(out, '\n');
}

static void add_settings(const struct setting_changes *changes, const char *indent, struct str *out)
{
	VEC_FOREACH(change, changes)
		add_change(change, indent, out);
}

static void add_images(const struct service_difference *service, struct str *out)
{
	str_add(out, "    image: ");
	format_line(out, service->before ? service->before : "(none)");
	str_add(out, "\n        -> ");
	format_line(out, service->after ? service->after : "(none)");
	str_addc(out, '\n');
}

static void add_file(const struct file_change *change, struct str *out)
{
	static const char *const signs[] = {
		[FILE_ADDED] = "+", [FILE_REMOVED] = "-", [FILE_CHANGED] = "~"
	};

	str_addf(out, "        %s ", signs[change->kind]);
	format_line(out, change->path);
	if (change->before != FILE_SIZE_UNKNOWN) {
		str_add(out, "  ");
		format_size(out, change->before);
	}
	if (change->after != FILE_SIZE_UNKNOWN) {
		str_add(out, change->kind == FILE_CHANGED ? " -> " : "  ");
		format_size(out, change->after);
	}
	str_addc(out, '\n');
}

static void add_files(const struct file_changes *changes, struct str *out)
{
	char platform[PLATFORM_TEXT_MAX];

	str_addf(out, "    files of %s%s\n", platform_format(&changes->platform, platform),
		 changes->len ? "" : ": the same");
	VEC_FOREACH(change, changes)
		add_file(change, out);
}

static void add_service(const struct service_difference *service, struct str *out)
{
	static const char *const signs[] = {
		[SERVICE_ADDED] = "+", [SERVICE_REMOVED] = "-", [SERVICE_CHANGED] = "~"
	};

	str_addf(out, "%s ", signs[service->change]);
	format_line(out, service->name);
	str_addc(out, '\n');
	if (service->change == SERVICE_CHANGED && !str_eq(service->before, service->after))
		add_images(service, out);
	add_settings(&service->settings, "    ", out);
	VEC_FOREACH(download, &service->downloads) {
		str_add(out, "    ");
		add_download(download, out);
		add_layers(download, out);
	}
	VEC_FOREACH(changes, &service->files)
		add_files(changes, out);
}

static void show(const struct release_difference *difference, struct str *out)
{
	VEC_FOREACH(service, difference)
		add_service(service, out);
	add_settings(&difference->others, "~ ", out);
	if (difference->len == 0 && difference->others.len == 0)
		str_add(out, "they are the same\n");
	VEC_FOREACH(download, &difference->totals) {
		str_add(out, "all services: ");
		add_download(download, out);
	}
}

/* --- for programs --- */

static const char *const service_names[] = {
	[SERVICE_ADDED] = "added", [SERVICE_REMOVED] = "removed", [SERVICE_CHANGED] = "changed"
};

static const char *const change_names[] = {
	[FILE_ADDED] = "added", [FILE_REMOVED] = "removed", [FILE_CHANGED] = "changed"
};

static json_t *layers_to_json(const struct descriptors *layers)
{
	json_t *array = json_array();

	VEC_FOREACH(layer, layers)
		json_array_append_new(array, json_pack("{s:s,s:I}", "digest", layer->digest.text,
						       "size", (json_int_t)layer->size));
	return array;
}

static json_t *downloads_to_json(const struct downloads *downloads)
{
	json_t *object = json_object();

	VEC_FOREACH(download, downloads) {
		char platform[PLATFORM_TEXT_MAX];

		json_object_set_new(
			object, platform_format(&download->platform, platform),
			json_pack("{s:I,s:I,s:i,s:i,s:o}", "bytes", (json_int_t)download->bytes,
				  "of", (json_int_t)download->whole_bytes, "layers",
				  (int)download->layers, "of_layers", (int)download->all_layers,
				  "new_layers", layers_to_json(&download->new_layers)));
	}
	return object;
}

static void set_or_null(json_t *object, const char *key, const char *value)
{
	if (value)
		json_set_string(object, key, value);
	else
		json_object_set_new(object, key, json_null());
}

static json_t *settings_to_json(const struct setting_changes *changes)
{
	json_t *object = json_object();

	VEC_FOREACH(change, changes) {
		json_t *pair = json_object();

		set_or_null(pair, "before", change->before);
		set_or_null(pair, "after", change->after);
		json_object_set_new(object, change->key, pair);
	}
	return object;
}

static json_t *size_to_json(uint64_t size)
{
	return size == FILE_SIZE_UNKNOWN ? json_null() : json_integer((json_int_t)size);
}

static json_t *changes_to_json(const struct file_changes *changes)
{
	json_t *array = json_array();

	VEC_FOREACH(change, changes) {
		json_t *object = json_object();

		json_set_string(object, "path", change->path);
		json_set_string(object, "change", change_names[change->kind]);
		json_object_set_new(object, "before", size_to_json(change->before));
		json_object_set_new(object, "after", size_to_json(change->after));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *files_to_json(const struct platform_files *files)
{
	json_t *object = json_object();

	VEC_FOREACH(changes, files) {
		char platform[PLATFORM_TEXT_MAX];

		json_object_set_new(object, platform_format(&changes->platform, platform),
				    changes_to_json(changes));
	}
	return object;
}

static json_t *service_to_json(const struct service_difference *service)
{
	json_t *object = json_object();

	json_set_string(object, "change", service_names[service->change]);
	set_or_null(object, "before", service->before);
	set_or_null(object, "after", service->after);
	json_object_set_new(object, "settings", settings_to_json(&service->settings));
	json_object_set_new(object, "downloads", downloads_to_json(&service->downloads));
	if (service->files.len > 0)
		json_object_set_new(object, "files", files_to_json(&service->files));
	return object;
}

static void show_json(const struct release_difference *difference, struct str *out)
{
	json_auto_t *object = json_object();
	json_t *services = json_object();

	VEC_FOREACH(service, difference)
		json_object_set_new(services, service->name, service_to_json(service));
	json_object_set_new(object, "services", services);
	json_object_set_new(object, "others", settings_to_json(&difference->others));
	json_object_set_new(object, "downloads", downloads_to_json(&difference->totals));
	json_write_pretty(object, out);
}

/* --- the command --- */

static int read_file(struct release_site *site, struct published *published, struct err *err)
{
	return release_read_file(site->session.registry, &site->fleet.repository,
				 &published->release, err);
}

static int compare_files(struct release_site *site, struct release_difference *difference,
			 struct err *err)
{
	const struct monitor *monitor = &site->session.monitor;
	struct fetch_target target = { .store = site->session.store,
				       .step = progress_begin(monitor, "reading layers") };
	int status = release_compare_files(site->session.registry, &target, difference, err);

	progress_end(monitor, target.step, status, err);
	return status;
}

static int compare(struct release_site *site, const void *args_data, struct str *out,
		   struct err *err)
{
	const struct diff_args *args = args_data;
	AUTO(release_difference_release)
	struct release_difference difference = RELEASE_DIFFERENCE_INIT;
	const char *later =
		args->words.len > 2 ? args->words.items[2] : fleet_site_channel(&site->fleet);
	struct published *before = NULL, *after = NULL;

	if (catalogue_find(&site->catalogue, args->words.items[1], &before, err) < 0 ||
	    catalogue_find(&site->catalogue, later, &after, err) < 0 ||
	    read_file(site, before, err) < 0 || read_file(site, after, err) < 0 ||
	    release_compare(site->session.registry, &before->release, &after->release, &difference,
			    err) < 0 ||
	    (args->files && compare_files(site, &difference, err) < 0))
		return -1;
	if (args->json)
		show_json(&difference, out);
	else
		show(&difference, out);
	return 0;
}

static int diff_run(struct app *app, const void *args_data, struct err *err)
{
	const struct diff_args *args = args_data;
	struct session_options options = registry_args_to_ask(&args->registry);
	AUTO(release_site_release) struct release_site site = RELEASE_SITE_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	if (!args->files)
		return release_site_run(app, args->words.items[0], &args->registry, compare, args,
					err);
	options.title = "Comparing";
	options.progress = PROGRESS_AUTO;
	if (release_site_open_with(app, args->words.items[0], &options, &site, err) < 0)
		return -1;
	return release_site_finish(&site, compare(&site, args, &text, err), &text, err);
}

static const struct cli_option diff_options[] = {
	OPTION_OPERANDS(struct diff_args, words, "FLEET RELEASE [RELEASE]", VALUE_FLEET, 2, 3,
			.kind_count = 1, .kind_behind = VALUE_RELEASE),
	OPTION_FLAG(struct diff_args, files, 0, "files",
		    "Also the files that differ: layers that the store here lacks are downloaded"),
	OPTION_FLAG(struct diff_args, json, 0, "json", "Print a JSON object"),
	OPTION_REGISTRY(struct diff_args, registry),
	OPTION_END,
};

static const struct cli_example diff_examples[] = {
	{ "What boards of the fleet's channel will get when it moves to v1.5:",
	  "edgectl release diff greenhouse stable v1.5" },
	{ "Which files of the images changed:",
	  "edgectl release diff greenhouse stable v1.5 --files" },
	{ NULL, NULL },
};

const struct cli_command cmd_release_diff = {
	.name = "release diff",
	.group = GROUP_FLEET,
	.summary = "Show what changed between two releases, and what a board downloads",
	.details = "Services with their images, environment and other settings; and, for each "
		   "platform, the layers of the second release that no image of the first has "
		   "above the same layers: "
		   "what a board that runs the first downloads, each with its size. The second is "
		   "that of the fleet's channel if it is left out.\n\n"
		   "With --files, also the files that were added, removed or changed, with their "
		   "sizes: those of the layers above the ones that both images have. A file of "
		   "theirs that the newer image replaces counts as added.",
	.options = diff_options,
	.args_size = sizeof(struct diff_args),
	.examples = diff_examples,
	.run = diff_run,
};
