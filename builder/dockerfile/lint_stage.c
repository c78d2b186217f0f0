/* The checks that follow a stage's instructions in order, with the variables as they are at each. */
#include <ctype.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/path.h"
#include "dockerfile/expose.h"
#include "linting.h"
#include "nearest.h"

/* The walk through one stage. */
struct walk {
	struct linting *linting;
	const struct stage *stage;
	struct lint_stage *state;
	const struct instruction *instruction; /* the current one */
	const struct word *trigger_place;      /* of ONBUILD: where it is triggered; else NULL */
	const struct instruction *cmd, *entrypoint, *healthcheck; /* the last ones so far */
};

/* A trigger has no place in the file but the FROM that sets it off. */
static struct word place_of(const struct walk *walk, struct word word)
{
	return walk->trigger_place ? *walk->trigger_place : word;
}

static const struct instruction *at(const struct walk *walk)
{
	return walk->trigger_place ? &walk->stage->from : walk->instruction;
}

static void report_undefined(struct walk *walk, struct word place, const struct strmap *unmatched)
{
	const struct stage_scope *scope = &walk->state->scope;

	VEC_FOREACH(item, unmatched) {
		const char *nearest = NULL;

		if (strmap_has(&scope->args, item->key) || scope_is_builtin(item->key))
			continue;
		nearest = nearest_key(item->key, &scope->vars);
		lint_warn(walk->linting, at(walk), LINT_UNDEFINED_VAR,
			  place_of(walk, lint_variable_place(place, item->key)),
			  nearest ? NULL : xasprintf("declare it before: ARG %s", item->key),
			  nearest ? "Usage of undefined variable '$%s' (did you mean $%s?)"
				  : "Usage of undefined variable '$%s'",
			  item->key, nearest);
	}
}

/*
 * The word expanded, with what is wrong in it told; NULL when it cannot be. It is certain when no variable is
 * missing, which might be one of a base image. The caller frees.
 */
static char *evaluate_if(struct walk *walk, struct word word, bool *ret_certain)
{
	struct expander expander = stage_scope_expander(&walk->state->scope);
	AUTO(expand_names_release) struct expand_names names = EXPAND_NAMES_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	char *value = NULL;

	*ret_certain = false;
	if (!word.text)
		return NULL;
	if (expand_word(&expander, word.text, &value, &names, &err) < 0)
		lint_error(walk->linting, place_of(walk, word), &err);
	report_undefined(walk, word, &names.unmatched);
	*ret_certain = value && names.unmatched.len == 0;
	return value;
}

static char *evaluate(struct walk *walk, struct word word)
{
	bool is_certain;

	return evaluate_if(walk, word, &is_certain);
}

/* NULL also when it is not certain. */
static char *evaluate_surely(struct walk *walk, struct word word)
{
	bool is_certain;
	AUTO(freep) char *value = evaluate_if(walk, word, &is_certain);

	return is_certain ? TAKE(value) : NULL;
}

static void evaluate_only(struct walk *walk, struct word word)
{
	free(evaluate(walk, word));
}

/* A word of a name that begins or ends at an underscore. */
static bool has_part(const char *name, const char *const *parts)
{
	for (; *parts; parts++) {
		size_t len = strlen(*parts);

		for (const char *c = name; *c; c++)
			if ((c == name || c[-1] == '_') && strncasecmp(c, *parts, len) == 0 &&
			    (c[len] == '_' || c[len] == '\0'))
				return true;
	}
	return false;
}

static void check_secret(struct walk *walk, const char *keyword, const char *name,
			 struct word place)
{
	static const char *const secret[] = { "apikey", "auth",     "credential", "credentials",
					      "key",    "password", "pword",      "passwd",
					      "secret", "token",    NULL };
	static const char *const harmless[] = { "public", "file", "version", NULL };

