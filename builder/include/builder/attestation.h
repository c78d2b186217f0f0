/*
 * Attestations: what is said about an image beside it, in the form of BuildKit (docs.docker.com,
 * build/metadata/attestations/attestation-storage): a manifest of its own for each platform, in the index, whose
 * layers are in-toto statements.
 *
 *	--provenance[=true|false|mode=min|max[,builder-id=ID]]	--attest type=provenance,mode=max
 *	--sbom[=true|false]					--attest type=sbom
 */
#ifndef BUILDER_ATTESTATION_H
#define BUILDER_ATTESTATION_H

#include <stdbool.h>

#include "base/err.h"

struct build_attestations {
	bool provenance;
	bool is_max;      /* provenance with build arguments, labels and steps */
	char *builder_id; /* URI of who builds; NULL = "" */
	bool sbom;
};

/* Values of the three options; `text` NULL or "" = just the option. ERR_USAGE. */
WARN_UNUSED int attestations_add(struct build_attestations *attestations, const char *text,
				 struct err *err);
WARN_UNUSED int attestations_set_provenance(struct build_attestations *attestations,
					    const char *text, struct err *err);
WARN_UNUSED int attestations_set_sbom(struct build_attestations *attestations, const char *text,
				      struct err *err);
void attestations_release(struct build_attestations *attestations);

#endif
