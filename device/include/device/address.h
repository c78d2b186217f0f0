/*
 * Where the engine of a board listens, as the user writes it:
 *
 *	pi.local, anna@10.0.0.7:2222, ssh://anna@pi/run/user/1000/podman/podman.sock
 *	unix:///var/run/docker.sock
 *	tcp://10.0.0.7:2375		plain: everybody on the way reads it and may change it
 *	tcp+tls://10.0.0.7:2376		with certificates of both sides
 *
 * Forms of DOCKER_HOST and of docker's contexts are among them (docs.docker.com, "Docker contexts").
 */
#ifndef DEVICE_ADDRESS_H
#define DEVICE_ADDRESS_H

#include <stdbool.h>

#include "base/err.h"

enum device_transport { DEVICE_SSH, DEVICE_UNIX, DEVICE_TCP, DEVICE_TLS };

struct device_address {
	enum device_transport transport;
	char *host;    /* without brackets; NULL for unix */
	char *user;    /* ssh; NULL = as ssh's configuration has it */
	unsigned port; /* 0 = as ssh's configuration has it; tcp and tcp+tls: never 0 */
	char *path; /* the engine's socket: here for unix, on the board for ssh; NULL = looked for */
	bool is_unattended; /* ssh: nobody is there to be asked for a password or about a key */
	char *certs; /* tcp+tls: directory of ca.pem, cert.pem and key.pem; NULL = the system's authorities, no client's */
};

#define DEVICE_ADDRESS_INIT             \
	{                               \
		.transport = DEVICE_SSH \
	}

#define DEVICE_PORT_PLAIN 2375
#define DEVICE_PORT_TLS   2376

/*
 * ERR_USAGE with the forms as the hint. A host or user that ssh(1) would take for an option is refused.
 * `certs` stays NULL.
 */
WARN_UNUSED int device_address_parse(const char *text, struct device_address *ret, struct err *err);
void device_address_copy(struct device_address *to, const struct device_address *from);
void device_address_release(struct device_address *address);
/* As the user may write it; the caller frees. */
char *device_address_format(const struct device_address *address);
/* Nothing that others can read or change: not plain TCP to another machine. */
bool device_address_is_private(const struct device_address *address);

#endif
