/* A package header of rpm, as its databases hold it. */
#ifndef DRIVER_PACKAGE_HEADER_H
#define DRIVER_PACKAGE_HEADER_H

#include "package.h"

/* Appends the package, unless it is the key of a vendor. ERR_INPUT for a damaged header. */
WARN_UNUSED int package_header_add(const unsigned char *blob, size_t len, struct packages *ret,
				   struct err *err);

#endif
