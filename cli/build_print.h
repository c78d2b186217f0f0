/* `edgectl build --print`: what would be built, in the form of `docker buildx bake --print`. */
#ifndef CLI_BUILD_PRINT_H
#define CLI_BUILD_PRINT_H

#include "base/str.h"
#include "build_project.h"

/*
 * {"group": {"default": {"targets": [...]}}, "target": {NAME: {...}}}, as
 * docs.docker.com/reference/cli/docker/buildx/bake; a Dockerfile by itself is the target "default".
 */
void build_print(const struct build_project *project, struct str *out);

#endif
