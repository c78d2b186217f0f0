#include "context/git_url.h"

#include "base/str.h"
#include "unit.h"

#define HASH "0123456789abcdef0123456789abcdef01234567"

static void repositories_and_other_things(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{ "https://github.com/moby/buildkit.git", true },
		{ "https://example.com/a.git#main:sub", true },
		{ "https://example.com/a.git?ref=v1", true },
		{ "http://example.com/a.git", true },
		{ "https://example.com/a.tar.gz", false },
		{ "https://example.com/a.tar.gz#x.git", false },
		{ "https://example.com/?x=a.git", false },
		{ "git://example.com/a", true },
		{ "ssh://git@example.com:22/a", true },
		{ "file:///srv/a", true },
		{ "git@github.com:moby/buildkit.git", true },
		{ "anna_1@host-2.example.com:a", true },
		{ "github.com/moby/buildkit", true },
		{ "example.com/moby/buildkit", false },
		{ "git@host", false },
		{ "git@host:", false },
		{ "git@-oProxyCommand:x", false },
		{ "dir/git@host:x", false },
		{ "@host:x", false },
		{ "./a.git", false },
		{ "a.git", false },
		{ ".", false },
		{ "-", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(git_url_is(rows[i].text) == rows[i].want, rows[i].text);
}

static void what_is_wanted_of_it(void **state)
{
	static const struct {
		const char *text, *remote, *ref, *subdir, *checksum;
	} rows[] = {
		{ "https://h/a.git", "https://h/a.git", NULL, NULL, NULL },
		{ "https://h/a.git#v1", "https://h/a.git", "v1", NULL, NULL },
		{ "https://h/a.git#v1:sub/dir", "https://h/a.git", "v1", "sub/dir", NULL },
		{ "https://h/a.git#:sub", "https://h/a.git", NULL, "sub", NULL },
		{ "https://h/a.git#v1:/", "https://h/a.git", "v1", NULL, NULL },
		{ "https://h/a.git#v1:../../etc", "https://h/a.git", "v1", "etc", NULL },
		{ "https://h/a.git#", "https://h/a.git", NULL, NULL, NULL },
		{ "https://h/a.git#refs/pull/7/head", "https://h/a.git", "refs/pull/7/head", NULL,
		  NULL },
		{ "github.com/o/r#v1", "https://github.com/o/r", "v1", NULL, NULL },
		{ "git@h:o/r.git#main:x", "git@h:o/r.git", "main", "x", NULL },
		{ "https://h/a.git?ref=v1&subdir=x", "https://h/a.git", "v1", "x", NULL },
		{ "https://h/a.git?branch=main", "https://h/a.git", "refs/heads/main", NULL, NULL },
		{ "https://h/a.git?tag=v1", "https://h/a.git", "refs/tags/v1", NULL, NULL },
		{ "https://h/a.git?ref=feature%2Fx", "https://h/a.git", "feature/x", NULL, NULL },
		{ "https://h/a.git?ref=v1#v1:x", "https://h/a.git", "v1", "x", NULL },
		{ "https://h/a.git?ref=v1&checksum=ABCDEF0", "https://h/a.git", "v1", NULL,
		  "abcdef0" },
		{ "https://h/a.git?commit=" HASH, "https://h/a.git", HASH, NULL, HASH },
		{ "https://h/a.git?commit=" HASH "#main", "https://h/a.git", "main", NULL, HASH },
		{ "https://h/a.git?commit=" HASH "&fetch-by-commit=1#main", "https://h/a.git", HASH,
		  NULL, HASH },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(git_url_release) struct git_url url = GIT_URL_INIT;

		assert_ok(git_url_parse(rows[i].text, &url, &err_));
		assert_row(str_eq(url.remote, rows[i].remote), rows[i].text);
		assert_row(str_eq(url.ref, rows[i].ref), rows[i].text);
		assert_row(str_eq(url.subdir, rows[i].subdir), rows[i].text);
		assert_row(str_eq(url.checksum, rows[i].checksum), rows[i].text);
	}
}

static void switches(void **state)
{
	AUTO(git_url_release) struct git_url plain = GIT_URL_INIT;
	AUTO(git_url_release) struct git_url set = GIT_URL_INIT;
	AUTO(git_url_release) struct git_url off = GIT_URL_INIT;

	(void)state;
	assert_ok(git_url_parse("https://h/a.git", &plain, &err_));
	assert_false(plain.keep_git_dir || plain.keep_git_dir_set || plain.without_submodules ||
		     plain.checkout_times);
	assert_ok(git_url_parse("https://h/a.git?keep-git-dir&submodules=false&mtime=checkout",
				&set, &err_));
	assert_true(set.keep_git_dir && set.keep_git_dir_set && set.without_submodules &&
		    set.checkout_times);
	assert_ok(git_url_parse("https://h/a.git?keep-git-dir=0&submodules=1&mtime=commit", &off,
				&err_));
	assert_true(!off.keep_git_dir && off.keep_git_dir_set && !off.without_submodules &&
		    !off.checkout_times);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *message, *hint;
	} rows[] = {
		{ "https://h/a.git?reff=x", "unknown option 'reff'", "did you mean 'ref'?" },
		{ "https://h/a.git?ref=a&ref=b", "given twice, as 'a' and as 'b'", NULL },
		{ "https://h/a.git?ref=a#b", "given twice", NULL },
		{ "https://h/a.git?tag=a&branch=a", "given twice", NULL },
		{ "https://h/a.git?subdir=a#b:c", "the subdirectory is given twice", NULL },
		{ "https://h/a.git?checksum=xyz", "not the hash of a commit", "rev-parse" },
		{ "https://h/a.git?checksum=sha256:00", "not the hash of a commit", NULL },
		{ "https://h/a.git?keep-git-dir=maybe", "true or false, not 'maybe'", NULL },
		{ "https://h/a.git?mtime=now", "checkout or commit, not 'now'", NULL },
		{ "https://h/a.git#--upload-pack=x", "cannot be a branch", NULL },
		{ "https://h/a.git#a..b", "cannot be a branch", NULL },
		{ "https://h/a.git?ref=a%0ab", "cannot be a branch", NULL },
		{ "https://h/a.git?ref=", "is empty", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct git_url url = GIT_URL_INIT;

		err_clear(&err_);
		assert_row(git_url_parse(rows[i].text, &url, &err_) < 0, rows[i].text);
		assert_row(err_.kind == ERR_INPUT, rows[i].text);
		if (!strstr(err_.message, rows[i].message))
			fail_msg("row '%s': %s", rows[i].text, err_.message);
		assert_row(!rows[i].hint || strstr(err_.hint, rows[i].hint), rows[i].text);
	}
}

static void shows_no_secrets(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "https://anna:sesame@h/a.git", "https://h/a.git" },
		{ "https://token@h/a.git#x", "https://h/a.git" },
		{ "https://h/a@b.git", "https://h/a@b.git" },
		{ "ssh://git@h:22/a", "ssh://git@h:22/a" },
		{ "ssh://git:sesame@h/a", "ssh://git@h/a" },
		{ "git@h:a", "git@h:a" },
		{ "file:///srv/a", "file:///srv/a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(git_url_release) struct git_url url = GIT_URL_INIT;
		AUTO(freep) char *shown = NULL;

		assert_ok(git_url_parse(rows[i].text, &url, &err_));
		shown = git_url_shown(&url);
		assert_row(str_eq(shown, rows[i].want), rows[i].text);
	}
}

static void a_checksum_from_elsewhere(void **state)
{
	AUTO(git_url_release) struct git_url url = GIT_URL_INIT;

	(void)state;
	assert_ok(git_url_parse("https://h/a.git?checksum=abcdef0", &url, &err_));
	assert_ok(git_url_set_checksum(&url, "ABCDEF0", &err_));
	assert_int_equal(git_url_set_checksum(&url, "1234567", &err_), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(repositories_and_other_things),
		scratch_test(what_is_wanted_of_it),
		scratch_test(switches),
		scratch_test(refuses),
		scratch_test(shows_no_secrets),
		scratch_test(a_checksum_from_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
