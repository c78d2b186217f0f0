#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define BLOCK_SIZE ((size_t)64 * 1024)
#define ALIGNMENT  ((size_t)16)

struct block {
	struct block *next;
	size_t used, size; /* of data */
	_Alignas(16) unsigned char data[];
};

struct arena {
	struct block *blocks; /* the newest first: the only one that still has room to give */
};

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct block *block = arena->blocks, *next = NULL; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

static struct block *block_new(size_t size)
{
	struct block *block = xmalloc(sizeof(*block) + size);

	*block = (struct block){ .size = size };
	return block;
}

/* A piece that would waste a block gets one of its own, behind the newest, which stays in use. */
static void *alloc_large(struct arena *arena, size_t size)
{
	struct block *block = block_new(size);

	block->used = size;
	if (arena->blocks) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		arena->blocks = block;
	}
	return block->data;
}

static void *alloc_raw(struct arena *arena, size_t size)
{
	struct block *block = arena->blocks;
	void *piece = NULL;

	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (size > BLOCK_SIZE / 4)
		return alloc_large(arena, size);
	if (!block || block->size - block->used < size) {
		block = block_new(BLOCK_SIZE);
		block->next = arena->blocks;
		arena->blocks = block;
	}
	piece = block->data + block->used;
	block->used += size;
	return piece;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(alloc_raw(arena, size), 0, size);
}

const char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = alloc_raw(arena, len + 1);

	if (len)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

const char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

const char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	AUTO(str_release) struct str text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	return arena_strndup(arena, text.ptr, text.len);
}

void *arena_grow_(struct arena *arena, void **items, size_t *len, size_t *cap, size_t item_size)
{
	if (*len == *cap) {
		size_t wanted = *cap ? *cap * 2 : 4;
		void *bigger = arena_alloc(arena, wanted * item_size);

		if (*len)
			memcpy(bigger, *items, *len * item_size);
		*items = bigger;
		*cap = wanted;
	}
	return (char *)*items + (*len)++ * item_size;
}
