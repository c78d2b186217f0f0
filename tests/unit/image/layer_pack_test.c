#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "image_unit.h"

/* Packs "tree" and compares; times of what the test makes are set to 1000000000. */
static int pack(const struct layer_pack_options *options, struct recorder *r)
{
	AUTO(fd_closep) int fd = open_dir("tree");

	recorder_init(r);
	err_clear(&err_);
	return layer_pack_dir(fd, options, &r->sink, NULL, &err_);
}

static void assert_packs(const struct layer_pack_options *options, const char *expect)
{
	AUTO(recorder_release) struct recorder r;

	assert_ok(pack(options, &r));
	assert_string_equal(r.text.ptr, expect);
}

static void set_times(void)
{
	shell("find tree -depth -exec touch -h -d @1000000000 {} +");
}

static int tree_enter(void **state)
{
	umask(022);
	return scratch_enter(state) < 0 ? -1 : mkdir("tree", 0755);
}

#define tree_test(f) cmocka_unit_test_setup_teardown(f, tree_enter, scratch_leave)

static void everything(void **state)
{
	(void)state;
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "tree/socket" };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(mkdir("tree/d", 0711), 0);
	assert_int_equal(mkdir("tree/d/empty", 0755), 0);
	write_text("tree/d/f", "text");
	write_text("tree/d.x", "");
	assert_int_equal(chmod("tree/d.x", 06755), 0);
	assert_int_equal(symlink("/no/where", "tree/link"), 0);
	assert_int_equal(mkfifo("tree/fifo", 0600), 0);
	assert_int_equal(bind(s, (struct sockaddr *)&address, sizeof(address)), 0);
	close(s);
	assert_int_equal(link("tree/d/f", "tree/z"), 0);
	assert_int_equal(link("tree/d/f", "tree/y"), 0);
	set_times();
	/* sorted by bytes: "d" and what is in it, then "d.x" */
	assert_packs(&(struct layer_pack_options){ .root = false },
		     "dir d 711 1000000000\ndir d/empty 755 1000000000\n"
		     "file d/f 644 1000000000 4\ntext\nfile d.x 6755 1000000000 0\n"
		     "fifo fifo 600 1000000000\nsymlink link -> /no/where 777 1000000000\n"
		     "hardlink y -> d/f 644 1000000000\nhardlink z -> d/f 644 1000000000\n");
}

static void root_and_exclude(void **state)
{
	(void)state;
	AUTO(strvec_release) struct strvec exclude = STRVEC_INIT;
	struct layer_pack_options options = { .root = true, .exclude = &exclude };

	assert_int_equal(mkdir("tree/a", 0755), 0);
	write_text("tree/a/in", "");
	write_text("tree/ab", "");
	write_text("tree/b", "");
	set_times();
	strvec_add(&exclude, "a");
	strvec_add(&exclude, "b");
	strvec_add(&exclude, "none");
	assert_packs(&options, "dir . 755 1000000000\nfile ab 644 1000000000 0\n");
}

static void empty_tree(void **state)
{
	(void)state;

	assert_packs(&(struct layer_pack_options){ .root = false }, "");
}

static void overlay(void **state)
{
	(void)state;
	static const char expect_upper[] =
		"dir d 755 1000000000\nopaque d\nfile d/f 644 1000000000 0\n"
		"dir e 755 1000000000\nwhiteout e/gone\nwhiteout gone\n";
	static const char expect_plain[] = "dir d 755 1000000000\nfile d/f 644 1000000000 0\n"
					   "dir e 755 1000000000\nchar e/gone 0 1000000000\n"
					   "char gone 0 1000000000\n";

	assert_int_equal(mkdir("tree/d", 0755), 0);
	assert_int_equal(mkdir("tree/e", 0755), 0);
	write_text("tree/d/f", "");
	assert_int_equal(setxattr("tree/d", "user.overlay.opaque", "y", 1, 0), 0);
	assert_int_equal(setxattr("tree/e", "user.overlay.opaque", "x", 1, 0), 0);
	assert_int_equal(setxattr("tree/d/f", "user.overlay.origin", "abc", 3, 0), 0);
	assert_int_equal(mknod("tree/gone", S_IFCHR, makedev(0, 0)), 0);
	assert_int_equal(mknod("tree/e/gone", S_IFCHR, makedev(0, 0)), 0);
	set_times();
	assert_packs(&(struct layer_pack_options){ .overlay = true }, expect_upper);
	assert_packs(&(struct layer_pack_options){ .overlay = false }, expect_plain);
}

