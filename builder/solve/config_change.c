/* Instructions that change the image's configuration and make no files. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dockerfile/expose.h"
#include "history_text.h"
#include "stage_state.h"

static void replace(char **slot, char *owned_value)
{
	free(*slot);
	*slot = owned_value;
}

static void replace_list(struct strvec *slot, struct strvec *taken)
{
	strvec_release(slot);
	*slot = *taken;
	*taken = (struct strvec)STRVEC_INIT;
}

/* " name=value", as it is before the instruction takes effect. */
static int expand_pair(struct stage_state *state, const struct pair *pair, char **ret_name,
		       char **ret_value, struct err *err)
{
	if (stage_expand(state, pair->name, ret_name, err) < 0 ||
	    stage_expand(state, pair->value, ret_value, err) < 0)
		return -1;
	return 0;
}

static int change_env(struct stage_state *state, const struct instruction *instruction,
		      struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, "ENV");
	VEC_FOREACH(pair, &instruction->pairs) {
		AUTO(freep) char *name = NULL, *value = NULL;

		if (expand_pair(state, pair, &name, &value, err) < 0)
			return -1;
		str_addf(&text, " %s=%s", name, value ? value : "");
	}
	if (stage_scope_env(&state->scope, instruction, NULL, err) < 0)
		return -1;
	stage_add_history(state, str_detach(&text), NULL);
	return 0;
}

static int change_label(struct stage_state *state, const struct instruction *instruction,
			struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, "LABEL");
	VEC_FOREACH(pair, &instruction->pairs) {
		AUTO(freep) char *name = NULL, *value = NULL;

		if (expand_pair(state, pair, &name, &value, err) < 0)
			return -1;
		strmap_set(&state->config.labels, name, value ? value : "");
		str_addf(&text, " %s=%s", name, value ? value : "");
	}
	stage_add_history(state, str_detach(&text), NULL);
	return 0;
}

static int change_arg(struct stage_state *state, const struct instruction *instruction,
		      struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (stage_scope_arg(&state->scope, instruction, NULL, err) < 0)
		return word_error(state, instruction->args.items[0].name, err);
	str_add(&text, "ARG");
	VEC_FOREACH(arg, &instruction->args) {
		const char *value = strmap_get(&state->scope.args, arg->name.text);

		str_addf(&text, " %s", arg->name.text);
		if (value)
			str_addf(&text, "=%s", value);
	}
	stage_add_history(state, str_detach(&text), NULL);
	return 0;
}

static int change_command(struct stage_state *state, const struct instruction *instruction)
{
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	bool is_cmd = instruction->kind == INSTRUCTION_CMD;

	stage_argv(state, &instruction->command, &argv);
	str_addf(&text, "%s ", instruction_name(instruction->kind));
	history_add_quoted(&text, &argv);
	if (is_cmd) {
		replace_list(&state->config.cmd, &argv);
		state->config.cmd_is_set = true;
		state->cmd_is_own = true;
	} else {
		replace_list(&state->config.entrypoint, &argv);
		state->config.entrypoint_is_set = true;
		/* What an inherited CMD was meant for is gone. */
		if (!state->cmd_is_own) {
			strvec_clear(&state->config.cmd);
			state->config.cmd_is_set = false;
		}
	}
	stage_add_history(state, str_detach(&text), NULL);
	return 0;
}

static void add_ports(struct strmap *ports, const struct strvec *words)
{
	for (size_t i = 0; i < words->len; i++)
		strmap_set(ports, words->items[i], NULL);
}

static int compare_words(const void *a_ptr, const void *b_ptr)
{
	const struct word *a = a_ptr, *b = b_ptr;

	return strcmp(a->text, b->text);
}

/* By their bytes as they are written: so the history entry has them. The caller frees. */
static struct word *sorted_words(const struct words *words)
{
	struct word *sorted = xcalloc(words->len + 1, sizeof(*sorted));

	for (size_t i = 0; i < words->len; i++)
		sorted[i] = words->items[i];
	qsort(sorted, words->len, sizeof(*sorted), compare_words);
	return sorted;
}

static int expand_ports(const struct stage_state *state, struct word word, struct strvec *ret,
			struct err *err)
{
	struct expander expander = stage_scope_expander(&state->scope);
	AUTO(strvec_release) struct strvec parts = STRVEC_INIT;

	if (expand_words(&expander, word.text, &parts, NULL, err) < 0)
		return word_error(state, word, err);
	for (size_t i = 0; i < parts.len; i++) {
		if (expose_parse(parts.items[i], ret, NULL, err) < 0)
			return word_error(state, word, err);
	}
	return 0;
}

static int change_expose(struct stage_state *state, const struct instruction *instruction,
			 struct err *err)
{
	AUTO(strvec_release) struct strvec ports = STRVEC_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(freep) struct word *words = sorted_words(&instruction->words);

