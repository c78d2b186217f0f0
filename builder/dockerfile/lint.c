#include "dockerfile/lint.h"

#include <strings.h>

#include "base/alloc.h"
#include "base/json.h"
#include "image/reference.h"
#include "linting.h"
#include "rune.h"

/* Nobody reads more, and a hostile file could have any number. */
#define WARNINGS_MAX 1000
/* Of all stages together, each of which has those of its base as well. */
#define VARIABLES_MAX 500000

void lint_warn(struct linting *linting, const struct instruction *instruction, enum lint_rule rule,
	       struct word place, char *owned_hint, const char *fmt, ...)
{
	struct lint_config here = lint_config_at(&linting->config, instruction->node);
	AUTO(freep) char *hint = owned_hint;
	AUTO(str_release) struct str message = STR_INIT;
	struct diag *diag = NULL;
	va_list ap;

	if (!lint_is_on(&here, rule) || linting->diags->len >= WARNINGS_MAX)
		return;
	va_start(ap, fmt);
	str_addv(&message, fmt, ap);
	va_end(ap);
	if (!place.line)
		place = instruction->name;
	diag = diags_add(linting->diags, DIAG_WARNING, place.line, place.column, place.length, "%s",
			 message.ptr);
	diag->rule = xstrdup(lint_rule_info(rule)->name);
	diag->hint = TAKE(hint);
}

void lint_add_slip(struct linting *linting, struct word place, char *owned_hint,
		   const char *message)
{
	struct diags *diags = linting->diags;

	if (diags->len >= WARNINGS_MAX || linting->config.skip == LINT_ALL_RULES) {
		free(owned_hint);
		return;
	}
	diags_add(diags, DIAG_WARNING, place.line, place.column, place.length, "%s", message)
		->hint = owned_hint;
}

void lint_error(struct linting *linting, struct word place, const struct err *err)
{
	size_t len = place.text ? strlen(place.text) : 0;
	unsigned offset = err->span.column ? err->span.column - 1 : 0;
	struct diag *diag = NULL;

	if (err->span.column && place.length == len && offset + err->span.length <= len) {
		place.column += offset;
		place.length = err->span.length;
	}
	diag = diags_add(linting->diags, DIAG_ERROR, place.line, place.column, place.length, "%s",
			 err->message);
	diag->hint = xstrdup_or_null(err->hint);
}

struct word lint_variable_place(struct word word, const char *name)
{
	size_t len = strlen(name);

	if (!word.text || word.length != strlen(word.text))
		return word;
	for (const char *dollar = strchr(word.text, '$'); dollar;
	     dollar = strchr(dollar + 1, '$')) {
		const char *found = dollar + 1 + (dollar[1] == '{');

		if (strncmp(found, name, len) != 0 || rune_is_letter((unsigned char)found[len]) ||
		    rune_is_digit((unsigned char)found[len]) || found[len] == '_')
			continue;
		word.column += (unsigned)(dollar - word.text);
		word.length =
			(unsigned)(found + len + (dollar[1] == '{' && found[len] == '}') - dollar);
		break;
	}
	return word;
}

/* The file's own settings; what is wrong with them is told, and the rest goes on. */
static void read_config(struct linting *linting)
{
	const struct directive *check = &linting->file->tree.check;
	AUTO(strvec_release) struct strvec unknown = STRVEC_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	struct word place = { .line = check->line,
			      .column = check->column,
			      .length = check->length };

	if (lint_config_of(linting->file, linting->request->scope.build_args, &linting->config,
			   &unknown, &err) < 0)
		lint_error(linting, place, &err);
	for (size_t i = 0; i < unknown.len; i++) {
		const char *names[LINT_RULES + 1] = { NULL };
		const char *nearest = NULL;
		struct diag *diag =
			diags_add(linting->diags, DIAG_WARNING, place.line, place.column,
				  place.length, "there is no check '%s'", unknown.items[i]);

		for (int rule = 0; rule < LINT_RULES; rule++)
			names[rule] = lint_rule_info((enum lint_rule)rule)->name;
		nearest = suggest(unknown.items[i], names);
		diag->hint = nearest ? xasprintf("did you mean '%s'?", nearest) : NULL;
	}
}

