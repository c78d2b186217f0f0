/*
 * The Dockerfiles of a build: one for all of its machines, or, where boards have their own, several. The
 * context and what is kept out of it are the same for all.
 */
#ifndef DRIVER_SOURCES_H
#define DRIVER_SOURCES_H

#include "source.h"

struct build_sources {
	struct build_source **items; /* by machine; machines with the same Dockerfile share one */
	size_t len;
};

/* ERR_INPUT also when the Dockerfiles have different ignore files. `ret` is released in any case. */
WARN_UNUSED int build_sources_read(const struct build_request *request,
				   const struct build_context *context,
				   const struct build_machine *machines, size_t count,
				   struct build_sources *ret, struct err *err);
void build_sources_release(struct build_sources *sources);
/* Is it the first machine with that source? For what is to be done once for each of them. */
bool build_sources_is_first(const struct build_sources *sources, size_t machine);

#endif
