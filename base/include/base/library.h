/*
 * Shared libraries that only some commands need, loaded when one of them begins to use them: the loader would otherwise
 * map and relocate libcurl, libarchive and all that they stand on (50 libraries, more than half of the program's start)
 * for `edgectl --version` too. A room that does so has one header with a table of the functions it calls:
 *
 *	#define LIBCURL_FUNCTIONS(X) X(curl, easy_init) X(curl, easy_perform)
 *	struct libcurl { LIBCURL_FUNCTIONS(LIBRARY_MEMBER) };
 *	extern struct libcurl libcurl;		-- filled by libcurl_load()
 *
 *	libcurl.easy_init();			-- types are those of the library's own header
 *
 * edge_late_library() of cmake/LateLibrary.cmake gives the target the include path and the SONAME.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stddef.h>

struct library_function {
	const char *name;
	void *address; /* of the pointer to fill */
};

#define LIBRARY_MEMBER(prefix, name) __typeof__(&prefix##_##name) name;
/* For the table of struct library_function; `table` is the struct to fill. */
#define LIBRARY_FUNCTION(table, prefix, name)    \
	{                                        \
#prefix "_" #name, &(table).name \
	}

/*
 * Opens `soname` and fills all pointers (dlopen(3), dlsym(3)). A library that is missing or too old ends the process with a
 * message and status 127, as the dynamic loader does: it is part of the program.
 */
void library_load(const char *soname, const struct library_function *functions, size_t count);

#endif
