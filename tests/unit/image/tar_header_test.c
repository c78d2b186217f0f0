#include "tar_header.h"

#include <sys/sysmacros.h>

#include "image_unit.h"

/* Offsets of POSIX.1-2017, pax, "ustar Interchange Format". */
enum {
	NAME = 0,
	MODE = 100,
	UID = 108,
	SIZE = 124,
	MTIME = 136,
	SUM = 148,
	TYPE = 156,
	LINK = 157,
	MAGIC = 257,
	MAJOR = 329,
	MINOR = 337,
	PREFIX = 345
};

static void header(struct str *out, const struct layer_entry *e)
{
	str_clear(out);
	tar_header_add(out, e);
	assert_int_equal(out->len % TAR_BLOCK, 0);
}

static void assert_checksum(const char *block)
{
	unsigned sum = 0;

	for (int i = 0; i < TAR_BLOCK; i++)
		sum += i >= SUM && i < SUM + 8 ? ' ' : (unsigned char)block[i];
	assert_int_equal(strtoul(block + SUM, NULL, 8), sum);
}

static void plain_file(void **state)
{
	(void)state;
	AUTO(str_release) struct str out = STR_INIT;
	struct layer_entry e = entry_of(LAYER_FILE, "etc/passwd");

	e.mode = S_IFREG | 04755;
	e.uid = 1000;
	e.size = 7;
	header(&out, &e);
	assert_int_equal(out.len, TAR_BLOCK);
	assert_string_equal(out.ptr + NAME, "etc/passwd");
	assert_string_equal(out.ptr + MODE, "0004755");
	assert_string_equal(out.ptr + UID, "0001750");
	assert_string_equal(out.ptr + SIZE, "00000000007");
	assert_string_equal(out.ptr + MTIME, "07346545000");
	assert_int_equal(out.ptr[TYPE], '0');
	assert_memory_equal(out.ptr + MAGIC, "ustar\00000", 8);
	assert_checksum(out.ptr);
}

static void types(void **state)
{
	(void)state;
	static const struct {
		enum layer_entry_type type;
		const char *path, *link, *name;
		char flag;
	} rows[] = {
		{ LAYER_DIR, "a/b", NULL, "a/b/", '5' },
		{ LAYER_DIR, ".", NULL, "./", '5' },
		{ LAYER_SYMLINK, "l", "/to", "l", '2' },
		{ LAYER_HARDLINK, "l", "to", "l", '1' },
		{ LAYER_CHAR, "c", NULL, "c", '3' },
		{ LAYER_BLOCK, "c", NULL, "c", '4' },
		{ LAYER_FIFO, "c", NULL, "c", '6' },
		{ LAYER_WHITEOUT, "a/b/gone", NULL, "a/b/.wh.gone", '0' },
		{ LAYER_WHITEOUT, "gone", NULL, ".wh.gone", '0' },
		{ LAYER_OPAQUE, "a/b", NULL, "a/b/.wh..wh..opq", '0' },
		{ LAYER_OPAQUE, ".", NULL, ".wh..wh..opq", '0' },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str out = STR_INIT;
		struct layer_entry e = entry_of(rows[i].type, rows[i].path);

		e.link = rows[i].link;
		e.size = 5; /* of files only */
		e.rdev = makedev(5, 300);
		header(&out, &e);
		assert_row(strcmp(out.ptr + NAME, rows[i].name) == 0, rows[i].name);
		assert_row(out.ptr[TYPE] == rows[i].flag, rows[i].name);
		assert_row(str_eq(out.ptr + LINK, rows[i].link ? rows[i].link : ""), rows[i].name);
		assert_row(str_eq(out.ptr + SIZE, "00000000000"), rows[i].name);
		if (rows[i].type == LAYER_CHAR) {
			assert_string_equal(out.ptr + MAJOR, "0000005");
			assert_string_equal(out.ptr + MINOR, "0000454");
		}
		if (rows[i].type == LAYER_WHITEOUT)
			assert_string_equal(out.ptr + MTIME, "00000000000");
		assert_checksum(out.ptr);
	}
}

/* The records of the pax header that comes first, checked one by one; "" when there is none. */
static void records(const struct str *out, struct str *ret)
{
	size_t size, at = TAR_BLOCK;

	str_clear(ret);
	if (out->ptr[TYPE] != 'x')
		return;
	assert_checksum(out->ptr);
	size = strtoul(out->ptr + SIZE, NULL, 8);
	while (at < TAR_BLOCK + size) {
		char *blank;
		size_t len = strtoul(out->ptr + at, &blank, 10);

		assert_int_equal(*blank, ' ');
		assert_int_equal(out->ptr[at + len - 1], '\n');
		str_addn(ret, blank + 1, (size_t)(out->ptr + at + len - blank - 1));
		at += len;
	}
	assert_int_equal(at, TAR_BLOCK + size);
}

