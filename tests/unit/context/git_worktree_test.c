/* The checkout that a directory is in, as git(1) makes it. */
#include "context/git_worktree.h"

#include <stdlib.h>

#include "base/proc.h"
#include "base/str.h"
#include "git_leaks.h"
#include "unit.h"

static void shell(const char *line)
{
	const char *const argv[] = { "sh", "-ec", line, NULL };

	assert_ok(proc_check(argv, NULL, &err_));
}

static void commit(void)
{
	shell("git init -q repo && cd repo && mkdir dir && echo 1 > dir/file && git add . && "
	      "git -c user.name=n -c user.email=n@example.com commit -q -m one && "
	      "git rev-parse HEAD > ../head");
}

static void assert_worktree(const char *dir, bool is_dirty, const char *source)
{
	AUTO(git_worktree_release) struct git_worktree worktree = GIT_WORKTREE_INIT;
	AUTO(str_release) struct str head = STR_INIT;

	assert_ok(fs_read_file(AT_FDCWD, "head", 100, &head, &err_));
	str_truncate(&head, 40);
	assert_ok(git_worktree_find(dir, &worktree, &err_));
	assert_string_equal(worktree.revision, head.ptr);
	assert_int_equal(worktree.is_dirty, is_dirty);
	assert_true(str_eq(worktree.source, source));
}

static void changes(void **state)
{
	(void)state;
	commit();
	assert_worktree("repo", false, NULL);
	assert_worktree("repo/dir", false, NULL);
	shell("echo '*.o' > repo/.git/info/exclude && echo > repo/dir/ignored.o");
	assert_worktree("repo", false, NULL);
	shell("echo > repo/new");
	assert_worktree("repo", true, NULL);
	shell("rm repo/new && echo 2 > repo/dir/file");
	assert_worktree("repo/dir", true, NULL);
	shell("rm repo/dir/file");
	assert_worktree("repo", true, NULL);
}

static void origins(void **state)
{
	static const struct {
		const char *origin, *source;
	} rows[] = {
		{ "https://git.example.com/a/b.git", "https://git.example.com/a/b.git" },
		{ "https://user:token@git.example.com/a/b.git", "https://git.example.com/a/b.git" },
		{ "git@git.example.com:a/b.git", "git@git.example.com:a/b.git" },
		{ "/srv/git/b.git", NULL },
		{ "file:///srv/git/b.git", NULL },
		{ "../b.git", NULL },
	};

	(void)state;
	commit();
	shell("cd repo && git remote add origin x");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep)
		char *line = xasprintf("cd repo && git remote set-url origin '%s'", rows[i].origin);

		shell(line);
		assert_worktree("repo", false, rows[i].source);
	}
}

static void assert_nothing(const char *dir)
{
	AUTO(git_worktree_release) struct git_worktree worktree = GIT_WORKTREE_INIT;

	assert_ok(git_worktree_find(dir, &worktree, &err_));
	assert_string_equal(worktree.revision, "");
	assert_null(worktree.source);
}

static void no_checkout(void **state)
{
	(void)state;
	assert_int_equal(setenv("GIT_CEILING_DIRECTORIES", "/", 1), 0);
	shell("git init -q fresh && git -C fresh remote add origin https://git.example.com/a.git");
	assert_nothing("fresh");
	assert_nothing("/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(changes),
		scratch_test(origins),
		scratch_test(no_checkout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
