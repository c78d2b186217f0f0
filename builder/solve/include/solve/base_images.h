/*
 * Base images: found in the store by their names, or asked of their registry and remembered there.
 * Targets of one build share them, though a name may mean another image to each.
 */
#ifndef SOLVE_BASE_IMAGES_H
#define SOLVE_BASE_IMAGES_H

#include "base/monitor.h"
#include "context/named_context.h"
#include "image/store.h"
#include "registry/client.h"
#include "solve/plan.h"

struct found_image;

struct base_images {
	struct store *store;
	struct registry *registry; /* NULL = only the store is asked */
	const struct monitor *monitor;
	bool any_platform;  /* also an image for another one, where there is none better */
	bool show_platform; /* in the names of steps: there are several */
	struct {
		struct found_image **items;
		size_t len, cap;
	} found;
};

void base_images_init(struct base_images *bases, struct store *store, struct registry *registry,
		      const struct monitor *monitor);
/* All images it gave out are gone afterwards. */
void base_images_release(struct base_images *bases);

/* Names as one target means them. */
struct base_names {
	struct base_finder finder; /* for plan_request */
	struct base_images *images;
	bool pull;                             /* ask the registry even when the store has it */
	const struct named_contexts *contexts; /* names that mean other images; NULL = none */
};

void base_names_init(struct base_names *names, struct base_images *images, bool pull,
		     const struct named_contexts *contexts);

#endif
