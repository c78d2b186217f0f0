#include <ctype.h>
#include <string.h>

#include "base/diag.h"

/* No word that one could mistype is longer. */
#define WORD_MAX 64

static int lower(char c)
{
	return tolower((unsigned char)c);
}

static unsigned min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Edit distance with transpositions of neighbours ("optimal string alignment"); both words at most
 * WORD_MAX long.
 */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];
	size_t b_len = strlen(b);

	for (unsigned j = 0; j <= b_len; j++)
		last[j] = before[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned *spare = before;

		row[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			unsigned changed = lower(a[i - 1]) != lower(b[j - 1]);

			row[j] = min(min(last[j] + 1, row[j - 1] + 1), last[j - 1] + changed);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				row[j] = min(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[b_len];
}

const char *suggest(const char *word, const char *const *candidates)
{
	size_t len = strlen(word);
	unsigned limit = len < 3 ? 1 : (unsigned)(len / 3);
	const char *nearest = NULL;

	if (!len || len > WORD_MAX)
		return NULL;
	/* One letter instead of another is no likeness. */
	if (len == 1)
		limit = 0;
	for (; *candidates; candidates++) {
		unsigned edits = 0;

		if (strlen(*candidates) > WORD_MAX)
			continue;
		edits = distance(word, *candidates);
		if (edits > limit || (nearest && edits == limit))
			continue;
		nearest = *candidates;
		limit = edits;
	}
	return nearest;
}
