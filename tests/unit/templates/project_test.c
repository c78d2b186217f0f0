/* Templates from directories, what they make, and what they must not reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "templates/project.h"

#define HEAD "name: t\nsummary: T\n"

struct fixture {
	char *dir; /* with the directories t, the template, and p, the project */
	struct template *template;
	struct strmap values;
	struct project project;
	struct err err;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	*state = f;
	if (fs_make_temp_dir(AT_FDCWD, "/tmp/project_test-", &f->dir, NULL) < 0 ||
	    chdir(f->dir) < 0)
		return -1;
	return mkdir("t", 0755) < 0 || mkdir("p", 0755) < 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int status = chdir("/") < 0 || fs_remove_all(AT_FDCWD, f->dir, NULL) < 0;

	project_release(&f->project);
	strmap_release(&f->values);
	template_free(f->template);
	err_release(&f->err);
	free(f->dir);
	free(f);
	return status;
}

static void put(const char *path, const char *text)
{
	AUTO(freep) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	assert_int_equal(fs_mkdir_all(AT_FDCWD, dir, 0755, NULL), 0);
	assert_int_equal(fs_write_file_atomic(AT_FDCWD, path, text, strlen(text), 0644, NULL), 0);
}

/* From what is in t, with the name "demo" and the template's own defaults. */
static int render(struct fixture *f)
{
	if (template_load_dir("t", &f->template, &f->err) < 0)
		return -1;
	template_set_builtins(f->template, NULL, "demo", "reg.example.com/team", &f->values);
	VEC_FOREACH(variable, &f->template->variables) {
		const char *kept = NULL;

		if (template_variable_check(variable, variable->fallback, &kept, &f->err) < 0)
			return -1;
		strmap_set(&f->values, variable->name, kept);
	}
	return project_render(f->template, &f->values, &f->project, &f->err);
}

static void assert_refused(struct fixture *f, const char *message)
{
	if (!f->err.message || !strstr(f->err.message, message))
		fail_msg("no '%s' in:\n%s", message, f->err.message ? f->err.message : "success");
}

static void test_a_project(void **state)
{
	struct fixture *f = *state;

	put("t/template.yaml", HEAD "variables:\n  web: { type: boolean, default: no }\n"
				    "files:\n  - { path: web/, if: web }\n"
				    "  - { path: raw.txt, verbatim: true }\n");
	put("t/src/{{ name }}.c", "{{ image }}\n");
	put("t/web/page.html", "x");
	put("t/raw.txt", "{{ whatever }}\n");
	put("t/run.sh", "#!/bin/sh\n");
	put("t/.git/config", "{{ not looked at }}");
	if (render(f) < 0)
		fail_msg("%s", f->err.message);
	assert_int_equal(f->project.len, 3);
	assert_string_equal(f->project.items[0].path, "raw.txt");
	assert_string_equal(f->project.items[0].text, "{{ whatever }}\n");
	assert_string_equal(f->project.items[1].path, "run.sh");
	assert_int_equal(f->project.items[1].mode, 0755);
	assert_string_equal(f->project.items[2].path, "src/demo.c");
	assert_string_equal(f->project.items[2].text, "reg.example.com/team/demo\n");
	assert_int_equal(f->project.items[2].mode, 0644);
}

/* A file name is rendered after it was looked at: the result is what counts. */
static void test_names_stay_within(void **state)
{
	static const struct {
		const char *value, *message;
	} rows[] = {
		{ "../x", "'../x' is outside of the project" },
		{ "a/../../x", "is outside of the project" },
		{ "/etc/x", "is outside of the project" },
		{ "..", "is outside of the project" },
		{ "a/../b", "is no name of a file" },
		{ "a//b", "is no name of a file" },
		{ "a/", "is no name of a file" },
		{ ".", "is no name of a file" },
		{ "", "is no name of a file" },
		{ ".git/hooks/post-checkout", "what is in .git is not a template's" },
		{ "a/.GIT/config", "what is in .git is not a template's" },
		{ "a\nb", "a path must be one line" },
		{ "\033c", "a path must be one line" },
		{ "other", "two files become 'other'" },
	};
	struct fixture *f = *state;

	put("t/template.yaml", HEAD "variables: { v: { default: x } }\n");
	put("t/other", "");
	put("t/{{ v }}", "");
	assert_int_equal(render(f), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		project_release(&f->project);
		err_clear(&f->err);
		strmap_set(&f->values, "v", rows[i].value);
		if (project_render(f->template, &f->values, &f->project, &f->err) == 0)
			fail_msg("not refused: '%s'", rows[i].value);
		assert_refused(f, rows[i].message);
	}
}

