/*
 * What a test of the whole client needs: a scripted registry, a client and an empty store. Everything
 * here fails the test where it cannot do its work.
 */
#ifndef WORLD_H
#define WORLD_H

#include "faulty.h"
#include "registry.h"
#include "unit.h"

struct world {
	char *scratch;
	struct faulty server;
	struct registry *registry;
	struct store *store;
	struct image_ref ref; /* app:1, which the registry has */
	struct monitor monitor;
	struct str warnings;
	struct err err; /* of the last world_pull_fails() */
};

extern struct world world;

int world_set_up(void **state);
int world_tear_down(void **state);
#define world_test(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

/* A client that knows nothing yet, and waits next to nothing before it tries again. */
void world_connect(void);
/* Starts the registry and connects. */
void world_begin(const char *const *options);
/* A registry that mounts nothing: what is pushed must be sent. */
void world_begin_with_faults(const char *faults);

/* Of `world.ref`, as registry_pull(). */
WARN_UNUSED int world_pull(struct descriptor *ret, struct err *err);
void world_pulls(void);
void world_pull_fails(enum err_kind kind, const char *in_message);
/* The exit status of a line of sh(1); its output is not shown. */
int world_shell(const char *command);
/* Pulls `world.ref` and pushes it under that name. */
void world_push_to(const char *name, struct push_summary *ret);

#endif
