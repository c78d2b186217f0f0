/* Against repositories that git(1) makes, and servers that are git's own. */
#include "context/git_source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/path.h"
#include "base/str.h"
#include "git_leaks.h"
#include "unit.h"
#include "web_server.h"

#define COMMIT_TIME 1000000000

/* --- git(1) --- */

static char *run(const char *dir, const char *command)
{
	AUTO(freep) char *line = xasprintf("cd '%s' && %s", dir, command);
	const char *const argv[] = { "/bin/sh", "-ec", line, NULL };
	AUTO(str_release) struct str out = STR_INIT;

	assert_ok(proc_check(argv, &out, &err_));
	return span_dup(span_trim(str_span(&out)));
}

static void git(const char *dir, const char *command)
{
	AUTO(freep) char *line = xasprintf("git %s", command);

	free(run(dir, line));
}

static char *commit_of(const char *name)
{
	AUTO(freep) char *command = xasprintf("git rev-parse '%s^{commit}'", name);

	return run("files/app", command);
}

/*
 * files/app: two commits on main, the tags v1 (annotated) and v2 of them, a branch `other`; a
 * program, a link and a subdirectory.
 */
static void make_repository(void)
{
	static const char script[] = "git init -q -b main app && cd app && echo one > file && "
				     "mkdir sub && echo deep > sub/leaf && "
				     "printf '#!/bin/sh\\n' > program && chmod +x program && ln -s "
				     "file link && ln -s /etc out && "
				     "git add . && git commit -qm 1 && git tag -a -m 1 v1 && "
				     "echo two > file && git commit -qam 2 && git tag v2 && "
				     "git checkout -qb other && echo other > file && git commit "
				     "-qam 3 && git checkout -q main";

	free(run("files", script));
}

static struct web_server server;
static char *top; /* absolute name of the test's directory */

static int set_up(void **state)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ "GIT_CONFIG_GLOBAL", "/dev/null" },
		{ "GIT_CONFIG_NOSYSTEM", "1" },
		{ "GIT_AUTHOR_NAME", "a" },
		{ "GIT_AUTHOR_EMAIL", "a@b" },
		{ "GIT_COMMITTER_NAME", "a" },
		{ "GIT_COMMITTER_EMAIL", "a@b" },
		{ "GIT_AUTHOR_DATE", "@1000000000 +0000" },
		{ "GIT_COMMITTER_DATE", "@1000000000 +0000" },
		{ "GIT_ALLOW_PROTOCOL", "file" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		setenv(rows[i].name, rows[i].value, 1);
	unsetenv("GIT_SSH_COMMAND");
	unsetenv("http_proxy");
	if (scratch_enter(state) < 0 || mkdir("files", 0755) < 0 || mkdir("out", 0755) < 0 ||
	    fs_realpath(".", &top, &err_) < 0)
		return -1;
	make_repository();
	return 0;
}

static int tear_down(void **state)
{
	web_server_stop(&server);
	free(top);
	top = NULL;
	return scratch_leave(state);
}

/* --- what is tested --- */

static int resolve(const char *text, struct git_revision *ret)
{
	AUTO(git_url_release) struct git_url url = GIT_URL_INIT;
	const struct git_keys keys = { .lent = NULL };

	err_clear(&err_);
	assert_ok(git_url_parse(text, &url, &err_));
	return git_source_resolve(&url, &keys, NULL, ret, &err_);
}

static int check_out(const char *text, bool keep_git_dir, const struct monitor *monitor,
		     char **ret_root)
{
	AUTO(git_url_release) struct git_url url = GIT_URL_INIT;
	AUTO(git_revision_release) struct git_revision revision = GIT_REVISION_INIT;
	const struct git_checkout checkout = {
		.url = &url,
		.revision = &revision,
		.dir = "out",
		.keep_git_dir = keep_git_dir,
		.monitor = monitor,
	};

	err_clear(&err_);
	assert_ok(git_url_parse(text, &url, &err_));
	assert_ok(git_source_resolve(&url, &checkout.keys, NULL, &revision, &err_));
	return git_source_checkout(&checkout, ret_root, &err_);
}

