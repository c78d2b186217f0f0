/*
 * Growing arrays. A vector is any struct with the members `items`, `len` and `cap`:
 *
 *	struct stages { struct stage *items; size_t len, cap; };
 *	*VEC_ADD(&stages) = (struct stage){ .name = name };
 *
 * and `struct strvec`, the vector of owned strings.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/attr.h"

/* Appends one zeroed item and yields its address, valid until the next addition. */
#define VEC_ADD(v)                                                                    \
	((__typeof__((v)->items))vec_add_((void **)&(v)->items, &(v)->len, &(v)->cap, \
					  sizeof(*(v)->items)))

/* NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared cannot stand in them */
#define VEC_FOREACH(item, v)                                                                   \
	for (__typeof__(*(v)->items) *item = (v)->items; item && item < (v)->items + (v)->len; \
	     item++)
/* NOLINTEND(bugprone-macro-parentheses) */

void *vec_add_(void **items, size_t *len, size_t *cap, size_t item_size);

/* items[len] is NULL when len > 0 or after strvec_argv(), so that it can serve as argv. */
struct strvec {
	char **items;
	size_t len, cap;
};

#define STRVEC_INIT           \
	{                     \
		.items = NULL \
	}

void strvec_release(struct strvec *v);
void strvec_clear(struct strvec *v);
void strvec_add(struct strvec *v, const char *text);
void strvec_addn(struct strvec *v, const char *text, size_t len);
void strvec_addf(struct strvec *v, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strvec_take(struct strvec *v, char *owned_text);
void strvec_add_all(struct strvec *v, const struct strvec *more);
void strvec_remove(struct strvec *v, size_t index);
bool strvec_contains(const struct strvec *v, const char *text);
void strvec_sort(struct strvec *v); /* by bytes */
/* NULL-ended, never NULL; borrowed. */
char **strvec_argv(struct strvec *v);
/* The words with `separator` between them; the caller frees. */
char *strvec_join(const struct strvec *v, const char *separator);

#endif
