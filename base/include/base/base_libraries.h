/* The versions of the libraries that this room uses, for `edgectl version --json`. */
#ifndef BASE_BASE_LIBRARIES_H
#define BASE_BASE_LIBRARIES_H

#include "base/map.h"

/* Adds one entry for each. Loads those that are loaded late. */
void base_libraries(struct strmap *versions);

#endif
