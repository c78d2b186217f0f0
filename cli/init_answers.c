#include "init_answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/str.h"
#include "image/reference.h"
#include "question.h"
#include "report.h"
#include "template_source.h"
#include "templates/project.h"

#define DEFAULT_BOARD    "generic-aarch64"
#define DEFAULT_TEMPLATE "shell"

/* --- the template --- */

static void show_templates(const struct strvec *names)
{
	report_line("Templates:");
	VEC_FOREACH(name, names) {
		AUTO(template_freep) struct template *template = NULL;
		AUTO(freep) char *line = NULL;

		if (template_load(*name, &template, NULL) < 0)
			continue;
		line = xasprintf("  %2zu  %-14s %s", (size_t)(name - names->items) + 1, *name,
				 template->summary);
		report_line(line);
	}
}

/* A number of the list, or whatever --template takes. */
static int load_answer(const char *answer, const struct strvec *names, struct template **ret,
		       struct err *err)
{
	unsigned long long number;

	if (span_to_u64(span_of(answer), names->len, &number) && number > 0)
		answer = names->items[number - 1];
	return template_source_load(answer, ret, err);
}

/* A wrong answer is shown and asked for again; what ends the program is not. */
static bool may_try_again(struct err *err)
{
	if (err->kind == ERR_CANCELLED || err->kind == ERR_SYSTEM)
		return false;
	report_error(err);
	err_clear(err);
	return true;
}

int init_answer_template(const struct init_answers *answers, struct template **ret, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	AUTO(str_release) struct str answer = STR_INIT;

	if (answers->template_where)
		return template_source_load(answers->template_where, ret, err);
	if (!answers->may_ask) {
		(void)err_set(err, ERR_USAGE, "no template is given");
		return err_hint(err, "add --template NAME; 'edgectl template ls' lists them");
	}
	template_list(&names);
	show_templates(&names);
	do {
		if (question_ask("Template (name or number)", DEFAULT_TEMPLATE, &answer, err) < 0)
			return -1;
		if (load_answer(answer.ptr, &names, ret, err) == 0)
			return 0;
	} while (may_try_again(err));
	return -1;
}

/* --- the board --- */

static int find_board(const struct template *template, const struct board_catalog *boards,
		      const char *name, const struct board **ret, struct err *err)
{
	AUTO(str_release) struct str known = STR_INIT;
	char platform[PLATFORM_TEXT_MAX];

	if (board_find(boards, name, ret, err) < 0)
		return -1;
	if (template_suits(template, &(*ret)->platform))
		return 0;
	VEC_FOREACH(word, &template->platforms)
		str_addf(&known, "%s%s", known.len > 0 ? ", " : "", *word);
	(void)err_set(err, ERR_UNSUPPORTED, "template '%s' is not for '%s', which is %s",
		      template->name, (*ret)->slug, platform_format(&(*ret)->platform, platform));
	return err_hint(err, "its base images are made for %s", known.ptr);
}

static void list_boards(const struct template *template, const struct board_catalog *boards)
{
	VEC_FOREACH(board, boards) {
		AUTO(freep) char *line = xasprintf("  %-32s %s", board->slug, board->name);

		if (template_suits(template, &board->platform))
			report_line(line);
	}
}

int init_answer_board(const struct init_answers *answers, const struct template *template,
		      const struct board_catalog *boards, const struct board **ret, struct err *err)
{
	AUTO(str_release) struct str answer = STR_INIT;

	if (answers->board || !answers->may_ask)
		return find_board(template, boards, answers->board ? answers->board : DEFAULT_BOARD,
				  ret, err);
	do {
		if (question_ask("Board (? lists them)", DEFAULT_BOARD, &answer, err) < 0)
			return -1;
		if (str_eq(answer.ptr, "?")) {
			list_boards(template, boards);
			continue;
		}
		if (find_board(template, boards, answer.ptr, ret, err) == 0)
			return 0;
		if (!may_try_again(err))
			return -1;
	} while (true);
}

/* --- names --- */

static int answer_name(const struct init_answers *answers, const char *likely, struct str *ret,
		       struct err *err)
{
	if (answers->name || !answers->may_ask) {
		str_add(ret, answers->name ? answers->name : likely);
		return project_check_name(ret->ptr, err);
	}
	do {
		if (question_ask("Name of the project", likely, ret, err) < 0)
			return -1;
		if (project_check_name(ret->ptr, err) == 0)
			return 0;
	} while (may_try_again(err));
	return -1;
}

static int check_registry(const char *registry, const char *name, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep) char *image = xasprintf("%s/%s", registry, name);

	if (!*registry)
		return 0;
	if (image_ref_parse(image, &ref, err) < 0)
		return err_wrap(err, "registry '%s'", registry);
	if (strchr(registry, '.') || strchr(registry, ':') || str_has_prefix(registry, "localhost"))
		return 0;
	(void)err_set(err, ERR_USAGE, "registry '%s': it has neither a dot nor a port", registry);
	return err_hint(err, "such as registry.example.com/team, or localhost:5000");
}

