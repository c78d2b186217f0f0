/*
 * What a push consists of: every blob once, and the manifests in an order in which none comes
 * before what it names.
 */
#ifndef REGISTRY_PUSH_PLAN_H
#define REGISTRY_PUSH_PLAN_H

#include <stdbool.h>

#include "base/err.h"
#include "image/manifest.h"
#include "image/store.h"

struct push_manifest {
	struct descriptor descriptor;
	struct str body; /* the exact bytes; empty = the store has an index without this member */
	bool is_there;   /* in the repository, by its digest; the maker of the plan does not know */
	bool is_listed; /* its subject's referrers have it: the registry said so when it came (OCI-Subject) */
	unsigned height; /* 0 = names blobs only; else one above the highest that it names */
};

struct push_manifests {
	struct push_manifest *items; /* the last is the target */
	size_t len, cap;
};

struct push_plan {
	struct descriptors blobs;
	struct push_manifests manifests;
};

WARN_UNUSED int push_plan_make(struct store *store, const struct descriptor *target,
			       struct push_plan *ret, struct err *err);
void push_plan_release(struct push_plan *plan);

#endif