static void assert_file(const char *path, const char *want)
{
	AUTO(str_release) struct str text = STR_INIT;

	assert_ok(fs_read_file(AT_FDCWD, path, LIMIT_MIB, &text, &err_));
	assert_string_equal(text.ptr, want);
}

static char *app_url(const char *rest)
{
	return xasprintf("file://%s/files/app%s", top, rest);
}

static void finds_what_a_name_means(void **state)
{
	static const struct {
		const char *fragment, *commit, *ref;
	} rows[] = {
		{ "", "main", "refs/heads/main" },
		{ "#main", "main", "refs/heads/main" },
		{ "#other", "other", "refs/heads/other" },
		{ "#v1", "v1", "refs/tags/v1" },
		{ "#v2", "v2", "refs/tags/v2" },
		{ "#refs/heads/other", "other", "refs/heads/other" },
		{ "#heads/other", "other", "refs/heads/other" },
		{ "?tag=v1", "v1", "refs/tags/v1" },
		{ "?branch=other", "other", "refs/heads/other" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(git_revision_release) struct git_revision revision = GIT_REVISION_INIT;
		AUTO(freep) char *url = app_url(rows[i].fragment);
		AUTO(freep) char *want = commit_of(rows[i].commit);

		assert_ok(resolve(url, &revision));
		assert_row(str_eq(revision.commit, want), rows[i].fragment);
		assert_row(str_eq(revision.ref, rows[i].ref), rows[i].fragment);
	}
}

/* A tag goes before a branch of the same name, as for git(1). */
static void a_tag_goes_before_a_branch(void **state)
{
	AUTO(git_revision_release) struct git_revision revision = GIT_REVISION_INIT;
	AUTO(freep) char *url = app_url("#both");

	(void)state;
	git("files/app", "tag both v1");
	git("files/app", "branch both other");
	assert_ok(resolve(url, &revision));
	assert_string_equal(revision.ref, "refs/tags/both");
}

static void says_what_is_there_instead(void **state)
{
	const struct {
		const char *rest, *message, *hint;
		enum err_kind kind;
	} rows[] = {
		{ "#mian", "no branch or tag 'mian'", "did you mean 'main'?", ERR_NOT_FOUND },
		{ "#1234567", "no branch or tag '1234567'", "all 40 digits", ERR_NOT_FOUND },
		{ "?ref=main&checksum=0123456", "where the checksum says 0123456", NULL,
		  ERR_DIGEST },
		{ "-missing", "repository 'file://", NULL, ERR_NOT_FOUND },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(git_revision_release) struct git_revision revision = GIT_REVISION_INIT;
		AUTO(freep) char *url = app_url(rows[i].rest);

		assert_row(resolve(url, &revision) < 0, rows[i].rest);
		if (!strstr(err_.message, rows[i].message) || err_.kind != rows[i].kind)
			fail_msg("row '%s': %s (%d)", rows[i].rest, err_.message, err_.kind);
		assert_row(!rows[i].hint || strstr(err_.hint, rows[i].hint), rows[i].rest);
	}
}

static void an_empty_repository_is_one(void **state)
{
	AUTO(git_revision_release) struct git_revision revision = GIT_REVISION_INIT;
	AUTO(freep) char *url = xasprintf("file://%s/files/empty", top);

	(void)state;
	git("files", "init -q empty");
	assert_int_equal(resolve(url, &revision), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err_.message, "empty"));
}

static void accepts_the_hash_of_the_commit_or_of_its_tag(void **state)
{
	AUTO(freep) char *commit = commit_of("v1");
	AUTO(freep) char *tag = run("files/app", "git rev-parse v1");
	const char *const rows[] = { commit, tag };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(git_revision_release) struct git_revision revision = GIT_REVISION_INIT;
		AUTO(freep) char *rest = xasprintf("?tag=v1&checksum=%.12s", rows[i]);
		AUTO(freep) char *url = app_url(rest);

		assert_ok(resolve(url, &revision));
		assert_string_equal(revision.commit, commit);
	}
}

