#include "solve/secret_values.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

const struct secret_value *secret_values_find(const struct secret_values *values, const char *id)
{
	VEC_FOREACH(secret, values)
		if (str_eq(secret->id, id))
			return secret;
	return NULL;
}

void secret_values_release(struct secret_values *values)
{
	VEC_FOREACH(secret, values) {
		explicit_bzero(secret->value.ptr, secret->value.len);
		str_release(&secret->value);
		free(secret->id);
	}
	free(values->items);
	*values = (struct secret_values)SECRET_VALUES_INIT;
}
