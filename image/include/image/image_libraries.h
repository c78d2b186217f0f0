/* The versions of the libraries that this room uses, for `edgectl version --json`. */
#ifndef IMAGE_LIBRARIES_H
#define IMAGE_LIBRARIES_H

#include "base/map.h"

/* Adds one entry for each. Loads those that are loaded late. */
void image_libraries(struct strmap *versions);

#endif
