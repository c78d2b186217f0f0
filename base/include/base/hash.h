/* uthash as this program uses it: running out of memory ends it with a message, as everywhere (base/alloc.h). */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/alloc.h"

#define uthash_malloc(size)    xmalloc(size)
#define uthash_free(ptr, size) free(ptr)
/* Its default one draws warnings about fall-through from clang. */
#define HASH_FUNCTION HASH_SAX
#include <uthash.h>

#endif
