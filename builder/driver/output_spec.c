#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/str.h"
#include "builder/output.h"
#include "image/reference.h"

#define TYPES "image, registry, oci, docker, local, tar, cacheonly"

/* What a value of --output is while it is read. */
struct reading {
	struct build_output *output;
	struct strmap attributes;
	struct err *err;
};

static void reading_release(struct reading *reading)
{
	strmap_release(&reading->attributes);
}

/* --- one function for each attribute --- */

typedef int set_fn(struct reading *reading, const char *key);

static int set_bool(struct reading *reading, const char *key, bool *ret)
{
	return attributes_get_bool(&reading->attributes, key, false, ret, reading->err);
}

static int need_value(struct reading *reading, const char *key, const char **ret)
{
	*ret = strmap_get(&reading->attributes, key);
	if (*ret && **ret)
		return 0;
	return err_set(reading->err, ERR_USAGE, "'%s' needs a value", key);
}

/* Several names stand in one value, with commas: the field is quoted then. */
static int set_name(struct reading *reading, const char *key)
{
	const char *value = NULL;
	struct span rest, name;
	bool more = true;

	if (need_value(reading, key, &value) < 0)
		return -1;
	for (rest = span_of(value); more;) {
		AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
		AUTO(freep) char *text = NULL;

		more = span_cut(&rest, ',', &name);
		text = span_dup(name);
		if (image_ref_parse(text, &ref, reading->err) < 0)
			return err_wrap(reading->err, "'%s'", text);
		strvec_take(&reading->output->names, image_ref_format(&ref));
	}
	return 0;
}

static int set_dest(struct reading *reading, const char *key)
{
	const char *value = NULL;

	if (need_value(reading, key, &value) < 0)
		return -1;
	free(reading->output->dest);
	reading->output->dest = xstrdup(value);
	return 0;
}

static int set_attestation_prefix(struct reading *reading, const char *key)
{
	const char *value = NULL;

	if (need_value(reading, key, &value) < 0)
		return -1;
	if (strchr(value, '/'))
		return err_set(reading->err, ERR_USAGE,
			       "'%s' is the beginning of file names, not a path: '%s'", key, value);
	free(reading->output->attestation_prefix);
	reading->output->attestation_prefix = xstrdup(value);
	return 0;
}

static int set_push(struct reading *reading, const char *key)
{
	return set_bool(reading, key, &reading->output->push);
}

static int set_push_by_digest(struct reading *reading, const char *key)
{
	return set_bool(reading, key, &reading->output->push_by_digest);
}

static int set_store(struct reading *reading, const char *key)
{
	return set_bool(reading, key, &reading->output->store);
}

static int set_tar(struct reading *reading, const char *key)
{
	bool is_tar = true;

	if (set_bool(reading, key, &is_tar) < 0)
		return -1;
	reading->output->is_dir = !is_tar;
	return 0;
}

static int set_platform_split(struct reading *reading, const char *key)
{
	return set_bool(reading, key, &reading->output->platform_split);
}

static int set_media_types(struct reading *reading, const char *key)
{
	bool is_oci = true;

	if (set_bool(reading, key, &is_oci) < 0)
		return -1;
	reading->output->form.docker_types = !is_oci;
	return 0;
}

static int set_compression(struct reading *reading, const char *key)
{
	static const char *const words[] = { "uncompressed", "gzip", "zstd" };
	struct image_form *form = &reading->output->form;
	const char *value = NULL;

	if (need_value(reading, key, &value) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (str_eq(value, words[i])) {
			form->has_compression = true;
			form->compression = (enum compression)i;
			return 0;
		}
	}
	(void)err_set(reading->err, ERR_USAGE, "unknown compression '%s'", value);
	return err_hint(reading->err, "it is one of uncompressed, gzip, zstd");
}

static int set_level(struct reading *reading, const char *key)
{
	unsigned long long level = 0;
	const char *value = NULL;

	if (need_value(reading, key, &value) < 0)
		return -1;
	if (!span_to_u64(span_of(value), 22, &level))
		return err_set(reading->err, ERR_USAGE,
			       "'%s=%s' is not a level from 0 to 22, of gzip to 9", key, value);
	reading->output->form.level = (int)level;
	return 0;
}

static int set_force_compression(struct reading *reading, const char *key)
{
	return set_bool(reading, key, &reading->output->form.force_compression);
}

static int set_rewrite_timestamp(struct reading *reading, const char *key)
{
	return set_bool(reading, key, &reading->output->form.rewrite_timestamp);
}

/* What other builders' command lines have and what makes no difference here. */
static int set_nothing(struct reading *reading, const char *key)
{
	(void)reading;
	(void)key;
	return 0;
}

enum taken_by {
	BY_IMAGE = 1 << OUTPUT_IMAGE,
	BY_OCI = 1 << OUTPUT_OCI,
	BY_DOCKER = 1 << OUTPUT_DOCKER,
	BY_LOCAL = 1 << OUTPUT_LOCAL,
	BY_TAR = 1 << OUTPUT_TAR,
	BY_IMAGES = BY_IMAGE | BY_OCI | BY_DOCKER,
	BY_FILES = BY_LOCAL | BY_TAR,
	BY_ARCHIVES = BY_OCI | BY_DOCKER,
};

