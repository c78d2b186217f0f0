#include "app.h"
#include "command.h"
#include "format.h"
#include "table.h"

#include <time.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/map.h"
#include "image/config.h"
#include "image/reference.h"
#include "image/store.h"

#define DIGEST_SHORT 12

struct images_args {
	bool json, no_trunc, quiet;
};

/* What stands in a row. */
struct image_facts {
	char *name; /* short */
	struct strvec platforms;
	uint64_t size;      /* of all blobs of it that are in the store, each counted once */
	struct strmap seen; /* their digests */
};

static void facts_release(struct image_facts *facts)
{
	free(facts->name);
	strvec_release(&facts->platforms);
	strmap_release(&facts->seen);
}

static void add_blob(struct image_facts *facts, struct store *store, const struct digest *digest)
{
	uint64_t size = 0;

	if (strmap_has(&facts->seen, digest->text) || !store_has_blob(store, digest, &size))
		return;
	strmap_set(&facts->seen, digest->text, NULL);
	facts->size += size;
}

static int add_platform(struct image_facts *facts, struct store *store,
			const struct digest *config_digest, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct image_config config;
	char name[PLATFORM_TEXT_MAX];

	if (store_read_blob(store, config_digest, LIMIT_CONFIG, &text, err) < 0 ||
	    image_config_parse(str_span(&text), &config, err) < 0)
		return -1;
	strvec_add(&facts->platforms, platform_format(&config.platform, name));
	image_config_release(&config);
	return 0;
}

static int add_manifest(struct image_facts *facts, struct store *store,
			const struct descriptor *target, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };

	add_blob(facts, store, &target->digest);
	if (store_read_blob(store, &target->digest, LIMIT_MANIFEST, &text, err) < 0 ||
	    manifest_parse(str_span(&text), target->media_type, &manifest, err) < 0)
		return -1;
	add_blob(facts, store, &manifest.config.digest);
	VEC_FOREACH(layer, &manifest.layers)
		add_blob(facts, store, &layer->digest);
	return add_platform(facts, store, &manifest.config.digest, err);
}

/* Members that were not pulled do not count. */
static int add_index(struct image_facts *facts, struct store *store,
		     const struct descriptor *target, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(index_release) struct index index = { .media_type = NULL };

	add_blob(facts, store, &target->digest);
	if (store_read_blob(store, &target->digest, LIMIT_MANIFEST, &text, err) < 0 ||
	    index_parse(str_span(&text), target->media_type, &index, err) < 0)
		return -1;
	VEC_FOREACH(member, &index.manifests) {
		bool is_image = media_type_is_manifest(member->media_type) &&
				!str_eq(member->platform.os, "unknown");

		if (is_image && store_has_blob(store, &member->digest, NULL) &&
		    add_manifest(facts, store, member, err) < 0)
			return -1;
	}
	return 0;
}

static int find_facts(struct store *store, const struct stored_image *image,
		      struct image_facts *ret, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	int status = 0;

	if (image_ref_parse(image->name, &ref, err) < 0)
		return -1;
	ret->name = image_ref_format_short(&ref);
	if (media_type_is_index(image->target.media_type))
		status = add_index(ret, store, &image->target, err);
	else
		status = add_manifest(ret, store, &image->target, err);
	return status < 0 ? err_wrap(err, "read '%s'", ret->name) : 0;
}

/* --- three ways to show it --- */

static void add_row(struct table *table, const struct images_args *args,
		    const struct stored_image *image, const struct image_facts *facts)
{
	AUTO(freep) char *platforms = strvec_join(&facts->platforms, ", ");
	AUTO(freep)
	char *digest = args->no_trunc ? xstrdup(image->target.digest.text)
				      : xstrndup(digest_hex(&image->target.digest), DIGEST_SHORT);
	AUTO(str_release) struct str size = STR_INIT;
	AUTO(str_release) struct str age = STR_INIT;

	format_size(&size, facts->size);
	format_age(&age, time(NULL) - image->updated);
	table_add(table, facts->name);
	table_add(table, digest);
	table_add(table, platforms);
	table_add(table, size.ptr);
	table_add(table, age.ptr);
}

static json_t *json_of(const struct stored_image *image, const struct image_facts *facts)
{
	json_t *object = json_object();
	char updated[32];

	json_set_string(object, "name", facts->name);
	json_set_string(object, "digest", image->target.digest.text);
	json_set_string(object, "mediaType", image->target.media_type);
	json_object_set_new(object, "platforms", json_from_strvec(&facts->platforms));
	json_object_set_new(object, "size", json_integer((json_int_t)facts->size));
	json_set_string(object, "updated", rfc3339_format((time_t)image->updated, updated));
	return object;
}

static int show_table(struct store *store, const struct images_args *args,
		      const struct stored_images *images, struct str *out, struct err *err)
{
	static const char *const head[] = { "NAME", "DIGEST", "PLATFORMS", "SIZE", "UPDATED" };
	AUTO(table_release) struct table table;

	table_init(&table, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&table, head[i]);
	VEC_FOREACH(image, images) {
		AUTO(facts_release) struct image_facts facts = { .name = NULL };

		if (find_facts(store, image, &facts, err) < 0)
			return -1;
		add_row(&table, args, image, &facts);
	}
	table_format(&table, out);
	return 0;
}

static int show_json(struct store *store, const struct stored_images *images, struct str *out,
		     struct err *err)
{
	json_auto_t *array = json_array();

	VEC_FOREACH(image, images) {
		AUTO(facts_release) struct image_facts facts = { .name = NULL };

		if (find_facts(store, image, &facts, err) < 0)
			return -1;
		json_array_append_new(array, json_of(image, &facts));
	}
	json_write_pretty(array, out);
	return 0;
}

static void show_digests(const struct images_args *args, const struct stored_images *images,
			 struct str *out)
{
	VEC_FOREACH(image, images) {
		const char *digest = args->no_trunc ? image->target.digest.text
						    : digest_hex(&image->target.digest);

		str_addf(out, "%.*s\n", args->no_trunc ? DIGEST_TEXT_MAX : DIGEST_SHORT, digest);
	}
}

static int images_run(struct app *app, const void *args_data, struct err *err)
{
	const struct images_args *args = args_data;
	AUTO(store_closep) struct store *store = NULL;
	AUTO(stored_images_release) struct stored_images images = { .len = 0 };
	AUTO(str_release) struct str text = STR_INIT;
	int status = 0;

	(void)app;
	if (store_open(NULL, &store, err) < 0 || store_list(store, &images, err) < 0)
		return -1;
	if (args->quiet)
		show_digests(args, &images, &text);
	else if (args->json)
		status = show_json(store, &images, &text, err);
	else
		status = show_table(store, args, &images, &text, err);
	return status < 0 ? -1 : app_print(&text, err);
}

static const struct cli_option images_options[] = {
	OPTION_FLAG(struct images_args, json, 0, "json",
		    "Print a JSON array of objects with the members name, digest, "
		    "mediaType, platforms, size (in bytes) and updated"),
	OPTION_FLAG(struct images_args, no_trunc, 0, "no-trunc", "Print digests whole"),
	OPTION_FLAG(struct images_args, quiet, 'q', "quiet", "Print only the digests"),
	OPTION_END,
};

const struct cli_command cmd_images = {
	.name = "images",
	.group = GROUP_IMAGE,
	.summary = "List the images in the local store",
	.details = "The size is what the image's blobs take in the store, compressed; blobs that "
		   "images share count for each of them. Of an image for several platforms, those "
		   "that are in the store are listed.",
	.options = images_options,
	.args_size = sizeof(struct images_args),
	.run = images_run,
};
