/* What a check found, one sentence each. */
#ifndef DOCTOR_FINDING_H
#define DOCTOR_FINDING_H

#include <stdbool.h>
#include <stddef.h>

enum finding_level {
	FINDING_OK,
	FINDING_NOTE,    /* worth knowing, no fault */
	FINDING_PROBLEM, /* something will not work */
};

/* "ok", "note", "problem" */
const char *finding_level_name(enum finding_level level);

struct finding {
	enum finding_level level;
	const char *check; /* name of the check; static */
	char *text;
	char *remedy; /* what to do about it; NULL = nothing */
	bool is_repaired;
};

struct findings {
	struct finding *items;
	size_t len, cap;
};

void findings_release(struct findings *findings);
/* Both texts are copied. */
struct finding *findings_add(struct findings *findings, enum finding_level level, const char *check,
			     const char *text, const char *remedy);
/* Problems that have not been repaired. */
size_t findings_count_problems(const struct findings *findings);

#endif
