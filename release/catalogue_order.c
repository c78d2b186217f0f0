#include "catalogue_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define NONE SIZE_MAX

static int compare_times(const void *a, const void *b)
{
	const struct published *left = a, *right = b;
	const char *left_time = left->release.created ? left->release.created : "";
	const char *right_time = right->release.created ? right->release.created : "";
	int order = strcmp(right_time, left_time);

	return order ? order : strcmp(left->release.version, right->release.version);
}

static int compare_digests(const void *a, const void *b)
{
	const struct published *const *left = a, *const *right = b;

	return strcmp((*left)->release.digest.text, (*right)->release.digest.text);
}

/* Indexes into the catalogue; a release's children are a list. */
struct family {
	const struct catalogue *catalogue;
	const struct published **by_digest;
	size_t *first_child, *next_sibling;
	bool *is_placed;
	size_t *path; /* from a release down to its last child */
	struct published *sorted;
	size_t sorted_len;
};

static void family_release(struct family *family)
{
	free(family->by_digest);
	free(family->first_child);
	free(family->next_sibling);
	free(family->is_placed);
	free(family->path);
}

static size_t find_parent(const struct family *family, const struct published *child)
{
	const struct published key = { .release.digest = child->release.parent };
	const struct published *wanted = &key, **found = NULL;

	if (digest_is_set(&child->release.parent))
		found = bsearch(&wanted, family->by_digest, family->catalogue->len,
				sizeof(*family->by_digest), compare_digests);
	return found ? (size_t)(*found - family->catalogue->items) : NONE;
}

static void find_children(struct family *family)
{
	const size_t count = family->catalogue->len;

	for (size_t i = 0; i < count; i++) {
		family->by_digest[i] = &family->catalogue->items[i];
		family->first_child[i] = NONE;
	}
	qsort(family->by_digest, count, sizeof(*family->by_digest), compare_digests);
	/* from the end, so that the lists are in order */
	for (size_t i = count; i-- > 0;) {
		size_t parent = find_parent(family, &family->catalogue->items[i]);

		family->next_sibling[i] = NONE;
		if (parent == NONE)
			continue;
		family->next_sibling[i] = family->first_child[parent];
		family->first_child[parent] = i;
	}
}

/* Its children, theirs before them, and then itself. */
static void place(struct family *family, size_t release)
{
	size_t depth = 0;

	if (family->is_placed[release])
		return;
	family->is_placed[release] = true;
	family->path[depth++] = release;
	while (depth > 0) {
		const size_t last = family->path[depth - 1], child = family->first_child[last];

		if (child == NONE) {
			family->sorted[family->sorted_len++] = family->catalogue->items[last];
			depth--;
			continue;
		}
		family->first_child[last] = family->next_sibling[child];
		if (family->is_placed[child])
			continue;
		family->is_placed[child] = true;
		family->path[depth++] = child;
	}
}

void catalogue_sort(struct catalogue *catalogue)
{
	const size_t count = catalogue->len;
	AUTO(family_release)
	struct family family = { .catalogue = catalogue };

	if (count < 2)
		return;
	qsort(catalogue->items, count, sizeof(*catalogue->items), compare_times);
	family.by_digest = xcalloc(count, sizeof(*family.by_digest));
	family.first_child = xcalloc(count, sizeof(*family.first_child));
	family.next_sibling = xcalloc(count, sizeof(*family.next_sibling));
	family.is_placed = xcalloc(count, sizeof(*family.is_placed));
	family.path = xcalloc(count, sizeof(*family.path));
	family.sorted = xcalloc(count, sizeof(*family.sorted));
	find_children(&family);
	for (size_t i = 0; i < count; i++)
		place(&family, i);
	free(catalogue->items);
	catalogue->items = family.sorted;
	catalogue->cap = count;
}
