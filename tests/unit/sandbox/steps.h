/* What the tests of steps share: a store with a root that holds the probe, and a step whose output is collected. */
#ifndef STEPS_H
#define STEPS_H

#include <pthread.h>

#include "base/monitor.h"
#include "base/str.h"
#include "base/vec.h"
#include "sandbox/sandbox.h"

/* As cmocka's group set-up: enters the identity, once for the program. */
int steps_enter(void **state);
/* How many user ids that gave. */
unsigned long steps_id_count(void);

struct steps {
	int store_fd;
	struct sandbox *sandbox;
	struct monitor monitor;
	pthread_mutex_t lock;
	struct str out, err_out, warnings;
	int cancel_pipe[2];
	const char *cancel_at; /* cancel once this text was written to stdout */

	/* The step; the lower directory "base" holds /bin/probe, the upper is "up". */
	struct strvec lowers, argv, env;
	struct sandbox_mounts mounts;
	struct sandbox_step step;
};

/* In the test's scratch directory. */
void steps_init(struct steps *steps);
void steps_release(struct steps *steps);
/* `probe VERB ARGUMENT` is the command. */
void steps_probe(struct steps *steps, const char *verb, const char *argument);
/* Runs the step; fails the test when it does not run. Returns its status. */
int steps_run(struct steps *steps);
/* Runs the step, which must fail to run, with `message` in the error. */
void steps_run_refused(struct steps *steps, enum err_kind kind, const char *message);
/* A file below a lower directory, which is made and added above the others. */
void steps_add_file(struct steps *steps, const char *lower, const char *path, const char *text,
		    unsigned mode);
/* All paths below `dir`, sorted, with blanks between them. The caller frees. */
char *steps_tree(const char *dir);

#endif
