/*
 * The authorization of a call: Basic, or a Bearer token that is fetched when there is none that
 * holds.
 */
#ifndef REGISTRY_AUTHORIZE_H
#define REGISTRY_AUTHORIZE_H

#include "call.h"

enum authorize_result {
	AUTHORIZE_READY,  /* go on */
	AUTHORIZE_WAIT,   /* a token is being fetched; call_continue() comes later */
	AUTHORIZE_FAILED, /* call->err says why */
};

/* Adds the header, if the host is known to want one. */
enum authorize_result authorize(struct call *call, struct strvec *headers);
/* The registry answered 401. READY: send it again. */
enum authorize_result authorize_challenged(struct call *call);
void authorize_release(struct call *call);

/* In call.c: the token has come, or call->err is set. */
void call_continue(struct call *call);

#endif
