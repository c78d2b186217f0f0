/*
 * The checks of `edgectl doctor`, one table:
 *
 *	struct check_context context = { .store = store, .monitor = &monitor };
 *
 *	CHECK_FOREACH(check) {
 *		if (check->group == CHECK_STORE && check->run(check, &context, &findings, err) < 0) ...
 *	}
 */
#ifndef DOCTOR_CHECK_H
#define DOCTOR_CHECK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/monitor.h"
#include "doctor/finding.h"
#include "image/store.h"

enum check_group {
	CHECK_STORE, /* blobs, snapshots, the database: takes as long as reading them does */
};

/* All borrowed. */
struct check_context {
	struct store *store;
	bool repair; /* mend what can be mended */
	const struct monitor *monitor;
};

struct check {
	const char *name;  /* "store": as --json says it */
	const char *title; /* "the store" */
	enum check_group group;
	/* Adds a finding for each fault, or one that all is well; fails when it cannot look. */
	int (*run)(const struct check *check, const struct check_context *context,
		   struct findings *ret, struct err *err);
};

/* NULL-ended. */
extern const struct check *const doctor_checks[];

#define CHECK_FOREACH(check)                                                                     \
	for (const struct check *const *check##_at = doctor_checks, *check = *check##_at; check; \
	     check = *++check##_at)

#endif
