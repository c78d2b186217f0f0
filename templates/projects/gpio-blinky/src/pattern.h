/* When the LED is on: twice in a short time, then a pause, as a heart beats. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>

/* How long the state lasts that begins `step` steps after the start, in milliseconds. */
long pattern_duration(unsigned step, long period_ms);
bool pattern_is_on(unsigned step);

#endif
