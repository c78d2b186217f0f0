#include <locale.h>

#include "image_unit.h"
#include "tar_header.h"

static const char zeros[2 * TAR_BLOCK];

/* --- making archives --- */

static void add(struct str *tar, const struct layer_entry *e, const char *data)
{
	struct str header = STR_INIT;

	tar_header_add(&header, e);
	str_addn(tar, header.ptr, header.len);
	str_release(&header);
	if (data && e->type == LAYER_FILE) {
		str_addn(tar, data, e->size);
		str_addn(tar, zeros, (TAR_BLOCK - e->size % TAR_BLOCK) % TAR_BLOCK);
	}
}

static void add_file(struct str *tar, const char *path, const char *data)
{
	struct layer_entry e = entry_of(LAYER_FILE, path);

	e.size = strlen(data);
	add(tar, &e, data);
}

static void end(struct str *tar)
{
	str_addn(tar, zeros, sizeof(zeros));
}

static int file_with(const void *data, size_t len)
{
	int fd = open("archive", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* -1 with err_ set, or the record of what was read */
static int read_bytes(const void *data, size_t len, bool is_layer, struct recorder *r,
		      struct digest *diff_id)
{
	AUTO(fd_closep) int fd = file_with(data, len);

	recorder_init(r);
	err_clear(&err_);
	return layer_read(fd, is_layer, &r->sink, diff_id, &err_);
}

static int read_tar(const struct str *tar, bool is_layer, struct recorder *r)
{
	return read_bytes(tar->ptr, tar->len, is_layer, r, NULL);
}

/* --- what is read --- */

static void round_trip(void **state)
{
	(void)state;
	static char long_name[400], long_link[300];
	AUTO(str_release) struct str tar = STR_INIT, expect = STR_INIT;
	AUTO(recorder_release) struct recorder r;
	struct layer_xattr x = { (char *)"user.x", (char *)"v", 1 };
	struct layer_xattrs xattrs = { .items = &x, .len = 1 };
	struct layer_entry e = entry_of(LAYER_DIR, "d");
	struct digest diff_id, whole;

	memset(long_name, 'n', sizeof(long_name) - 1);
	memset(long_name + 200, '/', 1);
	memset(long_link, 'l', sizeof(long_link) - 1);
	e.mode = 01777;
	add(&tar, &e, NULL);
	add_file(&tar, "d/f", "text");
	add_file(&tar, long_name, "");
	add_file(&tar, "caf\xc3\xa9", "");
	add_file(&tar, "bad\xff\xfe", "");
	e = entry_of(LAYER_SYMLINK, "link");
	e.link = long_link;
	add(&tar, &e, NULL);
	e = entry_of(LAYER_HARDLINK, "hard");
	e.link = "d/f";
	add(&tar, &e, NULL);
	e = entry_of(LAYER_FIFO, "fifo");
	e.mtime.tv_sec = -5;
	add(&tar, &e, NULL);
	e = entry_of(LAYER_FILE, "x");
	e.xattrs = &xattrs;
	add(&tar, &e, NULL);
	end(&tar);
	assert_ok(read_bytes(tar.ptr, tar.len, true, &r, &diff_id));
	str_addf(
		&expect,
		"dir d 1777 1000000000\nfile d/f 644 1000000000 4\ntext\nfile %s 644 1000000000 0\n"
		"file caf\xc3\xa9 644 1000000000 0\nfile bad\xff\xfe 644 1000000000 0\n"
		"symlink link -> %s 644 1000000000\nhardlink hard -> d/f 644 1000000000\n"
		"fifo fifo 644 -5\nfile x 644 1000000000 [user.x=v] 0\n",
		long_name, long_link);
	assert_string_equal(r.text.ptr, expect.ptr);
	digest_of(tar.ptr, tar.len, &whole);
	assert_string_equal(diff_id.text, whole.text);
}

/* libarchive would make one character of the two in a UTF-8 locale. */
static void names_are_bytes_in_any_locale(void **state)
{
	(void)state;
	AUTO(str_release) struct str tar = STR_INIT;

	add_file(&tar, "cafe\xcc\x81", "");
	end(&tar);
	for (int i = 0; i < 2; i++) {
		AUTO(recorder_release) struct recorder r;

		assert_non_null(setlocale(LC_ALL, i ? "C.UTF-8" : "C"));
		assert_ok(read_tar(&tar, true, &r));
		assert_string_equal(r.text.ptr, "file cafe\xcc\x81 644 1000000000 0\n");
	}
	setlocale(LC_ALL, "C");
}

static void large_owner_and_size(void **state)
{
	(void)state;
	AUTO(str_release) struct str tar = STR_INIT;
	AUTO(recorder_release) struct recorder r;
	struct layer_entry e = entry_of(LAYER_DIR, "d");

	e.uid = 4294967294;
	e.gid = 2097152;
	add(&tar, &e, NULL);
	e = entry_of(LAYER_FILE, "f");
	e.size = (uint64_t)9 << 30;
	e.uid = 0;
	e.gid = 0;
	add(&tar, &e, NULL);
	AUTO(fd_closep) int fd = file_with(tar.ptr, tar.len);
	recorder_init(&r);
	r.with_owner = true;
	assert_fails(layer_read(fd, true, &r.sink, NULL, &err_),
		     ERR_INPUT); /* the data is missing */
	assert_string_equal(r.text.ptr, "dir d 755 1000000000 4294967294:2097152\n"
					"file f 644 1000000000 0:0 9663676416\n");
}

static void whiteouts(void **state)
{
	(void)state;
	static const char *const names[] = { ".wh.a",        "d/.wh.b",          "d/.wh..wh..opq",
					     ".wh..wh.plnk", "d/.wh..wh.aufs/x", "d/wh.c",
					     ".wh.d/e" };
	static const char as_layer[] =
		"whiteout a\nwhiteout d/b\nopaque d\nfile d/wh.c 644 1000000000 0\n"
		"file .wh.d/e 644 1000000000 0\n";
	AUTO(str_release) struct str tar = STR_INIT;
	AUTO(recorder_release) struct recorder r, plain;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		add_file(&tar, names[i], "");
	end(&tar);
	assert_ok(read_tar(&tar, true, &r));
	assert_string_equal(r.text.ptr, as_layer);
	assert_ok(read_tar(&tar, false, &plain));
	assert_non_null(strstr(plain.text.ptr, "file .wh.a 644"));
	assert_non_null(strstr(plain.text.ptr, "file d/.wh..wh..opq 644"));
}

static void names(void **state)
{
	(void)state;
	static const struct {
		const char *name, *expect; /* NULL = refused */
	} rows[] = {
		{ "./a", "a" },          { "/etc/passwd", "etc/passwd" },
		{ "a//b/./c", "a/b/c" }, { "a/../b", "b" },
		{ "/../a", NULL },       { "..", NULL },
		{ "../a", NULL },        { "a/../../b", NULL },
		{ ".wh..", NULL },       { "d/.wh...", NULL },
		{ ".wh.", NULL },        { "", NULL },
		{ ".", NULL },           { "...", "..." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str tar = STR_INIT, expect = STR_INIT;
		AUTO(recorder_release) struct recorder r;

		add_file(&tar, rows[i].name, "");
		end(&tar);
		if (read_tar(&tar, true, &r) < 0) {
			assert_row(!rows[i].expect && err_.kind == ERR_INPUT, rows[i].name);
			continue;
		}
		str_addf(&expect, "file %s 644 1000000000 0\n",
			 rows[i].expect ? rows[i].expect : "?");
		assert_row(strcmp(r.text.ptr, expect.ptr) == 0, rows[i].name);
	}
}

static void hard_link_names(void **state)
{
	(void)state;
	static const char *const rows[] = { "../a", "..", "a/../../b" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str tar = STR_INIT;
		AUTO(recorder_release) struct recorder r;
		struct layer_entry e = entry_of(LAYER_HARDLINK, "l");

		e.link = rows[i];
		add(&tar, &e, NULL);
		end(&tar);
		assert_row(read_tar(&tar, true, &r) == -1 && err_.kind == ERR_INPUT, rows[i]);
	}
}

/* --- the stream --- */

static int read_file(const char *path, struct recorder *r, struct digest *diff_id)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	recorder_init(r);
	err_clear(&err_);
	return layer_read(fd, true, &r->sink, diff_id, &err_);
}

static void compressions(void **state)
{
	(void)state;
	static const char *const commands[] = { "cat", "gzip", "bzip2", "xz", "zstd -q" };
	AUTO(str_release) struct str tar = STR_INIT;
	struct digest expect;

	add_file(&tar, "f", "text");
	end(&tar);
	close(file_with(tar.ptr, tar.len));
	digest_of(tar.ptr, tar.len, &expect);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		AUTO(freep) char *command = xasprintf("%s <archive >packed", commands[i]);
		AUTO(recorder_release) struct recorder r;
		AUTO(fd_closep) int fd = -1;
		struct digest diff_id;
		bool is_archive = false;

		shell(command);
		assert_ok(read_file("packed", &r, &diff_id));
		assert_string_equal(r.text.ptr, "file f 644 1000000000 4\ntext\n");
		assert_string_equal(diff_id.text, expect.text);
		fd = open("packed", O_RDONLY | O_CLOEXEC);
		assert_ok(layer_is_archive(fd, &is_archive, &err_));
		assert_row(is_archive, commands[i]);
		assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	}
}

static void gzip_members_and_what_follows(void **state)
{
	(void)state;
	AUTO(str_release) struct str tar = STR_INIT;
	AUTO(recorder_release) struct recorder r, trailing;
	struct digest expect, diff_id;

	add_file(&tar, "f", "text");
	end(&tar);
	/* more zeros behind the end belong to the stream, as GNU tar pads to 10 KiB */
	end(&tar);
	end(&tar);
	digest_of(tar.ptr, tar.len, &expect);
	close(file_with(tar.ptr, tar.len));
	shell("head -c 700 archive | gzip >packed; tail -c +701 archive | gzip >>packed");
	assert_ok(read_file("packed", &r, &diff_id));
	assert_string_equal(r.text.ptr, "file f 644 1000000000 4\ntext\n");
	assert_string_equal(diff_id.text, expect.text);
	shell("printf 'no gzip' >>packed");
	assert_ok(read_file("packed", &trailing, &diff_id));
	assert_string_equal(diff_id.text, expect.text);
}

static void twice_compressed(void **state)
{
	(void)state;
	AUTO(str_release) struct str tar = STR_INIT;
	AUTO(recorder_release) struct recorder r;

	add_file(&tar, "f", "text");
	end(&tar);
	close(file_with(tar.ptr, tar.len));
	shell("gzip <archive | xz >packed");
	assert_int_equal(read_file("packed", &r, NULL), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
}

static void broken(void **state)
{
	(void)state;
	static const char *const commands[] = {
		"head -c 300 archive >packed",        /* in the header */
		"head -c 600 archive >packed",        /* in the data */
		"gzip <archive | head -c 40 >packed", /* in the compressed stream */
		"zstd -q <archive | head -c 40 >packed",
		"tr f g <archive >packed", /* checksum */
		"printf 'hello, this is a text' >packed",
	};
	AUTO(str_release) struct str tar = STR_INIT;

	add_file(&tar, "f", "texttexttexttexttext");
	end(&tar);
	close(file_with(tar.ptr, tar.len));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		AUTO(recorder_release) struct recorder r;

		shell(commands[i]);
		assert_row(read_file("packed", &r, NULL) == -1 && err_.kind == ERR_INPUT,
			   commands[i]);
		assert_non_null(err_.message);
	}
}

static void empty(void **state)
{
	(void)state;
	AUTO(recorder_release) struct recorder none, blocks;

	assert_ok(read_bytes("", 0, true, &none, NULL));
	assert_string_equal(none.text.ptr, "");
	assert_ok(read_bytes(zeros, sizeof(zeros), true, &blocks, NULL));
	assert_string_equal(blocks.text.ptr, "");
}

static void sparse_files(void **state)
{
	(void)state;
	AUTO(recorder_release) struct recorder r;

	shell("truncate -s 100000 s; printf middle | dd of=s bs=1 seek=50000 conv=notrunc "
	      "status=none;"
	      "touch -d @5 s; chmod 644 s; tar --sparse -cf packed s; tar -cf whole s");
	assert_ok(read_file("packed", &r, NULL));
	/* all of it arrives, holes as zeros: what comes out is the same file */
	int root = -1;
	assert_int_equal(mkdir("out", 0755), 0);
	root = open_dir("out");
	struct layer_unpacker *u = layer_unpacker_new(root, &err_);
	int fd = open("packed", O_RDONLY | O_CLOEXEC);
	assert_ok(layer_read(fd, true, layer_unpacker_sink(u), NULL, &err_));
	assert_ok(layer_unpacker_finish(u, &err_));
	layer_unpacker_freep(&u);
	close(fd);
	close(root);
	shell("cmp s out/s");
}

/* A sparse file of 100 GiB in a few bytes. */
static void sparse_bomb(void **state)
{
	(void)state;
	AUTO(recorder_release) struct recorder r;

	shell("truncate -s 100G s && tar --sparse -cf packed s");
	assert_int_equal(read_file("packed", &r, NULL), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
	assert_string_equal(r.text.ptr, "");
}

/* Twenty thousand directories in each other, by one name. */
static void deep_bomb(void **state)
{
	(void)state;
	AUTO(str_release) struct str path = STR_INIT, tar = STR_INIT;
	AUTO(recorder_release) struct recorder r;
	struct layer_entry e;

	while (path.len < 40000)
		str_add(&path, "a/");
	str_add(&path, "b");
	e = entry_of(LAYER_DIR, path.ptr);
	add(&tar, &e, NULL);
	end(&tar);
	assert_int_equal(read_tar(&tar, true, &r), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
	assert_non_null(strstr(err_.message, "more than 32768 bytes"));
	assert_string_equal(r.text.ptr, "");
}

/* libarchive keeps extended headers in memory; it must not take any length. */
static void huge_pax_header(void **state)
{
	(void)state;
	AUTO(freep) char *value = xcalloc(1, 32 << 20);
	struct layer_xattr x = { (char *)"user.x", value, 32 << 20 };
	struct layer_xattrs xattrs = { .items = &x, .len = 1 };
	struct layer_entry e = entry_of(LAYER_FILE, "f");
	AUTO(str_release) struct str tar = STR_INIT;
	AUTO(recorder_release) struct recorder r;

	e.xattrs = &xattrs;
	add(&tar, &e, NULL);
	end(&tar);
	assert_int_equal(read_tar(&tar, true, &r), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	assert_string_equal(r.text.ptr, "");
}

static int refuse_entry(struct layer_sink *sink, const struct layer_entry *e, struct err *err)
{
	(void)sink;
	(void)e;
	return err_set(err, ERR_CANCELLED, "enough");
}

static void error_of_the_sink(void **state)
{
	(void)state;
	AUTO(str_release) struct str tar = STR_INIT;
	struct layer_sink sink = { .entry = refuse_entry };

	add_file(&tar, "f", "text");
	end(&tar);
	AUTO(fd_closep) int fd = file_with(tar.ptr, tar.len);
	assert_fails(layer_read(fd, true, &sink, NULL, &err_), ERR_CANCELLED);
	assert_string_equal(err_.message, "enough");
}

static void no_archives(void **state)
{
	(void)state;
	static const char *const commands[] = { ": >f",
						"head -c 20000 /dev/zero >f",
						"echo text >f",
						"echo text | gzip >f",
						"head -c 512 /bin/sh >f",
						"head -c 20000 /dev/zero | gzip >f" };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		AUTO(fd_closep) int fd = -1;
		bool is_archive = true;

		shell(commands[i]);
		fd = open("f", O_RDONLY | O_CLOEXEC);
		assert_ok(layer_is_archive(fd, &is_archive, &err_));
		assert_row(!is_archive, commands[i]);
	}
	AUTO(fd_closep) int dir = open_dir(".");
	bool ignored;
	assert_int_equal(layer_is_archive(dir, &ignored, &err_), -1);
	assert_int_equal(err_.errnum, EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(round_trip),
		scratch_test(names_are_bytes_in_any_locale),
		scratch_test(large_owner_and_size),
		scratch_test(whiteouts),
		scratch_test(names),
		scratch_test(hard_link_names),
		scratch_test(compressions),
		scratch_test(gzip_members_and_what_follows),
		scratch_test(twice_compressed),
		scratch_test(broken),
		scratch_test(empty),
		scratch_test(sparse_files),
		scratch_test(sparse_bomb),
		scratch_test(deep_bomb),
		scratch_test(huge_pax_header),
		scratch_test(error_of_the_sink),
		scratch_test(no_archives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
