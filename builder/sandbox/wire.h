/*
 * Messages between the processes of the sandbox: a length, then numbers and texts one after the other, in the byte order of
 * the machine. Texts may hold any byte but NUL. A reader checks everything: one of its peers runs beside hostile code.
 *
 *	wire_put_text(&message, step->cwd);
 *	wire_send(fd, &message, err);
 */
#ifndef SANDBOX_WIRE_H
#define SANDBOX_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/* Greatest message: a step carries its heredocs (LIMIT_DOCKERFILE) and its environment. */
#define WIRE_MAX ((size_t)64 << 20)

void wire_put_number(struct str *out, uint64_t number);
void wire_put_text(struct str *out, const char *text); /* NULL arrives as NULL */
void wire_put_texts(struct str *out, const struct strvec *texts);
/* Any bytes. */
void wire_put_bytes(struct str *out, const char *bytes, size_t len);
void wire_put_err(struct str *out, const struct err *err);

/* A cursor in a received message. Once anything did not fit, `bad` stays set and all further values are 0 or NULL. */
struct wire {
	struct span rest;
	bool bad;
};

uint64_t wire_number(struct wire *wire);
/* The caller frees. */
char *wire_text(struct wire *wire);
/* NUL-ended as well; the caller frees. */
char *wire_bytes(struct wire *wire, size_t *ret_len);
void wire_texts(struct wire *wire, struct strvec *ret);
void wire_err(struct wire *wire, struct err *ret);

/* On sockets only; a peer that has gone is ERR_CHILD. */
WARN_UNUSED int wire_send(int fd, const struct str *message, struct err *err);
/* One message; *ret_end is set when the peer closed the socket instead of sending. `message` is cleared first. */
WARN_UNUSED int wire_receive(int fd, struct str *message, bool *ret_end, struct err *err);

#endif
