/* Instructions that make files: RUN, COPY, ADD and WORKDIR become vertices. */
#include <ctype.h>
#include <stdlib.h>

#include "add_source.h"
#include "base/alloc.h"
#include "base/path.h"
#include "context/ssh_agents.h"
#include "dockerfile/expand.h"
#include "dockerfile/mount.h"
#include "history_text.h"
#include "stage_state.h"

/* --- RUN --- */

/* A stage for the build platform runs on another processor; the variant is the base image's. */
static bool is_for_target(const struct stage_state *state)
{
	const struct platform *target = state->plan->request->platform;

	return str_eq(state->platform.os, target->os) && str_eq(state->platform.arch, target->arch);
}

/* In both cases, as programs look for either; what is given for the name itself counts. */
static void set_proxy(const struct strmap *build_args, const struct strmap_item *item,
		      struct run_vertex *run)
{
	for (int upper = 0; upper < 2; upper++) {
		AUTO(freep) char *name = xstrdup(item->key);

		for (char *c = name; *c; c++)
			*c = (char)(upper ? toupper((unsigned char)*c)
					  : tolower((unsigned char)*c));
		if (!strmap_has(&run->env, name) &&
		    (str_eq(name, item->key) || !strmap_has(build_args, name)))
			strmap_set(&run->proxies, name, item->value);
	}
}

static void set_environment(const struct stage_state *state, struct run_vertex *run)
{
	const char *cpu_model = state->plan->request->cpu_model;
	const struct strmap *vars = &state->scope.vars;
	const struct strmap *build_args = state->plan->request->build_args;

	for (size_t i = 0; i < vars->len; i++) {
		if (vars->items[i].value)
			strmap_set(&run->env, vars->items[i].key, vars->items[i].value);
	}
	for (size_t i = 0; build_args && i < build_args->len; i++) {
		const struct strmap_item *item = &build_args->items[i];

		if (item->value && scope_is_proxy(item->key))
			set_proxy(build_args, item, run);
	}
	/* In the environment, so that it is in the key as well. */
	if (cpu_model && is_for_target(state) && !strmap_has(&run->env, "QEMU_CPU"))
		strmap_set(&run->env, "QEMU_CPU", cpu_model);
}

static void set_command(const struct stage_state *state, const struct run_instruction *instruction,
			struct run_vertex *run)
{
	switch (instruction->form) {
	case RUN_EXEC: stage_argv(state, &instruction->command, &run->argv); break;
	case RUN_SHELL:
		stage_shell(state, &run->argv);
		strvec_add(&run->argv, instruction->script);
		break;
	case RUN_SCRIPT:
		strmap_set(&run->scripts, instruction->script_name, instruction->script);
		strvec_addf(&run->argv, "/dev/pipes/%s", instruction->script_name);
		break;
	}
}

static unsigned number_or(int64_t value, unsigned otherwise)
{
	return value == MOUNT_UNSET ? otherwise : (unsigned)value;
}

/* BuildKit: a secret's id is its source, and its file is below /run/secrets unless it is only a variable. */
static void set_secret(const struct stage_state *state, const struct mount *mount,
		       struct run_mount *to)
{
	const char *id = mount->source ? mount->source : mount->id;

	to->id = xstrdup(id ? id : path_base(mount->target));
	to->env = xstrdup_or_null(mount->env);
	if (mount->target)
		to->target = path_resolve(stage_directory(state), mount->target);
	else if (!mount->env)
		to->target = path_join("/run/secrets", path_base(to->id));
}

static size_t count_type(const struct run_mounts *mounts, enum mount_type type)
{
	size_t count = 0;

	VEC_FOREACH(mount, mounts)
		count += mount->type == type;
	return count;
}

static void set_ssh(const struct stage_state *state, const struct mount *mount,
		    const struct run_mounts *others, struct run_mount *to)
{
	to->id = xstrdup(mount->id ? mount->id : SSH_AGENT_DEFAULT);
	to->target = mount->target ? path_resolve(stage_directory(state), mount->target)
				   : xasprintf("/run/buildkit/ssh_agent.%zu",
					       count_type(others, MOUNT_SSH) - 1);
}

static unsigned default_mode(enum mount_type type)
{
	return type == MOUNT_SECRET ? 0400 : type == MOUNT_SSH ? 0600 : 0755;
}

/* Where the mount's files come from; a tmpfs has none. */
static int set_mount_source(struct stage_state *state, const struct mount_spec *spec,
			    const struct mount *mount, struct run_mount *ret,
			    struct vertices *inputs, struct err *err)
{
	struct word from = spec->text;