static int answer_registry(const struct init_answers *answers, const char *name, struct str *ret,
			   struct err *err)
{
	if (answers->registry || !answers->may_ask) {
		str_add(ret, answers->registry ? answers->registry : "");
		return check_registry(ret->ptr, name, err);
	}
	do {
		if (question_ask("Registry for its images (empty: none)", "", ret, err) < 0)
			return -1;
		if (check_registry(ret->ptr, name, err) == 0)
			return 0;
	} while (may_try_again(err));
	return -1;
}

/* --- the template's own variables --- */

static int read_given(const struct init_answers *answers, const struct template *template,
		      struct strmap *ret, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *nearest = NULL;

	VEC_FOREACH(pair, &answers->variables) {
		if (!strchr(*pair, '='))
			return err_set(err, ERR_USAGE, "option '--var': '%s' is not NAME=VALUE",
				       *pair);
		strmap_set_pair(ret, *pair);
	}
	VEC_FOREACH(variable, &template->variables)
		strvec_add(&names, variable->name);
	VEC_FOREACH(item, ret) {
		if (template_variable(template, item->key))
			continue;
		nearest = suggest(item->key, (const char *const *)strvec_argv(&names));
		(void)err_set(err, ERR_USAGE, "template '%s' has no variable '%s'", template->name,
			      item->key);
		return nearest ? err_hint(err, "did you mean '%s'?", nearest)
			       : err_hint(err, "'edgectl template show' lists its variables");
	}
	return 0;
}

static int set_checked(const struct template_variable *variable, const char *value,
		       struct strmap *values, struct err *err)
{
	const char *kept = NULL;

	if (template_variable_check(variable, value, &kept, err) < 0)
		return -1;
	strmap_set(values, variable->name, kept);
	return 0;
}

static char *question_of(const struct template_variable *variable)
{
	AUTO(str_release) struct str text = STR_INIT;
	const char *separator = " (";

	str_add(&text, variable->question ? variable->question : variable->name);
	VEC_FOREACH(choice, &variable->choices) {
		str_addf(&text, "%s%s", separator, *choice);
		separator = ", ";
	}
	if (variable->choices.len > 0)
		str_addc(&text, ')');
	if (variable->kind == VARIABLE_BOOLEAN)
		str_add(&text, " (yes, no)");
	return str_detach(&text);
}

static int ask_variable(const struct template_variable *variable, const char *fallback,
			struct strmap *values, struct err *err)
{
	AUTO(freep) char *question = question_of(variable);
	AUTO(str_release) struct str answer = STR_INIT;

	do {
		if (question_ask(question, fallback, &answer, err) < 0)
			return -1;
		if (set_checked(variable, answer.ptr, values, err) == 0)
			return 0;
	} while (may_try_again(err));
	return -1;
}

static int answer_variable(const struct init_answers *answers,
			   const struct template_variable *variable, const char *given,
			   struct strmap *values, struct err *err)
{
	AUTO(str_release) struct str fallback = STR_INIT;
	bool applies;

	if (template_variable_applies(variable, values, &applies, err) < 0)
		return -1;
	if (!applies) {
		strmap_set(values, variable->name, "");
		return 0;
	}
	if (given)
		return set_checked(variable, given, values, err);
	if (template_variable_fallback(variable, values, &fallback, err) < 0)
		return -1;
	if (answers->may_ask)
		return ask_variable(variable, variable->fallback ? fallback.ptr : NULL, values,
				    err);
	if (variable->fallback)
		return set_checked(variable, fallback.ptr, values, err);
	(void)err_set(err, ERR_USAGE, "variable '%s' has no value", variable->name);
	return err_hint(err, "add --var %s=VALUE", variable->name);
}

int init_answer_values(const struct init_answers *answers, const struct template *template,
		       const struct board *board, const char *likely_name, struct strmap *values,
		       struct err *err)
{
	AUTO(strmap_release) struct strmap given = STRMAP_INIT;
	AUTO(str_release) struct str name = STR_INIT;
	AUTO(str_release) struct str registry = STR_INIT;

	if (read_given(answers, template, &given, err) < 0 ||
	    answer_name(answers, likely_name, &name, err) < 0 ||
	    answer_registry(answers, name.ptr, &registry, err) < 0)
		return -1;
	template_set_builtins(template, board, name.ptr, registry.ptr, values);
	VEC_FOREACH(variable, &template->variables) {
		if (answer_variable(answers, variable, strmap_get(&given, variable->name), values,
				    err) < 0)
			return -1;
	}
	return 0;
}
