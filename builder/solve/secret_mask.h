/*
 * Keeping secrets out of what is shown: "***" stands for each of them in a stream of text, wherever its pieces were cut. The
 * lines of a value that has several count each for themselves, because programs print them so.
 */
#ifndef SOLVE_SECRET_MASK_H
#define SOLVE_SECRET_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Shorter values and lines are not looked for: what would be left of the text? */
#define SECRET_MASK_MIN   4
#define SECRET_MASK_HEADS 4096

struct secret_mask {
	struct span *items; /* owned copies, longest first */
	size_t len, cap;
	/*
	 * Those whose first bytes hash alike: 0 = none, else an index + 1, and `next` has the one after it. A file of
	 * certificates has thousands of lines.
	 */
	uint32_t heads[SECRET_MASK_HEADS], *next;
};

#define SECRET_MASK_INIT      \
	{                     \
		.items = NULL \
	}

void secret_mask_add(struct secret_mask *mask, struct span value);
/* Wipes them. */
void secret_mask_release(struct secret_mask *mask);

/*
 * Appends to `out` what can be shown of `pending` and the text behind it; what may be the beginning of a secret stays in
 * `pending`. `is_last`: nothing follows.
 */
void secret_mask_apply(const struct secret_mask *mask, struct str *pending, struct span text,
		       bool is_last, struct str *out);

#endif
