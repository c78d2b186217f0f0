#include "libgit2.h"

/* clang-format off */
LIBRARY_DEFINE(libgit2, LIBGIT2_SONAME, LIBGIT2_FUNCTIONS)
