#include "context/named_context.h"

#include "base/path.h"
#include "base/str.h"
#include "unit.h"

#define DIGEST "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"

static void add(struct named_contexts *contexts, const char *text)
{
	assert_ok(named_contexts_add(contexts, text, &err_));
}

static void values_tell_what_they_are(void **state)
{
	static const struct {
		const char *text;
		enum named_context_kind kind;
		const char *value, *tag, *digest; /* value NULL = the directory `dir` */
	} rows[] = {
		{ "x=dir", NAMED_DIRECTORY, NULL, NULL, NULL },
		{ "x=./dir/", NAMED_DIRECTORY, NULL, NULL, NULL },
		{ "x=link", NAMED_DIRECTORY, NULL, NULL, NULL },
		{ "x=docker-image://alpine:3", NAMED_IMAGE, "alpine:3", NULL, NULL },
		{ "x=docker-image://r:5000/a@" DIGEST, NAMED_IMAGE, "r:5000/a@" DIGEST, NULL,
		  NULL },
		{ "x=oci-layout://dir", NAMED_LAYOUT, NULL, NULL, NULL },
		{ "x=oci-layout://./dir:v1", NAMED_LAYOUT, NULL, "v1", NULL },
		{ "x=oci-layout://dir@" DIGEST, NAMED_LAYOUT, NULL, NULL, DIGEST },
		{ "x=oci-layout://dir:v1@" DIGEST, NAMED_LAYOUT, NULL, "v1", DIGEST },
		{ "x=https://h/a.tar.gz", NAMED_REMOTE, "https://h/a.tar.gz", NULL, NULL },
		{ "x=https://h/a.git?ref=v1#:sub", NAMED_REMOTE, "https://h/a.git?ref=v1#:sub",
		  NULL, NULL },
		{ "x=git@h:a", NAMED_REMOTE, "git@h:a", NULL, NULL },
	};
	AUTO(freep) char *dir = NULL;

	(void)state;
	assert_int_equal(mkdir("dir", 0755), 0);
	assert_int_equal(symlink("dir", "link"), 0);
	assert_ok(fs_realpath("dir", &dir, &err_));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(named_contexts_release) struct named_contexts contexts = NAMED_CONTEXTS_INIT;
		const struct named_context *context;

		add(&contexts, rows[i].text);
		context = &contexts.items[0];
		assert_string_equal(context->name, "x");
		assert_row(context->kind == rows[i].kind, rows[i].text);
		assert_row(str_eq(context->value, rows[i].value ? rows[i].value : dir),
			   rows[i].text);
		assert_row(str_eq(context->tag, rows[i].tag), rows[i].text);
		assert_row(str_eq(context->digest, rows[i].digest), rows[i].text);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		enum err_kind kind;
	} rows[] = {
		{ "x", ERR_USAGE },
		{ "=dir", ERR_USAGE },
		{ "::linux/arm64=dir", ERR_USAGE },
		{ "x=", ERR_USAGE },
		{ "x=-", ERR_USAGE },
		{ "scratch=dir", ERR_USAGE },
		{ "x=missing", ERR_NOT_FOUND },
		{ "x=file", ERR_USAGE },
		{ "x::nonsense/at/all/x=dir", ERR_INPUT },
		{ "x=docker-image://UPPER", ERR_INPUT },
		{ "x=oci-layout://missing:v1", ERR_NOT_FOUND },
		{ "x=oci-layout://dir@sha256:12", ERR_INPUT },
		{ "x=target:base", ERR_UNSUPPORTED },
		{ "x=input:base", ERR_UNSUPPORTED },
	};

	(void)state;
	assert_int_equal(mkdir("dir", 0755), 0);
	write_text("file", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(named_contexts_release) struct named_contexts contexts = NAMED_CONTEXTS_INIT;

		err_clear(&err_);
		assert_row(named_contexts_add(&contexts, rows[i].text, &err_) < 0, rows[i].text);
		if (err_.kind != rows[i].kind)
			fail_msg("row '%s': %s", rows[i].text, err_.message);
	}
}

static const char *find(const struct named_contexts *contexts, const char *name,
			const char *platform)
{
	const struct named_context *context;
	struct platform wanted;

	assert_ok(platform_parse(platform, &wanted, &err_));
	context = named_contexts_find(contexts, name, &wanted);
	return context ? context->value : NULL;
}

static void names_find_their_context(void **state)
{
	static const struct {
		const char *name, *platform, *want;
	} rows[] = {
		{ "src", "linux/arm64", "git@h:src" },
		{ "src", "linux/arm/v7", "git@h:src-arm" },
		{ "alpine", "linux/arm64", "git@h:alpine" },
		{ "alpine:latest", "linux/arm64", "git@h:alpine" },
		{ "docker.io/library/alpine", "linux/arm64", "git@h:alpine" },
		{ "alpine:3", "linux/arm64", NULL },
		{ "only", "linux/arm64", NULL },
		{ "only", "linux/amd64", "git@h:only" },
		{ "twice", "linux/amd64", "git@h:second" },
		{ "other", "linux/amd64", NULL },
		{ "", "linux/amd64", NULL },
	};
	AUTO(named_contexts_release) struct named_contexts contexts = NAMED_CONTEXTS_INIT;

	(void)state;
	add(&contexts, "src::linux/arm/v7=git@h:src-arm");
	add(&contexts, "src=git@h:src");
	add(&contexts, "alpine=git@h:alpine");
	add(&contexts, "only::linux/amd64=git@h:only");
	add(&contexts, "twice=git@h:first");
	add(&contexts, "twice=git@h:second");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(str_eq(find(&contexts, rows[i].name, rows[i].platform), rows[i].want),
			   rows[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(values_tell_what_they_are),
		scratch_test(refuses),
		scratch_test(names_find_their_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