	if (has_part(name, secret) && !has_part(name, harmless))
		lint_warn(walk->linting, at(walk), LINT_SECRETS_USED_IN_ARG_OR_ENV,
			  place_of(walk, place),
			  xstrdup("it stays in the image; use RUN --mount=type=secret"),
			  "Do not use ARG or ENV instructions for sensitive data (%s \"%s\")",
			  keyword, name);
}

/* `ENV A = b` gives A the value "= b". */
static char *legacy_hint(const char *keyword, const struct pair *pair)
{
	if (pair->value.text[0] == '=')
		return xasprintf("no blank may stand before '=': write %s %s=...", keyword,
				 pair->name.text);
	return xasprintf("write %s %s=\"...\"", keyword, pair->name.text);
}

static void check_legacy(struct walk *walk)
{
	const char *keyword = walk->instruction->name.text;

	VEC_FOREACH(pair, &walk->instruction->pairs)
		if (pair->legacy)
			lint_warn(walk->linting, at(walk), LINT_LEGACY_KEY_VALUE_FORMAT,
				  place_of(walk, pair->name), legacy_hint(keyword, pair),
				  "\"%s key=value\" should be used instead of legacy \"%s key "
				  "value\" format",
				  keyword, keyword);
}

static void walk_pairs(struct walk *walk)
{
	bool is_env = walk->instruction->kind == INSTRUCTION_ENV;

	check_legacy(walk);
	VEC_FOREACH(pair, &walk->instruction->pairs) {
		AUTO(freep) char *name = evaluate(walk, pair->name);

		evaluate_only(walk, pair->value);
		if (is_env && name)
			check_secret(walk, "ENV", name, pair->name);
	}
	/* What fails was told above. */
	if (is_env && stage_scope_env(&walk->state->scope, walk->instruction, NULL, NULL) < 0)
		return;
}

static void walk_args(struct walk *walk)
{
	struct stage_scope *scope = &walk->state->scope;
	const struct strmap *given = scope->globals->request.build_args;

	VEC_FOREACH(arg, &walk->instruction->args) {
		struct instruction one = { .kind = INSTRUCTION_ARG,
					   .args = { .items = arg, .len = 1, .cap = 1 } };

		/* Its own name is not declared yet where its default stands. */
		if (!given || !strmap_get(given, arg->name.text))
			evaluate_only(walk, arg->value);
		/* What fails was told above. */
		if (stage_scope_arg(scope, &one, NULL, NULL) < 0)
			continue;
		check_secret(walk, "ARG", arg->name.text, arg->name);
	}
}

static bool is_remote(const char *source)
{
	return str_has_prefix(source, "http://") || str_has_prefix(source, "https://") ||
	       str_has_prefix(source, "git@") || str_has_prefix(source, "git://") ||
	       str_has_prefix(source, "ssh://");
}

static void check_ignored(struct walk *walk, const struct word *place, const char *source)
{
	const struct lint_request *request = walk->linting->request;
	bool is_add = walk->instruction->kind == INSTRUCTION_ADD;
	AUTO(freep) char *clean = path_clean(source);

	if (!request->is_ignored || walk->instruction->copy.from.text || is_remote(source) ||
	    !request->is_ignored(request->is_ignored_arg, clean))
		return;
	lint_warn(walk->linting, at(walk), LINT_COPY_IGNORED_FILE, place_of(walk, *place),
		  xstrdup("the ignore file leaves it out; add a line with '!' and its name there"),
		  "Attempting to %s file \"%s\" that is excluded by .dockerignore",
		  is_add ? "Add" : "Copy", clean);
}

/* The error's column counts from the start of the body. */
static struct word place_in_body(const struct heredoc *heredoc, const char *text,
				 const struct err *err)
{
	struct word place = { .line = heredoc->line, .column = 1, .length = err->span.length };

	for (unsigned i = 0; i + 1 < err->span.column && text[i]; i++) {
		place.column = text[i] == '\n' ? 1 : place.column + 1;
		place.line += text[i] == '\n';
	}
	if (heredoc->chomp)
		place.column = place.length = 0;
	return place;
}

