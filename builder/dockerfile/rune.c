#include "rune.h"

#include <ctype.h>
#include <utf8proc.h>

int32_t rune_decode(const char *ptr, const char *end, size_t *ret_len)
{
	utf8proc_int32_t rune = -1;
	utf8proc_ssize_t len = 0;

	*ret_len = ptr < end;
	if (ptr >= end)
		return RUNE_NONE;
	if ((unsigned char)*ptr < 0x80)
		return (unsigned char)*ptr;
	len = utf8proc_iterate((const utf8proc_uint8_t *)ptr, end - ptr, &rune);
	if (len < 1)
		return RUNE_BYTE((unsigned char)*ptr);
	*ret_len = (size_t)len;
	return rune;
}

bool rune_is_space(int32_t rune)
{
	if (rune >= 0 && rune < 0x80)
		return rune == ' ' || (rune >= '\t' && rune <= '\r');
	switch (rune) {
	case 0x85:
	case 0xa0:
	case 0x1680:
	case 0x2028:
	case 0x2029:
	case 0x202f:
	case 0x205f:
	case 0x3000: return true;
	default: return rune >= 0x2000 && rune <= 0x200a;
	}
}

bool rune_is_letter(int32_t rune)
{
	if (rune < 0x80)
		return rune >= 0 && isalpha(rune);
	switch ((int)utf8proc_category(rune)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO: return rune < 0x110000;
	default: return false;
	}
}

bool rune_is_digit(int32_t rune)
{
	if (rune < 0x80)
		return rune >= '0' && rune <= '9';
	return rune < 0x110000 && utf8proc_category(rune) == UTF8PROC_CATEGORY_ND;
}

size_t rune_leading_space(struct span text)
{
	const char *end = text.ptr + text.len;
	const char *ptr = text.ptr;
	size_t len = 0;

	while (rune_is_space(rune_decode(ptr, end, &len)))
		ptr += len;
	return (size_t)(ptr - text.ptr);
}

struct span rune_trim_left(struct span text)
{
	size_t skip = rune_leading_space(text);

	return (struct span){ .ptr = text.ptr + skip, .len = text.len - skip };
}

/* Length of the character that ends the text. */
static size_t last_rune_len(struct span text)
{
	size_t len = 1;

	while (len < 4 && len < text.len &&
	       ((unsigned char)text.ptr[text.len - len] & 0xc0) == 0x80)
		len++;
	return len;
}

struct span rune_trim(struct span text)
{
	text = rune_trim_left(text);
	while (text.len) {
		size_t len = last_rune_len(text);
		const char *last = text.ptr + text.len - len;
		size_t decoded = 0;

		if (!rune_is_space(rune_decode(last, text.ptr + text.len, &decoded)) ||
		    decoded != len)
			break;
		text.len -= len;
	}
	return text;
}
