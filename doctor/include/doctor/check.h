/*
 * The checks of `edgectl doctor`, one table. They change nothing, but what `repair` is told to mend:
 *
 *	struct examination examination = { .config = config, .store_root = root, .monitor = &monitor };
 *
 *	doctor_examine(&examination, &findings, err);
 *
 * Quick: below a second where nobody has to be asked over the network, and a few seconds where somebody does not answer.
 */
#ifndef DOCTOR_CHECK_H
#define DOCTOR_CHECK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/monitor.h"
#include "base/vec.h"
#include "config/config.h"
#include "doctor/finding.h"
#include "image/store.h"
#include "sandbox/sandbox.h"

enum check_place {
	CHECK_HERE, /* in this process, as its user */
	CHECK_INSIDE, /* in a process of its own that has entered the ids of builds, and has a sandbox */
	CHECK_STORE, /* with the store open, in those ids; takes as long as reading all of it does */
};

/* All borrowed. */
struct check_context {
	struct config *config;         /* NULL = it cannot be read */
	const struct err *config_err;  /* why not */
	const char *config_home;       /* directory of config.yaml; NULL = none */
	const char *store_root;        /* NULL = there is no place for one */
	const struct err *store_err;   /* why not */
	const struct monitor *monitor; /* cancels it */
	/* CHECK_INSIDE and CHECK_STORE: */
	struct store *store;
	struct sandbox *sandbox;
	const char *scratch; /* a directory of the sandbox, relative to its own */
	/* CHECK_STORE: */
	bool repair; /* mend what can be mended */
};

struct check {
	const char *name;  /* "kernel": as --json and the command line say it */
	const char *title; /* "Kernel" */
	enum check_place place;
	/* Adds a finding for each thing that it looked at; fails when it cannot look at all. */
	int (*run)(const struct check *check, const struct check_context *context,
		   struct findings *ret, struct err *err);
};

/* NULL-ended, in the order in which they are shown; and their names. */
extern const struct check *const doctor_checks[];
extern const char *const doctor_check_names[];

#define CHECK_FOREACH(check)                                                                     \
	for (const struct check *const *check##_at = doctor_checks, *check = *check##_at; check; \
	     check = *++check##_at)

/*
 * All checks, or those that `names` has, but for CHECK_STORE. To be called while there is one thread: it forks. The findings
 * are in the order of the table.
 */
WARN_UNUSED int doctor_examine(const struct check_context *context, const struct strvec *names,
			       struct findings *ret, struct err *err);

#endif
