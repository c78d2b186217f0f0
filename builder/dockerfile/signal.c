#include <signal.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "dockerfile/dockerfile.h"

/* SIGRTMIN, SIGRTMIN+n, SIGRTMAX-n. */
static bool is_realtime(const char *name)
{
	unsigned long long offset = 0;
	bool from_min = strncasecmp(name, "RTMIN", 5) == 0;

	if (!from_min && strncasecmp(name, "RTMAX", 5) != 0)
		return false;
	if (!name[5])
		return true;
	return name[5] == (from_min ? '+' : '-') && span_to_u64(span_of(name + 6), 15, &offset);
}

bool signal_is_valid(const char *text)
{
	unsigned long long number = 0;
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;

	if (span_to_u64(span_of(text), 64, &number))
		return number > 0;
	for (int signal = 1; signal < 32; signal++)
		if (sigabbrev_np(signal) && strcasecmp(sigabbrev_np(signal), name) == 0)
			return true;
	return is_realtime(name) || strcasecmp(name, "IOT") == 0 || strcasecmp(name, "CLD") == 0;
}
