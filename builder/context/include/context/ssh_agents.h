/*
 * What --ssh lends to a build, as docker buildx has it: agents of the user, or keys, each under an
 * id that RUN --mount=type=ssh and ADD of a repository ask for.
 *
 *	AUTO(ssh_agents_release) struct ssh_agents agents = SSH_AGENTS_INIT;
 *
 *	if (ssh_agents_add(&agents, "default", err) < 0) ...
 *	if (ssh_agents_socket(&agents, "default", &socket, err) < 0) ...
 *
 * Keys are held by an ssh-agent(1) of ours, which is started when the first step needs it and ends
 * with us, whatever way we end.
 */
#ifndef CONTEXT_SSH_AGENTS_H
#define CONTEXT_SSH_AGENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/vec.h"

#define SSH_AGENT_DEFAULT "default"

struct ssh_agent {
	char *id;
	char *socket;       /* absolute; NULL = ours, which is not started yet */
	struct strvec keys; /* files, absolute; none = the socket is the user's */
	pid_t pid;          /* what keeps ours alive; 0 = none */
	int end_fd;         /* ours ends when this is closed */
};

struct ssh_agents {
	struct ssh_agent *items;
	size_t len, cap;
	pthread_mutex_t lock; /* over the sockets */
};

#define SSH_AGENTS_INIT                            \
	{                                          \
		.lock = PTHREAD_MUTEX_INITIALIZER, \
	}

/* Ends the agents of ours. */
void ssh_agents_release(struct ssh_agents *agents);

/*
 * "ID", "ID=SOCKET" or "ID=KEY[,KEY...]". Without a value it is the agent that SSH_AUTH_SOCK names.
 * ERR_USAGE for one that is not there, a key that is none, an id that is there already, sockets and
 * keys together.
 */
WARN_UNUSED int ssh_agents_add(struct ssh_agents *agents, const char *text, struct err *err);
/* NULL is no agents. */
bool ssh_agents_has(const struct ssh_agents *agents, const char *id);
/*
 * The socket of an agent that ssh_agents_has(), for any thread; borrowed from `agents`. ERR_INPUT
 * when a key cannot be used, as one with a passphrase.
 */
WARN_UNUSED int ssh_agents_socket(struct ssh_agents *agents, const char *id, const char **ret,
				  struct err *err);
/*
 * Our environment, with this agent in place of the user's, and nobody to be asked for a passphrase:
 * for ssh(1) and ssh-add(1).
 */
void ssh_agents_environment(const char *socket, struct strvec *ret);

#endif
