#include "pattern.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                        \
		}                                                                       \
	} while (0)

int main(void)
{
	long total = 0;

	for (unsigned step = 0; step < 4; step++)
		total += pattern_duration(step, 1000);
	CHECK(total == 1000);
	CHECK(pattern_is_on(0) && !pattern_is_on(1) && pattern_is_on(2) && !pattern_is_on(3));
	CHECK(pattern_duration(3, 1000) == 625);
	CHECK(pattern_duration(7, 1000) == 625);
	return 0;
}
