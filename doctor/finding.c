#include "doctor/finding.h"

#include <stdarg.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/vec.h"

const char *finding_level_name(enum finding_level level)
{
	static const char *const names[] = { "good", "warning", "bad" };

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
			     const char *remedy, const char *fmt, ...)
{
	struct finding *finding = VEC_ADD(findings);
	struct str text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	*finding = (struct finding){ .level = level,
				     .check = check,
				     .text = str_detach(&text),
				     .remedy = xstrdup_or_null(remedy) };
	return finding;
}

size_t findings_count_bad(const struct findings *findings)
{
	size_t count = 0;

	VEC_FOREACH(finding, findings)
		count += finding->level == FINDING_BAD && !finding->is_repaired;
	return count;
}

json_t *findings_to_json(const struct findings *findings)
{
	json_t *array = json_array();

	VEC_FOREACH(finding, findings) {
		json_t *object = json_object();

		json_set_string(object, "check", finding->check);
		json_set_string(object, "level", finding_level_name(finding->level));
		json_set_string(object, "text", finding->text);
		if (finding->remedy)
			json_set_string(object, "remedy", finding->remedy);
		json_object_set_new(object, "repaired", json_boolean(finding->is_repaired));
		json_array_append_new(array, object);
	}
	return array;
}
