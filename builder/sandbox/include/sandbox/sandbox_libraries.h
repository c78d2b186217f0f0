/* The versions of the libraries that this room uses, for `edgectl version --json`. */
#ifndef SANDBOX_LIBRARIES_H
#define SANDBOX_LIBRARIES_H

#include "base/map.h"

/* Adds one entry for each. Loads those that are loaded late. */
void sandbox_libraries(struct strmap *versions);

#endif
