/* When to ask again, and how long to wait before. */
#ifndef REGISTRY_RETRY_H
#define REGISTRY_RETRY_H

#include <stdbool.h>
#include <time.h>

struct retry_policy {
	unsigned tries;   /* in all, without any progress between them */
	unsigned base_ms; /* greatest wait before the second try; doubles with each */
	unsigned cap_ms;
	unsigned after_cap_s; /* a Retry-After above this is not waited for */
};

#define RETRY_DEFAULT \
	((struct retry_policy){ .tries = 6, .base_ms = 500, .cap_ms = 30000, .after_cap_s = 300 })

/* Can asking the same again give another answer? */
bool retry_status(long status);
/*
 * Seconds of a Retry-After header, a number or a date (RFC 9110 section 10.2.3); -1 = none or not
 * understood.
 */
long retry_after(const char *header, time_t now);
/*
 * Milliseconds before try number `attempt` + 1 (`attempt` counts from 1): full jitter, but not less
 * than the server asked for. -1 = give up.
 */
long retry_delay(const struct retry_policy *policy, unsigned attempt, long after_seconds);

#endif
