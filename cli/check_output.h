/* What the build checks found: as text for people, and as JSON in two shapes. */
#ifndef CLI_CHECK_OUTPUT_H
#define CLI_CHECK_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/diag.h"
#include "base/str.h"
#include "builder/check.h"

struct check_counts {
	size_t errors, warnings;
};

/* Of all Dockerfiles together. */
struct check_counts check_output_counts(const struct build_check *check);
/* Every finding with its place and excerpt, and how many there are. `name`: what was checked, NULL = not said. */
void check_output_text(const struct build_check *check, const char *name, bool colour,
		       struct str *out);
/*
 * As `docker buildx build --call=check,format=json` prints it; `errors`, beside `buildError` with the first
 * of them, holds all. The caller releases.
 */
json_t *check_output_report(const struct build_check *check);
/* {"warnings": [{"rule", "line", "message"}], "errors": [...]}: docs/language-commands.md. */
json_t *check_output_brief(const struct build_check *check);
/* [{"line", "column", "length", "message", "hint"}] of the errors. */
json_t *check_output_errors(const struct diags *diags);
/* What a rule's page is called: "stage-name-casing". */
void check_output_rule_page(const char *rule, struct str *out);

#endif
