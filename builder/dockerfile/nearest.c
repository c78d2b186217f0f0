#include "nearest.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"

#define DISTANCE_MAX 2
#define NAME_MAX_LEN 200

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's: insertions, deletions, substitutions. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NAME_MAX_LEN + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];

			row[j] = min(min(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

const char *nearest_key(const char *name, const struct strmap *candidates)
{
	size_t len = strlen(name);
	size_t best = DISTANCE_MAX + 1;
	const char *nearest = NULL;

	VEC_FOREACH(item, candidates) {
		size_t other = strlen(item->key);
		size_t found = 0;

		if (other > NAME_MAX_LEN || len > NAME_MAX_LEN || other > len + DISTANCE_MAX ||
		    len > other + DISTANCE_MAX)
			continue;
		found = distance(name, len, item->key, other);
		if (found == 0)
			return NULL;
		if (found < best) {
			best = found;
			nearest = item->key;
		}
	}
	return nearest;
}
