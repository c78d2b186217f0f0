#include "image/manifest.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "fields.h"

bool media_type_is_index(const char *media_type)
{
	return str_eq(media_type, MEDIA_OCI_INDEX) || str_eq(media_type, MEDIA_DOCKER_LIST);
}

bool media_type_is_manifest(const char *media_type)
{
	return str_eq(media_type, MEDIA_OCI_MANIFEST) || str_eq(media_type, MEDIA_DOCKER_MANIFEST);
}

bool media_type_is_layer(const char *media_type)
{
	static const char *const types[] = { MEDIA_OCI_LAYER,        MEDIA_OCI_LAYER_GZIP,
					     MEDIA_OCI_LAYER_ZSTD,   MEDIA_DOCKER_LAYER,
					     MEDIA_DOCKER_LAYER_TAR, MEDIA_DOCKER_LAYER_ZSTD };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(media_type, types[i]))
			return true;
	return false;
}

bool media_type_is_foreign(const char *media_type)
{
	return media_type &&
	       (strstr(media_type, ".nondistributable.") || strstr(media_type, ".foreign."));
}

void descriptor_release(struct descriptor *d)
{
	free(d->media_type);
	free(d->artifact_type);
	strmap_release(&d->annotations);
	json_decref(d->unknown);
	json_decref(d->unknown_platform);
	*d = (struct descriptor){ .media_type = NULL };
}

void descriptor_copy(struct descriptor *dst, const struct descriptor *src)
{
	*dst = (struct descriptor){
		.media_type = xstrdup_or_null(src->media_type),
		.digest = src->digest,
		.size = src->size,
		.platform = src->platform,
		.artifact_type = xstrdup_or_null(src->artifact_type),
		/* a copy of its own: reference counts are not for several threads */
		.unknown = json_deep_copy(src->unknown),
		.unknown_platform = json_deep_copy(src->unknown_platform),
	};
	strmap_set_all(&dst->annotations, &src->annotations);
}

void descriptors_release(struct descriptors *v)
{
	VEC_FOREACH(d, v)
		descriptor_release(d);
	free(v->items);
	*v = (struct descriptors){ .items = NULL };
}

void manifest_release(struct manifest *m)
{
	free(m->media_type);
	free(m->artifact_type);
	descriptor_release(&m->config);
	descriptors_release(&m->layers);
	descriptor_release(&m->subject);
	strmap_release(&m->annotations);
	json_decref(m->unknown);
	*m = (struct manifest){ .media_type = NULL };
}

void index_release(struct index *i)
{
	free(i->media_type);
	free(i->artifact_type);
	descriptors_release(&i->manifests);
	descriptor_release(&i->subject);
	strmap_release(&i->annotations);
	json_decref(i->unknown);
	*i = (struct index){ .media_type = NULL };
}

/* --- reading --- */

/* What is not among `known` (NULL-ended); NULL when that is nothing. */
static json_t *other_members(const json_t *object, const char *const *known)
{
	json_t *others = json_copy((json_t *)object);

	for (; *known; known++)
		json_object_del(others, *known);
	if (json_object_size(others) > 0)
		return others;
	json_decref(others);
	return NULL;
}

static int parse_platform(const json_t *object, struct descriptor *ret, struct err *err)
{
	static const char *const known[] = { "os", "architecture", "variant", NULL };
	const char *os = NULL, *arch = NULL, *variant = NULL;
	json_t *platform = NULL;

	if (field_object(object, "platform", FIELD_OPTIONAL, &platform, err) < 0)
		return -1;
	if (!platform)
		return 0;
	if (field_string(platform, "os", FIELD_REQUIRED, &os, err) < 0 ||
	    field_string(platform, "architecture", FIELD_REQUIRED, &arch, err) < 0 ||
	    field_string(platform, "variant", FIELD_OPTIONAL, &variant, err) < 0)
		return err_wrap(err, "platform");
	platform_set(&ret->platform, os, arch, variant);
	ret->unknown_platform = other_members(platform, known);
	return 0;
}

static int parse_descriptor(const json_t *json, struct descriptor *ret, struct err *err)
{
	static const char *const known[] = { "mediaType",   "digest",       "size", "platform",
					     "annotations", "artifactType", NULL };
	int64_t size = 0;

	if (!json_is_object(json))
		return err_set(err, ERR_INPUT, "not an object");
	if (field_digest(json, "digest", &ret->digest, err) < 0 ||
	    field_integer(json, "size", FIELD_REQUIRED, &size, err) < 0 ||
	    parse_platform(json, ret, err) < 0 ||
	    field_text(json, "artifactType", &ret->artifact_type, err) < 0 ||
	    field_map(json, "annotations", &ret->annotations, err) < 0)
		return -1;
	if (size < 0)
		return err_set(err, ERR_INPUT, "'size' is negative");
	ret->size = (uint64_t)size;
	ret->unknown = other_members(json, known);
	if (field_text(json, "mediaType", &ret->media_type, err) < 0)
		return -1;
	return ret->media_type ? 0 : err_set(err, ERR_INPUT, "'mediaType' is missing");
}