static void check_continuations(struct linting *linting)
{
	struct instruction unit = { .node = &(const struct node){ .start = 0 } };

	VEC_FOREACH(line, &linting->file->tree.empty_continuations)
		lint_warn(linting, &unit, LINT_NO_EMPTY_CONTINUATION,
			  (struct word){ .line = line->line, .column = 1 },
			  xstrdup("remove the empty line before, or put a comment there"),
			  "Empty continuation line");
}

static const struct stage *copied_stage(const struct linting *linting, const struct stage *stage,
					const char *from)
{
	const struct stage *found = NULL;

	if (!from || dockerfile_resolve_from(linting->file, stage, from, &found, NULL) < 0)
		return NULL;
	return found;
}

static const struct stage *base_of(const struct linting *linting, const struct stage *stage)
{
	AUTO(freep) char *name = lint_base_name(linting, stage);

	return name ? dockerfile_find_stage(linting->file, name, stage->index, false) : NULL;
}

/* Stages refer to earlier ones only: one pass from the last to the first marks all that are needed. */
static void mark_wanted(const struct linting *linting, struct lint_stage *states)
{
	const struct stages *stages = &linting->file->stages;

	for (size_t i = stages->len; i > 0; i--) {
		const struct stage *stage = &stages->items[i - 1];
		const struct stage *base = base_of(linting, stage);

		if (linting->request->all_stages)
			states[i - 1].wanted = true;
		states[i - 1].base_stage = base;
		if (!states[i - 1].wanted)
			continue;
		if (base)
			states[base->index].wanted = true;
		VEC_FOREACH(instruction, &stage->instructions) {
			const struct stage *used = NULL;

			if (instruction->kind == INSTRUCTION_COPY)
				used = copied_stage(linting, stage, instruction->copy.from.text);
			if (used)
				states[used->index].wanted = true;
			if (instruction->kind != INSTRUCTION_RUN)
				continue;
			VEC_FOREACH(mount, &instruction->run.mounts) {
				used = copied_stage(linting, stage, mount->from);
				if (used)
					states[used->index].wanted = true;
			}
		}
	}
}

/* False, and an error, for what names no stage and no image. */
static bool check_image_name(struct linting *linting, const struct stage *stage, const char *name)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	struct word place = stage->from.from.image;
	const char *nearest = dockerfile_nearest_stage(linting->file, name);

	if (!*name)
		return false;
	if (image_ref_parse(name, &ref, &err) == 0)
		return true;
	(void)err_at(&err, NULL, 0, 0, 0);
	if (strstr(name, "%%")) {
		err_clear(&err);
		(void)err_set(&err, ERR_INPUT, "'%s' has names in it that nobody fills in", name);
		(void)err_hint(
			&err,
			"%%%%NAME%%%% is replaced in Dockerfile.template, for a board: rename the "
			"file, and build with --board");
	} else if (str_has_prefix(name, "http://") || str_has_prefix(name, "https://")) {
		err_clear(&err);
		(void)err_set(&err, ERR_INPUT, "'%s' is an address, not the name of an image",
			      name);
		(void)err_hint(&err, "leave out what stands before the host: FROM %s",
			       strchr(name, '/') + 2);
	}
	if (nearest) {
		err_clear(&err);
		(void)err_set(&err, ERR_INPUT, "'%s' names neither a stage nor an image", name);
		(void)err_hint(&err, "did you mean the stage '%s'?", nearest);
	}
	lint_error(linting, place, &err);
	return false;
}

/* A stage that comes later is what was meant, and told elsewhere. */
static bool is_later_stage(const struct linting *linting, const struct stage *stage,
			   const char *name)
{
	const struct stages *stages = &linting->file->stages;

	for (size_t i = stage->index; i < stages->len; i++) {
		if (str_eq(stages->items[i].name, name))
			return true;
	}
	return false;
}

