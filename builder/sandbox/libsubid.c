#include "libsubid.h"

/* clang-format off */
LIBRARY_DEFINE(libsubid, LIBSUBID_SONAME, LIBSUBID_FUNCTIONS)
