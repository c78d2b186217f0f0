/* Reading the values of a build's secrets. */
#ifndef DRIVER_SECRET_LOAD_H
#define DRIVER_SECRET_LOAD_H

#include "base/err.h"
#include "builder/secret.h"
#include "solve/secret_values.h"

/* ERR_NOT_FOUND names the secret whose file or variable is missing; ERR_LIMIT above 500 KiB, as BuildKit. */
WARN_UNUSED int secrets_load(const struct build_secrets *secrets, struct secret_values *ret,
			     struct err *err);

#endif
