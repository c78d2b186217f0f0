/*
 * The "registries" section of the configuration file: where a registry really is, which mirrors stand
 * before it, and how each is reached.
 *
 *	registries:
 *	  docker.io:                          # HOST, or HOST/PATH for what is below it
 *	    mirrors:
 *	      - location: mirror.lan:5000/hub  # HOST[/PATH]
 *	        insecure: true
 *	  registry.lan:
 *	    location: 10.0.0.7:5000
 *	    ca: /etc/ssl/lan.crt
 */
#ifndef REGISTRY_REGISTRIES_H
#define REGISTRY_REGISTRIES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "image/reference.h"

/* One place to ask. The texts live as long as the registries. */
struct registry_place {
	const char *host;
	const char *path;  /* what is put before the repository: "hub/"; "" = nothing */
	const char *ca;    /* file of an authority to trust there; NULL = none */
	bool insecure;     /* plain HTTP and any certificate are fine */
	bool digests_only; /* a mirror that is not asked what a tag stands for */
};

struct registry_places {
	struct registry_place *items;
	size_t len, cap;
};

struct registry_rule {
	const char *host, *path;      /* what it is for: path "" = all of the host, else "team/" */
	struct registry_place origin; /* where that is */
	struct registry_places mirrors; /* in the order in which they are asked */
};

struct registries {
	struct registry_rule *items;
	size_t len, cap;
	struct arena *arena;
};

#define REGISTRIES_INIT       \
	{                     \
		.items = NULL \
	}

/* `file` is what messages call the text. ERR_INPUT lists all that is wrong with it. */
WARN_UNUSED int registries_parse(const char *file, struct span text, struct registries *ret,
				 struct err *err);
void registries_release(struct registries *registries);
/* The one with the longest path that fits; NULL = none. Borrowed. */
const struct registry_rule *registries_find(const struct registries *registries,
					    const struct image_ref *ref);
/* Any place at that host, for how it is reached; NULL = none. Borrowed. */
const struct registry_place *registries_place(const struct registries *registries,
					      const char *host);

#endif
