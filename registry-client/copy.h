/* A copy from repository to repository, and what it takes along. */
#ifndef REGISTRY_COPY_H
#define REGISTRY_COPY_H

#include "push_plan.h"
#include "registry.h"
#include "registry/repository.h"

struct copy {
	struct registry *registry;
	const struct registry_copy_request *request;
	struct copy_summary summary;
};

/* The image alone. *ret_plan has its manifests; the caller releases both. */
WARN_UNUSED int copy_image(struct copy *copy, struct descriptor *ret, struct push_plan *ret_plan,
			   struct err *err);
/* What is attached to the manifests of `plan`, which have been copied. */
WARN_UNUSED int copy_attached(struct copy *copy, const struct push_plan *plan, struct err *err);

#endif
