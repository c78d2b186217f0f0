/* Attestations of an image in the store: statements, and the manifest that holds them. */
#ifndef DRIVER_ATTESTATION_H
#define DRIVER_ATTESTATION_H

#include "base/json.h"
#include "image.h"
#include "output.h"

/* Of which image. */
struct attested_image {
	const struct output_job *job;
	const struct planned_image *planned;
	const struct build_source *source;
	const struct descriptor *manifest; /* with its platform; NULL: files, not an image */
	const struct digest *digest;       /* of the manifest, or what stands for the files */
	const struct strvec *names;        /* canonical; NULL = none */
	bool docker_types;
	int64_t now; /* SOURCE_DATE_EPOCH, or the time */
};

bool attestations_are_wanted(const struct build_request *request);
/* Writes what the request asks for; *ret is the member of the index. */
WARN_UNUSED int attestation_write(const struct attested_image *image, struct descriptor *ret,
				  struct err *err);

/* A statement about `owned_subjects`; the caller frees it. */
typedef int predicate_fn(const struct attested_image *image, json_t **ret, struct err *err);
WARN_UNUSED int attestation_state(const struct attested_image *image, const char *type,
				  predicate_fn *describe, json_t *owned_subjects, json_t **ret,
				  struct err *err);

/* The kinds of statements. */
struct attestation_kind {
	const char *type, *name; /* predicateType; the file that has it beside files */
	predicate_fn *describe;
};

/* Those that the request asks for, in their order: sets *ret to the next one, from 0 on; false at the end. */
bool attestation_next(const struct build_request *request, size_t *index,
		      const struct attestation_kind **ret);

/* Predicates; the caller frees the JSON. */
WARN_UNUSED int sbom_describe(const struct attested_image *image, json_t **ret, struct err *err);
WARN_UNUSED int provenance_describe(const struct attested_image *image, json_t **ret,
				    struct err *err);

/*
 * Package URLs (github.com/package-url/purl-spec) of an image by its canonical name: "pkg:docker/debian@12?platform=..."
 */
void purl_add_image(struct str *out, const char *name, const struct platform *platform);
/* Percent-encodes what purls do not have in names, versions and values. */
void purl_add_encoded(struct str *out, const char *text);

#endif
