/*
 * Growing strings and slices.
 *
 *	AUTO(str_release) struct str s = STR_INIT;
 *
 *	str_addf(&s, "/v2/%s/blobs/%s", name, digest);
 *	char *url = str_detach(&s);	-- the caller owns url; s is empty and reusable
 *
 * `ptr` is never NULL and always NUL-ended. A string that takes data from outside gets a limit by
 * str_init(); what would pass it is dropped and `overflow` stays set until str_clear(), so that a
 * chain of additions needs one check at its end.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/attr.h"

struct str {
	char *ptr;
	size_t len;   /* without the NUL */
	size_t cap;   /* bytes allocated; 0 = ptr is the shared empty string */
	size_t limit; /* greatest len; 0 = none */
	bool overflow;
};

extern char str_empty[1];
#define STR_INIT                 \
	{                        \
		.ptr = str_empty \
	}

void str_init(struct str *s, size_t limit);
void str_release(struct str *s);
void str_clear(struct str *s);
void str_truncate(struct str *s, size_t len);
/* Makes room for `more` further bytes without changing len. */
void str_reserve(struct str *s, size_t more);

void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const void *data, size_t len);
void str_addc(struct str *s, char c);
/* Decimal; several times sooner than str_addf(). */
void str_add_number(struct str *s, unsigned long long value);
void str_addf(struct str *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void str_addv(struct str *s, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* One UTF-8 encoded code point. */
void str_add_codepoint(struct str *s, unsigned codepoint);
/* Quoted as one word of a shell, of csh(1) too, where '!' calls the history. */
void str_add_shell_word(struct str *s, const char *word);

/* Hands over the buffer (free() it); s is empty afterwards. */
char *str_detach(struct str *s);

/* A slice of somebody else's text, not NUL-ended. */
struct span {
	const char *ptr;
	size_t len;
};

#define SPAN_LIT(literal) ((struct span){ .ptr = (literal), .len = sizeof(literal) - 1 })
#define SPAN_FMT(span)    (int)(span).len, (span).ptr /* for "%.*s" */

static inline struct span span_of(const char *text)
{
	return (struct span){ .ptr = text, .len = strlen(text) };
}

static inline struct span str_span(const struct str *s)
{
	return (struct span){ .ptr = s->ptr, .len = s->len };
}

bool span_eq(struct span span, const char *text);
bool span_eq_nocase(struct span span, const char *text); /* ASCII only */
bool span_has_prefix(struct span span, const char *prefix);
struct span span_trim(struct span span); /* ASCII blanks on both ends */
char *span_dup(struct span span);
/*
 * Cuts the part before the first `delimiter` off *rest into *ret_head and moves *rest behind it.
 * False when there is none: *ret_head is then all of *rest, and *rest is empty.
 */
bool span_cut(struct span *rest, char delimiter, struct span *ret_head);
/* Decimal digits only, no sign, no blanks, at most `max`. */
bool span_to_u64(struct span span, unsigned long long max, unsigned long long *ret_value);

bool str_has_prefix(const char *text, const char *prefix);
bool str_has_suffix(const char *text, const char *suffix);
/* NULL-safe equality; two NULLs are equal. */
bool str_eq(const char *a, const char *b);

#endif
