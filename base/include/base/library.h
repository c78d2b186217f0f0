/*
 * Shared libraries that only some commands need, loaded when one of them begins to use them: the loader would otherwise
 * map and relocate libcurl, libarchive and all that they stand on (50 libraries, more than half of the program's start)
 * for `edgectl --version` too. A room that does so has one header with a table of the functions it calls, and one file:
 *
 *	#define LIBCURL_FUNCTIONS(X) X(curl, easy_init) X(curl, easy_perform)
 *	LIBRARY_DECLARE(libcurl, LIBCURL_FUNCTIONS)
 *
 *	LIBRARY_DEFINE(libcurl, LIBCURL_SONAME, LIBCURL_FUNCTIONS)
 *
 *	libcurl_load();			-- before the first call; from any thread, any number of times
 *	libcurl.easy_init();		-- types are those of the library's own header
 *
 * edge_late_library() of cmake/LateLibrary.cmake gives the target the include path and the SONAME.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stddef.h>

#include "base/attr.h"

#define LIBRARY_MEMBER(prefix, name) __typeof__(&prefix##_##name) name;
#define LIBRARY_NAME(prefix, name)   #prefix "_" #name,

#define LIBRARY_DECLARE(library, FUNCTIONS) \
	struct library {                    \
		FUNCTIONS(LIBRARY_MEMBER)   \
	};                                  \
	extern struct library library;      \
	void library##_load(void);

#define LIBRARY_DEFINE(library, soname, FUNCTIONS)                              \
	struct library library;                                                 \
	void library##_load(void)                                               \
	{                                                                       \
		static const char *const names[] = { FUNCTIONS(LIBRARY_NAME) }; \
                                                                                \
		library_load(soname, names, ARRAY_SIZE(names), &library);       \
	}

/*
 * Opens `soname` and fills `pointers`, an array of `count` function pointers, by their names (dlopen(3), dlsym(3)); does
 * nothing when it has been filled. A library that is missing or too old ends the process with a message and status 127, as
 * the dynamic loader does: it is part of the program.
 */
void library_load(const char *soname, const char *const *names, size_t count, void *pointers);

#endif
