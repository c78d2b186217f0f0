/* The versions of the libraries that this room uses, for `edgectl version --json`. */
#ifndef REGISTRY_LIBRARIES_H
#define REGISTRY_LIBRARIES_H

#include "base/map.h"

/* Adds one entry for each. Loads those that are loaded late. */
void registry_libraries(struct strmap *versions);

#endif
