#include "attestation.h"

#include "base/alloc.h"
#include "image/config.h"

#define MEDIA_IN_TOTO  "application/vnd.in-toto+json"
#define STATEMENT_TYPE "https://in-toto.io/Statement/v0.1"

static const struct attestation_kind kinds[] = {
	{ "https://spdx.dev/Document", "sbom.spdx.json", sbom_describe },
	{ "https://slsa.dev/provenance/v0.2", "provenance.json", provenance_describe },
};

bool attestations_are_wanted(const struct build_request *request)
{
	return request->attestations &&
	       (request->attestations->provenance || request->attestations->sbom);
}

bool attestation_next(const struct build_request *request, size_t *index,
		      const struct attestation_kind **ret)
{
	const struct build_attestations *wanted = request->attestations;

	for (; wanted && *index < ARRAY_SIZE(kinds); ++*index) {
		*ret = &kinds[*index];
		if (*index == 0 ? wanted->sbom : wanted->provenance) {
			++*index;
			return true;
		}
	}
	return false;
}

/* --- statements (in-toto attestation framework) --- */

static json_t *subject_of(const struct attested_image *image, const char *name)
{
	json_t *json = json_object(), *digests = json_object();
	const struct digest *digest = &image->manifest->digest;

	json_set_string(json, "name", name);
	json_set_string(digests, digest_algorithm_name(digest_algorithm_of(digest)),
			digest_hex(digest));
	json_object_set_new(json, "digest", digests);
	return json;
}

static json_t *describe_subjects(const struct attested_image *image)
{
	json_t *list = json_array();

	for (size_t i = 0; image->names && i < image->names->len; i++) {
		AUTO(str_release) struct str url = STR_INIT;

		purl_add_image(&url, image->names->items[i], &image->manifest->platform);
		json_array_append_new(list, subject_of(image, url.ptr));
	}
	/* in-toto's custom for what has no name */
	if (json_array_size(list) == 0)
		json_array_append_new(list, subject_of(image, "_"));
	return list;
}

int attestation_state(const struct attested_image *image, const char *type, predicate_fn *describe,
		      json_t *owned_subjects, json_t **ret, struct err *err)
{
	json_auto_t *subjects = owned_subjects;
	json_t *statement = NULL, *predicate = NULL;

	if (describe(image, &predicate, err) < 0)
		return -1;
	statement = json_object();
	json_set_string(statement, "_type", STATEMENT_TYPE);
	json_set_string(statement, "predicateType", type);
	json_object_set(statement, "subject", subjects);
	json_object_set_new(statement, "predicate", predicate);
	*ret = statement;
	return 0;
}

static int add_statement(const struct attested_image *image, const struct attestation_kind *kind,
			 struct manifest *manifest, struct err *err)
{
	json_auto_t *statement = NULL;
	AUTO(str_release) struct str text = STR_INIT;
	struct descriptor *layer = VEC_ADD(&manifest->layers);

	if (attestation_state(image, kind->type, kind->describe, describe_subjects(image),
			      &statement, err) < 0)
		return -1;
	json_write(statement, &text);
	strmap_set(&layer->annotations, "in-toto.io/predicate-type", kind->type);
	return image_put(image->job->request->store, &text, MEDIA_IN_TOTO, layer, err);
}

static int add_statements(const struct attested_image *image, struct manifest *manifest,
			  struct err *err)
{
	const struct attestation_kind *kind = NULL;
	size_t i = 0;

	while (attestation_next(image->job->request, &i, &kind))
		if (add_statement(image, kind, manifest, err) < 0)
			return err_wrap(err, "%s", kind->name);
	return 0;
}

/* --- the manifest --- */

/* Only so that registries and clients take the manifest for one of an image. */
static int put_config(const struct attested_image *image, struct manifest *manifest,
		      struct err *err)
{
	AUTO(image_config_release) struct image_config config;
	AUTO(str_release) struct str text = STR_INIT;

	image_config_init(&config);
	platform_set(&config.platform, "unknown", "unknown", "");
	VEC_FOREACH(layer, &manifest->layers)
		*VEC_ADD(&config.diff_ids) = layer->digest;
	image_config_write(&config, &text);
	return image_put(image->job->request->store, &text,
			 image->docker_types ? MEDIA_DOCKER_CONFIG : MEDIA_OCI_CONFIG,
			 &manifest->config, err);
}

int attestation_write(const struct attested_image *image, struct descriptor *ret, struct err *err)
{
	AUTO(manifest_release)
	struct manifest manifest = { .media_type =
					     xstrdup(image->docker_types ? MEDIA_DOCKER_MANIFEST
									 : MEDIA_OCI_MANIFEST) };
	AUTO(str_release) struct str text = STR_INIT;

	if (add_statements(image, &manifest, err) < 0 || put_config(image, &manifest, err) < 0)
		return -1;
	manifest_write(&manifest, &text);
	if (image_put(image->job->request->store, &text, manifest.media_type, ret, err) < 0)
		return -1;
	platform_set(&ret->platform, "unknown", "unknown", "");
	strmap_set(&ret->annotations, "vnd.docker.reference.digest", image->manifest->digest.text);
	strmap_set(&ret->annotations, "vnd.docker.reference.type", "attestation-manifest");
	return 0;
}