static int parse_descriptors(const json_t *root, const char *key, struct descriptors *ret,
			     struct err *err)
{
	json_t *array = NULL, *item;
	size_t i;

	if (field_array(root, key, FIELD_REQUIRED, &array, err) < 0)
		return -1;
	json_array_foreach(array, i, item) if (parse_descriptor(item, VEC_ADD(ret), err) <
					       0) return err_wrap(err, "%s[%zu]", key, i);
	return 0;
}

static int parse_subject(const json_t *root, struct descriptor *ret, struct err *err)
{
	json_t *subject = NULL;

	if (field_object(root, "subject", FIELD_OPTIONAL, &subject, err) < 0)
		return -1;
	if (subject && parse_descriptor(subject, ret, err) < 0)
		return err_wrap(err, "subject");
	return 0;
}

/* "TYPE; charset=utf-8" as some registries send it. */
static bool media_types_agree(const char *transport, const char *own)
{
	struct span rest = span_of(transport), type;

	(void)span_cut(&rest, ';', &type);
	return span_eq_nocase(span_trim(type), own);
}

/* What manifests and indexes have in common. `ret_type` is what it is by its own word, or by the transport's, or NULL. */
static int check_kind(const json_t *root, const char *media_type, const char **ret_type,
		      struct err *err)
{
	int64_t version = 0;
	const char *own = NULL;

	if (!json_is_object(root))
		return err_set(err, ERR_INPUT, "not an object");
	if (field_integer(root, "schemaVersion", FIELD_REQUIRED, &version, err) < 0 ||
	    field_string(root, "mediaType", FIELD_OPTIONAL, &own, err) < 0)
		return -1;
	if (version == 1) {
		err_set(err, ERR_UNSUPPORTED, "schema 1, which registries gave up in 2023");
		return err_hint(err, "push the image again with a current tool");
	}
	if (version != 2)
		return err_set(err, ERR_UNSUPPORTED, "schema version %lld", (long long)version);
	if (json_object_get(root, "manifests") &&
	    (json_object_get(root, "layers") || json_object_get(root, "config")))
		return err_set(err, ERR_INPUT, "it is both a manifest and an index");
	if (media_type && own && !media_types_agree(media_type, own))
		return err_set(err, ERR_INPUT, "its media type is '%.200s', but '%.200s' was sent",
			       own, media_type);
	*ret_type = own;
	return 0;
}

/* The type to note down: the text's own, else the transport's if it is one of this kind, else OCI's. */
static int choose_type(const char *own, const char *transport, bool (*is_kind)(const char *),
		       const char *otherwise, char **ret, struct err *err)
{
	struct span rest = span_of(transport ? transport : otherwise), type;
	AUTO(freep) char *given = NULL;

	(void)span_cut(&rest, ';', &type);
	given = own ? xstrdup(own) : span_dup(span_trim(type));
	if (!is_kind(given))
		return err_set(err, ERR_INPUT, "its media type is '%.200s'", given);
	*ret = TAKE(given);
	return 0;
}

static int load(struct span text, const char *what, json_t **ret, struct err *err)
{
	if (text.len > LIMIT_MANIFEST)
		return err_set(err, ERR_LIMIT, "%s of %zu bytes: more than %zu", what, text.len,
			       LIMIT_MANIFEST);
	return json_parse(text, what, ret, err);
}

static int parse_manifest(const json_t *root, const char *media_type, struct manifest *m,
			  struct err *err)
{
	static const char *const known[] = { "schemaVersion", "mediaType", "artifactType", "config",
					     "layers",        "subject",   "annotations",  NULL };
	const char *own = NULL;
	json_t *config = NULL;

	if (check_kind(root, media_type, &own, err) < 0 ||
	    choose_type(own, media_type, media_type_is_manifest, MEDIA_OCI_MANIFEST, &m->media_type,
			err) < 0 ||
	    field_object(root, "config", FIELD_REQUIRED, &config, err) < 0)
		return -1;
	if (parse_descriptor(config, &m->config, err) < 0)
		return err_wrap(err, "config");
	if (parse_descriptors(root, "layers", &m->layers, err) < 0 ||
	    parse_subject(root, &m->subject, err) < 0 ||
	    field_text(root, "artifactType", &m->artifact_type, err) < 0)
		return -1;
	m->unknown = other_members(root, known);
	return field_map(root, "annotations", &m->annotations, err);
}

int manifest_parse(struct span text, const char *media_type, struct manifest *ret, struct err *err)
{
	AUTO(json_decrefp) json_t *root = NULL;
	struct manifest m = { .media_type = NULL };

	if (load(text, "manifest", &root, err) < 0)
		return -1;
	if (parse_manifest(root, media_type, &m, err) < 0) {
		manifest_release(&m);
		return err_wrap(err, "manifest");
	}
	*ret = m;
	return 0;
}

