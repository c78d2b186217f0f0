#include "app.h"
#include "command.h"
#include "format.h"
#include "prune_filter.h"
#include "report.h"
#include "store_access.h"
#include "table.h"

#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/quantity.h"

struct prune_args {
	struct strvec filters;
	const char *keep_storage, *max_used_space;
	bool all, dry_run, force, json, verbose;
};

static int make_request(const struct prune_args *args, struct prune_request *ret, struct err *err)
{
	const char *keep = args->max_used_space ? args->max_used_space : args->keep_storage;

	*ret = (struct prune_request)PRUNE_REQUEST_INIT;
	ret->extent = args->all ? PRUNE_ALL : PRUNE_UNUSED;
	ret->dry_run = args->dry_run;
	VEC_FOREACH(filter, &args->filters) {
		if (prune_filter_add(*filter, ret, err) < 0)
			return -1;
	}
	/* who names them wants them gone */
	if (ret->kinds & 1U << STORE_CACHE_MOUNT)
		ret->extent = PRUNE_ALL;
	if (!keep)
		return 0;
	if (quantity_parse_size(keep, &ret->keep_bytes, err) < 0)
		return err_wrap(err, "option '--max-used-space'");
	/* 0 would mean that there is no such bound */
	if (ret->keep_bytes == 0)
		ret->keep_bytes = 1;
	return 0;
}

/* --- asking --- */

static int ask(const struct prune_args *args, bool *ret_agreed, struct err *err)
{
	char answer[16] = "";

	*ret_agreed = true;
	if (args->force || args->dry_run)
		return 0;
	if (!isatty(STDIN_FILENO)) {
		(void)err_set(err, ERR_USAGE,
			      "prune asks before it removes, and there is no terminal");
		return err_hint(err, "say --force, or see what it would do with --dry-run");
	}
	report_line(args->all ? "This removes all build cache, unpacked layers and cache mounts."
			      : "This removes the build cache that no named image shares.");
	(void)fputs("Go on? [y/N] ", stderr); /* without it the answer is still read */
	if (!fgets(answer, sizeof(answer), stdin))
		answer[0] = '\0';
	*ret_agreed = answer[0] == 'y' || answer[0] == 'Y';
	return 0;
}

/* --- telling --- */

static void add_removed(const struct prune_result *result, struct str *out)
{
	AUTO(table_release) struct table table;

	table_init(&table, 3);
	table_add(&table, "REMOVED");
	table_add(&table, "TYPE");
	table_add(&table, "SIZE");
	VEC_FOREACH(item, &result->removed) {
		AUTO(str_release) struct str size = STR_INIT;

		format_size(&size, item->bytes);
		table_add(&table, digest_is_set(&item->digest) ? item->digest.text : item->path);
		table_add(&table, store_item_kind_name(item->kind));
		table_add(&table, size.ptr);
	}
	table_format(&table, out);
}

static void show_text(const struct prune_args *args, const struct prune_result *result,
		      struct str *out)
{
	if (args->verbose && result->removed.len > 0)
		add_removed(result, out);
	str_add(out, args->dry_run ? "would free " : "freed ");
	format_size(out, result->removed_bytes);
	str_addf(out, " in %zu piece%s; the store ", result->removed.len,
		 result->removed.len == 1 ? "" : "s");
	str_add(out, args->dry_run ? "would take " : "takes ");
	format_size(out, result->kept_bytes);
	str_addc(out, '\n');
}

static void show_json(const struct prune_result *result, struct str *out)
{
	json_auto_t *root = json_object();
	json_t *removed = json_array();

	VEC_FOREACH(item, &result->removed) {
		json_t *object = json_object();

		json_set_string(object, "path", item->path);
		json_set_string(object, "type", store_item_kind_name(item->kind));
		if (digest_is_set(&item->digest))
			json_set_string(object, "digest", item->digest.text);
		json_object_set_new(object, "size", json_integer((json_int_t)item->bytes));
		json_array_append_new(removed, object);
	}
	json_object_set_new(root, "removed", removed);
	json_object_set_new(root, "freed", json_integer((json_int_t)result->removed_bytes));
	json_object_set_new(root, "size", json_integer((json_int_t)result->kept_bytes));
	json_write_pretty(root, out);
}

