#include "base/vec.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static void grow(void **items, size_t *cap, size_t need, size_t item_size)
{
	size_t more = *cap < SIZE_MAX / 2 ? *cap * 2 : need;

	if (need <= *cap)
		return;
	if (more < 8)
		more = 8;
	*items = xreallocarray(*items, more < need ? need : more, item_size);
	*cap = more < need ? need : more;
}

void *vec_add_(void **items, size_t *len, size_t *cap, size_t item_size)
{
	char *item = NULL;

	grow(items, cap, *len + 1, item_size);
	item = (char *)*items + *len * item_size;
	memset(item, 0, item_size);
	*len += 1;
	return item;
}

void strvec_release(struct strvec *v)
{
	strvec_clear(v);
	free(v->items);
	*v = (struct strvec)STRVEC_INIT;
}

void strvec_clear(struct strvec *v)
{
	for (size_t i = 0; i < v->len; i++)
		free(v->items[i]);
	v->len = 0;
	if (v->items)
		v->items[0] = NULL;
}

void strvec_add(struct strvec *v, const char *text)
{
	strvec_take(v, xstrdup(text));
}

void strvec_addn(struct strvec *v, const char *text, size_t len)
{
	strvec_take(v, span_dup((struct span){ .ptr = text, .len = len }));
}

void strvec_addf(struct strvec *v, const char *fmt, ...)
{
	AUTO(str_release) struct str s = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	strvec_take(v, str_detach(&s));
}

void strvec_take(struct strvec *v, char *owned_text)
{
	grow((void **)&v->items, &v->cap, v->len + 2, sizeof(*v->items));
	v->items[v->len++] = owned_text;
	v->items[v->len] = NULL;
}

void strvec_add_all(struct strvec *v, const struct strvec *more)
{
	size_t len = more->len; /* v may be `more` */

	for (size_t i = 0; i < len; i++)
		strvec_add(v, more->items[i]);
}

void strvec_remove(struct strvec *v, size_t index)
{
	free(v->items[index]);
	memmove(v->items + index, v->items + index + 1, (v->len - index - 1) * sizeof(*v->items));
	v->items[--v->len] = NULL;
}

bool strvec_contains(const struct strvec *v, const char *text)
{
	for (size_t i = 0; i < v->len; i++)
		if (!strcmp(v->items[i], text))
			return true;
	return false;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strvec_sort(struct strvec *v)
{
	if (v->len > 1)
		qsort(v->items, v->len, sizeof(*v->items), compare_strings);
}

char **strvec_argv(struct strvec *v)
{
	grow((void **)&v->items, &v->cap, v->len + 1, sizeof(*v->items));
	v->items[v->len] = NULL;
	return v->items;
}

char *strvec_join(const struct strvec *v, const char *separator)
{
	AUTO(str_release) struct str s = STR_INIT;

	for (size_t i = 0; i < v->len; i++) {
		if (i)
			str_add(&s, separator);
		str_add(&s, v->items[i]);
	}
	return str_detach(&s);
}