static void test_links_are_refused(void **state)
{
	struct fixture *f = *state;

	put("t/template.yaml", HEAD);
	assert_int_equal(symlink("/etc/passwd", "t/link"), 0);
	assert_int_equal(render(f), -1);
	assert_refused(f, "'link' is a symbolic link");
}

static void test_special_files_are_refused(void **state)
{
	struct fixture *f = *state;

	put("t/template.yaml", HEAD);
	put("t/a/b", "");
	assert_int_equal(mkfifo("t/a/pipe", 0644), 0);
	assert_int_equal(render(f), -1);
	assert_refused(f, "'a/pipe' is a special file");
}

static void test_nothing_is_written_through_links(void **state)
{
	AUTO(strvec_release) struct strvec existing = STRVEC_INIT;
	struct fixture *f = *state;

	put("t/template.yaml", HEAD);
	put("t/src/main.c", "new");
	put("outside/main.c", "old");
	assert_int_equal(symlink("../outside", "p/src"), 0);
	assert_int_equal(render(f), 0);
	assert_int_equal(project_find_existing(&f->project, "p", &existing, &f->err), -1);
	assert_refused(f, "'src' is in the way: it is no directory");
}

static void test_existing_files_are_found(void **state)
{
	AUTO(strvec_release) struct strvec existing = STRVEC_INIT;
	struct fixture *f = *state;

	put("t/template.yaml", HEAD);
	put("t/a", "new");
	put("t/b/c", "new");
	put("t/d", "new");
	put("p/b/c", "old");
	put("p/d", "old");
	assert_int_equal(render(f), 0);
	assert_int_equal(project_find_existing(&f->project, "p", &existing, &f->err), 0);
	assert_int_equal(existing.len, 2);
	assert_string_equal(existing.items[0], "b/c");
	assert_string_equal(existing.items[1], "d");
	strvec_clear(&existing);
	assert_int_equal(project_find_existing(&f->project, "none", &existing, &f->err), 0);
	assert_int_equal(existing.len, 0);
}

static void test_writing(void **state)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct fixture *f = *state;
	struct stat st;

	put("t/template.yaml", HEAD);
	put("t/b/run", "#!/bin/sh\n");
	assert_int_equal(render(f), 0);
	assert_int_equal(project_write(&f->project, "p/deep/new", false, &f->err), 0);
	assert_int_equal(fs_read_file(AT_FDCWD, "p/deep/new/b/run", 100, &text, &f->err), 0);
	assert_string_equal(text.ptr, "#!/bin/sh\n");
	assert_int_equal(stat("p/deep/new/b/run", &st), 0);
	assert_true(st.st_mode & S_IXUSR);

	put("p/deep/new/b/run", "mine\n");
	assert_int_equal(project_write(&f->project, "p/deep/new", false, &f->err), -1);
	assert_int_equal(f->err.errnum, EEXIST);
	assert_int_equal(fs_read_file(AT_FDCWD, "p/deep/new/b/run", 100, &text, &f->err), 0);
	assert_string_equal(text.ptr, "mine\n");
	err_clear(&f->err);
	assert_int_equal(project_write(&f->project, "p/deep/new", true, &f->err), 0);
	assert_int_equal(fs_read_file(AT_FDCWD, "p/deep/new/b/run", 100, &text, &f->err), 0);
	assert_string_equal(text.ptr, "#!/bin/sh\n");
}

