/*
 * A connection that the engine turns into plain bytes both ways (Engine API, "Attach to a container", hijacking):
 * after "101 UPGRADED" there is no HTTP on it any more.
 */
#ifndef DEVICE_HIJACK_H
#define DEVICE_HIJACK_H

#include <jansson.h>

#include "base/err.h"
#include "device/engine.h"

struct hijack;

/* POST of `body` to `path`, below the version. `what` as in struct engine_call. */
WARN_UNUSED int hijack_open(struct engine *engine, const char *what, const char *path,
			    const json_t *body, struct hijack **ret, struct err *err);
void hijack_free(struct hijack *hijack);
/* For poll(2). */
int hijack_fd(const struct hijack *hijack);
/* Waits until all is sent. */
WARN_UNUSED int hijack_send(struct hijack *hijack, const void *data, size_t len, struct err *err);
/* Up to `size` bytes that are there; *ret_len 0 = none now. *ret_ended: there will be none any more. */
WARN_UNUSED int hijack_receive(struct hijack *hijack, char *buffer, size_t size, size_t *ret_len,
			       bool *ret_ended, struct err *err);
/* The other side sees the end of its input. TLS has no such end: nothing happens. */
void hijack_end_input(struct hijack *hijack);

#endif
