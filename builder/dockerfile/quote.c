#include "dockerfile/quote.h"

#include <utf8proc.h>

#include "rune.h"

static bool is_printable(int32_t rune)
{
	utf8proc_category_t category = utf8proc_category(rune);

	if (rune == ' ')
		return true;
	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_SO;
}

static void quote_rune(int32_t rune, struct str *out)
{
	static const char names[] = "abtnvfr"; /* from \a = 7 on */

	if (rune == '"' || rune == '\\')
		str_addf(out, "\\%c", (char)rune);
	else if (rune >= RUNE_BYTE(0))
		str_addf(out, "\\x%02x", (unsigned)(rune - RUNE_BYTE(0)));
	else if (is_printable(rune))
		str_add_codepoint(out, (unsigned)rune);
	else if (rune >= '\a' && rune <= '\r')
		str_addf(out, "\\%c", names[rune - '\a']);
	else if (rune < ' ' || rune == 0x7f)
		str_addf(out, "\\x%02x", (unsigned)rune);
	else
		str_addf(out, rune < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)rune);
}

void quote_go(const char *text, struct str *out)
{
	const char *end = text + strlen(text);
	size_t len = 0;

	str_addc(out, '"');
	for (; text < end; text += len) {
		int32_t rune = rune_decode(text, end, &len);

		if (strncmp(text, NUL_BYTES, 2) == 0) {
			str_add(out, "\\x00");
			len = 2;
		} else {
			quote_rune(rune, out);
		}
	}
	str_addc(out, '"');
}
