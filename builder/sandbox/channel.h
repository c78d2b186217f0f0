/* Sending descriptors over a Unix socket, unix(7) SCM_RIGHTS. */
#ifndef SANDBOX_CHANNEL_H
#define SANDBOX_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

#define CHANNEL_FDS_MAX 4

/* A connected pair of stream or sequenced-packet sockets. */
WARN_UNUSED int channel_pair(int type, int ret[2], struct err *err);
/* One small message with its descriptors, which stay the caller's; from several threads at once if the socket keeps packets. */
WARN_UNUSED int channel_send(int fd, struct span text, const int *fds, size_t count,
			     struct err *err);
/*
 * One packet; exactly `count` descriptors, close-on-exec, the caller's. *ret_end when the peer has gone. Anything else
 * than what channel_send() sends is an error.
 */
WARN_UNUSED int channel_receive(int fd, struct str *text, int *ret_fds, size_t count, bool *ret_end,
				struct err *err);

#endif
