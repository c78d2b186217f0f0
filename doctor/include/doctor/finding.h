/* What a check found, one sentence each. */
#ifndef DOCTOR_FINDING_H
#define DOCTOR_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/json.h"

enum finding_level {
	FINDING_GOOD,
	FINDING_WARNING, /* something will be slow, or not work for some */
	FINDING_BAD,     /* something will not work */
};

/* "good", "warning", "bad" */
const char *finding_level_name(enum finding_level level);

struct finding {
	enum finding_level level;
	const char *check; /* name of the check; static */
	char *text;        /* what is so, and why that matters; may have several lines */
	char *remedy;      /* the command that mends it, or what to do; NULL = nothing */
	bool is_repaired;
};

struct findings {
	struct finding *items;
	size_t len, cap;
};

void findings_release(struct findings *findings);
/* The remedy is copied and may be NULL. */
struct finding *findings_add(struct findings *findings, enum finding_level level, const char *check,
			     const char *remedy, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* Those that are bad and have not been repaired. */
size_t findings_count_bad(const struct findings *findings);

/* An array of objects with the members check, level, text, remedy and repaired. The caller owns it. */
json_t *findings_to_json(const struct findings *findings);

#endif
