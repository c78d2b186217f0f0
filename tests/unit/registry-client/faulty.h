/* The scripted registry of tests/e2e/registry/faulty_registry.py as a child of a test. */
#ifndef FAULTY_H
#define FAULTY_H

#include <sys/types.h>

#include "image/reference.h"

struct faulty {
	pid_t pid;
	int port;
};

/*
 * Its log is "requests" in the working directory. The options end with NULL. Fails the test when it
 * does not start.
 */
void faulty_start(struct faulty *server, const char *const *options);
void faulty_stop(struct faulty *server);
/* "127.0.0.1:PORT/" + `name`. */
void faulty_ref(const struct faulty *server, const char *name, struct image_ref *ret);
/* How many lines of the log hold `text` so far. */
unsigned faulty_count(const char *text);

#endif