	ret->source = path_in_root(mount->source ? mount->source : "/");
	if (!mount->from)
		return 0;
	ret->from_name = xstrdup(mount->from);
	from.text = mount->from;
	if (plan_source(state, from, &ret->from, &ret->files, err) < 0)
		return -1;
	if (ret->from)
		*VEC_ADD(inputs) = ret->from;
	return 0;
}

/* A predefined build argument of BuildKit; NULL = not given. */
static const char *predefined(const struct stage_state *state, const char *name)
{
	const struct strmap *build_args = state->plan->request->build_args;
	const char *value = build_args ? strmap_get(build_args, name) : NULL;

	return value && *value ? value : NULL;
}

/* With a name space of its own, a project shares no caches with others. */
static char *cache_id(const struct stage_state *state, const char *id)
{
	const char *space = predefined(state, "BUILDKIT_CACHE_MOUNT_NS");

	return space ? xasprintf("%s/%s", space, id) : xstrdup(id);
}

static int add_mount(struct stage_state *state, const struct mount_spec *spec,
		     struct run_mounts *ret, struct vertices *inputs, struct err *err)
{
	struct expander expander = stage_scope_expander(&state->scope);
	AUTO(mount_release) struct mount mount = MOUNT_INIT;
	struct run_mount *to;

	if (mount_parse(spec->text.text, &expander, &mount, NULL, err) < 0)
		return word_error(state, spec->text, err);
	to = VEC_ADD(ret);
	to->type = mount.type;
	to->read_only = mount.read_only;
	to->required = mount.required;
	to->sharing = mount.sharing;
	to->size = mount.size == MOUNT_UNSET ? 0 : (uint64_t)mount.size;
	to->mode = number_or(mount.mode, default_mode(mount.type));
	to->uid = number_or(mount.uid, 0);
	to->gid = number_or(mount.gid, 0);
	if (mount.type == MOUNT_SECRET || mount.type == MOUNT_SSH) {
		if (mount.type == MOUNT_SECRET)
			set_secret(state, &mount, to);
		else
			set_ssh(state, &mount, ret, to);
		if (to->target && mount_target_check(to->target, err) < 0)
			return word_error(state, spec->text, err);
		return 0;
	}
	to->target = path_resolve(stage_directory(state), mount.target ? mount.target : "");
	if (mount_target_check(to->target, err) < 0)
		return word_error(state, spec->text, err);
	to->id = cache_id(state, mount.id ? mount.id : to->target);
	return set_mount_source(state, spec, &mount, to, inputs, err);
}

static const struct step_options *step_options(const struct stage_state *state)
{
	const struct step_settings *settings = state->plan->request->settings;

	return settings ? settings->options : NULL;
}

/* BuildKit's entitlement: whoever starts the build has to agree. */
static int check_security(const struct stage_state *state, const struct instruction *instruction,
			  struct err *err)
{
	const struct step_options *options = step_options(state);

	if (instruction->run.security != RUN_SECURITY_INSECURE ||
	    (options && options->allow_insecure))
		return 0;
	(void)err_set(err, ERR_DENIED, "RUN --security=insecure is not allowed");
	(void)err_hint(err, "if you trust this Dockerfile: --allow security.insecure");
	return word_error(state, instruction->name, err);
}

static enum sandbox_network network_of(const struct stage_state *state,
				       const struct run_instruction *run)
{
	const struct step_options *options = step_options(state);

	if (run->network == RUN_NETWORK_DEFAULT && options)
		return options->network;
	return run->network == RUN_NETWORK_NONE ? SANDBOX_NETWORK_NONE : SANDBOX_NETWORK_HOST;
}

int plan_run(struct stage_state *state, const struct instruction *instruction, struct err *err)
{
	const struct run_instruction *from = &instruction->run;
	struct run_mounts mounts = { .items = NULL };
	struct vertices inputs = { .items = NULL };
	struct vertex *vertex;
	int result = 0;

	if (check_security(state, instruction, err) < 0)
		return -1;
	/* Stages that are mounted come before this step in the graph. */
	for (size_t i = 0; result == 0 && i < from->mounts.len; i++)
		result = add_mount(state, &from->mounts.items[i], &mounts, &inputs, err);
	vertex = stage_add_vertex(state, VERTEX_RUN, instruction);
	vertex->run.mounts = mounts; /* the vertex owns both, whatever comes */
	vertex->inputs = inputs;
	if (result < 0)
		return -1;
	set_command(state, from, &vertex->run);
	set_environment(state, &vertex->run);
	vertex->run.user = xstrdup_or_null(state->config.user);
	vertex->run.cwd = path_clean(stage_directory(state));
	vertex->run.hostname = xstrdup_or_null(predefined(state, "BUILDKIT_SANDBOX_HOSTNAME"));
	vertex->run.network = network_of(state, from);
	vertex->run.insecure = from->security == RUN_SECURITY_INSECURE;
	stage_add_history(state,
			  history_run(&state->scope.args, &state->scope.vars, &vertex->run.argv),
			  vertex);
	return 0;
}

