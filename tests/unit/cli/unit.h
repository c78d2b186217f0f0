/* What the tests of cli share: cmocka with its prerequisites. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

/* Where it failed, for a table: the row is in the message. */
#define assert_row(condition, row)                                   \
	do {                                                         \
		if (!(condition))                                    \
			fail_msg("row '%s': %s", (row), #condition); \
	} while (0)

#define SECOND UINT64_C(1000000000)

#endif
