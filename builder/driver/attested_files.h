/*
 * Attestations about files that are written as such: each file with its sha256 is a subject, and the statements become files
 * beside them, as BuildKit's exporters `local` and `tar` do it.
 */
#ifndef DRIVER_ATTESTED_FILES_H
#define DRIVER_ATTESTED_FILES_H

#include "attestation.h"
#include "base/map.h"
#include "image/layer.h"

/* Between those who send the files and the sink that takes them. */
struct attested_files {
	struct layer_sink sink;
	struct layer_sink *target;
	const char *dir; /* that all of them are in; NULL = none */
	json_t *subjects;
	struct strmap hashes;  /* path -> hex, for hard links */
	struct hasher *hasher; /* of the file at hand, */
	char *path;            /* its path, NULL = none */
	uint64_t left;         /* and the bytes that are still to come */
};

void attested_files_init(struct attested_files *files, struct layer_sink *target, const char *dir);
void attested_files_release(struct attested_files *files);
/*
 * Behind the last file: the statements that the request asks for, in files of the mode 0600 called `prefix` (NULL = "") and
 * "provenance.json" or "sbom.spdx.json"; with a `platform`, "provenance.PLATFORM.json".
 */
WARN_UNUSED int attested_files_finish(struct attested_files *files, const struct output_job *job,
				      const struct output_image *image, const char *prefix,
				      const char *platform, struct err *err);

#endif
