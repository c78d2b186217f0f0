#include "base/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

#define STATUS_CANNOT_START 127 /* of ld.so(8) */

static NORETURN void fail(const char *soname)
{
	const char *reason = dlerror();

	(void)fprintf(stderr,
		      "error: cannot load '%s': %s\nhint: install the Debian package that holds "
		      "it: apt-file search %s\n",
		      soname, reason ? reason : "unknown reason", soname);
	exit(STATUS_CANNOT_START);
}

void library_load(const char *soname, const struct library_function *functions, size_t count)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		fail(soname);
	for (size_t i = 0; i < count; i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			fail(soname);
		memcpy(functions[i].address, &function, sizeof(function));
	}
}
