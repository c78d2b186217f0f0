/* Ports of EXPOSE. */
#ifndef DOCKERFILE_EXPOSE_H
#define DOCKERFILE_EXPOSE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"

struct expose_faults {
	bool mapping;    /* a host's address or port, which EXPOSE cannot map, was dropped */
	bool upper_case; /* the protocol is not in lower case */
};

/*
 * One expanded word, "8000-8010/udp", to "8000/udp", "8001/udp" ... appended to `ret`. `ret_faults` may be NULL.
 * ERR_INPUT for a port above 65535, a reversed range, or a protocol other than tcp, udp and sctp.
 */
WARN_UNUSED int expose_parse(const char *word, struct strvec *ret, struct expose_faults *ret_faults,
			     struct err *err);

#endif
