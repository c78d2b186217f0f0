/* Times of files as one number. */
#ifndef IMAGE_NANOSECONDS_H
#define IMAGE_NANOSECONDS_H

#include <stdint.h>
#include <time.h>

#define NANOSECONDS_PER_SECOND ((int64_t)1000000000)

static inline int64_t nanoseconds_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * NANOSECONDS_PER_SECOND + t->tv_nsec;
}

static inline struct timespec nanoseconds_split(int64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NANOSECONDS_PER_SECOND),
				  .tv_nsec = (long)(ns % NANOSECONDS_PER_SECOND) };
}

#endif
