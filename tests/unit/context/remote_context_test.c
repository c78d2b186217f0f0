#include "context/remote_context.h"

#include <sys/eventfd.h>

#include "base/path.h"
#include "git_leaks.h"
#include "unit.h"
#include "web_server.h"

static struct store *store;
static struct web_server server;

static int set_up(void **state)
{
	if (scratch_enter(state) < 0 || mkdir("files", 0755) < 0)
		return -1;
	unsetenv("http_proxy");
	return store_open("store", &store, &err_);
}

static int tear_down(void **state)
{
	web_server_stop(&server);
	store_closep(&store);
	return scratch_leave(state);
}

static void run(const char *command)
{
	const char *const argv[] = { "/bin/sh", "-ec", command, NULL };

	assert_ok(proc_check(argv, NULL, &err_));
}

static int load(const char *source, int stdin_fd, struct remote_context *ret)
{
	const struct remote_context_request request = { .source = source,
							.stdin_fd = stdin_fd,
							.store = store };

	err_clear(&err_);
	return remote_context_load(&request, ret, &err_);
}

static int load_file(const char *path, struct remote_context *ret)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return load("-", fd, ret);
}

static void assert_holds(const struct remote_context *context, const char *path, const char *want)
{
	AUTO(str_release) struct str text = STR_INIT;

	assert_ok(remote_context_read(context->dir, path, LIMIT_MIB, &text, &err_));
	assert_string_equal(text.ptr, want);
}

static void what_is_no_directory_here(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{ "-", true },       { "http://h/x", true },     { "https://h/a.git", true },
		{ "git@h:x", true }, { "github.com/o/r", true }, { "github.com/here", false },
		{ ".", false },      { "missing", false },
	};

	(void)state;
	assert_ok(fs_mkdir_all(AT_FDCWD, "github.com/here", 0755, &err_));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(remote_context_is(rows[i].text) == rows[i].want, rows[i].text);
}

static void a_dockerfile_on_stdin(void **state)
{
	AUTO(remote_context_release) struct remote_context context = REMOTE_CONTEXT_INIT;

	(void)state;
	write_text("input", "FROM scratch\n");
	assert_ok(load_file("input", &context));
	assert_true(context.is_dockerfile);
	assert_string_equal(context.dockerfile.ptr, "FROM scratch\n");
	/* rmdir: it is empty */
	assert_int_equal(rmdir(context.dir), 0);
}

static void an_archive_on_stdin(void **state)
{
	static const char *const rows[] = { "cf", "czf", "cjf", "cJf", "--zstd -cf" };

	(void)state;
	run("mkdir tree && echo x > tree/Dockerfile && mkdir tree/sub && echo y > tree/sub/leaf");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(remote_context_release) struct remote_context context = REMOTE_CONTEXT_INIT;
		AUTO(freep) char *command = xasprintf("tar %s input -C tree .", rows[i]);

		run(command);
		assert_ok(load_file("input", &context));
		assert_row(!context.is_dockerfile, rows[i]);
		assert_holds(&context, "Dockerfile", "x\n");
		assert_holds(&context, "sub/leaf", "y\n");
	}
}

static void files_go_when_it_is_released(void **state)
{
	struct remote_context context = REMOTE_CONTEXT_INIT;
	AUTO(freep) char *dir = NULL;

	(void)state;
	write_text("input", "FROM scratch\n");
	assert_ok(load_file("input", &context));
	dir = xstrdup(context.dir);
	assert_true(fs_exists(AT_FDCWD, dir));
	remote_context_release(&context);
	assert_false(fs_exists(AT_FDCWD, dir));
}