static void check_base_platform(struct linting *linting, const struct stage *stage,
				const char *name, const struct platform *have,
				const struct platform *want)
{
	char have_text[PLATFORM_TEXT_MAX], want_text[PLATFORM_TEXT_MAX];

	if (platform_match(have, want) > 0)
		return;
	lint_warn(
		linting, &stage->from, LINT_INVALID_BASE_IMAGE_PLATFORM, stage->from.from.image,
		xasprintf("use an image for %s, or --platform=%s to mean this one",
			  platform_format(want, want_text), platform_format(have, have_text)),
		"Base image %s was pulled with platform \"%s\", expected \"%s\" for current build",
		name, have_text, want_text);
}

/* The variables of the image; NULL when they are unknown. */
static const struct strmap *look_at_base(struct linting *linting, const struct stage *stage,
					 const char *name)
{
	const struct lint_request *request = linting->request;
	AUTO(err_release) struct err err = ERR_INIT;
	struct lint_base base = { .env = NULL };
	struct platform platform;

	if (!request->find_base || is_later_stage(linting, stage, name) ||
	    !lint_stage_platform(linting, stage, &platform))
		return NULL;
	if (request->find_base(request->find_base_arg, name, &platform, &base, &err) < 0)
		lint_error(linting, stage->from.from.image, &err);
	if (base.platform)
		check_base_platform(linting, stage, name, base.platform, &platform);
	return base.env;
}

static void begin_stage(struct linting *linting, const struct stage *stage,
			struct lint_stage *states)
{
	struct lint_stage *state = &states[stage->index];
	const struct strmap *env = NULL;
	AUTO(freep) char *image = NULL;

	if (state->base_stage) {
		const struct lint_stage *base = &states[state->base_stage->index];

		stage_scope_inherit(&state->scope, &base->scope);
		state->has_shell = base->has_shell;
		state->has_workdir = base->has_workdir;
		return;
	}
	image = lint_base_name(linting, stage);
	if (image && check_image_name(linting, stage, image))
		env = look_at_base(linting, stage, image);
	stage_scope_init(&state->scope, &linting->globals, env);
}

/* A stage that the target does not need has to start from something that could be there, as with BuildKit. */
static void check_unneeded(struct linting *linting, const struct stage *stage)
{
	AUTO(freep) char *name = lint_base_name(linting, stage);

	if (name && !dockerfile_find_stage(linting->file, name, stage->index, false))
		(void)check_image_name(linting, stage, name);
}

/* False, and an error, when the file grows beyond all bounds. */
static bool count_variables(struct linting *linting, const struct stage *stage,
			    const struct lint_stage *state, size_t *total)
{
	AUTO(err_release) struct err err = ERR_INIT;

	*total += state->scope.vars.len + state->scope.env.len + state->scope.args.len;
	if (*total <= VARIABLES_MAX)
		return true;
	(void)err_set(&err, ERR_LIMIT, "the stages up to this one have more than %d variables",
		      VARIABLES_MAX);
	lint_error(linting, stage->from.name, &err);
	return false;
}

static void run_stages(struct linting *linting)
{
	const struct stages *stages = &linting->file->stages;
	AUTO(freep) struct lint_stage *states = xcalloc(stages->len + 1, sizeof(*states));
	AUTO(err_release) struct err err = ERR_INIT;
	const struct stage *target = NULL;
	size_t variables = 0;

	if (dockerfile_target(linting->file, linting->request->target, &target, &err) < 0) {
		lint_error(linting, (struct word){ .line = 0 }, &err);
		return;
	}
	states[target->index].wanted = true;
	mark_wanted(linting, states);
	VEC_FOREACH(stage, stages) {
		if (!states[stage->index].wanted) {
			check_unneeded(linting, stage);
			continue;
		}
		begin_stage(linting, stage, states);
		lint_stage_run(linting, stage, &states[stage->index]);
		if (!count_variables(linting, stage, &states[stage->index], &variables))
			break;
	}
	for (size_t i = 0; i < stages->len; i++)
		stage_scope_release(&states[i].scope);
}

