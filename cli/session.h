/*
 * What a command that works on images needs, opened in the one order that is right: signals, the
 * ids of the sandbox, the store, the sandbox's helper (before any thread), the progress, the
 * registry client.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <stdbool.h>

#include "app.h"
#include "base/err.h"
#include "base/monitor.h"
#include "image/store.h"
#include "progress.h"
#include "registry/client.h"
#include "sandbox/identity.h"
#include "sandbox/sandbox.h"

struct session_options {
	const char *title; /* of the progress: "Building" */
	enum progress_mode progress;
	bool needs_sandbox;
	bool makes_snapshots; /* in the user namespace of builds; implied by needs_sandbox */
	bool insecure;        /* registry */
	bool verbose;         /* the same: show requests */
	const char *secrets;  /* the same: a file of balena's form; NULL = none */
	bool without_store;
	unsigned jobs;       /* of the registry client; 0 = its default */
	uint64_t rate_limit; /* the same: bytes per second; 0 = none */
};

/* In the caller's storage, which must not move: the registry client borrows the monitor. */
struct session {
	struct monitor monitor;
	struct identity identity;
	struct store *store;
	struct sandbox *sandbox; /* NULL unless asked for */
	struct progress *progress;
	struct registry *registry;
	uint64_t store_limit; /* of what a build may leave in the store; 0 = none */
};

#define SESSION_INIT          \
	{                     \
		.store = NULL \
	}

WARN_UNUSED int session_open(const struct session_options *options, struct session *ret,
			     struct err *err);
/*
 * Makes room in the store if it is bounded, and ends the progress: shows how it went by `status` and err. Returns status. Whatever failed after
 * the user had stopped it failed because of that: err becomes ERR_CANCELLED.
 */
int session_finish(struct session *session, struct app *app, int status, struct err *err);
void session_release(struct session *session);

#endif
