#include "solve/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/limits.h"
#include "stage_state.h"

static int plan_stage(struct stage_state *state, struct err *err);

static void plan_release(struct plan *plan)
{
	VEC_FOREACH(state, &plan->stages) {
		VEC_FOREACH(line, &state->lines) {
			free(line->created_by);
			free(line->comment);
		}
		free(state->lines.items);
		image_config_release(&state->config);
		stage_scope_release(&state->scope);
	}
	free(plan->stages.items);
	global_scope_release(&plan->globals);
}

static void copy_lines(struct planned_lines *dst, const struct planned_lines *src)
{
	VEC_FOREACH(line, src)
		*VEC_ADD(dst) = (struct planned_line){
			.created_by = xstrdup(line->created_by),
			.comment = xstrdup_or_null(line->comment),
			.vertex = line->vertex,
		};
}

void planned_image_release(struct planned_image *image)
{
	VEC_FOREACH(line, &image->lines) {
		free(line->created_by);
		free(line->comment);
	}
	free(image->lines.items);
	image_config_release(&image->config);
	*image = (struct planned_image){ .top = NULL };
}

/* --- where a stage starts from --- */

static struct vertex *find_image_vertex(const struct plan *plan, const struct base_image *image)
{
	VEC_FOREACH(vertex, &plan->graph->vertices) {
		if ((*vertex)->kind == VERTEX_IMAGE && (*vertex)->image == image)
			return *vertex;
	}
	return NULL;
}

static struct vertex *image_vertex(struct plan *plan, const struct base_image *image)
{
	struct vertex *vertex = find_image_vertex(plan, image);
	AUTO(freep) char *name = NULL;

	if (vertex)
		return vertex;
	vertex = graph_add(plan->graph, VERTEX_IMAGE, NULL, &image->platform);
	vertex->image = image;
	vertex->depth = image->layers.len;
	vertex->file = plan->request->file_name;
	name = image_ref_format(&image->ref);
	vertex->title = xasprintf("FROM %s", name);
	vertex->prefix = xstrdup("");
	return vertex;
}

static void start_from_scratch(struct stage_state *state)
{
	image_config_init(&state->config);
	state->config.platform = state->platform;
	state->config.working_dir = xstrdup("/");
	stage_scope_init(&state->scope, &state->plan->globals, NULL);
	state->top = graph_add(state->plan->graph, VERTEX_SCRATCH, NULL, &state->platform);
}

/* A name that no stage has may be meant as one: that says more than why there is no such image. */
static void suggest_stage(const struct stage_state *state, const char *name, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *near;

	for (unsigned i = 0; i < state->stage->index; i++) {
		const char *stage = state->plan->stages.items[i].stage->name;

		if (stage)
			strvec_add(&names, stage);
	}
	near = suggest(name, (const char *const *)strvec_argv(&names));
	if (!near || !err)
		return;
	free(err->hint);
	err->hint = NULL;
	(void)err_hint(err, "did you mean the stage '%s'?", near);
}

static int start_from_image(struct stage_state *state, const char *name, struct err *err)
{
	const struct from_instruction *from = &state->stage->from.from;
	struct base_finder *bases = state->plan->request->bases;
	const struct base_image *image = NULL;

	if (bases->find(bases, name, &state->platform, &image, err) < 0) {
		suggest_stage(state, name, err);
		return word_error(state, from->image, err);
	}
	image_config_copy(&state->config, &image->config);
	state->config.platform = state->platform;
	stage_scope_init(&state->scope, &state->plan->globals, &image->config.env);
	state->top = image_vertex(state->plan, image);
	state->top->instruction = &state->stage->from;
	return 0;
}

static int start_from_stage(struct stage_state *state, const struct stage *stage, struct err *err)
{
	struct stage_state *base = &state->plan->stages.items[stage->index];

	if (plan_stage(base, err) < 0)
		return -1;
	state->platform = base->platform;
	image_config_copy(&state->config, &base->config);
	stage_scope_inherit(&state->scope, &base->scope);
	copy_lines(&state->lines, &base->lines);
	state->top = base->top;
	return 0;
}

/* --- named contexts: they go before stages and images --- */

static int find_named(const struct stage_state *state, const char *name,
		      const struct platform *platform, struct named_source *ret, struct err *err)
{
	struct context_finder *contexts = state->plan->request->contexts;

	*ret = (struct named_source){ .is_known = false };
	return contexts ? contexts->find(contexts, name, platform, ret, err) : 0;
}

