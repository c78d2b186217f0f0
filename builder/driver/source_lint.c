#include "source_lint.h"

#include "dockerfile/lint.h"

/* What the checks ask of base images. */
struct base_question {
	const struct source_lint *lint;
	bool was_unknown;
};

/* Of another target, which is known once all are planned. */
static void find_result(struct base_question *question, const char *name,
			const struct platform *platform, struct lint_base *ret)
{
	struct context_finder *contexts = question->lint->contexts;
	struct named_source named = { .is_known = false };
	AUTO(err_release) struct err err = ERR_INIT;

	if (contexts && contexts->find(contexts, name, platform, &named, &err) == 0)
		ret->env = &named.result->config.env;
	else
		question->was_unknown = true;
}

static int find_image(struct base_question *question, const char *name,
		      const struct platform *platform, struct lint_base *ret, struct err *err)
{
	struct base_finder *bases = question->lint->bases;
	const struct base_image *image = NULL;
	AUTO(err_release) struct err reason = ERR_INIT;

	if (bases && bases->find(bases, name, platform, &image, &reason) == 0) {
		*ret = (struct lint_base){ .env = &image->config.env,
					   .platform = &image->config.platform };
		return 0;
	}
	question->was_unknown = true;
	/* That it could not be asked is told by the finder's step. */
	if (reason.kind != ERR_NOT_FOUND && reason.kind != ERR_UNSUPPORTED)
		return 0;
	err_move(err, &reason);
	return -1;
}

static int find_base(const void *arg, const char *name, const struct platform *platform,
		     struct lint_base *ret, struct err *err)
{
	struct base_question *question = (struct base_question *)arg;
	const struct named_contexts *contexts = question->lint->request->contexts;
	const struct named_context *named =
		contexts ? named_contexts_find(contexts, name, platform) : NULL;

	if (str_eq(name, "scratch"))
		return 0;
	/* A named context that is no image has neither variables nor a platform. */
	if (named && (named->kind == NAMED_DIRECTORY || named->kind == NAMED_REMOTE))
		return 0;
	if (!named || named->kind != NAMED_TARGET)
		return find_image(question, name, platform, ret, err);
	find_result(question, name, platform, ret);
	return 0;
}

static bool is_ignored(const void *ignore, const char *path)
{
	return ignore_covers_source(ignore, path);
}

/* Could it be that the variable is one of the base image's? */
static bool is_about_variable(const struct diag *diag)
{
	return str_eq(diag->rule, lint_rule_info(LINT_UNDEFINED_VAR)->name);
}

/* Is something wrong that could be right with the variables of a base image? */
static bool may_be_refuted(const struct build_source *source, const struct source_lint *lint)
{
	const uint32_t undefined = UINT32_C(1) << LINT_UNDEFINED_VAR;
	struct lint_config config = { .error = false };

	VEC_FOREACH(diag, &source->diags) {
		if (is_about_variable(diag))
			return true;
	}
	/* Where the rule is off, an error could be because of such a variable all the same. */
	if (lint_config_of(&source->file, lint->build_args, &config, NULL, NULL) < 0)
		return false;
	return source->diags.errors > 0 && (config.skip & undefined);
}

void source_lint(struct build_source *source, struct source_lint *lint)
{
	char platform[PLATFORM_TEXT_MAX], build_platform[PLATFORM_TEXT_MAX];
	struct base_question question = { .lint = lint };
	struct lint_request request = {
		.scope = { .build_args = lint->build_args,
			   .build_platform = platform_format(lint->build_platform, build_platform),
			   .target_platform = platform_format(lint->platform, platform),
			   .target_stage = lint->request->target },
		.target = lint->request->target,
		.all_stages = lint->all_stages,
		.is_ignored = source->ignore ? is_ignored : NULL,
		.is_ignored_arg = source->ignore,
		.check_source = plan_check_source,
		.find_base = find_base,
		.find_base_arg = &question,
	};
	bool is_parsed;

	diags_truncate(&source->diags, source->parse_diags);
	is_parsed = source->diags.errors == 0;
	lint_run(&source->file, &request, &source->diags);
	lint->bases_unknown = is_parsed && question.was_unknown;
	lint->wants_bases = lint->bases_unknown && may_be_refuted(source, lint);
}

static void emit_warning(const struct build_source *source, const struct diag *diag,
			 const struct monitor *monitor)
{
	struct source_span span = { .file = source->diags.file,
				    .line = diag->line,
				    .column = diag->column,
				    .length = diag->length };
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, diag->message);
	if (!diag->rule && diag->hint)
		str_addf(&text, " (%s)", diag->hint);
	monitor_emit(monitor, &(struct event){ .kind = EVENT_WARNING,
					       .item = diag->rule,
					       .text = text.ptr,
					       .span = &span });
}

void source_emit_warnings(struct build_source *source, bool bases_known,
			  const struct monitor *monitor)
{
	diags_sort(&source->diags);
	VEC_FOREACH(diag, &source->diags) {
		if (diag->level == DIAG_WARNING && (bases_known || !is_about_variable(diag)))
			emit_warning(source, diag, monitor);
	}
}