static void test_manifests_that_are_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "summary: T\n", "'name' is missing" },
		{ HEAD "sumary: x\n", "did you mean 'summary'?" },
		{ HEAD "hooks: { post: rm -rf / }\n",
		  "t/template.yaml:3:8: error: hooks are refused: a template runs no command" },
		{ HEAD "platforms: [linux/toaster]\n", "toaster" },
		{ HEAD "peripherals: [laser]\n", "unknown peripheral 'laser'" },
		{ HEAD "variables: { Name: {} }\n", "'Name' is no name" },
		{ HEAD "variables: { 1a: {} }\n", "'1a' is no name" },
		{ HEAD "variables: { name: {} }\n", "every template has 'name' already" },
		{ HEAD "variables: { a: { type: number } }\n", "'number' is no type" },
		{ HEAD "variables: { a: { type: choice } }\n",
		  "'choices' and the type 'choice' belong together" },
		{ HEAD "variables: { a: { type: text, choices: [b] } }\n", "belong together" },
		{ HEAD "variables: { a: { if: b }, b: {} }\n", "unknown variable 'b'" },
		{ HEAD "variables: { a: { default: '{{ b }}' } }\n", "unknown variable 'b'" },
		{ HEAD "files: [{ path: nothing }]\n", "the template has no file 'nothing'" },
		{ HEAD "files: [{ path: f, if: q }]\n", "unknown variable 'q'" },
		{ HEAD "files: [{ if: name }]\n", "'path' is missing" },
		{ HEAD "---\n" HEAD, "a manifest is one document" },
	};
	struct fixture *f = *state;

	put("t/f", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		err_clear(&f->err);
		put("t/template.yaml", rows[i].text);
		if (template_load_dir("t", &f->template, &f->err) == 0)
			fail_msg("not refused:\n%s", rows[i].text);
		assert_int_equal(f->err.kind, ERR_INPUT);
		assert_refused(f, rows[i].message);
	}
}

static void test_no_manifest(void **state)
{
	struct fixture *f = *state;

	put("t/f", "");
	assert_int_equal(render(f), -1);
	assert_int_equal(f->err.kind, ERR_NOT_FOUND);
}

static void test_values_of_variables(void **state)
{
	static const struct {
		const char *variable, *value, *kept; /* NULL = refused */
	} rows[] = {
		{ "text", "any thing", "any thing" },
		{ "text", "", "" },
		{ "text", "a\nb", NULL },
		{ "number", "17", "17" },
		{ "number", "-1", NULL },
		{ "number", "0x10", NULL },
		{ "number", "", NULL },
		{ "flag", "Yes", "true" },
		{ "flag", "n", "false" },
		{ "flag", "maybe", NULL },
		{ "one", "b", "b" },
		{ "one", "c", NULL },
	};
	struct fixture *f = *state;

	put("t/template.yaml",
	    HEAD "variables: { text: {}, number: { type: integer }, flag: { type: boolean }, "
		 "one: { choices: [a, b] } }\n");
	assert_int_equal(template_load_dir("t", &f->template, &f->err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *kept = NULL;
		int status =
			template_variable_check(template_variable(f->template, rows[i].variable),
						rows[i].value, &kept, NULL);

		if (status != (rows[i].kept ? 0 : -1))
			fail_msg("%s = '%s'", rows[i].variable, rows[i].value);
		if (rows[i].kept)
			assert_string_equal(kept, rows[i].kept);
	}
}

static void test_names_of_projects(void **state)
{
	static const struct {
		const char *text, *name;
	} rows[] = {
		{ "demo", "demo" },
		{ "My Project", "my-project" },
		{ "7-segment.v2", "segment-v2" },
		{ "a__b--c-", "a-b-c" },
		{ "...", "app" },
		{ "Null", "app" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *name = project_name_like(rows[i].text);

		assert_string_equal(name, rows[i].name);
		assert_int_equal(project_check_name(name, NULL), 0);
	}
	assert_int_equal(project_check_name("", NULL), -1);
	assert_int_equal(project_check_name("true", NULL), -1);
	assert_int_equal(project_check_name("a-", NULL), -1);
	assert_int_equal(project_check_name("A", NULL), -1);
	assert_int_equal(project_check_name("a/b", NULL), -1);
}

#define in_directory(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(test_a_project),
		in_directory(test_names_stay_within),
		in_directory(test_links_are_refused),
		in_directory(test_special_files_are_refused),
		in_directory(test_nothing_is_written_through_links),
		in_directory(test_existing_files_are_found),
		in_directory(test_writing),
		in_directory(test_manifests_that_are_refused),
		in_directory(test_no_manifest),
		in_directory(test_values_of_variables),
		cmocka_unit_test(test_names_of_projects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
