#include "solve/cache_place.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/str.h"
#include "base/vec.h"
#include "image/digest.h"

#define DEFAULT_TAG "latest" /* of a local cache, as with BuildKit */

static void place_release(struct cache_place *place)
{
	free(place->text);
	image_ref_release(&place->ref);
	free(place->dir);
	free(place->tag);
	free(place->digest);
	*place = (struct cache_place){ .text = NULL };
}

void cache_places_release(struct cache_places *places)
{
	VEC_FOREACH(place, places)
		place_release(place);
	free(places->items);
	*places = (struct cache_places){ .items = NULL };
}

/* As buildx: without a single '=' it is a name. */
static int read_attributes(const char *text, struct strmap *ret, struct err *err)
{
	if (strchr(text, '='))
		return attributes_parse(text, ret, err);
	strmap_set(ret, "type", "registry");
	strmap_set(ret, "ref", text);
	return 0;
}

static int unknown_type(const char *type, struct err *err)
{
	(void)err_set(err, ERR_USAGE, "cache of type '%s' is not supported", type);
	return err_hint(err, "use type=registry, type=local or type=inline");
}

static int parse_type(const char *type, struct cache_place *place, struct err *err)
{
	static const char *const types[] = { "registry", "local", "inline" };

	if (!type) {
		(void)err_set(err, ERR_USAGE, "it has no type");
		return err_hint(err, "write type=registry,ref=NAME or type=local");
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (str_eq(type, types[i])) {
			place->kind = (enum cache_kind)i;
			return 0;
		}
	}
	return unknown_type(type, err);
}

/* What is not known would be believed to have an effect. */
static int check_keys(const struct strmap *attributes, const char *const *known, struct err *err)
{
	VEC_FOREACH(attribute, attributes) {
		size_t i = 0;

		while (known[i] && !str_eq(known[i], attribute->key))
			i++;
		if (known[i])
			continue;
		if (str_has_prefix(attribute->key, "compression") ||
		    str_eq(attribute->key, "force-compression")) {
			(void)err_set(err, ERR_USAGE, "'%s' is not an attribute of a cache",
				      attribute->key);
			return err_hint(err, "layers are kept as the build compresses them");
		}
		return err_set(err, ERR_USAGE, "unknown attribute '%s'", attribute->key);
	}
	return 0;
}

static int set_registry(const struct strmap *attributes, struct cache_place *place, struct err *err)
{
	const char *ref = strmap_get(attributes, "ref");

	if (!ref || !*ref) {
		(void)err_set(err, ERR_USAGE, "it names no place in a registry");
		return err_hint(err, "write type=registry,ref=HOST/NAME:TAG");
	}
	if (image_ref_parse(ref, &place->ref, err) < 0) {
		if (err)
			err->kind = ERR_USAGE;
		return -1;
	}
	place->text = image_ref_format_short(&place->ref);
	return 0;
}

static int set_local(const struct strmap *attributes, const char *key, struct cache_place *place,
		     struct err *err)
{
	const char *dir = strmap_get(attributes, key), *tag = strmap_get(attributes, "tag");
	const char *digest = strmap_get(attributes, "digest");
	struct digest parsed;

	if (!dir || !*dir) {
		(void)err_set(err, ERR_USAGE, "it names no directory");
		return err_hint(err, "write type=local,%s=DIR", key);
	}
	if (digest && digest_parse(digest, &parsed, err) < 0)
		return -1;
	place->dir = xstrdup(dir);
	place->text = xstrdup(dir);
	place->tag = xstrdup(tag ? tag : DEFAULT_TAG);
	place->digest = xstrdup_or_null(digest);
	return 0;
}

static int read_registry(const struct strmap *attributes, const char *const *keys,
			 struct cache_place *place, struct err *err)
{
	return check_keys(attributes, keys, err) < 0 ? -1 : set_registry(attributes, place, err);
}

