#include "dockerfile/scope.h"

#include "parsed.h"

/* Walks the file's globals and the first `stages` stages, each on the one before. */
struct walked {
	struct parsed parsed;
	struct strmap build_args, base_env;
	struct global_scope globals;
	struct stage_scope stages[4];
	size_t len;
};

static void walk(struct walked *walked, const char *text, const char *build_arg,
		 const char *base_env)
{
	struct scope_request request = { .build_args = &walked->build_args,
					 .build_platform = "linux/amd64",
					 .target_platform = "linux/arm/v7",
					 .escape = '\\' };

	*walked = (struct walked){ .len = 0 };
	if (build_arg)
		strmap_set_pair(&walked->build_args, build_arg);
	if (base_env)
		strmap_set_pair(&walked->base_env, base_env);
	parse(&walked->parsed, text);
	assert_int_equal(walked->parsed.result, 0);
	global_scope_init(&walked->globals, &request);
	VEC_FOREACH(arg, &walked->parsed.file.global_args)
		assert_ok(global_scope_arg(&walked->globals, arg, NULL, &err_));
	VEC_FOREACH(stage, &walked->parsed.file.stages) {
		struct stage_scope *scope = &walked->stages[walked->len];

		if (walked->len++)
			stage_scope_inherit(scope, scope - 1);
		else
			stage_scope_init(scope, &walked->globals, &walked->base_env);
		VEC_FOREACH(instruction, &stage->instructions) {
			if (instruction->kind == INSTRUCTION_ARG)
				assert_ok(stage_scope_arg(scope, instruction, NULL, &err_));
			else
				assert_ok(stage_scope_env(scope, instruction, NULL, &err_));
		}
	}
}

static void walked_release(struct walked *walked)
{
	for (size_t i = 0; i < walked->len; i++)
		stage_scope_release(&walked->stages[i]);
	global_scope_release(&walked->globals);
	strmap_release(&walked->build_args);
	strmap_release(&walked->base_env);
	parsed_release(&walked->parsed);
}

/* What $X is at the end of the last stage, and what the image config's X is; NULL = nothing. */
static const struct {
	const char *text, *build_arg, *base_env, *var, *env;
} rows[] = {
	{ "FROM a\nENV X=1\n", NULL, NULL, "1", "1" },
	{ "FROM a\nARG X\n", NULL, NULL, NULL, NULL },
	{ "FROM a\nARG X=1\n", NULL, NULL, "1", NULL },
	{ "FROM a\nARG X=1\n", "X=2", NULL, "2", NULL },
	{ "FROM a\nARG X=1\n", "X", NULL, "1",
	  NULL }, /* --build-arg X without a value in our environment */
	{ "FROM a\n", "X=2", NULL, NULL, NULL },
	{ "ARG X=1\nFROM a\n", NULL, NULL, NULL, NULL },
	{ "ARG X=1\nFROM a\nARG X\n", NULL, NULL, "1", NULL },
	{ "ARG X=1\nFROM a\nARG X=2\n", NULL, NULL, "2", NULL },
	{ "ARG X=1\nFROM a\nARG X\n", "X=3", NULL, "3", NULL },
	{ "ARG X\nFROM a\nARG X\n", NULL, NULL, NULL, NULL },
	{ "ARG Y=1\nARG X=$Y$Y\nFROM a\nARG X\n", NULL, NULL, "11", NULL },
	{ "ARG Y=1 X=$Y\nFROM a\nARG X\n", NULL, NULL, "1", NULL },
	{ "FROM a\nARG Y=1 X=$Y\n", NULL, NULL, "1", NULL },
	{ "FROM a\nENV Y=1 X=$Y\n", NULL, NULL, "", "" }, /* values from before the instruction */
	{ "FROM a\nENV Y=1\nENV Y=2 X=$Y\n", NULL, NULL, "1", "1" },
	{ "FROM a\nARG X=1\nENV X=2\n", NULL, NULL, "2", "2" },
	{ "FROM a\nENV X=2\nARG X=1\n", NULL, NULL, "1",
	  "2" }, /* shadowed, but the config keeps it */
	{ "FROM a\nENV X=2\nARG X\n", NULL, NULL, "2", "2" },
	{ "FROM a\nENV X=2\nARG X\n", "X=3", NULL, "3", "2" },
	{ "FROM a\nARG X\n", NULL, "X=base", "base", "base" },
	{ "FROM a\nENV X=${X}+\n", NULL, "X=base", "base+", "base+" },
	{ "FROM a\nENV N=X\nENV $N=1\n", NULL, NULL, "1", "1" },
	{ "FROM a\nARG X=1\nFROM b\nENV Z=$X\n", NULL, NULL, "1",
	  NULL }, /* a stage on a stage inherits its ARGs */
	{ "FROM a\nARG TARGETVARIANT\nENV X=$TARGETVARIANT\n", NULL, NULL, "v7", "v7" },
	{ "FROM a\nENV X=$TARGETARCH\n", NULL, NULL, "", "" },
	{ "FROM a\nARG TARGETPLATFORM\nENV X=$TARGETPLATFORM\n", "TARGETPLATFORM=o/a", NULL, "o/a",
	  "o/a" },
	{ "FROM a\nARG X=\"a b\"\n", NULL, NULL, "a b", NULL },
};

