/*
 * Memory with one owner and one free: trees. Nothing in it is released alone; what grows leaves its
 * old place behind, so the total stays within a small multiple of the text that was parsed.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is fine */

static inline void arena_freep(struct arena **arena)
{
	arena_free(*arena);
}

/* Zeroed and aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
const char *arena_strndup(struct arena *arena, const char *text, size_t len)
	__attribute__((returns_nonnull));
const char *arena_strdup(struct arena *arena, const char *text) __attribute__((returns_nonnull));
const char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((returns_nonnull))
PRINTF_LIKE(2, 3);

/* VEC_ADD of base/vec.h for a vector that lives in the arena. */
#define ARENA_ADD(arena, v)                                                                       \
	((__typeof__((v)->items))arena_grow_((arena), (void **)&(v)->items, &(v)->len, &(v)->cap, \
					     sizeof(*(v)->items)))

void *arena_grow_(struct arena *arena, void **items, size_t *len, size_t *cap, size_t item_size);

#endif
