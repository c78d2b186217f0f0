/*
 * What every conformance runner needs: the cases of the peers, as JSON below $CONFORMANCE_DIR, and a count of those that
 * hold. A file that is not there is passed over (parts of the data live elsewhere), but a runner that found no case fails.
 */
#ifndef SUITE_H
#define SUITE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"

struct suite {
	const char *name;
	unsigned passed, failed;
};

/* "directory/file.json"; NULL when it is not there. Malformed data ends the program. */
json_t *suite_load(const char *relative);
/* The file's text; false when it is not there. */
bool suite_read(const char *relative, struct str *out);
/* Names of the directories in one, sorted; the caller releases the array. Empty when there is none. */
json_t *suite_list(const char *relative);

/* Counts; tells what was wrong with the case when it failed. */
void suite_case(struct suite *suite, bool holds, const char *id, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* Prints the counts; the exit status. */
int suite_end(const struct suite *suite);

#endif