	for (size_t i = 0; i < instruction->words.len; i++) {
		if (expand_ports(state, words[i], &ports, err) < 0)
			return -1;
	}
	add_ports(&state->config.exposed_ports, &ports);
	str_add(&text, "EXPOSE ");
	history_add_plain(&text, &ports);
	stage_add_history(state, str_detach(&text), NULL);
	return 0;
}

static int change_volume(struct stage_state *state, const struct instruction *instruction,
			 struct err *err)
{
	AUTO(strvec_release) struct strvec volumes = STRVEC_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	VEC_FOREACH(word, &instruction->words) {
		char *path = NULL;

		if (stage_expand(state, *word, &path, err) < 0)
			return -1;
		strvec_take(&volumes, path);
		if (!*path) {
			(void)err_set(err, ERR_INPUT, "VOLUME '%s' is empty", word->text);
			return word_error(state, *word, err);
		}
	}
	add_ports(&state->config.volumes, &volumes);
	str_add(&text, "VOLUME ");
	history_add_plain(&text, &volumes);
	stage_add_history(state, str_detach(&text), NULL);
	return 0;
}

static int change_healthcheck(struct stage_state *state, const struct instruction *instruction)
{
	const struct healthcheck_instruction *from = &instruction->healthcheck;
	struct healthcheck *to = &state->config.healthcheck;
	AUTO(str_release) struct str text = STR_INIT;

	strvec_release(&to->test);
	*to = (struct healthcheck){
		.is_set = true,
		.interval = from->interval_ns,
		.timeout = from->timeout_ns,
		.start_period = from->start_period_ns,
		.start_interval = from->start_interval_ns,
		.retries = from->retries,
	};
	strvec_add(&to->test, from->none ? "NONE" : from->command.exec_form ? "CMD" : "CMD-SHELL");
	VEC_FOREACH(word, &from->command.words)
		strvec_add(&to->test, word->text);
	str_add(&text, "HEALTHCHECK ");
	history_add_healthcheck(&text, to);
	stage_add_history(state, str_detach(&text), NULL);
	return 0;
}

static int change_shell(struct stage_state *state, const struct instruction *instruction)
{
	AUTO(strvec_release) struct strvec shell = STRVEC_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	VEC_FOREACH(word, &instruction->command.words)
		strvec_add(&shell, word->text);
	str_add(&text, "SHELL ");
	history_add_plain(&text, &shell);
	replace_list(&state->config.shell, &shell);
	stage_add_history(state, str_detach(&text), NULL);
	return 0;
}

static int change_stop_signal(struct stage_state *state, const struct instruction *instruction,
			      struct err *err)
{
	AUTO(freep) char *name = NULL;

	if (stage_expand(state, instruction->word, &name, err) < 0)
		return -1;
	if (!signal_is_valid(name)) {
		(void)err_set(err, ERR_INPUT, "unknown signal '%s'", name);
		(void)err_hint(err, "write a name such as SIGTERM, or a number");
		return word_error(state, instruction->word, err);
	}
	stage_add_history(state, xasprintf("STOPSIGNAL %s", name), NULL);
	replace(&state->config.stop_signal, TAKE(name));
	return 0;
}

static int change_user(struct stage_state *state, const struct instruction *instruction,
		       struct err *err)
{
	char *user = NULL;

	if (stage_expand(state, instruction->word, &user, err) < 0)
		return -1;
	stage_add_history(state, xasprintf("USER %s", user), NULL);
	replace(&state->config.user, user);
	return 0;
}

static int change_maintainer(struct stage_state *state, const struct instruction *instruction)
{
	replace(&state->config.author, xstrdup(instruction->word.text));
	stage_add_history(state, xasprintf("MAINTAINER %s", instruction->word.text), NULL);
	return 0;
}

int config_change(struct stage_state *state, const struct instruction *instruction, struct err *err)
{
	switch (instruction->kind) {
	case INSTRUCTION_ARG: return change_arg(state, instruction, err);
	case INSTRUCTION_CMD:
	case INSTRUCTION_ENTRYPOINT: return change_command(state, instruction);
	case INSTRUCTION_ENV: return change_env(state, instruction, err);
	case INSTRUCTION_EXPOSE: return change_expose(state, instruction, err);
	case INSTRUCTION_HEALTHCHECK: return change_healthcheck(state, instruction);
	case INSTRUCTION_LABEL: return change_label(state, instruction, err);
	case INSTRUCTION_MAINTAINER: return change_maintainer(state, instruction);
	case INSTRUCTION_ONBUILD:
		strvec_add(&state->config.on_build, instruction->onbuild.text);
		return 0;
	case INSTRUCTION_SHELL: return change_shell(state, instruction);
	case INSTRUCTION_STOPSIGNAL: return change_stop_signal(state, instruction, err);
	case INSTRUCTION_USER: return change_user(state, instruction, err);
	case INSTRUCTION_VOLUME: return change_volume(state, instruction, err);
	case INSTRUCTION_FROM:
	case INSTRUCTION_RUN:
	case INSTRUCTION_ADD:
	case INSTRUCTION_COPY:
	case INSTRUCTION_WORKDIR: break;
	}
	return 0;
}