static void names(void **state)
{
	(void)state;
	static const struct {
		size_t prefix, name; /* lengths; prefix 0 = no slash */
		bool pax;
	} rows[] = {
		{ 0, 100, false },  { 0, 101, true },   { 155, 100, false }, { 156, 10, true },
		{ 155, 101, true }, { 50, 100, false }, { 100, 50, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str path = STR_INIT, out = STR_INIT, text = STR_INIT;
		AUTO(str_release) struct str expect = STR_INIT;

		for (size_t n = 0; n < rows[i].prefix; n++)
			str_addc(&path, 'p');
		if (rows[i].prefix)
			str_addc(&path, '/');
		for (size_t n = 0; n < rows[i].name; n++)
			str_addc(&path, 'n');
		struct layer_entry e = entry_of(LAYER_FIFO, path.ptr);
		header(&out, &e);
		records(&out, &text);
		assert_int_equal(text.len > 0, rows[i].pax);
		if (rows[i].pax) {
			str_addf(&expect, "path=%s\n", path.ptr);
			assert_string_equal(text.ptr, expect.ptr);
		} else if (path.len > 100) {
			str_addn(&expect, out.ptr + PREFIX, strnlen(out.ptr + PREFIX, 155));
			str_addc(&expect, '/');
			str_addn(&expect, out.ptr, strnlen(out.ptr, 100));
			assert_string_equal(expect.ptr, path.ptr);
		}
	}
}

static void a_directory_does_not_split_at_its_end(void **state)
{
	(void)state;
	AUTO(str_release) struct str path = STR_INIT, out = STR_INIT, text = STR_INIT;

	for (int i = 0; i < 120; i++)
		str_addc(&path, 'd');
	struct layer_entry e = entry_of(LAYER_DIR, path.ptr);
	header(&out, &e);
	records(&out, &text);
	str_add(&path, "/\n");
	assert_string_equal(text.ptr + strlen("path="), path.ptr);
}

static void large_numbers(void **state)
{
	(void)state;
	AUTO(str_release) struct str out = STR_INIT, text = STR_INIT;
	struct layer_entry e = entry_of(LAYER_FILE, "f");

	e.size = ((uint64_t)1 << 33) - 1;
	e.uid = 07777777;
	header(&out, &e);
	assert_int_equal(out.len, TAR_BLOCK);
	e.size = (uint64_t)1 << 33;
	e.uid = 010000000;
	e.gid = 4294967294;
	e.mtime.tv_sec = -1;
	header(&out, &e);
	records(&out, &text);
	assert_string_equal(text.ptr, "uid=2097152\ngid=4294967294\nsize=8589934592\nmtime=-1\n");
}

/* The length of a record counts its own digits: 9 to 10, 99 to 100, 999 to 1000 are where that goes wrong. */
static void record_lengths(void **state)
{
	(void)state;
	static char value[1100];

	memset(value, 'v', sizeof(value));
	for (size_t len = 0; len < sizeof(value); len++) {
		AUTO(str_release) struct str out = STR_INIT, text = STR_INIT;
		struct layer_xattr x = { .name = (char *)"user.a", .value = value, .len = len };
		struct layer_xattrs xattrs = { .items = &x, .len = 1 };
		struct layer_entry e = entry_of(LAYER_FILE, "f");

		e.xattrs = &xattrs;
		header(&out, &e);
		records(&out, &text);
		assert_int_equal(text.len, strlen("SCHILY.xattr.user.a=\n") + len);
	}
}

static void xattrs_are_sorted(void **state)
{
	(void)state;
	AUTO(str_release) struct str out = STR_INIT, text = STR_INIT;
	struct layer_xattr items[] = { { (char *)"user.b", (char *)"2", 1 },
				       { (char *)"user.a", (char *)"1", 1 } };
	struct layer_xattrs xattrs = { .items = items, .len = 2 };
	struct layer_entry e = entry_of(LAYER_FILE, "\xc3\xa4");

	e.xattrs = &xattrs;
	header(&out, &e);
	records(&out, &text);
	assert_string_equal(text.ptr,
			    "path=\xc3\xa4\nSCHILY.xattr.user.a=1\nSCHILY.xattr.user.b=2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_file),
		cmocka_unit_test(types),
		cmocka_unit_test(names),
		cmocka_unit_test(a_directory_does_not_split_at_its_end),
		cmocka_unit_test(large_numbers),
		cmocka_unit_test(record_lengths),
		cmocka_unit_test(xattrs_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
