/* Time that only goes forward: for deadlines and durations, never to be shown as a date (CLOCK_MONOTONIC). */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

uint64_t monotonic_ns(void);
uint64_t monotonic_ms(void);
/* How long until `deadline_ms` of that clock, as poll(2) takes it: 0 when it is past, never negative. */
int monotonic_ms_until(uint64_t deadline_ms);

#endif
