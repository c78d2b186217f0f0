/* The values of a build's secrets, in memory, by their ids. */
#ifndef SOLVE_SECRET_VALUES_H
#define SOLVE_SECRET_VALUES_H

#include <stddef.h>

#include "base/str.h"

struct secret_value {
	char *id;
	struct str value; /* any bytes */
};

struct secret_values {
	struct secret_value *items;
	size_t len, cap;
};

#define SECRET_VALUES_INIT    \
	{                     \
		.items = NULL \
	}

/* NULL = there is none of that id; borrowed. */
const struct secret_value *secret_values_find(const struct secret_values *values, const char *id);
/* Wipes them. */
void secret_values_release(struct secret_values *values);

#endif
