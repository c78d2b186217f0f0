#include "doctor/finding.h"

#include "base/alloc.h"
#include "base/vec.h"

const char *finding_level_name(enum finding_level level)
{
	static const char *const names[] = { "ok", "note", "problem" };

	return names[level];
}

void findings_release(struct findings *findings)
{
	VEC_FOREACH(finding, findings) {
		free(finding->text);
		free(finding->remedy);
	}
	free(findings->items);
	*findings = (struct findings){ .items = NULL };
}

struct finding *findings_add(struct findings *findings, enum finding_level level, const char *check,
			     const char *text, const char *remedy)
{
	struct finding *finding = VEC_ADD(findings);

	*finding = (struct finding){ .level = level,
				     .check = check,
				     .text = xstrdup(text),
				     .remedy = xstrdup_or_null(remedy) };
	return finding;
}

size_t findings_count_problems(const struct findings *findings)
{
	size_t count = 0;

	VEC_FOREACH(finding, findings)
		count += finding->level == FINDING_PROBLEM && !finding->is_repaired;
	return count;
}
