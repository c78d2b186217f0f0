#include "libarchive.h"

/* clang-format off */
LIBRARY_DEFINE(libarchive, LIBARCHIVE_SONAME, LIBARCHIVE_FUNCTIONS)