static void overlay_that_needs_its_lower(void **state)
{
	(void)state;
	static const char *const marks[] = { "user.overlay.redirect", "user.overlay.metacopy" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		AUTO(recorder_release) struct recorder r;

		write_text("tree/f", "");
		assert_int_equal(setxattr("tree/f", marks[i], "", 0, 0), 0);
		assert_int_equal(pack(&(struct layer_pack_options){ .overlay = true }, &r), -1);
		assert_int_equal(err_.kind, ERR_UNSUPPORTED);
		assert_int_equal(unlink("tree/f"), 0);
	}
}

static void xattrs(void **state)
{
	(void)state;

	write_text("tree/f", "");
	assert_int_equal(setxattr("tree/f", "user.a", "1", 1, 0), 0);
	assert_int_equal(setxattr("tree/f", "user.overlay.x", "1", 1, 0), 0);
	if (geteuid() == 0)
		assert_int_equal(setxattr("tree/f", "trusted.a", "1", 1, 0), 0);
	set_times();
	assert_packs(&(struct layer_pack_options){ .root = false },
		     "file f 644 1000000000 [user.a=1] 0\n");
}

static void deeper_than_path_max(void **state)
{
	(void)state;
	char name[201];
	int dir = open_dir("tree");
	AUTO(recorder_release) struct recorder r;

	memset(name, 'n', 200);
	name[200] = '\0';
	for (int i = 0; i < 200; i++) {
		assert_int_equal(mkdirat(dir, name, 0755), 0);
		int next = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(dir);
		dir = next;
	}
	close(dir);
	write_text("tree/z", "");
	assert_ok(pack(&(struct layer_pack_options){ .root = false }, &r));
	/* came back from the depth */
	assert_non_null(strstr(r.text.ptr, "\nfile z "));
	assert_true(r.text.len > (size_t)200 * 200 * 100);
}

/* A sink that changes the file behind the walk's back. */
static off_t meddle_size;

static int meddle_entry(struct layer_sink *sink, const struct layer_entry *e, struct err *err)
{
	(void)sink;
	(void)e;
	(void)err;
	return truncate("tree/f", meddle_size);
}

static int meddle_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	(void)sink;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

static void file_that_changes(void **state)
{
	(void)state;
	static const off_t sizes[] = { 5, 3, 0 }; /* of four */
	struct layer_sink sink = { .entry = meddle_entry, .data = meddle_data };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		AUTO(fd_closep) int fd = open_dir("tree");

		write_text("tree/f", "text");
		meddle_size = sizes[i];
		assert_fails(layer_pack_dir(fd, &(struct layer_pack_options){ .root = false },
					    &sink, NULL, &err_),
			     ERR_INPUT);
		assert_string_equal(err_.message, "'f' changed while it was read");
		assert_non_null(err_.hint);
	}
}

static void cancelled(void **state)
{
	(void)state;
	AUTO(recorder_release) struct recorder r;
	AUTO(fd_closep) int fd = open_dir("tree");
	struct monitor monitor = MONITOR_SILENT;
	int fds[2];

	recorder_init(&r);
	write_text("tree/f", "text");
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	monitor.cancel_fd = fds[0];
	assert_fails(layer_pack_dir(fd, &(struct layer_pack_options){ .root = false }, &r.sink,
				    &monitor, &err_),
		     ERR_CANCELLED);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(everything),
		tree_test(root_and_exclude),
		tree_test(empty_tree),
		tree_test(overlay),
		tree_test(overlay_that_needs_its_lower),
		tree_test(xattrs),
		tree_test(deeper_than_path_max),
		tree_test(file_that_changes),
		tree_test(cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
