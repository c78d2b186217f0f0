/* Global ARGs and FROM lines: names, platforms, images. */
#include <strings.h>

#include "base/alloc.h"
#include "image/platform.h"
#include "image/reference.h"
#include "linting.h"
#include "nearest.h"

static bool is_declared(const struct linting *linting, const char *name)
{
	return strmap_has(&linting->globals.vars, name) || strmap_has(&linting->globals.args, name);
}

static void report_undefined(struct linting *linting, const struct stage *stage, struct word place,
			     const struct strmap *unmatched)
{
	AUTO(strmap_release) struct strmap known = STRMAP_INIT;

	strmap_set_all(&known, &linting->globals.vars);
	strmap_set_all(&known, &linting->globals.args);
	VEC_FOREACH(item, unmatched) {
		const char *nearest = NULL;

		if (is_declared(linting, item->key))
			continue;
		nearest = nearest_key(item->key, &known);
		lint_warn(linting, &stage->from, LINT_UNDEFINED_ARG_IN_FROM,
			  lint_variable_place(place, item->key),
			  nearest ? NULL
				  : xasprintf("write ARG %s before the first FROM", item->key),
			  nearest ? "FROM argument '%s' is not declared (did you mean %s?)"
				  : "FROM argument '%s' is not declared",
			  item->key, nearest);
	}
}

static void check_image(struct linting *linting, const struct stage *stage)
{
	struct expander expander = global_scope_expander(&linting->globals);
	AUTO(expand_names_release) struct expand_names names = EXPAND_NAMES_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(freep) char *image = NULL;
	struct word place = stage->from.from.image;

	if (expand_word(&expander, place.text, &image, &names, &err) < 0) {
		lint_error(linting, place, &err);
		return;
	}
	report_undefined(linting, stage, place, &names.unmatched);
	if (*image)
		return;
	(void)err_set(&err, ERR_INPUT, "the image '%s' of FROM is empty", place.text);
	if (names.unmatched.len || names.matched.len)
		(void)err_hint(&err, "give the variable a default, or a value by --build-arg");
	lint_error(linting, place, &err);
}

/* Is TARGETPLATFORM the one variable, and does the flag say nothing else? */
static bool is_redundant(const struct linting *linting, const struct expand_names *names,
			 const char *platform)
{
	return names->matched.len == 1 && !names->unmatched.len &&
	       str_eq(names->matched.items[0].key, "TARGETPLATFORM") &&
	       str_eq(platform, strmap_get(&linting->globals.vars, "TARGETPLATFORM"));
}

static void check_constant(struct linting *linting, const struct stage *stage, const char *text,
			   const struct platform *platform)
{
	if (stage->name &&
	    (strstr(stage->name, platform->os) || strstr(stage->name, platform->arch)))
		return;
	lint_warn(linting, &stage->from, LINT_FROM_PLATFORM_FLAG_CONST_DISALLOWED,
		  stage->from.from.platform,
		  xstrdup("leave it out, or write --platform=$BUILDPLATFORM"),
		  "FROM --platform flag should not use constant value \"%s\"", text);
}

static void check_platform(struct linting *linting, const struct stage *stage)
{
	struct expander expander = global_scope_expander(&linting->globals);
	AUTO(expand_names_release) struct expand_names names = EXPAND_NAMES_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(freep) char *text = NULL;
	struct word place = stage->from.from.platform;
	struct platform platform;

	if (!place.text)
		return;
	if (expand_word(&expander, place.text, &text, &names, &err) < 0) {
		lint_error(linting, place, &err);
		return;
	}
	report_undefined(linting, stage, place, &names.unmatched);
	if (is_redundant(linting, &names, text))
		lint_warn(linting, &stage->from, LINT_REDUNDANT_TARGET_PLATFORM, place,
			  xstrdup("leave the flag out"),
			  "Setting platform to predefined %s in FROM is redundant as this is the "
			  "default "
			  "behavior",
			  place.text);
	if (platform_parse(text, &platform, &err) < 0) {
		(void)err_wrap(&err, "platform '%s'", place.text);
		lint_error(linting, place, &err);
	} else if (!names.matched.len && !names.unmatched.len) {
		check_constant(linting, stage, text, &platform);
	}
}

char *lint_base_name(const struct linting *linting, const struct stage *stage)
{
	struct expander expander = global_scope_expander(&linting->globals);
	char *name = NULL;

	if (expand_word(&expander, stage->from.from.image.text, &name, NULL, NULL) < 0)
		return NULL;
	return name;
}

bool lint_stage_platform(const struct linting *linting, const struct stage *stage,
			 struct platform *ret)
{
	struct expander expander = global_scope_expander(&linting->globals);
	const char *flag = stage->from.from.platform.text;
	const char *target = linting->request->scope.target_platform;
	AUTO(freep) char *text = NULL;

	if (!flag && !target)
		return false;
	if (flag && expand_word(&expander, flag, &text, NULL, NULL) < 0)
		return false;
	return platform_parse(flag ? text : target, ret, NULL) == 0;
}

void lint_from(struct linting *linting, const struct stage *stage)
{
	check_image(linting, stage);
	check_platform(linting, stage);
}

/* What the FROM lines would name if no build argument were given. */
static void check_defaults(struct linting *linting)
{
	struct scope_request request = linting->request->scope;
	AUTO(global_scope_release) struct global_scope defaults;
	struct expander expander;

	request.escape = linting->file->tree.escape;
	request.build_args = NULL;
	global_scope_init(&defaults, &request);
	/* An error here is one with the build arguments as well, and told there. */
	VEC_FOREACH(arg, &linting->file->global_args)
		if (global_scope_arg(&defaults, arg, NULL, NULL) < 0)
			return;
	expander = global_scope_expander(&defaults);
	VEC_FOREACH(stage, &linting->file->stages) {
		AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
		AUTO(freep) char *image = NULL;
		struct word place = stage->from.from.image;

		if (expand_word(&expander, place.text, &image, NULL, NULL) < 0)
			return;
		/* One without variables is wrong with any arguments, and told to be. */
		if (strchr(place.text, '$') && image_ref_parse(image, &ref, NULL) < 0)
			lint_warn(linting, &stage->from, LINT_INVALID_DEFAULT_ARG_IN_FROM, place,
				  xstrdup("give the ARG a default that makes a name of an image"),
				  "Default value for ARG %s results in empty or invalid base image "
				  "name",
				  place.text);
	}
}

void lint_globals(struct linting *linting)
{
	struct scope_request request = linting->request->scope;

	check_defaults(linting);
	request.escape = linting->file->tree.escape;
	global_scope_init(&linting->globals, &request);
	VEC_FOREACH(arg, &linting->file->global_args) {
		AUTO(err_release) struct err err = ERR_INIT;

		if (global_scope_arg(&linting->globals, arg, NULL, &err) < 0)
			lint_error(linting,
				   arg->args.items[0].value.text ? arg->args.items[0].value
								 : arg->name,
				   &err);
	}
	VEC_FOREACH(stage, &linting->file->stages)
		lint_from(linting, stage);
}
