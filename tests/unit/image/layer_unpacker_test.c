#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "image_unit.h"

static struct layer_unpacker *u_;
static struct layer_sink *sink_;
static int root_ = -1;

/* A directory to unpack into, and one beside it that must stay as it is. */
static int unpack_enter(void **state)
{
	umask(022);
	if (scratch_enter(state) < 0 || mkdir("root", 0755) < 0 || mkdir("outside", 0755) < 0)
		return -1;
	write_text("outside/file", "untouched");
	root_ = open_dir("root");
	u_ = layer_unpacker_new(root_, &err_);
	sink_ = u_ ? layer_unpacker_sink(u_) : NULL;
	return u_ ? 0 : -1;
}

static int unpack_leave(void **state)
{
	AUTO(str_release) struct str text = STR_INIT;
	bool untouched = fs_read_file(AT_FDCWD, "outside/file", 100, &text, NULL) == 0 &&
			 strcmp(text.ptr, "untouched") == 0 && rmdir("outside") < 0 &&
			 unlink("outside/file") == 0 && rmdir("outside") == 0;

	layer_unpacker_freep(&u_);
	fd_closep(&root_);
	return scratch_leave(state) == 0 && untouched ? 0 : -1;
}

#define unpack_test(f) cmocka_unit_test_setup_teardown(f, unpack_enter, unpack_leave)

static void assert_text(const char *path, const char *expect)
{
	AUTO(str_release) struct str text = STR_INIT;

	assert_ok(fs_read_file(AT_FDCWD, path, 1000, &text, &err_));
	assert_string_equal(text.ptr, expect);
}

static struct stat stat_of(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		fail_msg("'%s' is not there", path);
	return st;
}

static bool is_opaque(const char *path)
{
	char value[2] = "";

	return getxattr(path, "user.overlay.opaque", value, sizeof(value)) == 1 && value[0] == 'y';
}

static bool is_whiteout(const char *path)
{
	struct stat st = stat_of(path);

	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0);
}

static void everything(void **state)
{
	(void)state;
	struct layer_entry root = entry_of(LAYER_DIR, ".");

	root.mode = 0711;
	assert_ok(sink_->entry(sink_, &root, &err_));
	send_entry(sink_, LAYER_DIR, "d", NULL);
	send_entry(sink_, LAYER_FILE, "d/f", "text");
	send_entry(sink_, LAYER_FILE, "d/empty", NULL);
	send_entry(sink_, LAYER_HARDLINK, "z", "d/f");
	send_entry(sink_, LAYER_SYMLINK, "l", "/etc/passwd");
	send_entry(sink_, LAYER_HARDLINK, "l2", "l");
	send_entry(sink_, LAYER_FIFO, "fifo", NULL);
	send_entry(sink_, LAYER_FILE, "no/parents/f", "x");
	assert_ok(layer_unpacker_finish(u_, &err_));

	assert_text("root/d/f", "text");
	assert_text("root/no/parents/f", "x");
	assert_int_equal(stat_of("root/z").st_ino, stat_of("root/d/f").st_ino);
	assert_int_equal(stat_of("root/l").st_ino, stat_of("root/l2").st_ino);
	assert_true(S_ISLNK(stat_of("root/l2").st_mode));
	assert_true(S_ISFIFO(stat_of("root/fifo").st_mode));
	assert_int_equal(stat_of("root").st_mode & 07777, 0711);
	assert_int_equal(stat_of("root/d/f").st_mode & 07777, 0644);
	assert_int_equal(stat_of("root/no").st_mode & 07777, 0755);
	static const char *const timed[] = { "root",         "root/d", "root/d/f",
					     "root/d/empty", "root/l", "root/fifo" };
	for (size_t i = 0; i < ARRAY_SIZE(timed); i++)
		assert_row(stat_of(timed[i]).st_mtim.tv_sec == 1000000000, timed[i]);
	assert_false(layer_unpacker_lost_owners(u_));
}