static void check_body(struct walk *walk, const struct copy_source *source)
{
	struct expander expander = stage_scope_expander(&walk->state->scope);
	AUTO(expand_names_release) struct expand_names names = EXPAND_NAMES_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(freep) char *text = heredoc_text(source->heredoc);
	AUTO(freep) char *value = NULL;

	if (!source->heredoc->expand)
		return;
	if (expand_heredoc(&expander, text, &value, &names, &err) < 0) {
		struct word place = place_in_body(source->heredoc, text, &err);

		(void)err_at(&err, NULL, 0, 0, 0);
		lint_error(walk->linting, place_of(walk, place), &err);
	}
	report_undefined(walk, source->path, &names.unmatched);
}

/* A name that no stage has is an image's; close to a stage's, it is more likely a slip. */
static void check_near_stage(struct walk *walk, const char *from, struct word place)
{
	const char *nearest = dockerfile_nearest_stage(walk->linting->file, from);
	struct diag *diag = NULL;

	if (!nearest)
		return;
	place = place_of(walk, place);
	diag = diags_add(walk->linting->diags, DIAG_WARNING, place.line, place.column, place.length,
			 "no stage is called '%s', so it names an image", from);
	diag->hint = xasprintf("did you mean '%s'?", nearest);
}

static void check_stage_reference(struct walk *walk, const char *from, struct word place)
{
	AUTO(err_release) struct err err = ERR_INIT;
	const struct stage *found = NULL;

	if (!from)
		return;
	if (dockerfile_resolve_from(walk->linting->file, walk->stage, from, &found, &err) < 0)
		lint_error(walk->linting, place_of(walk, place), &err);
	else if (!found)
		check_near_stage(walk, from, place);
}

/* In shell form quotes do not keep blanks together: `COPY "a b" /` has the words `"a`, `b"` and `/`. */
static bool has_split_quotes(struct walk *walk)
{
	const struct copy_instruction *copy = &walk->instruction->copy;
	struct expander expander = stage_scope_expander(&walk->state->scope);

	for (size_t i = 0; i < copy->sources.len && !walk->instruction->node->json; i++) {
		struct word word = copy->sources.items[i].path;
		AUTO(err_release) struct err err = ERR_INIT;
		AUTO(freep) char *ignored = NULL;

		if (!strpbrk(word.text, "\"'") ||
		    expand_word(&expander, word.text, &ignored, NULL, &err) == 0 ||
		    !str_has_prefix(err.hint ? err.hint : "", "close it"))
			continue;
		(void)err_set(&err, ERR_INPUT,
			      "quotes do not keep a path with blanks together here");
		(void)err_hint(&err, "write %s [\"a path\", \"destination\"]",
			       walk->instruction->name.text);
		lint_error(walk->linting, place_of(walk, word), &err);
		return true;
	}
	return false;
}

static void walk_copy(struct walk *walk)
{
	const struct copy_instruction *copy = &walk->instruction->copy;

	AUTO(freep) char *owner = evaluate_surely(walk, copy->chown);
	AUTO(freep) char *mode = evaluate_surely(walk, copy->chmod);
	AUTO(freep) char *checksum = evaluate_surely(walk, copy->checksum);

	check_stage_reference(walk, copy->from.text, copy->from);
	if (owner)
		lint_owner(walk->linting, place_of(walk, copy->chown), owner);
	if (mode)
		lint_mode(walk->linting, place_of(walk, copy->chmod), mode);
	if (has_split_quotes(walk))
		return;
	evaluate_only(walk, copy->dest);
	VEC_FOREACH(source, &copy->sources) {
		AUTO(freep) char *path = NULL;
		bool is_certain;

		if (source->heredoc) {
			check_body(walk, source);
			continue;
		}
		path = evaluate_if(walk, source->path, &is_certain);
		if (path)
			check_ignored(walk, &source->path, path);
		if (is_certain && (checksum || !copy->checksum.text))
			lint_source(walk->linting, walk->instruction, place_of(walk, source->path),
				    path, checksum);
	}
}

