/*
 * Allocation that does not fail: running out of memory ends the process with a message. Therefore a
 * size that comes from a file or the network is checked against base/limits.h before it gets here.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>
#include <stdlib.h>

#include "base/attr.h"

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *ptr, size_t size) __attribute__((returns_nonnull));
/* count * size, checked for overflow. */
void *xreallocarray(void *ptr, size_t count, size_t size) __attribute__((returns_nonnull));

char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *text, size_t len) __attribute__((malloc, returns_nonnull));
void *xmemdup(const void *data, size_t len) __attribute__((malloc, returns_nonnull));
/* strdup that passes NULL through. */
char *xstrdup_or_null(const char *text);
char *xasprintf(const char *fmt, ...) __attribute__((malloc, returns_nonnull)) PRINTF_LIKE(1, 2);

/* For AUTO: free what a pointer to any pointer type points to. */
static inline void freep(void *ptr_to_ptr)
{
	free(*(void **)ptr_to_ptr);
}

/* The same for a text that is secret, which does not stay behind in freed memory; NULL is fine. */
void secret_freep(char **secret);

#endif