static void modes(void **state)
{
	(void)state;
	struct layer_entry d = entry_of(LAYER_DIR, "d"), f = entry_of(LAYER_FILE, "d/f");

	d.mode = 01555; /* what is in it comes all the same */
	f.mode = 06755;
	f.mtime.tv_nsec = 500;
	assert_ok(sink_->entry(sink_, &d, &err_));
	assert_ok(sink_->entry(sink_, &f, &err_));
	d.path = "d/closed";
	d.mode = 0;
	assert_ok(sink_->entry(sink_, &d, &err_));
	send_entry(sink_, LAYER_FILE, "d/closed/in", "x");
	assert_ok(layer_unpacker_finish(u_, &err_));
	assert_int_equal(stat_of("root/d").st_mode & 07777, 01555);
	assert_int_equal(stat_of("root/d/f").st_mode & 07777, 06755);
	assert_int_equal(stat_of("root/d/f").st_mtim.tv_nsec, 500);
	assert_int_equal(stat_of("root/d/closed").st_mode & 07777, 0);
	/* so that an ordinary user can clean up */
	assert_int_equal(chmod("root/d", 0755), 0);
	assert_int_equal(chmod("root/d/closed", 0755), 0);
}

static void owners(void **state)
{
	(void)state;
	struct layer_entry e = entry_of(LAYER_FILE, "f");

	e.uid = 12345;
	e.gid = 54321;
	e.mode = 06755;
	assert_ok(sink_->entry(sink_, &e, &err_));
	e = entry_of(LAYER_SYMLINK, "l");
	e.uid = 12345;
	e.link = "x";
	assert_ok(sink_->entry(sink_, &e, &err_));
	assert_ok(layer_unpacker_finish(u_, &err_));
	if (geteuid() == 0) {
		assert_int_equal(stat_of("root/f").st_uid, 12345);
		assert_int_equal(stat_of("root/f").st_gid, 54321);
		assert_int_equal(stat_of("root/l").st_uid, 12345);
		assert_int_equal(stat_of("root/f").st_mode & 07777, 06755);
		assert_false(layer_unpacker_lost_owners(u_));
	} else {
		/* ours, and no set-id of ours */
		assert_int_equal(stat_of("root/f").st_mode & 07777, 0755);
		assert_true(layer_unpacker_lost_owners(u_));
	}
}

static void devices(void **state)
{
	(void)state;
	struct layer_entry e = entry_of(LAYER_CHAR, "null");

	e.rdev = makedev(1, 3);
	e.mode = 0666;
	assert_ok(sink_->entry(sink_, &e, &err_));
	e.type = LAYER_BLOCK;
	e.path = "loop";
	assert_ok(sink_->entry(sink_, &e, &err_));
	assert_ok(layer_unpacker_finish(u_, &err_));
	/* as root there, and otherwise left out; in a container of root's either */
	if (fs_exists(root_, "null"))
		assert_int_equal(stat_of("root/null").st_rdev, makedev(1, 3));
	else
		assert_false(fs_exists(root_, "loop"));
}

/* Zeros take no room, and are read as what they were. */
static void zeros_become_holes(void **state)
{
	(void)state;
	static char mixed[3 << 20];
	static const struct {
		const char *path;
		size_t at, len;  /* of what is not zero */
		blkcnt_t blocks; /* at most */
	} rows[] = {
		{ "hole", 0, 0, 64 },
		{ "begins", 0, 10, 600 },
		{ "between", 1500000, 20, 600 },
		{ "ends", sizeof(mixed) - 1, 1, 600 },
	};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str text = STR_INIT;
		struct layer_entry e = entry_of(LAYER_FILE, rows[i].path);
		AUTO(freep) char *path = xasprintf("root/%s", rows[i].path);

		memset(mixed, 0, sizeof(mixed));
		memset(mixed + rows[i].at, 'x', rows[i].len);
		e.size = sizeof(mixed);
		assert_ok(sink_->entry(sink_, &e, &err_));
		for (size_t at = 0; at < sizeof(mixed); at += 1 << 18)
			assert_ok(sink_->data(sink_, mixed + at, 1 << 18, &err_));
		assert_ok(fs_read_file(AT_FDCWD, path, sizeof(mixed), &text, &err_));
		assert_int_equal(text.len, sizeof(mixed));
		assert_memory_equal(text.ptr, mixed, sizeof(mixed));
		assert_int_equal(stat(path, &st), 0);
		assert_row(st.st_blocks <= rows[i].blocks, rows[i].path);
	}
	assert_ok(layer_unpacker_finish(u_, &err_));
}