static void walk_run(struct walk *walk)
{
	struct expander expander = stage_scope_expander(&walk->state->scope);

	VEC_FOREACH(spec, &walk->instruction->run.mounts) {
		AUTO(mount_release) struct mount mount = MOUNT_INIT;
		AUTO(expand_names_release) struct expand_names names = EXPAND_NAMES_INIT;
		AUTO(err_release) struct err err = ERR_INIT;

		check_stage_reference(walk, spec->from, spec->text);
		if (mount_parse(spec->text.text, &expander, &mount, &names, &err) < 0)
			lint_error(walk->linting, place_of(walk, spec->text), &err);
		report_undefined(walk, spec->text, &names.unmatched);
	}
}

static void check_port(struct walk *walk, struct word word, const char *port)
{
	AUTO(strvec_release) struct strvec ports = STRVEC_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	struct expose_faults faults = { false, false };

	if (expose_parse(port, &ports, &faults, &err) < 0) {
		lint_error(walk->linting, place_of(walk, word), &err);
		return;
	}
	if (faults.mapping)
		lint_warn(walk->linting, at(walk), LINT_EXPOSE_INVALID_FORMAT, place_of(walk, word),
			  xstrdup("give the container's port alone"),
			  "EXPOSE instruction should not define an IP address or host-port "
			  "mapping, found "
			  "'%s'",
			  port);
	if (faults.upper_case)
		lint_warn(walk->linting, at(walk), LINT_EXPOSE_PROTO_CASING, place_of(walk, word),
			  xstrdup("use lower case"),
			  "Defined protocol '%s' in EXPOSE instruction should be lowercase", port);
}

static void walk_expose(struct walk *walk)
{
	struct expander expander = stage_scope_expander(&walk->state->scope);

	VEC_FOREACH(word, &walk->instruction->words) {
		AUTO(strvec_release) struct strvec ports = STRVEC_INIT;
		AUTO(expand_names_release) struct expand_names names = EXPAND_NAMES_INIT;
		AUTO(err_release) struct err err = ERR_INIT;

		if (expand_words(&expander, word->text, &ports, &names, &err) < 0)
			lint_error(walk->linting, place_of(walk, *word), &err);
		report_undefined(walk, *word, &names.unmatched);
		for (size_t i = 0; i < ports.len; i++)
			check_port(walk, *word, ports.items[i]);
		/* What follows is meant as a comment: one error is enough. */
		if (str_eq(word->text, "#"))
			return;
	}
}

static void walk_workdir(struct walk *walk)
{
	AUTO(freep) char *path = evaluate(walk, walk->instruction->word);

	if (path && !walk->state->has_workdir && path[0] != '/')
		lint_warn(walk->linting, at(walk), LINT_WORKDIR_RELATIVE_PATH,
			  place_of(walk, walk->instruction->word), xstrdup("begin it with '/'"),
			  "Relative workdir \"%s\" can have unexpected results if the base image "
			  "changes",
			  path);
	walk->state->has_workdir = true;
}

static void walk_stop_signal(struct walk *walk)
{
	AUTO(freep) char *name = evaluate(walk, walk->instruction->word);
	AUTO(err_release) struct err err = ERR_INIT;

	if (!name || signal_is_valid(name))
		return;
	(void)err_set(&err, ERR_INPUT, "there is no signal '%s'", name);
	(void)err_hint(&err, "write a name as SIGTERM, or a number");
	lint_error(walk->linting, place_of(walk, walk->instruction->word), &err);
}

