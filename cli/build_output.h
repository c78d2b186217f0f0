/* What a build leaves for scripts: the image id, and the metadata file of docker buildx. */
#ifndef CLI_BUILD_OUTPUT_H
#define CLI_BUILD_OUTPUT_H

#include "base/err.h"
#include "build_project.h"
#include "builder/build.h"
#include "progress.h"

/*
 * Digest of the config of a single image, of the index otherwise: what buildx prints with --quiet.
 * Borrowed.
 */
const char *build_output_id(const struct build_result *result);
WARN_UNUSED int build_output_write_id(const struct build_result *result, const char *path,
				      struct err *err);
/*
 * {"containerimage.config.digest", "containerimage.descriptor", "containerimage.digest",
 * "image.name"}: as docs.docker.com/reference/cli/docker/buildx/build, --metadata-file; for services, an
 * object with that for each, as buildx bake writes it.
 */
WARN_UNUSED int build_output_write_metadata(const struct build_project *project, const char *path,
					    struct err *err);
/* The timeline of the build so far. */
WARN_UNUSED int build_output_write_trace(struct progress *progress, const char *path,
					 struct err *err);

#endif
