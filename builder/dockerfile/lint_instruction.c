/* The checks that need no evaluation. */
#include <ctype.h>
#include <strings.h>

#include "base/alloc.h"
#include "linting.h"

static bool is_lower(const char *text)
{
	for (; *text; text++)
		if (isupper((unsigned char)*text))
			return false;
	return true;
}

static bool is_upper(const char *text)
{
	for (; *text; text++)
		if (islower((unsigned char)*text))
			return false;
	return true;
}

static void check_from_casing(struct linting *linting, const struct instruction *instruction)
{
	const struct from_instruction *from = &instruction->from;
	const char *keyword = instruction->name.text;
	bool lower = is_lower(keyword), upper = is_upper(keyword);

	if (!from->as.text)
		return;
	if (!is_lower(from->name.text))
		lint_warn(linting, instruction, LINT_STAGE_NAME_CASING, from->name,
			  xstrdup("use lower case"), "Stage name '%s' should be lowercase",
			  from->name.text);
	if ((lower && !is_lower(from->as.text)) || (!lower && upper && !is_upper(from->as.text)))
		lint_warn(linting, instruction, LINT_FROM_AS_CASING, from->as,
			  xstrdup(lower ? "write 'as'" : "write 'AS'"),
			  "'%s' and '%s' keywords' casing do not match", from->as.text, keyword);
}

/* The comment right above, unless a blank line parts the two; NULL = none. */
static const struct word *describing_comment(const struct instruction *instruction)
{
	const struct words *comments = &instruction->node->comments;
	const struct word *last = comments->len ? &comments->items[comments->len - 1] : NULL;

	return last && last->line + 1 == instruction->start ? last : NULL;
}

static bool begins_with_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncmp(text, word, len) == 0 && (text[len] == ' ' || text[len] == '\0');
}

static void check_description(struct linting *linting, const struct instruction *instruction,
			      const char *keyword, struct word place, const struct strvec *names)
{
	const struct word *comment = describing_comment(instruction);
	const char *example = names->len == 1 ? names->items[0] : "<arg_key>";

	if (!comment || !names->len)
		return;
	for (size_t i = 0; i < names->len; i++)
		if (begins_with_word(comment->text, names->items[i]))
			return;
	lint_warn(linting, instruction, LINT_INVALID_DEFINITION_DESCRIPTION, place,
		  xstrdup("or put an empty line behind the comment above"),
		  "Comment for %s should follow the format: `# %s <description>`", keyword,
		  example);
}

static void check_definition(struct linting *linting, const struct instruction *instruction)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;

	if (instruction->kind == INSTRUCTION_ARG) {
		VEC_FOREACH(arg, &instruction->args)
			strvec_add(&names, arg->name.text);
		check_description(linting, instruction, "ARG", instruction->args.items[0].name,
				  &names);
	} else if (instruction->from.name.text) {
		strvec_add(&names, instruction->from.name.text);
		for (char *c = names.items[0]; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		check_description(linting, instruction, "FROM", instruction->from.name, &names);
	}
}

void lint_instruction(struct linting *linting, const struct instruction *instruction)
{
	if (instruction->kind == INSTRUCTION_MAINTAINER)
		lint_warn(linting, instruction, LINT_MAINTAINER_DEPRECATED, instruction->name,
			  xstrdup("write LABEL org.opencontainers.image.authors=\"...\""),
			  "Maintainer instruction is deprecated in favor of using label");
	if (instruction->kind == INSTRUCTION_FROM)
		check_from_casing(linting, instruction);
	if (instruction->kind == INSTRUCTION_FROM || instruction->kind == INSTRUCTION_ARG)
		check_definition(linting, instruction);
}

static void check_stage_names(struct linting *linting)
{
	AUTO(strmap_release) struct strmap seen = STRMAP_INIT;

	VEC_FOREACH(stage, &linting->file->stages) {
		const struct word *place = &stage->from.from.name;

		if (!stage->name)
			continue;
		if (str_eq(stage->name, "context") || str_eq(stage->name, "scratch"))
			lint_warn(
				linting, &stage->from, LINT_RESERVED_STAGE_NAME, *place,
				xstrdup("choose another name"),
				"Stage name should not use the same name as reserved stage \"%s\"",
				stage->name);
		if (strmap_has(&seen, stage->name))
			lint_warn(linting, &stage->from, LINT_DUPLICATE_STAGE_NAME, *place,
				  xstrdup("choose another name"),
				  "Duplicate stage name \"%s\", stage names should be unique",
				  stage->name);
		strmap_set(&seen, stage->name, NULL);
	}
}

/* The majority decides; upper case where there is none. */
static bool majority_is_lower(const struct instruction *first, const struct instruction *end)
{
	size_t lower = 0, upper = 0;

	for (; first < end; first++) {
		const char *name = first->name.text;

		lower += is_lower(name);
		upper += is_upper(name) && !is_lower(name);
	}
	return lower > upper;
}

/* From the first FROM on: the ARGs before it do not count. */
static void check_casing(struct linting *linting)
{
	const struct instructions *all = &linting->file->all;
	const struct instruction *end = all->items + all->len;
	const struct instruction *first = all->items + linting->file->global_args.len;
	bool lower = majority_is_lower(first, end);

	for (; first < end; first++) {
		const char *name = first->name.text;

		if (lower ? !is_lower(name) : !is_upper(name))
			lint_warn(linting, first, LINT_CONSISTENT_INSTRUCTION_CASING, first->name,
				  NULL,
				  "Command '%s' should match the case of the command majority (%s)",
				  name, lower ? "lowercase" : "uppercase");
	}
}

void lint_file(struct linting *linting)
{
	check_stage_names(linting);
	check_casing(linting);
}