/* The place of the earlier one, which has no effect. */
static void check_repeated(struct walk *walk, const struct instruction **last)
{
	const struct instruction *before = *last;

	if (before)
		lint_warn(walk->linting, before, LINT_MULTIPLE_INSTRUCTIONS_DISALLOWED,
			  before->name, xstrdup("remove this one"),
			  "Multiple %s instructions should not be used in the same stage because "
			  "only the "
			  "last one will be used",
			  walk->instruction->name.text);
	*last = at(walk);
}

static void check_json(struct walk *walk)
{
	const struct command *command = &walk->instruction->command;
	const char *keyword = walk->instruction->name.text;
	struct word place = command->words.len ? command->words.items[0] : walk->instruction->name;
	char *hint = NULL;

	if (command->exec_form || walk->state->has_shell)
		return;
	if (command->words.len && place.text[0] == '[')
		hint = xstrdup("this is no JSON: it wants double quotes, commas between, and none "
			       "behind the last");
	else
		hint = xasprintf("write %s [\"program\", \"argument\"]", keyword);
	lint_warn(walk->linting, at(walk), LINT_JSON_ARGS_RECOMMENDED, place_of(walk, place), hint,
		  "JSON arguments recommended for %s to prevent unintended behavior related to OS "
		  "signals",
		  keyword);
}

static void walk_volumes(struct walk *walk)
{
	VEC_FOREACH(word, &walk->instruction->words) {
		AUTO(freep) char *path = evaluate_surely(walk, *word);
		AUTO(err_release) struct err err = ERR_INIT;

		if (!path || *path)
			continue;
		(void)err_set(&err, ERR_INPUT, "a VOLUME cannot be empty");
		(void)err_hint(&err, "name a directory of the image");
		lint_error(walk->linting, place_of(walk, *word), &err);
	}
}

static void walk_instruction(struct walk *walk)
{
	switch (walk->instruction->kind) {
	case INSTRUCTION_ADD:
	case INSTRUCTION_COPY: walk_copy(walk); break;
	case INSTRUCTION_ARG: walk_args(walk); break;
	case INSTRUCTION_CMD:
		check_repeated(walk, &walk->cmd);
		check_json(walk);
		break;
	case INSTRUCTION_ENTRYPOINT:
		check_repeated(walk, &walk->entrypoint);
		check_json(walk);
		break;
	case INSTRUCTION_ENV:
	case INSTRUCTION_LABEL: walk_pairs(walk); break;
	case INSTRUCTION_EXPOSE: walk_expose(walk); break;
	case INSTRUCTION_HEALTHCHECK: check_repeated(walk, &walk->healthcheck); break;
	case INSTRUCTION_RUN: walk_run(walk); break;
	case INSTRUCTION_SHELL: walk->state->has_shell = true; break;
	case INSTRUCTION_STOPSIGNAL: walk_stop_signal(walk); break;
	case INSTRUCTION_USER: evaluate_only(walk, walk->instruction->word); break;
	case INSTRUCTION_VOLUME: walk_volumes(walk); break;
	case INSTRUCTION_WORKDIR: walk_workdir(walk); break;
	case INSTRUCTION_FROM:
	case INSTRUCTION_MAINTAINER:
	case INSTRUCTION_ONBUILD: break;
	}
}

static void walk_triggers(struct walk *walk, const struct stage *base)
{
	walk->trigger_place = &walk->stage->from.from.image;
	VEC_FOREACH(instruction, &base->instructions) {
		if (instruction->kind != INSTRUCTION_ONBUILD || !instruction->onbuild.trigger)
			continue;
		walk->instruction = instruction->onbuild.trigger;
		walk_instruction(walk);
	}
	walk->trigger_place = NULL;
}

void lint_stage_run(struct linting *linting, const struct stage *stage, struct lint_stage *state)
{
	struct walk walk = { .linting = linting, .stage = stage, .state = state };

	if (state->base_stage)
		walk_triggers(&walk, state->base_stage);
	VEC_FOREACH(instruction, &stage->instructions) {
		walk.instruction = instruction;
		walk_instruction(&walk);
	}
}