static const struct attribute {
	const char *key;
	unsigned taken_by; /* enum taken_by */
	set_fn *set;
} attributes[] = {
	{ "name", BY_IMAGES, set_name },
	{ "dest", BY_ARCHIVES | BY_FILES, set_dest },
	{ "push", BY_IMAGE, set_push },
	{ "push-by-digest", BY_IMAGE, set_push_by_digest },
	{ "store", BY_IMAGE, set_store },
	{ "tar", BY_ARCHIVES, set_tar },
	{ "platform-split", BY_FILES, set_platform_split },
	{ "attestation-prefix", BY_FILES, set_attestation_prefix },
	{ "oci-mediatypes", BY_IMAGES, set_media_types },
	{ "compression", BY_IMAGES, set_compression },
	{ "compression-level", BY_IMAGES, set_level },
	{ "force-compression", BY_IMAGES, set_force_compression },
	{ "rewrite-timestamp", BY_IMAGES, set_rewrite_timestamp },
	{ "unpack", BY_IMAGE, set_nothing },
	{ "name-canonical", BY_IMAGE, set_nothing },
	{ "buildinfo", BY_IMAGES, set_nothing },
	{ NULL, 0, NULL },
};

/* --- the whole value --- */

static const struct {
	const char *word;
	enum build_output_type type;
} types[] = {
	{ "image", OUTPUT_IMAGE },          { "registry", OUTPUT_IMAGE }, { "oci", OUTPUT_OCI },
	{ "docker", OUTPUT_DOCKER },        { "local", OUTPUT_LOCAL },    { "tar", OUTPUT_TAR },
	{ "cacheonly", OUTPUT_CACHE_ONLY },
};

static int set_type(struct reading *reading)
{
	const char *word = strmap_get(&reading->attributes, "type");

	if (!word)
		return err_set(reading->err, ERR_USAGE, "'type=' is missing: one of " TYPES);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!str_eq(types[i].word, word))
			continue;
		reading->output->type = types[i].type;
		reading->output->push = str_eq(word, "registry");
		reading->output->form.docker_types = types[i].type == OUTPUT_DOCKER;
		return 0;
	}
	(void)err_set(reading->err, ERR_USAGE, "unknown type '%s'", word);
	return err_hint(reading->err, "it is one of " TYPES);
}

static int set_attribute(struct reading *reading, const char *key)
{
	const struct attribute *attribute = attributes;
	unsigned self = 1U << reading->output->type;

	if (str_has_prefix(key, "annotation") && self & BY_IMAGES)
		return annotations_add_attribute(&reading->output->form.annotations, key,
						 strmap_get(&reading->attributes, key),
						 reading->err);
	while (attribute->key && !str_eq(attribute->key, key))
		attribute++;
	if (!attribute->key)
		return err_set(reading->err, ERR_USAGE, "unknown attribute '%s'", key);
	if (!(attribute->taken_by & self))
		return err_set(reading->err, ERR_USAGE, "type=%s has no attribute '%s'",
			       strmap_get(&reading->attributes, "type"), key);
	return attribute->set(reading, key);
}

static int check_level(const struct image_form *form, struct err *err)
{
	if (form->level == 0 || (form->has_compression && form->compression == COMPRESSION_ZSTD))
		return 0;
	if (form->has_compression && form->compression == COMPRESSION_NONE)
		return err_set(err, ERR_USAGE, "what is uncompressed has no compression-level");
	return form->level > 9 ? err_set(err, ERR_USAGE, "gzip has levels up to 9") : 0;
}

static int check_whole(struct reading *reading)
{
	const struct build_output *output = reading->output;

	if (!output->dest && output->type == OUTPUT_LOCAL) {
		(void)err_set(reading->err, ERR_USAGE, "type=local needs a directory");
		return err_hint(reading->err, "--output type=local,dest=DIR");
	}
	if (!output->dest && output->is_dir)
		return err_set(reading->err, ERR_USAGE, "tar=false needs a directory: dest=DIR");
	if (output->is_dir && str_eq(output->dest, "-"))
		return err_set(reading->err, ERR_USAGE,
			       "a directory cannot go to the standard output");
	return check_level(&output->form, reading->err);
}

static int parse_attributes(struct reading *reading)
{
	if (set_type(reading) < 0)
		return -1;
	VEC_FOREACH(item, &reading->attributes) {
		if (!str_eq(item->key, "type") && set_attribute(reading, item->key) < 0)
			return -1;
	}
	if (!reading->output->dest && !reading->output->is_dir &&
	    (reading->output->type == OUTPUT_TAR || reading->output->type == OUTPUT_OCI))
		reading->output->dest = xstrdup("-");
	return check_whole(reading);
}

void build_output_default(struct build_output *ret)
{
	*ret = (struct build_output){ .type = OUTPUT_IMAGE, .store = true, .platform_split = true };
}

/* A value without '=' is a directory; "-" is a tar on the standard output. */
static bool is_short(const char *text)
{
	return !strchr(text, '=');
}

int build_output_parse(const char *text, struct build_output *ret, struct err *err)
{
	AUTO(reading_release) struct reading reading = { .output = ret, .err = err };

	build_output_default(ret);
	if (!*text)
		return err_set(err, ERR_USAGE, "it is empty");
	if (is_short(text)) {
		ret->type = str_eq(text, "-") ? OUTPUT_TAR : OUTPUT_LOCAL;
		ret->dest = xstrdup(text);
		return 0;
	}
	if (attributes_parse(text, &reading.attributes, err) < 0)
		return -1;
	return parse_attributes(&reading);
}

bool build_output_is_image(const struct build_output *output)
{
	return (1U << output->type) & BY_IMAGES;
}

bool build_output_is_files(const struct build_output *output)
{
	return (1U << output->type) & BY_FILES;
}

void build_output_release(struct build_output *output)
{
	strvec_release(&output->names);
	free(output->dest);
	free(output->attestation_prefix);
	annotations_release(&output->form.annotations);
	*output = (struct build_output){ .type = OUTPUT_IMAGE };
}

void build_outputs_release(struct build_outputs *outputs)
{
	VEC_FOREACH(output, outputs)
		build_output_release(output);
	free(outputs->items);
	*outputs = (struct build_outputs){ .items = NULL };
}