/* --- COPY and ADD --- */

static int add_remote(const struct stage_state *state, const struct instruction *instruction,
		      struct copy_argument *argument, struct err *err)
{
	AUTO(freep) char *checksum = NULL;

	if (stage_expand(state, instruction->copy.checksum, &checksum, err) < 0)
		return -1;
	if (add_source_parse(argument->path, instruction, checksum, state->plan->request->settings,
			     &argument->remote, err) < 0 ||
	    add_source_check_keys(argument->remote, err) < 0)
		return word_error(state, argument->place, err);
	return 0;
}

int plan_check_source(const struct instruction *instruction, const char *path, const char *checksum,
		      struct err *err)
{
	AUTO(add_source_freep) struct add_source *source = NULL;

	return add_source_is(path)
		       ? add_source_parse(path, instruction, checksum, NULL, &source, err)
		       : 0;
}

static int heredoc_body(const struct stage_state *state, const struct copy_source *source,
			char **ret, struct err *err)
{
	struct expander expander = stage_scope_expander(&state->scope);
	AUTO(freep) char *text = heredoc_text(source->heredoc);

	if (!source->heredoc->expand) {
		*ret = TAKE(text);
		return 0;
	}
	if (expand_heredoc(&expander, text, ret, NULL, err) < 0) {
		(void)err_wrap(err, "<<%s", source->heredoc->name);
		return word_error(state, source->path, err);
	}
	return 0;
}

static int add_path(struct stage_state *state, const struct instruction *instruction,
		    const struct copy_source *source, struct copy_vertex *copy, struct err *err)
{
	struct copy_argument *argument = VEC_ADD(&copy->arguments);

	argument->place = source->path;
	if (stage_expand(state, source->path, &argument->path, err) < 0)
		return -1;
	return add_source_is(argument->path) ? add_remote(state, instruction, argument, err) : 0;
}

static int add_heredoc(struct stage_state *state, const struct copy_source *source,
		       struct copy_vertex *copy, struct err *err)
{
	struct copy_argument *argument = VEC_ADD(&copy->arguments);

	argument->place = source->path;
	argument->path = xstrdup(source->heredoc->name);
	return heredoc_body(state, source, &argument->text, err);
}

/* Files first, heredocs behind them, as BuildKit orders them. */
static int add_arguments(struct stage_state *state, const struct instruction *instruction,
			 struct copy_vertex *copy, struct err *err)
{
	const struct copy_sources *sources = &instruction->copy.sources;

	VEC_FOREACH(source, sources) {
		if (!source->heredoc && add_path(state, instruction, source, copy, err) < 0)
			return -1;
	}
	VEC_FOREACH(source, sources) {
		if (source->heredoc && add_heredoc(state, source, copy, err) < 0)
			return -1;
	}
	return 0;
}

/* Absolute and clean, but for the slash at the end that makes it a directory. */
static char *destination(const struct stage_state *state, const char *dest)
{
	AUTO(freep) char *path = path_resolve(stage_directory(state), dest);
	bool is_dir = !*dest || str_eq(dest, ".") || str_has_suffix(dest, "/") ||
		      str_has_suffix(dest, "/.");

	return is_dir && !str_eq(path, "/") ? xasprintf("%s/", path) : TAKE(path);
}

static int set_mode(struct stage_state *state, const struct copy_instruction *from,
		    struct copy_vertex *copy, struct err *err)
{
	AUTO(freep) char *mode = NULL;

	if (stage_expand(state, from->chmod, &mode, err) < 0)
		return -1;
	if (mode && *mode && mode_change_parse(mode, &copy->mode, err) < 0)
		return word_error(state, from->chmod, err);
	return 0;
}

/* The text keeps the destination as it was written. */
static char *copy_history(const struct instruction *instruction, const struct copy_vertex *copy,
			  const char *dest)
{
	struct str text = STR_INIT;

	str_add(&text, instruction_name(instruction->kind));
	if (copy->parents)
		str_add(&text, " --parents");
	if (copy->chown)
		str_addf(&text, " --chown=%s", copy->chown);
	if (copy->mode)
		str_addf(&text, " --chmod=%s", mode_change_text(copy->mode));
	VEC_FOREACH(argument, &copy->arguments)
		str_addf(&text, " %s%s", argument->text ? "<<" : "", argument->path);
	str_addf(&text, " %s # buildkit", dest);
	return str_detach(&text);
}

