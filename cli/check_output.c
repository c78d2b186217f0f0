#include "check_output.h"

#include <ctype.h>

#include "base/json.h"
#include "dockerfile/lint.h"

#define RULE_PAGES "https://docs.docker.com/go/dockerfile/rule/"

/* --- for people --- */

static void add_count(struct str *out, size_t count, const char *noun)
{
	str_addf(out, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

struct check_counts check_output_counts(const struct build_check *check)
{
	struct check_counts counts = { .errors = 0 };

	for (size_t i = 0; i < build_check_count(check); i++) {
		const struct diags *diags = build_check_diags(check, i);

		counts.errors += diags->errors;
		counts.warnings += diags->len + diags->dropped - diags->errors;
	}
	return counts;
}

/* Without errors in the words of buildx, which scripts look for. */
static void add_summary(struct check_counts counts, struct str *out)
{
	if (counts.errors > 0) {
		str_add(out, "Check failed: ");
		add_count(out, counts.errors, "error");
		str_add(out, ", ");
		add_count(out, counts.warnings, "warning");
		str_add(out, ".\n");
	} else if (counts.warnings == 0) {
		str_add(out, "Check complete, no warnings found.\n");
	} else {
		str_add(out, "Check complete, ");
		add_count(out, counts.warnings, "warning");
		str_addf(out, " %s been found!\n", counts.warnings == 1 ? "has" : "have");
	}
}

void check_output_text(const struct build_check *check, const char *name, bool colour,
		       struct str *out)
{
	for (size_t i = 0; i < build_check_count(check); i++)
		diags_render(build_check_diags(check, i), colour, out);
	if (out->len > 0)
		str_addc(out, '\n');
	if (name)
		str_addf(out, "%s: ", name);
	add_summary(check_output_counts(check), out);
}

/* --- JSON --- */

static void set_number(json_t *object, const char *key, size_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

json_t *check_output_errors(const struct diags *diags)
{
	json_t *array = json_array();

	VEC_FOREACH(diag, diags) {
		json_t *object = NULL;

		if (diag->level != DIAG_ERROR)
			continue;
		object = json_object();
		set_number(object, "line", diag->line);
		set_number(object, "column", diag->column);
		set_number(object, "length", diag->length);
		json_set_string(object, "message", diag->message);
		if (diag->hint)
			json_set_string(object, "hint", diag->hint);
		json_array_append_new(array, object);
	}
	return array;
}

json_t *check_output_brief(const struct build_check *check)
{
	const struct diags *diags = build_check_diags(check, 0);
	json_t *object = json_object();

	json_object_set_new(object, "warnings", lint_to_json(build_check_file(check, 0), diags));
	json_object_set_new(object, "errors", check_output_errors(diags));
	return object;
}

void check_output_rule_page(const char *rule, struct str *out)
{
	for (const char *c = rule; *c; c++) {
		bool begins_word = isupper((unsigned char)*c) && c > rule &&
				   (islower((unsigned char)c[-1]) || islower((unsigned char)c[1]));

		if (begins_word)
			str_addc(out, '-');
		str_addc(out, (char)tolower((unsigned char)*c));
	}
}

static json_t *position(unsigned line, unsigned character)
{
	json_t *object = json_object();

	set_number(object, "line", line);
	if (character > 0)
		set_number(object, "character", character);
	return object;
}

/* Characters count from 0, the end is behind the last one. */
static json_t *location(const struct diag *diag, size_t source)
{
	unsigned start = diag->column > 0 ? diag->column - 1 : 0;
	json_t *range = json_object(), *ranges = json_array(), *object = json_object();

	json_object_set_new(range, "start", position(diag->line, start));
	json_object_set_new(range, "end", position(diag->line, start + diag->length));
	json_array_append_new(ranges, range);
	if (source > 0)
		set_number(object, "sourceIndex", source);
	json_object_set_new(object, "ranges", ranges);
	return object;
}

static const char *rule_description(const char *name)
{
	for (int rule = 0; name && rule < LINT_RULES; rule++) {
		const struct lint_rule_info *info = lint_rule_info((enum lint_rule)rule);

		if (str_eq(info->name, name))
			return info->description;
	}
	return NULL;
}

static json_t *report_warning(const struct diag *diag, size_t source)
{
	AUTO(str_release) struct str url = STR_INIT;
	const char *description = rule_description(diag->rule);
	json_t *object = json_object();

	if (description) {
		str_add(&url, RULE_PAGES);
		check_output_rule_page(diag->rule, &url);
		str_addc(&url, '/');
		json_set_string(object, "ruleName", diag->rule);
		json_set_string(object, "description", description);
		json_set_string(object, "url", url.ptr);
	}
	json_set_string(object, "detail", diag->message);
	if (diag->hint)
		json_set_string(object, "hint", diag->hint);
	json_object_set_new(object, "location", location(diag, source));
	return object;
}

static json_t *build_error(const struct diag *diag, size_t source)
{
	json_t *object = json_object();

	json_set_string(object, "message", diag->message);
	json_object_set_new(object, "location", location(diag, source));
	return object;
}

static json_t *source(const struct diags *diags)
{
	json_t *object = json_object();

	json_set_string(object, "filename", diags->file);
	json_set_string(object, "language", "Dockerfile");
	return object;
}

/* What a report is put together from. */
struct report {
	json_t *warnings, *sources, *errors;
	json_t *build_error; /* NULL = none */
};

static void report_source(struct report *report, const struct diags *diags, size_t index)
{
	json_t *errors = check_output_errors(diags);

	VEC_FOREACH(diag, diags) {
		if (diag->level == DIAG_WARNING)
			json_array_append_new(report->warnings, report_warning(diag, index));
		else if (!report->build_error)
			report->build_error = build_error(diag, index);
	}
	json_array_append_new(report->sources, source(diags));
	json_array_extend(report->errors, errors);
	json_decref(errors);
}

json_t *check_output_report(const struct build_check *check)
{
	struct report report = { .warnings = json_array(),
				 .sources = json_array(),
				 .errors = json_array() };
	json_t *object = json_object();

	for (size_t i = 0; i < build_check_count(check); i++)
		report_source(&report, build_check_diags(check, i), i);
	json_object_set_new(object, "warnings", report.warnings);
	json_object_set_new(object, "sources", report.sources);
	if (report.build_error) {
		json_object_set_new(object, "buildError", report.build_error);
		json_object_set(object, "errors", report.errors);
	}
	json_decref(report.errors);
	return object;
}
