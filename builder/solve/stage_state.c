#include "stage_state.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "dockerfile/expand.h"

int word_error(const struct stage_state *state, struct word word, struct err *err)
{
	unsigned skip;

	if (!err || err->span.file)
		return -1;
	/* What expanded the word left the column inside it. */
	skip = err->span.column ? err->span.column - 1 : 0;
	if (skip > word.length)
		skip = 0;
	return err_at(err, state->plan->request->file_name, word.line, word.column + skip,
		      word.length > skip ? word.length - skip : 0);
}

int stage_expand(const struct stage_state *state, struct word word, char **ret, struct err *err)
{
	struct expander expander = stage_scope_expander(&state->scope);

	*ret = NULL;
	if (!word.text)
		return 0;
	if (expand_word(&expander, word.text, ret, NULL, err) < 0)
		return word_error(state, word, err);
	return 0;
}

void stage_shell(const struct stage_state *state, struct strvec *ret)
{
	if (state->config.shell.len > 0) {
		strvec_add_all(ret, &state->config.shell);
		return;
	}
	strvec_add(ret, "/bin/sh");
	strvec_add(ret, "-c");
}

void stage_argv(const struct stage_state *state, const struct command *command, struct strvec *ret)
{
	if (!command->exec_form)
		stage_shell(state, ret);
	/* The shell has a script, if an empty one. */
	if (!command->exec_form && !command->words.len)
		strvec_add(ret, "");
	VEC_FOREACH(word, &command->words)
		strvec_add(ret, word->text);
}

const char *stage_directory(const struct stage_state *state)
{
	const char *dir = state->config.working_dir;

	return dir && *dir ? dir : "/";
}

void stage_add_history(struct stage_state *state, char *owned_created_by, struct vertex *vertex)
{
	*VEC_ADD(&state->lines) = (struct planned_line){
		.created_by = owned_created_by,
		.vertex = vertex,
	};
}

char *stage_step_prefix(const struct stage_state *state)
{
	const struct plan_request *request = state->plan->request;
	struct str prefix = STR_INIT;
	char platform[PLATFORM_TEXT_MAX];

	str_addc(&prefix, '[');
	if (request->settings->name)
		str_addf(&prefix, "%s ", request->settings->name);
	if (request->show_platform)
		str_addf(&prefix, "%s ", platform_format(request->platform, platform));
	if (state->stage->name)
		str_addf(&prefix, "%s ", state->stage->name);
	else if (state->plan->stages.len > 1)
		str_addf(&prefix, "stage-%u ", state->stage->index);
	str_addf(&prefix, "%u/%u] ", state->step, state->total);
	return str_detach(&prefix);
}

/* The instruction as a person wrote it, with the variables that are known. */
static char *step_title(const struct stage_state *state, const struct instruction *instruction)
{
	struct expander expander = stage_scope_expander(&state->scope);

	return expand_display(&expander, instruction->node->original, NULL);
}

struct vertex *stage_add_vertex(struct stage_state *state, enum vertex_kind kind,
				const struct instruction *instruction)
{
	struct vertex *vertex = graph_add(state->plan->graph, kind, state->top, &state->platform);

	state->step++;
	vertex->instruction = instruction;
	vertex->stage = state->stage;
	vertex->file = state->plan->request->file_name;
	vertex->settings = state->plan->request->settings;
	vertex->prefix = stage_step_prefix(state);
	vertex->title = step_title(state, instruction);
	state->top = vertex;
	return vertex;
}