/* More than was allowed is left: only names can go. */
static void explain_rest(const struct prune_request *request, const struct prune_result *result)
{
	if (request->keep_bytes > 1 && result->kept_bytes > request->keep_bytes)
		report_line("the rest is needed by named images or running builds, or filtered: "
			    "'edgectl df' shows it, 'edgectl rm' removes images");
}

static int prune_run(struct app *app, const void *args_data, struct err *err)
{
	const struct prune_args *args = args_data;
	AUTO(store_access_release) struct store_access access = STORE_ACCESS_INIT;
	AUTO(prune_result_release) struct prune_result result = { .removed_bytes = 0 };
	AUTO(str_release) struct str text = STR_INIT;
	struct prune_request request;
	bool agreed = false;

	(void)app;
	if (make_request(args, &request, err) < 0 || ask(args, &agreed, err) < 0)
		return -1;
	if (!agreed)
		return err_set(err, ERR_CANCELLED, "nothing was removed");
	if (store_access_open(&access, err) < 0 ||
	    store_prune(access.store, &request, &access.monitor, &result, err) < 0)
		return -1;
	if (args->json)
		show_json(&result, &text);
	else
		show_text(args, &result, &text);
	explain_rest(&request, &result);
	return app_print(&text, err);
}

static const struct cli_option prune_options[] = {
	OPTION_FLAG(struct prune_args, all, 'a', "all",
		    "Also what named images share, unpacked layers and cache mounts: all that can "
		    "be made again"),
	OPTION_LIST(struct prune_args, filters, 0, "filter", "KEY=VALUE", VALUE_TEXT,
		    "Only what until=DURATION (not used for so long) and type=layer, snapshot, "
		    "cachemount or leftover say"),
	OPTION_STRING(struct prune_args, max_used_space, 0, "max-used-space", "SIZE", VALUE_TEXT,
		      "Remove, least recently used first, until the store takes no more than that"),
	OPTION_STRING(struct prune_args, keep_storage, 0, "keep-storage", "SIZE", VALUE_TEXT,
		      "The same, as docker builder prune calls it"),
	OPTION_FLAG(struct prune_args, dry_run, 0, "dry-run", "Remove nothing: tell what would go"),
	OPTION_FLAG(struct prune_args, force, 'f', "force", "Do not ask"),
	OPTION_FLAG(struct prune_args, verbose, 'v', "verbose", "List what is removed"),
	OPTION_FLAG(struct prune_args, json, 0, "json",
		    "Print a JSON object with the members removed, freed and size (in bytes)"),
	OPTION_END,
};

static const struct cli_example prune_examples[] = {
	{ "Remove the cache that nothing used since yesterday:",
	  "edgectl prune --force --filter until=24h" },
	{ "Keep the store below 20 GB, whatever it takes but images:",
	  "edgectl prune --all --force --max-used-space 20GB" },
	{ NULL, NULL },
};

const struct cli_command cmd_prune = {
	.name = "prune",
	.group = GROUP_IMAGE,
	.summary = "Remove build cache and leftovers from the local store",
	.details =
		"Named images stay: 'edgectl rm' removes those. So does all that another edgectl, "
		"which is running now, has used. Without --all, layers of the build cache go that "
		"no "
		"named image is made of, and what interrupted builds left behind. Sizes are in "
		"powers of 1024; 'edgectl df' shows what there is.\n\n"
		"With EDGECTL_STORE_LIMIT=SIZE in the environment, every build does the same at "
		"its "
		"end as 'edgectl prune --all --max-used-space SIZE' does.",
	.options = prune_options,
	.args_size = sizeof(struct prune_args),
	.examples = prune_examples,
	.run = prune_run,
};
