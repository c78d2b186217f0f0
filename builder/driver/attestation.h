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
	const struct descriptor *manifest; /* with its platform */
	const struct strvec *names;        /* canonical; NULL = none */
	bool docker_types;
	int64_t now; /* SOURCE_DATE_EPOCH, or the time */
};

bool attestations_are_wanted(const struct build_request *request);
/* Writes what the request asks for; *ret is the member of the index. */
WARN_UNUSED int attestation_write(const struct attested_image *image, struct descriptor *ret,
				  struct err *err);

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
