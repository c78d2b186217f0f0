/*
 * A connection of the system's ssh(1), with its configuration, agent and known hosts: one master process, to which
 * commands and forwarded sockets are added without logging in again (ssh_config(5), ControlMaster).
 */
#ifndef DEVICE_SSH_H
#define DEVICE_SSH_H

#include "base/err.h"
#include "base/monitor.h"
#include "base/str.h"
#include "device/address.h"

struct ssh;

/*
 * Logs in; ssh asks for passwords and new host keys on the terminal itself. ERR_NETWORK, or ERR_DENIED
 * for a login or a host key that was refused, with ssh's own words.
 */
WARN_UNUSED int ssh_open(const struct device_address *address, const struct monitor *monitor,
			 struct ssh **ret, struct err *err);
void ssh_free(struct ssh *ssh);
/* Runs a command line by the user's shell on the board; ERR_CHILD when it fails. */
WARN_UNUSED int ssh_run(struct ssh *ssh, const char *command, struct str *out, struct err *err);
/* A socket here that leads to the one at `path` on the board; *ret is borrowed and lives as long as `ssh`. */
WARN_UNUSED int ssh_forward_socket(struct ssh *ssh, const char *path, const char **ret,
				   struct err *err);
/* Is the master still there? Otherwise err says what it said last. */
WARN_UNUSED int ssh_check(struct ssh *ssh, struct err *err);

#endif
