#include "libgit2.h"

#include "base/attr.h"

struct libgit2 libgit2;

void libgit2_load(void)
{
#define FUNCTION(prefix, name) LIBRARY_FUNCTION(libgit2, prefix, name),
	const struct library_function functions[] = { LIBGIT2_FUNCTIONS(FUNCTION) };

	library_load(LIBGIT2_SONAME, functions, ARRAY_SIZE(functions));
}
