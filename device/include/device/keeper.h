/*
 * A small process that starts ssh(1) for us. A build changes its user namespace, in which ssh would look for its files in
 * the home of root: whoever enters one starts the keeper before. It ends with us, and what it started ends with it.
 */
#ifndef DEVICE_KEEPER_H
#define DEVICE_KEEPER_H

#include <sys/types.h>

#include "base/err.h"
#include "base/vec.h"

/* Once is enough; the first keeper_spawn() does it otherwise. Best while there is one thread. */
WARN_UNUSED int keeper_start(struct err *err);
/*
 * Runs argv with no input, no output, and `error_fd` as its standard error: the other end of that pipe hears what it says,
 * and its end. Interrupts from the terminal do not reach it.
 */
WARN_UNUSED int keeper_spawn(struct strvec *argv, int error_fd, pid_t *ret_pid, struct err *err);

#endif
