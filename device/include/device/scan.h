/*
 * Boards that announce themselves in the local networks by multicast DNS (RFC 6762, RFC 6763): machines with ssh, balena
 * devices, Docker engines, workstations of Avahi. Questions are asked from a port of our own, and answers come to it alone: no
 * root, no daemon, and no quarrel about port 5353.
 */
#ifndef DEVICE_SCAN_H
#define DEVICE_SCAN_H

#include <stdbool.h>

#include "base/err.h"
#include "base/monitor.h"
#include "base/vec.h"

struct found_board {
	char *host;              /* "raspberrypi.local" */
	struct strvec addresses; /* IPv4 first; link-local IPv6 with %INTERFACE */
	bool has_ssh, is_balena, has_engine;
	unsigned ssh_port, engine_port; /* 0 = not said */
};

struct found_boards {
	struct found_board *items; /* sorted by host */
	size_t len, cap;
};

void found_boards_release(struct found_boards *boards);
/* Listens for `seconds` on every interface that can do multicast. ERR_NETWORK when there is none. */
WARN_UNUSED int device_scan(unsigned seconds, const struct monitor *monitor,
			    struct found_boards *ret, struct err *err);

#endif