static void later_entries_replace(void **state)
{
	(void)state;

	send_entry(sink_, LAYER_FILE, "a", "file");
	send_entry(sink_, LAYER_DIR, "a", NULL);
	send_entry(sink_, LAYER_FILE, "a/b", "below");
	send_entry(sink_, LAYER_FILE, "a/b", "again");
	assert_text("root/a/b", "again");
	send_entry(sink_, LAYER_FILE, "a", "file again");
	assert_text("root/a", "file again");
	send_entry(sink_, LAYER_SYMLINK, "a", "nowhere");
	send_entry(sink_, LAYER_FILE, "a/c/d", "link makes way");
	assert_text("root/a/c/d", "link makes way");
	send_entry(sink_, LAYER_SYMLINK, "a", "b");
	send_entry(sink_, LAYER_FIFO, "a", NULL);
	send_entry(sink_, LAYER_FILE, "x", "target");
	send_entry(sink_, LAYER_HARDLINK, "a", "x");
	assert_text("root/a", "target");
	send_entry(sink_, LAYER_HARDLINK, "a", "a");
	send_entry(sink_, LAYER_HARDLINK, "a", "x");
	assert_text("root/a", "target");
	/* not into the file that both names are of */
	send_entry(sink_, LAYER_FILE, "a", "new");
	assert_text("root/x", "target");
	assert_ok(layer_unpacker_finish(u_, &err_));
}

static void directory_twice(void **state)
{
	(void)state;
	struct layer_entry e = entry_of(LAYER_DIR, "d");

	assert_ok(sink_->entry(sink_, &e, &err_));
	send_entry(sink_, LAYER_FILE, "d/f", "kept");
	e.mode = 0700;
	e.mtime.tv_sec = 5;
	assert_ok(sink_->entry(sink_, &e, &err_));
	send_entry(sink_, LAYER_DIR, "gone", NULL);
	send_entry(sink_, LAYER_SYMLINK, "gone", "../outside");
	assert_ok(layer_unpacker_finish(u_, &err_));
	assert_text("root/d/f", "kept");
	assert_int_equal(stat_of("root/d").st_mode & 0777, 0700);
	assert_int_equal(stat_of("root/d").st_mtim.tv_sec, 5);
	/* its time was not set through the link */
	assert_true(stat_of("outside").st_mtim.tv_sec != 1000000000);
}

static void whiteouts(void **state)
{
	(void)state;

	send_entry(sink_, LAYER_WHITEOUT, "gone", NULL);
	send_entry(sink_, LAYER_WHITEOUT, "gone", NULL);
	send_entry(sink_, LAYER_WHITEOUT, "new/dir/gone", NULL);
	send_entry(sink_, LAYER_DIR, "opaque", NULL);
	send_entry(sink_, LAYER_FILE, "opaque/kept", "x");
	send_entry(sink_, LAYER_OPAQUE, "opaque", NULL);
	send_entry(sink_, LAYER_OPAQUE, "made", NULL);
	/* the name exists here and below: the lower one is hidden, whatever comes first */
	send_entry(sink_, LAYER_FILE, "file", "x");
	send_entry(sink_, LAYER_WHITEOUT, "file", NULL);
	send_entry(sink_, LAYER_DIR, "dir", NULL);
	send_entry(sink_, LAYER_FILE, "dir/kept", "x");
	send_entry(sink_, LAYER_WHITEOUT, "dir", NULL);
	send_entry(sink_, LAYER_WHITEOUT, "dir2", NULL);
	send_entry(sink_, LAYER_DIR, "dir2", NULL);
	send_entry(sink_, LAYER_WHITEOUT, "dir3", NULL);
	send_entry(sink_, LAYER_FILE, "dir3/f", "x");
	assert_ok(layer_unpacker_finish(u_, &err_));

	assert_true(is_whiteout("root/gone"));
	assert_true(is_whiteout("root/new/dir/gone"));
	assert_true(is_opaque("root/opaque"));
	assert_text("root/opaque/kept", "x");
	assert_true(is_opaque("root/made"));
	assert_text("root/file", "x");
	assert_true(is_opaque("root/dir"));
	assert_text("root/dir/kept", "x");
	assert_true(is_opaque("root/dir2"));
	assert_true(is_opaque("root/dir3"));
	assert_false(is_opaque("root/new"));
}

static void outside_is_out_of_reach(void **state)
{
	(void)state;
	static const char *const paths[] = { "../outside/file",
					     "..",
					     "a/../../outside/file",
					     "/outside/file",
					     "",
					     "a//b",
					     "./outside",
					     "a/..",
					     "a/.",
					     "a/" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct layer_entry e = entry_of(LAYER_FILE, paths[i]);

		err_clear(&err_);
		assert_row(sink_->entry(sink_, &e, &err_) == -1 && err_.kind == ERR_INPUT,
			   paths[i]);
	}
}