static void refuses(void **state)
{
	AUTO(remote_context_release) struct remote_context context = REMOTE_CONTEXT_INIT;

	(void)state;
	write_text("input", "");
	assert_int_equal(load_file("input", &context), -1);
	assert_non_null(strstr(err_.message, "it is empty"));
	run("head -c 17000000 /dev/zero | tr '\\0' x > input");
	assert_int_equal(load_file("input", &context), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
}

/* Archives that tar(1) would not make, one line of Python each. */
static void nothing_is_written_outside(void **state)
{
	static const struct {
		const char *name, *members;
	} rows[] = {
		{ "dotdot", "f('../victim/x')" },
		{ "absolute", "f('/../../../victim/x')" },
		{ "link", "l('out', os.path.abspath('victim')); f('out/x')" },
		{ "relative link", "l('out', '../../../../victim'); f('out/x')" },
		{ "hard link out", "h('x', os.path.abspath('victim/secret'))" },
		{ "hard link up", "h('x', '../../../../victim/secret')" },
	};

	(void)state;
	assert_int_equal(mkdir("victim", 0755), 0);
	write_text("victim/secret", "secret");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(remote_context_release) struct remote_context context = REMOTE_CONTEXT_INIT;
		AUTO(str_release) struct str text = STR_INIT;
		AUTO(freep)
		char *script = xasprintf("import io, os, tarfile\n"
					 "t = tarfile.open('input', 'w')\n"
					 "def add(name, kind, link=''):\n"
					 "    m = tarfile.TarInfo(name); m.type = kind; m.linkname "
					 "= link; t.addfile(m)\n"
					 "def f(name): add(name, tarfile.REGTYPE)\n"
					 "def l(name, to): add(name, tarfile.SYMTYPE, to)\n"
					 "def h(name, to): add(name, tarfile.LNKTYPE, to)\n"
					 "%s\nt.close()\n",
					 rows[i].members);
		const char *const argv[] = { "/usr/bin/python3", "-c", script, NULL };
		struct stat st;

		assert_ok(proc_check(argv, NULL, &err_));
		if (load_file("input", &context) == 0)
			assert_row(remote_context_read(context.dir, "x", LIMIT_MIB, &text, NULL) <
						   0 ||
					   strstr(text.ptr, "secret") == NULL,
				   rows[i].name);
		assert_row(!fs_exists(AT_FDCWD, "victim/x"), rows[i].name);
		assert_ok(fs_stat(AT_FDCWD, "victim/secret", &st, &err_));
		assert_row(st.st_nlink == 1, rows[i].name);
	}
}

static void everything_is_ours_and_no_device(void **state)
{
	AUTO(remote_context_release) struct remote_context context = REMOTE_CONTEXT_INIT;
	static const char script[] = "import tarfile\n"
				     "t = tarfile.open('input', 'w')\n"
				     "def add(name, kind):\n"
				     "    m = tarfile.TarInfo(name); m.type = kind; m.uid = m.gid "
				     "= 12345; m.mode = 0o640\n"
				     "    t.addfile(m)\n"
				     "add('file', tarfile.REGTYPE)\n"
				     "add('null', tarfile.CHRTYPE)\n"
				     "add('pipe', tarfile.FIFOTYPE)\n"
				     "t.close()\n";
	const char *const argv[] = { "/usr/bin/python3", "-c", script, NULL };
	AUTO(freep) char *file = NULL, *device = NULL, *fifo = NULL;
	struct stat st;

	(void)state;
	assert_ok(proc_check(argv, NULL, &err_));
	assert_ok(load_file("input", &context));
	file = path_join(context.dir, "file");
	device = path_join(context.dir, "null");
	fifo = path_join(context.dir, "pipe");
	assert_ok(fs_stat(AT_FDCWD, file, &st, &err_));
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_false(fs_exists(AT_FDCWD, device));
	assert_false(fs_exists(AT_FDCWD, fifo));
}

