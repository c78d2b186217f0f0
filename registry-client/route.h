/*
 * Where a question about a repository is put: to its mirrors, one after the other, and at last to the
 * registry itself, each of which may know the repository by another name.
 */
#ifndef REGISTRY_ROUTE_H
#define REGISTRY_ROUTE_H

#include "registry.h"

struct route_stop {
	struct host *host;
	char *repository;
	bool digests_only; /* not for the question what a tag stands for */
};

struct route {
	struct route_stop *items; /* the last is the registry itself */
	size_t len, cap;
};

/* Mirrors are for reading only. */
void route_find(struct registry *registry, const struct image_ref *ref, bool with_mirrors,
		struct route *ret);
void route_release(struct route *route);
/*
 * What `repository` of the same registry is called where `ref` is pushed to, as a mount has to name
 * it. Owned; NULL = it is not there, but at a registry of its own.
 */
char *route_sibling(struct registry *registry, const struct image_ref *ref, const char *repository);

#endif