/* `key` is the one that says where. */
static int read_local(const struct strmap *attributes, const char *const *keys, const char *key,
		      struct cache_place *place, struct err *err)
{
	return check_keys(attributes, keys, err) < 0 ? -1 : set_local(attributes, key, place, err);
}

typedef int read_fn(const struct strmap *attributes, struct cache_place *place, struct err *err);

static int parse(const char *text, read_fn *read, struct cache_place *ret, struct err *err)
{
	AUTO(strmap_release) struct strmap attributes = STRMAP_INIT;
	struct cache_place place = { .text = NULL };

	if (read_attributes(text, &attributes, err) < 0)
		return -1;
	if (read(&attributes, &place, err) < 0) {
		place_release(&place);
		return err_wrap(err, "cache '%s'", text);
	}
	*ret = place;
	return 0;
}

/* --- where from --- */

static int read_source(const struct strmap *attributes, struct cache_place *place, struct err *err)
{
	static const char *const registry_keys[] = { "type", "ref", NULL };
	static const char *const local_keys[] = { "type", "src", "tag", "digest", NULL };

	if (parse_type(strmap_get(attributes, "type"), place, err) < 0)
		return -1;
	if (place->kind == CACHE_REGISTRY)
		return read_registry(attributes, registry_keys, place, err);
	if (place->kind == CACHE_LOCAL)
		return read_local(attributes, local_keys, "src", place, err);
	(void)err_set(err, ERR_USAGE, "an inline cache is in an image");
	return err_hint(err, "write type=registry,ref=IMAGE");
}

int cache_place_parse_source(const char *text, struct cache_place *ret, struct err *err)
{
	return parse(text, read_source, ret, err);
}

/* --- where to --- */

/* Registries refuse what is not an image manifest in OCI's form, so there is no other form. */
static int check_form(const struct strmap *attributes, struct err *err)
{
	static const char *const keys[] = { "image-manifest", "oci-mediatypes" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		bool value = true;

		if (attributes_get_bool(attributes, keys[i], true, &value, err) < 0)
			return -1;
		if (value)
			continue;
		(void)err_set(err, ERR_USAGE, "%s=false is not supported", keys[i]);
		return err_hint(err, "leave it out: a cache is an OCI image manifest");
	}
	return 0;
}

static int set_mode(const struct strmap *attributes, struct cache_place *place, struct err *err)
{
	const char *mode = strmap_get(attributes, "mode");

	place->all = str_eq(mode, "max");
	if (place->all && place->kind == CACHE_INLINE) {
		(void)err_set(err, ERR_USAGE, "an inline cache cannot have mode=max");
		return err_hint(err, "the image has the layers of its own steps only: use "
				     "type=registry,ref=NAME,mode=max");
	}
	if (mode && !place->all && !str_eq(mode, "min"))
		return err_set(err, ERR_USAGE, "unknown mode '%s': write min or max", mode);
	return attributes_get_bool(attributes, "ignore-error", false, &place->ignore_error, err);
}

static int read_destination(const struct strmap *attributes, struct cache_place *place,
			    struct err *err)
{
	static const char *const registry_keys[] = {
		"type", "ref", "mode", "ignore-error", "image-manifest", "oci-mediatypes", NULL
	};
	static const char *const local_keys[] = {
		"type",           "dest",           "tag", "mode", "ignore-error",
		"image-manifest", "oci-mediatypes", NULL
	};
	static const char *const inline_keys[] = { "type", "mode", NULL };

	if (parse_type(strmap_get(attributes, "type"), place, err) < 0 ||
	    check_form(attributes, err) < 0 || set_mode(attributes, place, err) < 0)
		return -1;
	if (place->kind == CACHE_REGISTRY)
		return read_registry(attributes, registry_keys, place, err);
	if (place->kind == CACHE_LOCAL)
		return read_local(attributes, local_keys, "dest", place, err);
	place->text = xstrdup("the image");
	return check_keys(attributes, inline_keys, err);
}

int cache_place_parse_destination(const char *text, struct cache_place *ret, struct err *err)
{
	return parse(text, read_destination, ret, err);
}