/* Everything through a link that leads out, of each type of entry. */
static void links_are_not_followed(void **state)
{
	(void)state;
	AUTO(freep) char *cwd = getcwd(NULL, 0), *absolute = xasprintf("%s/outside", cwd);
	const char *const targets[] = { "../outside", absolute };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		send_entry(sink_, LAYER_SYMLINK, "link", targets[i]);
		send_entry(sink_, LAYER_FILE, "link/file", "evil");
		assert_text("root/link/file", "evil");
		send_entry(sink_, LAYER_SYMLINK, "link", targets[i]);
		send_entry(sink_, LAYER_WHITEOUT, "link/file", NULL);
		send_entry(sink_, LAYER_SYMLINK, "link", targets[i]);
		send_entry(sink_, LAYER_OPAQUE, "link", NULL);
		send_entry(sink_, LAYER_SYMLINK, "link", targets[i]);
		send_entry(sink_, LAYER_DIR, "link", NULL);
		send_entry(sink_, LAYER_SYMLINK, "link", targets[i]);
		send_entry(sink_, LAYER_DIR, "link/below", NULL);
	}
	/* the last component */
	AUTO(freep) char *file = xasprintf("%s/file", absolute);
	send_entry(sink_, LAYER_SYMLINK, "to-file", file);
	send_entry(sink_, LAYER_FILE, "to-file", "evil");
	assert_text("root/to-file", "evil");
	/* a chain of them, as in CVE-2020-27833 */
	send_entry(sink_, LAYER_SYMLINK, "one", "..");
	send_entry(sink_, LAYER_SYMLINK, "one/two", "outside");
	send_entry(sink_, LAYER_FILE, "one/two/file", "evil");
	assert_text("root/one/two/file", "evil");
	assert_ok(layer_unpacker_finish(u_, &err_));
	assert_false(is_opaque("outside"));
}

static void hard_links_stay_inside(void **state)
{
	(void)state;
	static const struct {
		const char *link;
		enum err_kind kind;
	} rows[] = {
		{ "../outside/file", ERR_INPUT }, { "link/file", ERR_UNSUPPORTED },
		{ "/outside/file", ERR_INPUT },   { "not/here", ERR_UNSUPPORTED },
		{ "nothing", ERR_UNSUPPORTED },
	};

	send_entry(sink_, LAYER_SYMLINK, "link", "../outside");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct layer_entry e = entry_of(LAYER_HARDLINK, "hard");

		e.link = rows[i].link;
		err_clear(&err_);
		assert_row(sink_->entry(sink_, &e, &err_) == -1 && err_.kind == rows[i].kind,
			   rows[i].link);
		assert_false(fs_exists(root_, "hard"));
	}
	assert_string_equal(err_.message,
			    "unpack 'hard': hard link to 'nothing', which this layer does "
			    "not have");
	/* nothing is lost for a link that cannot be made */
	send_entry(sink_, LAYER_FILE, "there", "x");
	struct layer_entry e = entry_of(LAYER_HARDLINK, "there");
	e.link = "nothing";
	assert_fails(sink_->entry(sink_, &e, &err_), ERR_UNSUPPORTED);
	assert_text("root/there", "x");
}

static void overlay_marks_from_layers(void **state)
{
	(void)state;
	struct layer_xattr items[] = { { (char *)"user.overlay.redirect", (char *)"/etc", 4 },
				       { (char *)"user.overlay.opaque", (char *)"y", 1 },
				       { (char *)"trusted.overlay.opaque", (char *)"y", 1 },
				       { (char *)"user.kept", (char *)"1", 1 } };
	struct layer_xattrs xattrs = { .items = items, .len = ARRAY_SIZE(items) };
	static const char *const paths[] = { "root/d", "root/f" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct layer_entry e = entry_of(i ? LAYER_FILE : LAYER_DIR, paths[i] + 5);

		e.xattrs = &xattrs;
		assert_ok(sink_->entry(sink_, &e, &err_));
		assert_int_equal(getxattr(paths[i], "user.kept", NULL, 0), 1);
		for (size_t j = 0; j < 3; j++)
			assert_int_equal(getxattr(paths[i], items[j].name, NULL, 0), -1);
	}
}

