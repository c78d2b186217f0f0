/*
 * One livepush of a project on a board at a time, as far as this machine and user go: two would bring the same files into the
 * same containers, and begin their programs anew twice. Other machines are noticed when they make a container anew.
 */
#ifndef CLI_LIVE_LOCK_H
#define CLI_LIVE_LOCK_H

#include "deploy_run.h"

/* *ret_fd holds it until it is closed, or the process ends. ERR_INPUT names the process that has it. */
WARN_UNUSED int live_lock(const struct deployment_session *session, int *ret_fd, struct err *err);

#endif
