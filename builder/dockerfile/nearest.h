#ifndef NEAREST_H
#define NEAREST_H

#include "base/map.h"

/*
 * The key nearest to `name`, at an edit distance of 1 or 2, case counting; the first of several, NULL when none is so near. BuildKit's
 * rule, which the messages of its checks are made with; suggest() of base/diag.h is the one for all other words.
 */
const char *nearest_key(const char *name, const struct strmap *candidates);

#endif
