/* The functions of libsubid, loaded where an ordinary user enters his namespace (base/library.h). */
#ifndef SANDBOX_LIBSUBID_H
#define SANDBOX_LIBSUBID_H

#include <shadow/subid.h>

#include "base/library.h"

/* clang-format off */
#define LIBSUBID_FUNCTIONS(X) X(subid, init) X(subid, get_uid_ranges) X(subid, get_gid_ranges)

LIBRARY_DECLARE(libsubid, LIBSUBID_FUNCTIONS)
/* clang-format on */

#endif