static void precedence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(walked_release) struct walked walked;
		const struct stage_scope *scope = NULL;

		walk(&walked, rows[i].text, rows[i].build_arg, rows[i].base_env);
		scope = &walked.stages[walked.len - 1];
		assert_row(str_eq(strmap_get(&scope->vars, "X"), rows[i].var), rows[i].text);
		assert_row(str_eq(strmap_get(&scope->env, "X"), rows[i].env), rows[i].text);
	}
}

static const struct {
	const char *name, *value;
} predefined[] = {
	{ "BUILDPLATFORM", "linux/amd64" },
	{ "BUILDOS", "linux" },
	{ "BUILDARCH", "amd64" },
	{ "BUILDVARIANT", "" },
	{ "BUILDOSVERSION", "" },
	{ "TARGETPLATFORM", "linux/arm/v7" },
	{ "TARGETOS", "linux" },
	{ "TARGETARCH", "arm" },
	{ "TARGETVARIANT", "v7" },
	{ "TARGETOSVERSION", "" },
	{ "TARGETSTAGE", "default" },
};

static void platforms_are_predefined_for_from(void **state)
{
	AUTO(walked_release) struct walked walked;
	struct expander expander;

	(void)state;
	walk(&walked, "FROM a\n", NULL, NULL);
	expander = global_scope_expander(&walked.globals);
	for (size_t i = 0; i < ARRAY_SIZE(predefined); i++) {
		AUTO(freep) char *word = xasprintf("${%s-unset}", predefined[i].name);
		AUTO(freep) char *value = NULL;

		assert_ok(expand_word(&expander, word, &value, NULL, &err_));
		assert_string_equal(value, predefined[i].value);
	}
}

static void a_path_is_always_there(void **state)
{
	AUTO(walked_release) struct walked bare;
	AUTO(walked_release) struct walked with;

	(void)state;
	walk(&bare, "FROM a\n", NULL, NULL);
	assert_string_equal(strmap_get(&bare.stages[0].env, "PATH"), SCOPE_DEFAULT_PATH);
	walk(&with, "FROM a\n", NULL, "PATH=/x");
	assert_string_equal(strmap_get(&with.stages[0].env, "PATH"), "/x");
}

/* For the history and the cache key. */
static void declared_args_are_listed_in_order(void **state)
{
	AUTO(walked_release) struct walked walked;
	const struct strmap *args = &walked.stages[0].args;

	(void)state;
	walk(&walked, "FROM a\nARG B=1\nARG A\nARG B=2\n", NULL, NULL);
	assert_int_equal(args->len, 2);
	assert_string_equal(args->items[0].key, "B");
	assert_string_equal(args->items[0].value, "2");
	assert_null(args->items[1].value);
}

static void builders_own_names(void **state)
{
	(void)state;
	assert_true(scope_is_proxy("http_proxy") && scope_is_proxy("NO_PROXY"));
	assert_false(scope_is_proxy("PROXY"));
	assert_true(scope_is_builtin("BUILDKIT_INLINE_CACHE") &&
		    scope_is_builtin("SOURCE_DATE_EPOCH"));
	assert_false(scope_is_builtin("TARGETARCH"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(precedence),
		cmocka_unit_test(platforms_are_predefined_for_from),
		cmocka_unit_test(a_path_is_always_there),
		cmocka_unit_test(declared_args_are_listed_in_order),
		cmocka_unit_test(builders_own_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
