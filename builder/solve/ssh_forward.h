/*
 * An agent of the user's, as a step sees it: a socket of its own, with the owner and mode that the step asked for. It takes
 * what an ssh client needs, the list of keys and signatures; whoever is in the step cannot add, remove or lock keys.
 * draft-ietf-sshm-ssh-agent, sections 3.4 to 3.6.
 */
#ifndef SOLVE_SSH_FORWARD_H
#define SOLVE_SSH_FORWARD_H

#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"

struct ssh_forward;

struct ssh_forward_request {
	const char *agent; /* path of the agent's socket */
	int dir_fd;        /* of a directory where the new socket appears as "agent" */
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

#define SSH_FORWARD_NAME "agent"

/* Starts a thread that carries requests until it is freed. ERR_NOT_FOUND when the agent does not answer. */
WARN_UNUSED int ssh_forward_start(const struct ssh_forward_request *request,
				  struct ssh_forward **ret, struct err *err);
void ssh_forward_free(struct ssh_forward *forward);

#endif
