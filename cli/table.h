/*
 * A plain table on stdout: left-aligned columns, as wide as they must be, three blanks between
 * them.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>

#include "base/str.h"
#include "base/vec.h"

struct table {
	size_t columns;
	struct strvec cells; /* row by row; the first row is the head */
};

void table_init(struct table *table, size_t columns);
void table_release(struct table *table);
/* One cell after the other, row by row. Control characters are left out, line breaks are blanks. */
void table_add(struct table *table, const char *text);
/* Nothing at the end of a line but its newline. */
void table_format(const struct table *table, struct str *out);

#endif
