#include "secret_mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"

#define STARS "***"

/* The longest first; the same beside each other. */
static int compare(const void *a, const void *b)
{
	const struct span *left = a, *right = b;

	if (left->len != right->len)
		return left->len < right->len ? 1 : -1;
	return memcmp(left->ptr, right->ptr, left->len);
}

static size_t hash(const char *text)
{
	uint32_t first;

	_Static_assert(sizeof(first) == SECRET_MASK_MIN, "it takes the bytes that all have");
	memcpy(&first, text, sizeof(first));
	return (first * 2654435761U) >> 20; /* Knuth's multiplicative hash, 12 bits of it */
}

static void forget(struct span item)
{
	explicit_bzero((char *)item.ptr, item.len);
	free((char *)item.ptr);
}

static void drop_doubles(struct secret_mask *mask)
{
	size_t kept = 0;

	for (size_t i = 0; i < mask->len; i++) {
		if (kept > 0 && compare(&mask->items[kept - 1], &mask->items[i]) == 0)
			forget(mask->items[i]);
		else
			mask->items[kept++] = mask->items[i];
	}
	mask->len = kept;
}

/* From the shortest on, so that a list begins with its longest. */
static void make_lists(struct secret_mask *mask)
{
	memset(mask->heads, 0, sizeof(mask->heads));
	mask->next = xreallocarray(mask->next, mask->len, sizeof(*mask->next));
	for (size_t i = mask->len; i-- > 0;) {
		uint32_t *head = &mask->heads[hash(mask->items[i].ptr)];

		mask->next[i] = *head;
		*head = (uint32_t)i + 1;
	}
}

static void add(struct secret_mask *mask, struct span text)
{
	char *copy = NULL;

	if (text.len < SECRET_MASK_MIN)
		return;
	copy = xmalloc(text.len);
	memcpy(copy, text.ptr, text.len);
	*VEC_ADD(mask) = (struct span){ copy, text.len };
}

void secret_mask_add(struct secret_mask *mask, struct span value)
{
	struct span rest = value;
	struct span line;

	while (rest.len) {
		(void)span_cut(&rest, '\n', &line);
		add(mask, span_trim(line));
	}
	add(mask, span_trim(value));
	if (mask->len == 0)
		return;
	qsort(mask->items, mask->len, sizeof(*mask->items), compare);
	drop_doubles(mask);
	make_lists(mask);
}

void secret_mask_release(struct secret_mask *mask)
{
	VEC_FOREACH(item, mask)
		forget(*item);
	free(mask->next);
	free(mask->items);
	*mask = (struct secret_mask)SECRET_MASK_INIT;
}

enum match { MATCH_NONE, MATCH_BEGUN, MATCH_WHOLE };

static enum match match_one(struct span item, struct span text)
{
	size_t len = item.len < text.len ? item.len : text.len;

	if (memcmp(item.ptr, text.ptr, len) != 0)
		return MATCH_NONE;
	return item.len <= text.len ? MATCH_WHOLE : MATCH_BEGUN;
}

/* What is too short for the lists can only be a beginning. */
static enum match match_short(const struct secret_mask *mask, struct span text)
{
	VEC_FOREACH(item, mask) {
		if (match_one(*item, text) == MATCH_BEGUN)
			return MATCH_BEGUN;
	}
	return MATCH_NONE;
}

/* Of what the text begins with; *ret_len is the length of a whole one. */
static enum match match(const struct secret_mask *mask, struct span text, bool is_last,
			size_t *ret_len)
{
	if (text.len < SECRET_MASK_MIN)
		return is_last ? MATCH_NONE : match_short(mask, text);
	for (uint32_t i = mask->heads[hash(text.ptr)]; i > 0; i = mask->next[i - 1]) {
		enum match found = match_one(mask->items[i - 1], text);

		if (found == MATCH_NONE || (found == MATCH_BEGUN && is_last))
			continue;
		*ret_len = mask->items[i - 1].len;
		return found;
	}
	return MATCH_NONE;
}

void secret_mask_apply(const struct secret_mask *mask, struct str *pending, struct span text,
		       bool is_last, struct str *out)
{
	AUTO(str_release) struct str all = *pending;
	struct span rest;

	*pending = (struct str)STR_INIT;
	str_addn(&all, text.ptr, text.len);
	rest = str_span(&all);
	while (rest.len) {
		size_t len = 0;
		enum match found = match(mask, rest, is_last, &len);

		if (found == MATCH_BEGUN) {
			str_addn(pending, rest.ptr, rest.len);
			return;
		}
		if (found == MATCH_WHOLE) {
			str_add(out, STARS);
		} else {
			len = 1;
			str_addc(out, rest.ptr[0]);
		}
		rest.ptr += len;
		rest.len -= len;
	}
}
