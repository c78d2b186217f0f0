#include "base/clock.h"

#include <limits.h>
#include <time.h>

#define NS_PER_SECOND 1000000000U
#define NS_PER_MS     1000000U

uint64_t monotonic_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t monotonic_ms(void)
{
	return monotonic_ns() / NS_PER_MS;
}

int monotonic_ms_until(uint64_t deadline_ms)
{
	uint64_t now = monotonic_ms(), left = deadline_ms > now ? deadline_ms - now : 0;

	return left < INT_MAX ? (int)left : INT_MAX;
}
