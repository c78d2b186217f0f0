#include "retry.h"

#include <stdlib.h>

#include "base/str.h"
#include "libcurl.h"

#define DAY_SECONDS 86400L

bool retry_status(long status)
{
	switch (status) {
	case 408: /* request timeout */
	case 429: /* too many requests */
	case 499: /* nginx: the proxy's client went away */
	case 522: /* Cloudflare: no connection to the origin */
	case 500:
	case 502:
	case 503:
	case 504: return true;
	default: return status > 511;
	}
}

long retry_after(const char *header, time_t now)
{
	unsigned long long seconds;
	time_t when;

	if (!header)
		return -1;
	if (span_to_u64(span_trim(span_of(header)), 365ULL * DAY_SECONDS, &seconds))
		return (long)seconds;
	libcurl_load();
	when = libcurl.getdate(header, NULL);
	if (when == (time_t)-1)
		return -1;
	return when > now ? (long)(when - now) : 0;
}

long retry_delay(const struct retry_policy *policy, unsigned attempt, long after_seconds)
{
	unsigned most = policy->base_ms;

	if (attempt >= policy->tries || after_seconds > (long)policy->after_cap_s)
		return -1;
	for (unsigned i = 1; i < attempt && most < policy->cap_ms; i++)
		most *= 2;
	if (most > policy->cap_ms)
		most = policy->cap_ms;
	return (after_seconds > 0 ? after_seconds * 1000 : 0) + (long)arc4random_uniform(most + 1);
}