/* The same files whatever the umask, with the time of their commit. */
static void files_are_those_of_the_commit(void **state)
{
	AUTO(freep) char *url = app_url("#v1"), *root = NULL;
	mode_t mask = umask(0077);
	struct stat st;

	(void)state;
	assert_ok(check_out(url, false, NULL, &root));
	(void)umask(mask);
	assert_file("out/file", "one\n");
	assert_ok(fs_stat(AT_FDCWD, "out/program", &st, &err_));
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_ok(fs_stat(AT_FDCWD, "out/file", &st, &err_));
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(st.st_mtim.tv_sec, COMMIT_TIME);
	assert_ok(fs_stat(AT_FDCWD, "out/sub", &st, &err_));
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(st.st_mtim.tv_sec, COMMIT_TIME);
	assert_ok(fs_stat(AT_FDCWD, "out/link", &st, &err_));
	assert_true(S_ISLNK(st.st_mode));
	assert_ok(fs_stat(AT_FDCWD, "out", &st, &err_));
	assert_int_equal(st.st_mtim.tv_sec, COMMIT_TIME);
	assert_false(fs_exists(AT_FDCWD, "out/.git"));
}

static void a_subdirectory_is_the_root(void **state)
{
	AUTO(freep) char *url = app_url("#main:sub"), *root = NULL;
	AUTO(freep) char *want = xasprintf("%s/out/sub", top);

	(void)state;
	assert_ok(check_out(url, false, NULL, &root));
	assert_string_equal(root, want);
}

/* A link in it that leads out of it leads nowhere: there is no `etc` in the repository. */
static void a_subdirectory_does_not_lead_out(void **state)
{
	static const char *const rows[] = { "#main:out", "#main:missing", "#main:file" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *url = app_url(rows[i]), *root = NULL;

		assert_ok(fs_remove_all(AT_FDCWD, "out", &err_));
		assert_int_equal(mkdir("out", 0755), 0);
		assert_row(check_out(url, false, NULL, &root) < 0, rows[i]);
		assert_row(err_.kind == ERR_NOT_FOUND, rows[i]);
	}
}

static void keeps_a_repository_that_git_understands(void **state)
{
	AUTO(freep) char *url = app_url("#v2"), *root = NULL, *status = NULL, *head = NULL;
	AUTO(freep) char *want = commit_of("v2"), *origin = NULL, *plain = app_url("");

	(void)state;
	assert_ok(check_out(url, true, NULL, &root));
	status = run("out", "git status --porcelain");
	assert_string_equal(status, "");
	head = run("out", "git rev-parse HEAD");
	assert_string_equal(head, want);
	origin = run("out", "git remote get-url origin");
	assert_string_equal(origin, plain);
}

static void submodules_come_along(void **state)
{
	AUTO(freep) char *url = NULL, *without = NULL, *root = NULL;

	(void)state;
	git("files", "init -q -b main inner");
	git("files/inner", "-c protocol.file.allow=always submodule --quiet add ../app nested");
	git("files/inner", "commit -qm 1");
	git("files/app", "-c protocol.file.allow=always submodule --quiet add ../inner mods/inner");
	git("files/app", "commit -qm 4");
	/* app holds inner, which holds app as it was before */
	url = app_url("");
	assert_ok(check_out(url, false, NULL, &root));
	assert_file("out/mods/inner/nested/file", "two\n");
	assert_false(fs_exists(AT_FDCWD, "out/mods/inner/nested/.git"));
	assert_ok(fs_remove_all(AT_FDCWD, "out", &err_));
	assert_int_equal(mkdir("out", 0755), 0);
	without = app_url("?submodules=false");
	free(root);
	assert_ok(check_out(without, false, NULL, &root));
	assert_true(fs_exists(AT_FDCWD, "out/mods/inner"));
	assert_false(fs_exists(AT_FDCWD, "out/mods/inner/nested"));
}

/* --- servers --- */

static int free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	return ntohs(address.sin_port);
}

