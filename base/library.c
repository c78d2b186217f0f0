#include "base/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void fill(const char *soname, const char *const *names, size_t count, void **pointers)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		fail(soname);
	/* The first one last: it says that the others are there. */
	for (size_t i = count; i-- > 0;) {
		pointers[i] = dlsym(library, names[i]);
		if (!pointers[i])
			fail(soname);
	}
}

void library_load(const char *soname, const char *const *names, size_t count, void *pointers)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&mutex);
	if (!*(void **)pointers)
		fill(soname, names, count, pointers);
	pthread_mutex_unlock(&mutex);
}