/* As if it were an image already: its triggers count, its arguments do not. */
static void start_from_result(struct stage_state *state, const struct planned_image *result)
{
	state->platform = result->config.platform;
	image_config_copy(&state->config, &result->config);
	stage_scope_init(&state->scope, &state->plan->globals, &result->config.env);
	copy_lines(&state->lines, &result->lines);
	state->top = result->top;
}

static int start_from_named(struct stage_state *state, const char *name,
			    const struct named_source *named, struct err *err)
{
	if (named->result) {
		start_from_result(state, named->result);
		return 0;
	}
	if (!named->files)
		return start_from_image(state, name, err);
	start_from_scratch(state);
	plan_copy_all(state, named->files, name);
	return 0;
}

static int expand_global(const struct stage_state *state, struct word word, char **ret,
			 struct err *err)
{
	struct expander expander = global_scope_expander(&state->plan->globals);

	*ret = NULL;
	if (!word.text)
		return 0;
	if (expand_word(&expander, word.text, ret, NULL, err) < 0)
		return word_error(state, word, err);
	return 0;
}

static int read_platform(struct stage_state *state, struct err *err)
{
	const struct from_instruction *from = &state->stage->from.from;
	AUTO(freep) char *text = NULL;

	state->platform = *state->plan->request->platform;
	if (expand_global(state, from->platform, &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	if (!*text) {
		(void)err_set(err, ERR_INPUT, "--platform of FROM is empty: '%s' has no value",
			      from->platform.text);
		return word_error(state, from->platform, err);
	}
	if (platform_parse(text, &state->platform, err) < 0)
		return word_error(state, from->platform, err);
	return 0;
}

static int start_stage(struct stage_state *state, struct err *err)
{
	const struct plan_request *request = state->plan->request;
	const struct from_instruction *from = &state->stage->from.from;
	const struct stage *base;
	struct named_source named;
	AUTO(freep) char *name = NULL;

	if (read_platform(state, err) < 0 || expand_global(state, from->image, &name, err) < 0)
		return -1;
	if (!*name) {
		(void)err_set(err, ERR_INPUT, "base image '%s' has no value", from->image.text);
		(void)err_hint(err,
			       "give the ARG a default before the first FROM, or use --build-arg");
		return word_error(state, from->image, err);
	}
	if (find_named(state, name, &state->platform, &named, err) < 0)
		return word_error(state, from->image, err);
	if (named.is_known)
		return start_from_named(state, name, &named, err);
	base = dockerfile_find_stage(request->file, name, state->stage->index, false);
	if (base)
		return start_from_stage(state, base, err);
	if (!str_eq(name, "scratch"))
		return start_from_image(state, name, err);
	/* Nothing has no platform of its own: --platform says nothing here. */
	state->platform = *request->platform;
	start_from_scratch(state);
	return 0;
}

static int source_image(struct stage_state *state, struct word from, struct vertex **ret,
			struct err *err)
{
	const struct plan_request *request = state->plan->request;
	const struct base_image *image = NULL;

	if (request->bases->find(request->bases, from.text, request->platform, &image, err) < 0) {
		suggest_stage(state, from.text, err);
		return word_error(state, from, err);
	}
	*ret = image_vertex(state->plan, image);
	return 0;
}

int plan_source(struct stage_state *state, struct word from, struct vertex **ret,
		const struct context_files **ret_files, struct err *err)
{
	const struct plan_request *request = state->plan->request;
	const struct stage *stage = NULL;
	struct named_source named;

	if (strchr(from.text, '$')) {
		(void)err_set(err, ERR_INPUT, "'%s': variables are not expanded here", from.text);
		(void)err_hint(err, "name a stage by 'FROM %s AS name', and write that name",
			       from.text);
		return word_error(state, from, err);
	}
	if (find_named(state, from.text, request->platform, &named, err) < 0)
		return word_error(state, from, err);
	*ret_files = named.files;
	if (named.result)
		*ret = named.result->top;
	else if (named.is_known && !named.files)
		return source_image(state, from, ret, err);
	if (named.is_known)
		return 0;
	if (dockerfile_resolve_from(request->file, state->stage, from.text, &stage, err) < 0)
		return word_error(state, from, err);
	if (stage) {
		struct stage_state *other = &state->plan->stages.items[stage->index];

		if (plan_stage(other, err) < 0)
			return -1;
		*ret = other->top;
		return 0;
	}
	if (str_eq(from.text, "scratch")) {
		*ret = graph_add(state->plan->graph, VERTEX_SCRATCH, NULL, &state->platform);
		return 0;
	}
	return source_image(state, from, ret, err);
}

/* --- instructions --- */

static int apply(struct stage_state *state, const struct instruction *instruction, struct err *err)
{
	switch (instruction->kind) {
	case INSTRUCTION_RUN: return plan_run(state, instruction, err);
	case INSTRUCTION_ADD:
	case INSTRUCTION_COPY: return plan_copy(state, instruction, err);
	case INSTRUCTION_WORKDIR: return plan_workdir(state, instruction, err);
	case INSTRUCTION_FROM:
	case INSTRUCTION_ARG:
	case INSTRUCTION_CMD:
	case INSTRUCTION_ENTRYPOINT:
	case INSTRUCTION_ENV:
	case INSTRUCTION_EXPOSE:
	case INSTRUCTION_HEALTHCHECK:
	case INSTRUCTION_LABEL:
	case INSTRUCTION_MAINTAINER:
	case INSTRUCTION_ONBUILD:
	case INSTRUCTION_SHELL:
	case INSTRUCTION_STOPSIGNAL:
	case INSTRUCTION_USER:
	case INSTRUCTION_VOLUME: break;
	}
	return config_change(state, instruction, err);
}

static bool is_step(const struct instruction *instruction)
{
	return instruction->kind == INSTRUCTION_RUN || instruction->kind == INSTRUCTION_ADD ||
	       instruction->kind == INSTRUCTION_COPY || instruction->kind == INSTRUCTION_WORKDIR;
}

struct triggers {
	const struct instruction **items;
	size_t len, cap;
};

/* The base's ONBUILD list; a trigger works once, so it is not passed on. */
static int take_triggers(struct stage_state *state, struct triggers *ret, struct err *err)
{
	AUTO(strvec_release) struct strvec texts = state->config.on_build;

	state->config.on_build = (struct strvec)STRVEC_INIT;
	for (size_t i = 0; i < texts.len; i++) {
		AUTO(diags_release) struct diags diags;
		const struct instruction *trigger;

		diags_init(&diags, "ONBUILD of the base image", span_of(texts.items[i]));
		trigger = instruction_parse_trigger(state->plan->request->file, texts.items[i],
						    &diags);
		if (!trigger)
			return diags_check(&diags, err);
		*VEC_ADD(ret) = trigger;
	}
	return 0;
}

static void number_steps(struct stage_state *state, const struct triggers *triggers)
{
	bool from_image = state->top->kind == VERTEX_IMAGE && state->lines.len == 0;

	state->total = from_image;
	for (size_t i = 0; i < triggers->len; i++)
		state->total += is_step(triggers->items[i]);
	VEC_FOREACH(instruction, &state->stage->instructions)
		state->total += is_step(instruction);
	if (!from_image)
		return;
	state->step = 1;
	/* The stage that comes to it first gives an image its place among the steps. */
	if (*state->top->prefix)
		return;
	free(state->top->prefix);
	state->top->prefix = stage_step_prefix(state);
}

/* Found out now rather than after all the steps below it have run. */
static int check_depth(const struct stage_state *state, const struct instruction *instruction,
		       struct err *err)
{
	if (state->top->depth <= LIMIT_LAYERS)
		return 0;
	(void)err_set(err, ERR_LIMIT, "%s: it would be layer %zu, an image can have %d",
		      instruction_name(instruction->kind), state->top->depth, LIMIT_LAYERS);
	return err_hint(err,
			"join steps: several commands in one RUN, several sources in one COPY");
}

static int apply_all(struct stage_state *state, const struct triggers *triggers, struct err *err)
{
	for (size_t i = 0; i < triggers->len; i++) {
		if (apply(state, triggers->items[i], err) < 0)
			return err_wrap(err, "ONBUILD of the base image");
	}
	VEC_FOREACH(instruction, &state->stage->instructions) {
		if (apply(state, instruction, err) < 0 || check_depth(state, instruction, err) < 0)
			return word_error(state, instruction->name, err);
	}
	return 0;
}

/* A stage that a named context stands for is not built at all. */
static int replace_stage(struct stage_state *state, bool *ret_replaced, struct err *err)
{
	const char *name = state->stage->name;
	struct named_source named = { .is_known = false };

	if (name && (read_platform(state, err) < 0 ||
		     find_named(state, name, &state->platform, &named, err) < 0))
		return -1;
	*ret_replaced = named.is_known;
	return named.is_known ? start_from_named(state, name, &named, err) : 0;
}

/* Only earlier stages can be named, so this recursion ends. */
static int plan_stage(struct stage_state *state, struct err *err)
{
	struct triggers triggers = { .items = NULL };
	bool replaced = false;
	int result = 0;

	if (state->is_planned)
		return 0;
	state->is_planned = true;
	if (replace_stage(state, &replaced, err) < 0)
		return word_error(state, state->stage->from.name, err);
	if (replaced)
		return 0;
	if (start_stage(state, err) < 0 || take_triggers(state, &triggers, err) < 0)
		result = word_error(state, state->stage->from.name, err);
	if (result == 0) {
		number_steps(state, &triggers);
		result = apply_all(state, &triggers, err);
	}
	free(triggers.items);
	return result;
}

/* --- the whole file --- */

static int check_mounts(const struct stage_state *state, const struct instruction *instruction,
			struct err *err)
{
	VEC_FOREACH(mount, &instruction->run.mounts) {
		if (mount->from && dockerfile_check_from(state->plan->request->file, state->stage,
							 mount->from, err) < 0)
			return word_error(state, mount->text, err);
	}
	return 0;
}

/* Stages that the target does not need are not planned, but what they name must make sense. */
static int check_references(struct plan *plan, struct err *err)
{
	VEC_FOREACH(state, &plan->stages) {
		VEC_FOREACH(instruction, &state->stage->instructions) {
			const struct word *from = &instruction->copy.from;

			if (instruction->kind == INSTRUCTION_RUN &&
			    check_mounts(state, instruction, err) < 0)
				return -1;
			if (instruction->kind == INSTRUCTION_COPY && from->text &&
			    dockerfile_check_from(plan->request->file, state->stage, from->text,
						  err) < 0)
				return word_error(state, *from, err);
		}
	}
	return 0;
}

static int open_plan(struct plan *plan, const struct stage *target, struct err *err)
{
	const struct plan_request *request = plan->request;
	struct scope_request scope = {
		.build_args = request->build_args,
		.build_platform = platform_format(request->build_platform, plan->build_platform),
		.target_platform = platform_format(request->platform, plan->target_platform),
		.target_stage = target->name,
		.escape = request->file->tree.escape,
	};

	global_scope_init(&plan->globals, &scope);
	VEC_FOREACH(stage, &request->file->stages) {
		struct stage_state *state = VEC_ADD(&plan->stages);

		state->plan = plan;
		state->stage = stage;
	}
	VEC_FOREACH(arg, &request->file->global_args) {
		if (global_scope_arg(&plan->globals, arg, NULL, err) < 0)
			return word_error(&plan->stages.items[0], arg->name, err);
	}
	return 0;
}

/* As BuildKit does: files for every machine may start from one for this machine. */
static void set_platform(struct image_config *config, const struct platform *wanted)
{
	bool is_same = str_eq(config->platform.os, wanted->os) &&
		       str_eq(config->platform.arch, wanted->arch);

	if (is_same && !wanted->variant[0])
		return;
	config->platform = *wanted;
	if (is_same)
		return;
	free(config->os_version);
	config->os_version = NULL;
}

int plan_image(struct graph *graph, const struct plan_request *request, struct planned_image *ret,
	       struct err *err)
{
	AUTO(plan_release) struct plan plan = { .request = request, .graph = graph };
	const struct stage *target = NULL;
	struct stage_state *state;

	if (dockerfile_target(request->file, request->target, &target, err) < 0)
		return -1;
	if (open_plan(&plan, target, err) < 0 || check_references(&plan, err) < 0)
		return -1;
	state = &plan.stages.items[target->index];
	if (plan_stage(state, err) < 0)
		return -1;
	ret->top = state->top;
	image_config_copy(&ret->config, &state->config);
	if (request->platform_is_given)
		set_platform(&ret->config, request->platform);
	strmap_release(&ret->config.env);
	strmap_set_all(&ret->config.env, &state->scope.env);
	copy_lines(&ret->lines, &state->lines);
	return 0;
}