static void capability_survives_the_data(void **state)
{
	(void)state;
	static const unsigned char cap[20] = { 1, 0, 0, 2, 0, 0x20 };
	struct layer_xattr item = { (char *)"security.capability", (void *)cap, sizeof(cap) };
	struct layer_xattrs xattrs = { .items = &item, .len = 1 };
	struct layer_entry e = entry_of(LAYER_FILE, "ping");
	char value[24];

	e.xattrs = &xattrs;
	e.size = 2;
	assert_ok(sink_->entry(sink_, &e, &err_));
	assert_ok(sink_->data(sink_, "x", 1, &err_));
	assert_ok(sink_->data(sink_, "y", 1, &err_));
	assert_ok(layer_unpacker_finish(u_, &err_));
	if (geteuid() == 0) {
		assert_int_equal(getxattr("root/ping", item.name, value, sizeof(value)),
				 sizeof(cap));
		assert_memory_equal(value, cap, sizeof(cap));
	}
}

static void data_must_fit(void **state)
{
	(void)state;
	struct layer_entry e = entry_of(LAYER_FILE, "f");

	assert_fails(sink_->data(sink_, "x", 1, &err_), ERR_INPUT);
	e.size = 2;
	assert_ok(sink_->entry(sink_, &e, &err_));
	assert_fails(sink_->data(sink_, "xyz", 3, &err_), ERR_INPUT);
	assert_fails(layer_unpacker_finish(u_, &err_), ERR_INPUT);
	assert_fails(sink_->entry(sink_, &e, &err_), ERR_INPUT);
	assert_string_equal(err_.message, "unpack 'f': its data ends early");
}

static void roots(void **state)
{
	(void)state;
	struct layer_entry e = entry_of(LAYER_OPAQUE, ".");

	assert_fails(sink_->entry(sink_, &e, &err_), ERR_UNSUPPORTED);
	e.type = LAYER_SYMLINK;
	e.link = "outside";
	assert_fails(sink_->entry(sink_, &e, &err_), ERR_INPUT);
}

static void tee_feeds_both(void **state)
{
	(void)state;
	AUTO(recorder_release) struct recorder r;
	struct layer_tee tee;

	recorder_init(&r);
	layer_tee_init(&tee, &r.sink, sink_);
	send_entry(&tee.sink, LAYER_FILE, "f", "text");
	layer_tee_init(&tee, NULL, sink_);
	send_entry(&tee.sink, LAYER_FILE, "g", "text");
	layer_tee_init(&tee, &r.sink, NULL);
	send_entry(&tee.sink, LAYER_DIR, "h", NULL);
	assert_string_equal(r.text.ptr, "file f 644 1000000000 4\ntext\ndir h 755 1000000000\n");
	assert_text("root/f", "text");
	assert_text("root/g", "text");
}

/* What is unpacked and packed again is the same, marks included. */
static void pack_gives_back(void **state)
{
	(void)state;
	static const char expect[] =
		"dir d 755 1000000000\nopaque d\nfile d/f 644 1000000000 4\ntext\n"
		"whiteout d/gone\nsymlink l -> x 777 1000000000\n"
		"hardlink z -> d/f 644 1000000000\n";
	AUTO(recorder_release) struct recorder r;

	recorder_init(&r);
	send_entry(sink_, LAYER_DIR, "d", NULL);
	send_entry(sink_, LAYER_OPAQUE, "d", NULL);
	send_entry(sink_, LAYER_FILE, "d/f", "text");
	send_entry(sink_, LAYER_WHITEOUT, "d/gone", NULL);
	send_entry(sink_, LAYER_SYMLINK, "l", "x");
	send_entry(sink_, LAYER_HARDLINK, "z", "d/f");
	assert_ok(layer_unpacker_finish(u_, &err_));
	assert_ok(layer_pack_dir(root_, &(struct layer_pack_options){ .overlay = true }, &r.sink,
				 NULL, &err_));
	assert_string_equal(r.text.ptr, expect);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unpack_test(everything),
		unpack_test(modes),
		unpack_test(owners),
		unpack_test(devices),
		unpack_test(later_entries_replace),
		unpack_test(zeros_become_holes),
		unpack_test(directory_twice),
		unpack_test(whiteouts),
		unpack_test(outside_is_out_of_reach),
		unpack_test(links_are_not_followed),
		unpack_test(hard_links_stay_inside),
		unpack_test(overlay_marks_from_layers),
		unpack_test(capability_survives_the_data),
		unpack_test(data_must_fit),
		unpack_test(roots),
		unpack_test(tee_feeds_both),
		unpack_test(pack_gives_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
