#include "secret_mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"

#define STARS "***"

static int compare_lengths(const void *a, const void *b)
{
	size_t left = ((const struct span *)a)->len;
	size_t right = ((const struct span *)b)->len;

	return left < right ? 1 : left > right ? -1 : 0;
}

static bool has(const struct secret_mask *mask, struct span text)
{
	VEC_FOREACH(item, mask)
		if (item->len == text.len && memcmp(item->ptr, text.ptr, text.len) == 0)
			return true;
	return false;
}

static void add(struct secret_mask *mask, struct span text)
{
	char *copy = NULL;

	if (text.len < SECRET_MASK_MIN || has(mask, text))
		return;
	copy = xmalloc(text.len);
	memcpy(copy, text.ptr, text.len);
	*VEC_ADD(mask) = (struct span){ copy, text.len };
	mask->begins[(unsigned char)copy[0]] = true;
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
	if (mask->len)
		qsort(mask->items, mask->len, sizeof(*mask->items), compare_lengths);
}

void secret_mask_release(struct secret_mask *mask)
{
	VEC_FOREACH(item, mask) {
		explicit_bzero((char *)item->ptr, item->len);
		free((char *)item->ptr);
	}
	free(mask->items);
	*mask = (struct secret_mask)SECRET_MASK_INIT;
}

enum match { MATCH_NONE, MATCH_BEGUN, MATCH_WHOLE };

/* Of what the text begins with; *ret_len is the length of a whole one. */
static enum match match(const struct secret_mask *mask, struct span text, bool is_last,
			size_t *ret_len)
{
	if (!mask->begins[(unsigned char)text.ptr[0]])
		return MATCH_NONE;
	VEC_FOREACH(item, mask) {
		size_t len = item->len < text.len ? item->len : text.len;

		if (memcmp(item->ptr, text.ptr, len) != 0 || (is_last && len < item->len))
			continue;
		*ret_len = item->len;
		return item->len <= text.len ? MATCH_WHOLE : MATCH_BEGUN;
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
