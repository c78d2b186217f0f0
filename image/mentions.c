#include "mentions.h"

#include <string.h>

#include "image/digest.h"

static size_t hex_length(const char *at, const char *end)
{
	size_t len = 0;

	while (at + len < end && strchr("0123456789abcdef", at[len]) && at[len])
		len++;
	return len;
}

void mentions_add(struct span text, struct strmap *ret)
{
	static const char prefix[] = "sha";
	const size_t head = strlen("sha256:");
	const char *at = text.ptr, *end = text.ptr + text.len;

	while (at < end && (at = memmem(at, (size_t)(end - at), prefix, strlen(prefix)))) {
		struct digest digest;
		char word[DIGEST_TEXT_MAX];
		size_t len = head;

		if ((size_t)(end - at) > head)
			len += hex_length(at + head, end);
		if ((size_t)(end - at) >= len && len < sizeof(word)) {
			memcpy(word, at, len);
			word[len] = '\0';
			if (digest_parse(word, &digest, NULL) == 0)
				strmap_set(ret, word, NULL);
		}
		at += strlen(prefix);
	}
}
