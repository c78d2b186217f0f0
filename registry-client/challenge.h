/*
 * The WWW-Authenticate header: what a server wants to see before it answers (RFC 9110 section
 * 11.6.1).
 */
#ifndef REGISTRY_CHALLENGE_H
#define REGISTRY_CHALLENGE_H

#include <stddef.h>

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

struct challenge {
	char *scheme;         /* as written: compare without case */
	char *token68;        /* "Negotiate YII="; NULL = none */
	struct strmap params; /* names in lower case, values without their quotes */
};

struct challenges {
	struct challenge *items;
	size_t len, cap;
};

/*
 * Appends the challenges of one header field; a server may send several fields, and several
 * challenges in one. Pure. ERR_PROTOCOL when it is malformed; what was whole before that place is
 * kept.
 */
WARN_UNUSED int challenges_parse(struct span field, struct challenges *ret, struct err *err);
void challenges_release(struct challenges *challenges);
/* The first of that scheme; NULL = none. */
const struct challenge *challenges_find(const struct challenges *challenges, const char *scheme);

#endif
