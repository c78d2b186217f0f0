/*
 * Base images: found in the store by their names, or asked of their registry and remembered there.
 */
#ifndef SOLVE_BASE_IMAGES_H
#define SOLVE_BASE_IMAGES_H

#include "base/monitor.h"
#include "context/named_context.h"
#include "image/store.h"
#include "registry/client.h"
#include "solve/plan.h"

struct base_images {
	struct base_finder finder; /* for plan_request */
	struct store *store;
	struct registry *registry; /* NULL = only the store is asked */
	const struct monitor *monitor;
	bool pull;                             /* ask the registry even when the store has it */
	const struct named_contexts *contexts; /* names that mean other images; NULL = none */
	struct {
		struct base_image **items;
		size_t len, cap;
	} found;
};

void base_images_init(struct base_images *bases, struct store *store, struct registry *registry,
		      const struct monitor *monitor, bool pull,
		      const struct named_contexts *contexts);
/* All images it gave out are gone afterwards. */
void base_images_release(struct base_images *bases);

#endif