/* check=error=true */
static void fail_for_violations(struct linting *linting)
{
	AUTO(strvec_release) struct strvec rules = STRVEC_INIT;
	AUTO(freep) char *joined = NULL;
	const struct strmap *build_args = linting->request->scope.build_args;
	bool is_argument = build_args && strmap_get(build_args, "BUILDKIT_DOCKERFILE_CHECK");
	unsigned line = 0;

	if (!linting->config.error)
		return;
	VEC_FOREACH(diag, linting->diags) {
		if (!diag->rule)
			continue;
		if (!line || diag->line < line)
			line = diag->line;
		if (!strvec_contains(&rules, diag->rule))
			strvec_add(&rules, diag->rule);
	}
	if (!rules.len)
		return;
	strvec_sort(&rules);
	joined = strvec_join(&rules, ", ");
	diags_add(linting->diags, DIAG_ERROR, line, 0, 0, "lint violation found for rules: %s",
		  joined)
		->hint = xstrdup(is_argument ? "BUILDKIT_DOCKERFILE_CHECK says error=true"
					     : "the file says check=error=true");
}

/* Has every FROM become a stage? Only then are names and numbers of stages what the user thinks. */
static bool has_all_stages(const struct dockerfile *file)
{
	size_t count = 0;

	VEC_FOREACH(node, &file->tree.nodes)
		count += strcasecmp(node->name.text, "FROM") == 0;
	return count > 0 && count == file->stages.len;
}

/*
 * Behind errors of the parse, for those alone that evaluation finds beside them: a warning could be about a
 * line that would have been right without them.
 */
static void find_further_errors(struct linting *linting)
{
	struct diags *diags = linting->diags;
	AUTO(diags_release) struct diags found = { .items = NULL };

	diags_init(&found, diags->file, diags->source);
	linting->diags = &found;
	lint_globals(linting);
	run_stages(linting);
	linting->diags = diags;
	VEC_FOREACH(diag, &found)
		if (diag->level == DIAG_ERROR)
			diags_add(diags, DIAG_ERROR, diag->line, diag->column, diag->length, "%s",
				  diag->message)
				->hint = xstrdup_or_null(diag->hint);
}

static void fail_without_stages(struct linting *linting)
{
	diags_add(linting->diags, DIAG_ERROR, 0, 0, 0, "the file has no stage to build")->hint =
		xstrdup("begin one with FROM and an image");
}

void lint_run(const struct dockerfile *file, const struct lint_request *request,
	      struct diags *diags)
{
	struct linting linting = { .file = file, .request = request, .diags = diags };
	size_t errors_before = diags->errors;

	read_config(&linting);
	check_continuations(&linting);
	VEC_FOREACH(instruction, &file->all)
		lint_instruction(&linting, instruction);
	lint_slips(&linting);
	if (!errors_before && file->stages.len) {
		lint_file(&linting);
		lint_globals(&linting);
		run_stages(&linting);
	} else if (!errors_before) {
		fail_without_stages(&linting);
	} else if (has_all_stages(file)) {
		find_further_errors(&linting);
	}
	fail_for_violations(&linting);
	global_scope_release(&linting.globals);
}

/* Where the instruction that holds the line begins. */
static unsigned first_line(const struct dockerfile *file, const struct diag *diag)
{
	if (str_eq(diag->rule, lint_rule_info(LINT_NO_EMPTY_CONTINUATION)->name))
		return diag->line;
	VEC_FOREACH(node, &file->tree.nodes)
		if (node->start <= diag->line && diag->line <= node->end)
			return node->start;
	return diag->line;
}

struct finding {
	const struct diag *diag;
	unsigned line;
};

static int compare_findings(const void *a_ptr, const void *b_ptr)
{
	const struct finding *a = a_ptr, *b = b_ptr;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return strcmp(a->diag->message, b->diag->message);
}

json_t *lint_to_json(const struct dockerfile *file, const struct diags *diags)
{
	AUTO(freep) struct finding *findings = xcalloc(diags->len + 1, sizeof(*findings));
	json_t *array = json_array();
	size_t count = 0;

	VEC_FOREACH(diag, diags)
		if (diag->rule)
			findings[count++] =
				(struct finding){ .diag = diag, .line = first_line(file, diag) };
	qsort(findings, count, sizeof(*findings), compare_findings);
	for (size_t i = 0; i < count; i++) {
		json_t *object = json_object();

		json_set_string(object, "rule", findings[i].diag->rule);
		json_object_set_new(object, "line", json_integer(findings[i].line));
		json_set_string(object, "message", findings[i].diag->message);
		json_array_append_new(array, object);
	}
	return array;
}
