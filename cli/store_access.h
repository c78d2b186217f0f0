/*
 * The store for commands that look at all of it or remove from it: inside the user namespace of builds, whose files
 * others cannot read, and with Ctrl-C.
 */
#ifndef CLI_STORE_ACCESS_H
#define CLI_STORE_ACCESS_H

#include "base/err.h"
#include "base/monitor.h"
#include "image/store.h"
#include "sandbox/identity.h"

struct store_access {
	struct identity identity;
	struct store *store;
	struct monitor monitor;
};

#define STORE_ACCESS_INIT     \
	{                     \
		.store = NULL \
	}

WARN_UNUSED int store_access_open(struct store_access *ret, struct err *err);
void store_access_release(struct store_access *access);

#endif