static bool listens(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

/* git-daemon(1), not through git(1), which would leave it behind as an orphan. */
static struct web_server start_daemon(void)
{
	struct web_server daemon = { .port = free_port() };
	AUTO(freep) char *port = xasprintf("--port=%d", daemon.port);
	AUTO(freep) char *base = xasprintf("--base-path=%s/files", top);
	AUTO(freep) char *programs = run(".", "git --exec-path");
	AUTO(freep) char *program = path_join(programs, "git-daemon");
	const char *const argv[] = { program,        port,          base, "--listen=127.0.0.1",
				     "--export-all", "--reuseaddr", NULL };
	const struct proc proc = {
		.argv = argv, .stdin_fd = PROC_NULL, .stdout_fd = PROC_NULL, .stderr_fd = PROC_NULL
	};

	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "safe.directory", 1);
	setenv("GIT_CONFIG_VALUE_0", "*", 1);
	assert_ok(proc_spawn(&proc, &daemon.pid, &err_));
	for (unsigned i = 0; i < 1000 && !listens(daemon.port); i++)
		usleep(10000);
	return daemon;
}

static void assert_brings_files(const char *url)
{
	AUTO(freep) char *root = NULL;

	assert_ok(fs_remove_all(AT_FDCWD, "out", &err_));
	assert_int_equal(mkdir("out", 0755), 0);
	assert_ok(check_out(url, false, NULL, &root));
	assert_file("out/file", "one\n");
}

static void speaks_gits_own_protocol(void **state)
{
	struct web_server daemon = start_daemon();
	AUTO(freep) char *tag = xasprintf("git://127.0.0.1:%d/app#v1", daemon.port);
	AUTO(freep) char *commit = commit_of("v1");
	AUTO(freep) char *hash = xasprintf("git://127.0.0.1:%d/app#%s", daemon.port, commit);

	(void)state;
	assert_brings_files(tag);
	assert_brings_files(hash);
	web_server_stop(&daemon);
}

/* The repository is the server's: it must not make us read our own files. */
static void a_server_cannot_name_files_of_this_machine(void **state)
{
	struct web_server daemon = start_daemon();
	AUTO(freep) char *url = xasprintf("git://127.0.0.1:%d/app", daemon.port), *root = NULL;
	AUTO(freep)
	char *add = xasprintf("-c protocol.file.allow=always submodule --quiet add "
			      "file://%s/files/app mine",
			      top);

	(void)state;
	git("files/app", add);
	git("files/app", "commit -qm 4");
	assert_int_equal(check_out(url, false, NULL, &root), -1);
	assert_int_equal(err_.kind, ERR_DENIED);
	assert_non_null(strstr(err_.message, "submodule 'mine'"));
	web_server_stop(&daemon);
}

