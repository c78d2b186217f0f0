#include "dockerfile/scope.h"

#include <strings.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/vec.h"

static void set_platform(struct strmap *map, const char *prefix, const char *text)
{
	static const char *const parts[] = { "OS", "ARCH", "VARIANT" };
	AUTO(freep) char *whole = xasprintf("%sPLATFORM", prefix);
	AUTO(freep) char *version = xasprintf("%sOSVERSION", prefix);
	struct span rest = span_of(text);

	strmap_set(map, whole, text);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		AUTO(freep) char *name = xasprintf("%s%s", prefix, parts[i]);
		AUTO(freep) char *value = NULL;
		struct span part = { .ptr = "" };

		if (rest.len)
			span_cut(&rest, '/', &part);
		value = span_dup(part);
		strmap_set(map, name, value);
	}
	strmap_set(map, version, "");
}

/* The value given on the command line; NULL = none. */
static const char *given(const struct global_scope *globals, const char *name)
{
	return globals->request.build_args ? strmap_get(globals->request.build_args, name) : NULL;
}

void global_scope_init(struct global_scope *scope, const struct scope_request *request)
{
	*scope = (struct global_scope){ .request = *request };
	set_platform(&scope->predefined, "BUILD", request->build_platform);
	set_platform(&scope->predefined, "TARGET", request->target_platform);
	strmap_set(&scope->predefined, "TARGETSTAGE",
		   request->target_stage ? request->target_stage : "default");
	VEC_FOREACH(item, &scope->predefined) {
		const char *value = given(scope, item->key);

		strmap_set(&scope->vars, item->key, value ? value : item->value);
	}
}

void global_scope_release(struct global_scope *scope)
{
	strmap_release(&scope->predefined);
	strmap_release(&scope->args);
	strmap_release(&scope->vars);
}

struct expander global_scope_expander(const struct global_scope *scope)
{
	return (struct expander){ .lookup = expand_lookup_strmap,
				  .lookup_arg = &scope->vars,
				  .escape = scope->request.escape };
}

/* The value that an ARG gets: given, or its expanded default. NULL when it has neither. */
static int evaluate(const struct global_scope *globals, const struct arg *arg,
		    const struct strmap *vars, char **ret, struct expand_names *names,
		    struct err *err)
{
	struct expander expander = { .lookup = expand_lookup_strmap,
				     .lookup_arg = vars,
				     .escape = globals->request.escape };
	const char *value = given(globals, arg->name.text);

	*ret = NULL;
	if (value)
		*ret = xstrdup(value);
	else if (arg->value.text)
		return expand_word(&expander, arg->value.text, ret, names, err);
	return 0;
}

int global_scope_arg(struct global_scope *scope, const struct instruction *arg,
		     struct expand_names *names, struct err *err)
{
	VEC_FOREACH(item, &arg->args) {
		AUTO(freep) char *value = NULL;

		if (evaluate(scope, item, &scope->vars, &value, names, err) < 0)
			return -1;
		strmap_set(&scope->args, item->name.text, value);
		if (value)
			strmap_set(&scope->vars, item->name.text, value);
	}
	return 0;
}

void stage_scope_init(struct stage_scope *scope, const struct global_scope *globals,
		      const struct strmap *base_env)
{
	*scope = (struct stage_scope){ .globals = globals };
	if (base_env)
		strmap_set_all(&scope->env, base_env);
	if (!strmap_has(&scope->env, "PATH"))
		strmap_set(&scope->env, "PATH", SCOPE_DEFAULT_PATH);
	strmap_set_all(&scope->vars, &scope->env);
}

void stage_scope_inherit(struct stage_scope *scope, const struct stage_scope *base)
{
	*scope = (struct stage_scope){ .globals = base->globals };
	strmap_set_all(&scope->vars, &base->vars);
	strmap_set_all(&scope->env, &base->env);
	strmap_set_all(&scope->args, &base->args);
}

void stage_scope_release(struct stage_scope *scope)
{
	strmap_release(&scope->vars);
	strmap_release(&scope->env);
	strmap_release(&scope->args);
}

struct expander stage_scope_expander(const struct stage_scope *scope)
{
	return (struct expander){ .lookup = expand_lookup_strmap,
				  .lookup_arg = &scope->vars,
				  .escape = scope->globals->request.escape };
}

/* These steer the attestation and are no variables. */
static bool is_hidden(const char *name)
{
	return str_eq(name, "BUILDKIT_SBOM_SCAN_CONTEXT") ||
	       str_eq(name, "BUILDKIT_SBOM_SCAN_STAGE");
}

int stage_scope_arg(struct stage_scope *scope, const struct instruction *arg,
		    struct expand_names *names, struct err *err)
{
	VEC_FOREACH(item, &arg->args) {
		const char *name = item->name.text;
		AUTO(freep) char *value = NULL;

		if (evaluate(scope->globals, item, &scope->vars, &value, names, err) < 0)
			return -1;
		if (!value)
			value = xstrdup_or_null(strmap_get(&scope->globals->vars, name));
		strmap_set(&scope->args, name, value);
		if (value && !is_hidden(name))
			strmap_set(&scope->vars, name, value);
	}
	return 0;
}

int stage_scope_env(struct stage_scope *scope, const struct instruction *env,
		    struct expand_names *names, struct err *err)
{
	struct expander expander = stage_scope_expander(scope);
	AUTO(strmap_release) struct strmap changes = STRMAP_INIT;

	VEC_FOREACH(pair, &env->pairs) {
		AUTO(freep) char *name = NULL;
		AUTO(freep) char *value = NULL;

		if (expand_word(&expander, pair->name.text, &name, names, err) < 0 ||
		    expand_word(&expander, pair->value.text, &value, names, err) < 0)
			return -1;
		strmap_set(&changes, name, value);
	}
	strmap_set_all(&scope->vars, &changes);
	strmap_set_all(&scope->env, &changes);
	return 0;
}

bool scope_is_proxy(const char *name)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
					     "all_proxy" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

bool scope_is_builtin(const char *name)
{
	return scope_is_proxy(name) || str_has_prefix(name, "BUILDKIT_") ||
	       str_eq(name, "SOURCE_DATE_EPOCH");
}