static int parse_index(const json_t *root, const char *media_type, struct index *i, struct err *err)
{
	static const char *const known[] = {
		"schemaVersion", "mediaType", "artifactType", "manifests", "subject",
		"annotations",   NULL
	};
	const char *own = NULL;

	if (check_kind(root, media_type, &own, err) < 0 ||
	    choose_type(own, media_type, media_type_is_index, MEDIA_OCI_INDEX, &i->media_type,
			err) < 0 ||
	    parse_descriptors(root, "manifests", &i->manifests, err) < 0 ||
	    parse_subject(root, &i->subject, err) < 0 ||
	    field_text(root, "artifactType", &i->artifact_type, err) < 0)
		return -1;
	i->unknown = other_members(root, known);
	return field_map(root, "annotations", &i->annotations, err);
}

int index_parse(struct span text, const char *media_type, struct index *ret, struct err *err)
{
	AUTO(json_decrefp) json_t *root = NULL;
	struct index i = { .media_type = NULL };

	if (load(text, "index", &root, err) < 0)
		return -1;
	if (parse_index(root, media_type, &i, err) < 0) {
		index_release(&i);
		return err_wrap(err, "index");
	}
	*ret = i;
	return 0;
}

/* --- writing --- */

/* Behind what we know; the order among them is that of the text they came from. */
static void put_others(json_t *object, const json_t *others)
{
	if (others)
		json_object_update_missing(object, (json_t *)others);
}

static json_t *platform_json(const struct descriptor *d)
{
	const struct platform *platform = &d->platform;
	json_t *json = json_object();

	json_set_string(json, "architecture", platform->arch);
	json_set_string(json, "os", platform->os);
	if (platform->variant[0])
		json_set_string(json, "variant", platform->variant);
	put_others(json, d->unknown_platform);
	return json;
}

static json_t *descriptor_json(const struct descriptor *d)
{
	json_t *json = json_object();

	put_text(json, "mediaType", d->media_type);
	json_set_string(json, "digest", d->digest.text);
	json_object_set_new(json, "size", json_integer((json_int_t)d->size));
	put_map(json, "annotations", &d->annotations);
	if (d->platform.os[0])
		json_object_set_new(json, "platform", platform_json(d));
	put_text(json, "artifactType", d->artifact_type);
	put_others(json, d->unknown);
	return json;
}

static json_t *descriptors_json(const struct descriptors *v)
{
	json_t *array = json_array();

	VEC_FOREACH(d, v)
		json_array_append_new(array, descriptor_json(d));
	return array;
}

static json_t *document(const char *media_type, const char *artifact_type)
{
	json_t *root = json_object();

	json_object_set_new(root, "schemaVersion", json_integer(2));
	put_text(root, "mediaType", media_type);
	put_text(root, "artifactType", artifact_type);
	return root;
}

static void put_rest(json_t *root, const struct descriptor *subject,
		     const struct strmap *annotations, const json_t *others)
{
	if (digest_is_set(&subject->digest))
		json_object_set_new(root, "subject", descriptor_json(subject));
	put_map(root, "annotations", annotations);
	put_others(root, others);
}

void manifest_write(const struct manifest *m, struct str *out)
{
	AUTO(json_decrefp) json_t *root = document(m->media_type, m->artifact_type);

	json_object_set_new(root, "config", descriptor_json(&m->config));
	json_object_set_new(root, "layers", descriptors_json(&m->layers));
	put_rest(root, &m->subject, &m->annotations, m->unknown);
	json_write(root, out);
}

void index_write(const struct index *i, struct str *out)
{
	AUTO(json_decrefp) json_t *root = document(i->media_type, i->artifact_type);

	json_object_set_new(root, "manifests", descriptors_json(&i->manifests));
	put_rest(root, &i->subject, &i->annotations, i->unknown);
	json_write(root, out);
}

/* --- choosing --- */

static bool is_attestation(const struct descriptor *d)
{
	return str_eq(d->platform.os, "unknown") ||
	       strmap_has(&d->annotations, "vnd.docker.reference.type");
}

static int none_serves(const struct index *i, const struct platform *want, struct err *err)
{
	AUTO(str_release) struct str there = STR_INIT;
	char text[PLATFORM_TEXT_MAX];

	VEC_FOREACH(d, &i->manifests)
		if (!is_attestation(d) && d->platform.os[0])
			str_addf(&there, "%s%s", there.len ? ", " : "",
				 platform_format(&d->platform, text));
	return err_set(err, ERR_NOT_FOUND, "no image for %s; there is %s",
		       platform_format(want, text), there.len ? there.ptr : "none with a platform");
}

int index_select(const struct index *i, const struct platform *want, const struct descriptor **ret,
		 struct err *err)
{
	const struct descriptor *best = NULL, *unnamed = NULL;
	int best_score = 0;
	size_t members = 0;

	VEC_FOREACH(d, &i->manifests) {
		int score = platform_match(&d->platform, want);

		if (is_attestation(d))
			continue;
		members++;
		if (!d->platform.os[0])
			unnamed = d;
		if (score > best_score) {
			best = d;
			best_score = score;
		}
	}
	/* the only image of an index that names no platforms: its config will tell */
	if (!best && members == 1)
		best = unnamed;
	if (!best)
		return none_serves(i, want, err);
	*ret = best;
	return 0;
}