/* What can be said of addresses once all of the instruction is known. */
static int check_remote(const struct stage_state *state, const struct instruction *instruction,
			const struct copy_vertex *copy, struct err *err)
{
	struct word checksum = instruction->copy.checksum;

	VEC_FOREACH(argument, &copy->arguments) {
		if (!argument->remote || !checksum.text || copy->arguments.len == 1)
			continue;
		(void)err_set(err, ERR_INPUT, "--checksum is for a single source");
		return word_error(state, checksum, err);
	}
	return 0;
}

static int fill_copy(struct stage_state *state, const struct instruction *instruction,
		     struct vertex *vertex, struct err *err)
{
	const struct copy_instruction *from = &instruction->copy;
	struct copy_vertex *copy = &vertex->copy;
	AUTO(freep) char *dest = NULL;

	copy->is_add = instruction->kind == INSTRUCTION_ADD;
	copy->parents = from->parents;
	copy->unpack = from->unpack;
	VEC_FOREACH(exclude, &from->excludes)
		strvec_add(&copy->excludes, exclude->text);
	if (add_arguments(state, instruction, copy, err) < 0 ||
	    stage_expand(state, from->dest, &dest, err) < 0 ||
	    stage_expand(state, from->chown, &copy->chown, err) < 0 ||
	    set_mode(state, from, copy, err) < 0)
		return -1;
	/* As with BuildKit, --chmod makes it an ordinary copy. */
	copy->link = from->link && !copy->mode;
	/* An empty one says nothing. */
	if (str_eq(copy->chown, ""))
		freep(&copy->chown), copy->chown = NULL;
	copy->dest = destination(state, dest);
	if (check_remote(state, instruction, copy, err) < 0)
		return -1;
	stage_add_history(state, copy_history(instruction, copy, dest), vertex);
	return 0;
}

int plan_copy(struct stage_state *state, const struct instruction *instruction, struct err *err)
{
	struct word from = instruction->copy.from;
	const struct context_files *files = NULL;
	struct vertex *source = NULL, *vertex;

	if (from.text && plan_source(state, from, &source, &files, err) < 0)
		return -1;
	vertex = stage_add_vertex(state, VERTEX_COPY, instruction);
	vertex->copy.from = source;
	vertex->copy.files = files;
	vertex->copy.from_name = xstrdup_or_null(from.text);
	if (source)
		*VEC_ADD(&vertex->inputs) = source;
	return fill_copy(state, instruction, vertex, err);
}

void plan_copy_all(struct stage_state *state, const struct context_files *files, const char *name)
{
	struct vertex *vertex = stage_add_vertex(state, VERTEX_COPY, &state->stage->from);
	struct copy_vertex *copy = &vertex->copy;
	const char *target = state->plan->request->settings->name;

	/* It is the stage's beginning, as an image would be, and none of its steps. */
	state->step--;
	free(vertex->prefix);
	vertex->prefix = target ? xasprintf("[%s context %s] ", target, name)
				: xasprintf("[context %s] ", name);
	copy->files = files;
	copy->from_name = xstrdup(name);
	VEC_ADD(&copy->arguments)->path = xstrdup("/");
	copy->dest = xstrdup("/");
	stage_add_history(state, xasprintf("COPY --from=%s / / # buildkit", name), vertex);
}

/* --- WORKDIR --- */

int plan_workdir(struct stage_state *state, const struct instruction *instruction, struct err *err)
{
	AUTO(freep) char *text = NULL, *clean = NULL;
	struct vertex *vertex = NULL;
	char *path;

	if (stage_expand(state, instruction->word, &text, err) < 0)
		return -1;
	path = path_is_absolute(text) ? xstrdup(text) : path_resolve(stage_directory(state), text);
	clean = path_clean(path);
	if (str_eq(clean, "/")) {
		state->step++; /* it counts, but there is nothing to make */
	} else {
		vertex = stage_add_vertex(state, VERTEX_WORKDIR, instruction);
		vertex->workdir.path = TAKE(clean);
		vertex->workdir.user = xstrdup_or_null(state->config.user);
	}
	stage_add_history(state, xasprintf("WORKDIR %s", path), vertex);
	free(state->config.working_dir);
	state->config.working_dir = path;
	return 0;
}
