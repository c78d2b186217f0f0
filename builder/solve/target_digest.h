/* What a target's layer will be, before it is made. */
#ifndef SOLVE_TARGET_DIGEST_H
#define SOLVE_TARGET_DIGEST_H

#include "base/err.h"
#include "image/digest.h"

struct target;

/*
 * Of all entries that target_emit() would write, times and content included: the same digest, the
 * same layer. Empty when that is not known: a file was not hashed, or entries were written already.
 */
WARN_UNUSED int target_digest(struct target *target, struct digest *ret, struct err *err);

#endif
