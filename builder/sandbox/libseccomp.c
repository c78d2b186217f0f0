#include "libseccomp.h"

/* clang-format off */
LIBRARY_DEFINE(libseccomp, LIBSECCOMP_SONAME, LIBSECCOMP_FUNCTIONS)
