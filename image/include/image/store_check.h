/*
 * Is the store what it should be? Reads every blob. What is found is either damage (content that is not what its name
 * says, a file or a record that is missing) or a note (room that is taken for nothing, an image that was not
 * fetched whole), which is no fault.
 */
#ifndef IMAGE_STORE_CHECK_H
#define IMAGE_STORE_CHECK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/monitor.h"
#include "image/store.h"

struct store_finding {
	bool is_damage;
	bool is_repaired;
	char *text;
	char *remedy; /* what to do about it; NULL = nothing */
};

struct store_findings {
	struct store_finding *items;
	size_t len, cap;
};

void store_findings_release(struct store_findings *findings);
/*
 * With `repair`, what is damaged or left over is removed, and with it the records that lead to it, so that the next build
 * or pull makes it anew. Inside the user namespace of builds, as prune.
 */
WARN_UNUSED int store_check(struct store *store, bool repair, const struct monitor *monitor,
			    struct store_findings *ret, struct err *err);

#endif