static void speaks_http(void **state)
{
	AUTO(freep) char *url = NULL, *missing = NULL;
	AUTO(git_revision_release) struct git_revision revision = GIT_REVISION_INIT;

	(void)state;
	web_server_start(&server, "files");
	git("files", "clone -q --bare app app.git");
	url = xasprintf("http://127.0.0.1:%d/git/app.git#v1", server.port);
	assert_brings_files(url);
	missing = xasprintf("http://127.0.0.1:%d/git/none.git", server.port);
	assert_int_equal(resolve(missing, &revision), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
}

/* An ssh that writes its arguments down and runs the command here. */
static void speaks_ssh(void **state)
{
	AUTO(freep) char *program = xasprintf("%s/ssh", top);
	AUTO(freep) char *url = xasprintf("ssh://anna@host.example:2222%s/files/app#v1", top);
	AUTO(freep) char *other = xasprintf("bob@host.example:%s/files/app#v1", top);
	AUTO(freep)
	char *want = xasprintf("-o BatchMode=yes -p 2222 -l anna host.example "
			       "git-upload-pack '%s/files/app'",
			       top);
	AUTO(str_release) struct str log = STR_INIT;

	(void)state;
	write_text("ssh", "#!/bin/sh\necho \"$@\" >> \"$(dirname \"$0\")/log\"\n"
			  "for last; do :; done\nexec sh -c \"$last\"\n");
	assert_int_equal(chmod("ssh", 0755), 0);
	setenv("GIT_SSH", program, 1);
	assert_brings_files(url);
	assert_brings_files(other);
	unsetenv("GIT_SSH");
	assert_ok(fs_read_file(AT_FDCWD, "log", LIMIT_MIB, &log, &err_));
	assert_non_null(strstr(log.ptr, want));
	assert_non_null(strstr(log.ptr, "-l bob host.example"));
}

static void ssh_says_what_is_wrong(void **state)
{
	AUTO(git_revision_release) struct git_revision revision = GIT_REVISION_INIT;

	(void)state;
	setenv("GIT_SSH_COMMAND", "echo 'anna: Permission denied (publickey).' >&2; false", 1);
	assert_int_equal(resolve("anna@host.example:app", &revision), -1);
	unsetenv("GIT_SSH_COMMAND");
	assert_non_null(strstr(err_.message, "Permission denied (publickey)"));
}

static void stops_when_it_is_told_to(void **state)
{
	AUTO(freep) char *url = app_url(""), *root = NULL;
	AUTO(fd_closep) int cancel = eventfd(1, EFD_CLOEXEC);
	const struct monitor monitor = { .cancel_fd = cancel };

	(void)state;
	assert_int_equal(check_out(url, false, &monitor, &root), -1);
	assert_int_equal(err_.kind, ERR_CANCELLED);
}

/* --- repositories that git(1) would not make --- */

/* A branch `hostile` whose tree is what `git mktree` makes of the lines. */
static void make_hostile(const char *lines)
{
	AUTO(freep)
	char *script =
		xasprintf("file=$(git rev-parse main:file); sub=$(git rev-parse main:sub); "
			  "link=$(printf %%s '%s/victim' | git hash-object -w --stdin); "
			  "tree=$(printf '%s' | sed \"s/FILE/$file/;s/SUB/$sub/;s/LINK/$link/\" "
			  "| git mktree --missing); "
			  "git update-ref refs/heads/hostile $(git commit-tree -m h $tree)",
			  top, lines);

	free(run("files/app", script));
}

static void nothing_is_written_outside(void **state)
{
	static const char *const rows[] = {
		"120000 blob LINK\\ta\\n040000 tree SUB\\ta\\n",
		"040000 tree SUB\\t.git\\n100644 blob FILE\\tx\\n",
		"040000 tree SUB\\t.GIT\\n100644 blob FILE\\tx\\n",
		"040000 tree SUB\\t..\\n",
		"120000 blob LINK\\t.gitmodules\\n",
	};
	AUTO(freep) char *url = app_url("#hostile");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *root = NULL;

		assert_ok(fs_remove_all(AT_FDCWD, "out", &err_));
		assert_ok(fs_remove_all(AT_FDCWD, "victim", &err_));
		assert_int_equal(mkdir("out", 0755), 0);
		assert_int_equal(mkdir("victim", 0755), 0);
		make_hostile(rows[i]);
		/* Whether it is refused or made harmless is libgit2's to say. */
		if (check_out(url, true, NULL, &root) < 0)
			assert_non_null(err_.message);
		assert_row(!fs_exists(AT_FDCWD, "victim/leaf"), rows[i]);
		assert_row(!fs_exists(AT_FDCWD, "out/.git/leaf"), rows[i]);
		assert_row(!fs_exists(AT_FDCWD, "leaf"), rows[i]);
	}
}

#define git_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		git_test(finds_what_a_name_means),
		git_test(a_tag_goes_before_a_branch),
		git_test(says_what_is_there_instead),
		git_test(an_empty_repository_is_one),
		git_test(accepts_the_hash_of_the_commit_or_of_its_tag),
		git_test(files_are_those_of_the_commit),
		git_test(a_subdirectory_is_the_root),
		git_test(a_subdirectory_does_not_lead_out),
		git_test(keeps_a_repository_that_git_understands),
		git_test(submodules_come_along),
		git_test(speaks_gits_own_protocol),
		git_test(a_server_cannot_name_files_of_this_machine),
		git_test(speaks_http),
		git_test(speaks_ssh),
		git_test(ssh_says_what_is_wrong),
		git_test(stops_when_it_is_told_to),
		git_test(nothing_is_written_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
