/*
 * `ARG SOURCE_DATE_EPOCH=...` before the first FROM: the time of what is built, where the request
 * says none. (BuildKit's docs/build-repro.md)
 */
#ifndef DRIVER_SOURCE_EPOCH_H
#define DRIVER_SOURCE_EPOCH_H

#include "builder/build.h"
#include "dockerfile/scope.h"
#include "source.h"

/*
 * The request's time, else the Dockerfile's, else -1. ERR_INPUT with the place when the Dockerfile's
 * is no number of seconds.
 */
WARN_UNUSED int source_epoch(const struct build_request *request, const struct build_source *source,
			     const struct scope_request *scope, int64_t *ret, struct err *err);

#endif