static void links_lead_nowhere(void **state)
{
	AUTO(str_release) struct str text = STR_INIT;

	(void)state;
	assert_int_equal(mkdir("dir", 0755), 0);
	write_text("dir/inside", "inside");
	assert_int_equal(symlink("/etc/passwd", "dir/absolute"), 0);
	assert_int_equal(symlink("../../../../../../../../../../etc/passwd", "dir/up"), 0);
	assert_int_equal(symlink("/inside", "dir/own"), 0);
	assert_int_equal(remote_context_read("dir", "absolute", LIMIT_MIB, &text, &err_), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
	assert_int_equal(remote_context_read("dir", "up", LIMIT_MIB, &text, &err_), -1);
	assert_ok(remote_context_read("dir", "own", LIMIT_MIB, &text, &err_));
	assert_string_equal(text.ptr, "inside");
}

static void from_a_web_server(void **state)
{
	AUTO(freep) char *file = NULL, *archive = NULL, *missing = NULL;

	(void)state;
	write_text("files/Dockerfile", "FROM scratch\n");
	run("mkdir tree && echo x > tree/Dockerfile && tar czf files/tree.tgz -C tree .");
	web_server_start(&server, "files");
	file = web_server_url(&server, "Dockerfile?raw=1");
	archive = web_server_url(&server, "tree.tgz");
	missing = web_server_url(&server, "missing");
	for (unsigned i = 0; i < 2; i++) {
		AUTO(remote_context_release) struct remote_context plain = REMOTE_CONTEXT_INIT;
		AUTO(remote_context_release) struct remote_context tree = REMOTE_CONTEXT_INIT;
		AUTO(remote_context_release) struct remote_context none = REMOTE_CONTEXT_INIT;

		assert_ok(load(file, -1, &plain));
		assert_true(plain.is_dockerfile);
		assert_string_equal(plain.dockerfile.ptr, "FROM scratch\n");
		assert_ok(load(archive, -1, &tree));
		assert_false(tree.is_dockerfile);
		assert_holds(&tree, "Dockerfile", "x\n");
		assert_int_equal(load(missing, -1, &none), -1);
		assert_int_equal(err_.kind, ERR_NOT_FOUND);
	}
	/* the second time nothing was sent again */
	assert_int_equal(web_server_count("GET /tree.tgz 200"), 1);
	assert_int_equal(web_server_count("GET /tree.tgz 304"), 1);
}

static void from_a_repository(void **state)
{
	AUTO(remote_context_release) struct remote_context context = REMOTE_CONTEXT_INIT;
	AUTO(freep) char *here = NULL, *url = NULL;

	(void)state;
	run("git init -q -b main app && cd app && mkdir sub && echo x > sub/Dockerfile && git add "
	    ". "
	    "&& git -c user.name=a -c user.email=a@b commit -qm 1");
	assert_ok(fs_realpath(".", &here, &err_));
	url = xasprintf("file://%s/app#main:sub", here);
	assert_ok(load(url, -1, &context));
	assert_holds(&context, "Dockerfile", "x\n");
}

static void stops_when_it_is_told_to(void **state)
{
	AUTO(remote_context_release) struct remote_context context = REMOTE_CONTEXT_INIT;
	AUTO(fd_closep) int cancel = eventfd(1, EFD_CLOEXEC), from = -1, to = -1;
	const struct monitor monitor = { .cancel_fd = cancel };
	struct remote_context_request request = { .source = "-",
						  .store = store,
						  .monitor = &monitor };

	(void)state;
	assert_ok(fd_pipe(&from, &to, &err_));
	request.stdin_fd = from;
	assert_int_equal(remote_context_load(&request, &context, &err_), -1);
	assert_int_equal(err_.kind, ERR_CANCELLED);
}

#define store_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(what_is_no_directory_here),
		store_test(a_dockerfile_on_stdin),
		store_test(an_archive_on_stdin),
		store_test(files_go_when_it_is_released),
		store_test(refuses),
		store_test(nothing_is_written_outside),
		store_test(everything_is_ours_and_no_device),
		scratch_test(links_lead_nowhere),
		store_test(from_a_web_server),
		store_test(from_a_repository),
		store_test(stops_when_it_is_told_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
