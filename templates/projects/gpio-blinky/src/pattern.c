#include "pattern.h"

/* on, off, on, off: eighths of the period */
static const long eighths[] = { 1, 1, 1, 5 };

#define STEPS (sizeof(eighths) / sizeof(eighths[0]))

long pattern_duration(unsigned step, long period_ms)
{
	return period_ms * eighths[step % STEPS] / 8;
}

bool pattern_is_on(unsigned step)
{
	return step % 2 == 0;
}
