/* The databases of dpkg, apk and rpm. */
#include "package.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/proc.h"
#include "context/directory.h"
#include "unit.h"

static char *show(const struct packages *packages)
{
	struct str out = STR_INIT;

	VEC_FOREACH(package, packages)
		str_addf(&out, "%s %s %s %s %s %s\n", package->name, package->version,
			 package->architecture ? package->architecture : "-",
			 package->source ? package->source : "-",
			 package->license ? package->license : "-",
			 package->supplier ? package->supplier : "-");
	return str_detach(&out);
}

static void assert_packages(const struct packages *packages, const char *want)
{
	AUTO(freep) char *have = show(packages);

	assert_string_equal(have, want);
}

static const char dpkg_status[] = "Package: bash\n"
				  "Status: install ok installed\n"
				  "Maintainer: A <a@example.com>\n"
				  "Architecture: arm64\n"
				  "Version: 5.2.15-2+b2\n"
				  "Description: shell\n"
				  " Version: not this one\n"
				  "\n"
				  "Package: removed\n"
				  "Status: deinstall ok config-files\n"
				  "Version: 1\n"
				  "\n"
				  "Package: libgcc-s1\n"
				  "status: install ok installed\n"
				  "Source: gcc-12 (12.2.0-14)\n"
				  "Version: 12.2.0-14\n"
				  "\n"
				  "Package: half\n"
				  "Status: install ok installed\n";

static void dpkg(void **state)
{
	AUTO(packages_release) struct packages packages = { .items = NULL };

	(void)state;
	assert_ok(packages_read_dpkg(span_of(dpkg_status), false, &packages, &err_));
	assert_packages(&packages, "bash 5.2.15-2+b2 arm64 - - A <a@example.com>\n"
				   "libgcc-s1 12.2.0-14 - gcc-12 - -\n");
}

/* status.d of distroless images: what is there is installed. */
static void dpkg_without_status(void **state)
{
	AUTO(packages_release) struct packages packages = { .items = NULL };

	(void)state;
	assert_ok(packages_read_dpkg(span_of("Package: tzdata\nVersion: 2024a\n"), true, &packages,
				     &err_));
	assert_packages(&packages, "tzdata 2024a - - - -\n");
}

static void apk(void **state)
{
	static const char text[] =
		"C:Q1abc=\nP:musl\nV:1.2.4-r2\nA:aarch64\nL:MIT\no:musl\n"
		"m:M <m@example.com>\nF:lib\nR:ld.so\n\nP:busybox\nV:1.36.1-r5\n";
	AUTO(packages_release) struct packages packages = { .items = NULL };

	(void)state;
	assert_ok(packages_read_apk(span_of(text), &packages, &err_));
	assert_packages(&packages, "musl 1.2.4-r2 aarch64 musl MIT M <m@example.com>\n"
				   "busybox 1.36.1-r5 - - - -\n");
}

static void binary_rubbish_is_refused(void **state)
{
	AUTO(packages_release) struct packages packages = { .items = NULL };

	(void)state;
	assert_int_equal(packages_read_dpkg(SPAN_LIT("a\0b"), false, &packages, &err_), -1);
	err_clear(&err_);
	assert_int_equal(packages_read_apk(SPAN_LIT("a\0b"), &packages, &err_), -1);
	err_clear(&err_);
}

/* --- rpm --- */

static void put_u32(struct str *out, unsigned value)
{
	const unsigned char bytes[4] = { (unsigned char)(value >> 24), (unsigned char)(value >> 16),
					 (unsigned char)(value >> 8), (unsigned char)value };

	str_addn(out, bytes, sizeof(bytes));
}

static void put_entry(struct str *index, unsigned tag, unsigned type, const struct str *data)
{
	put_u32(index, tag);
	put_u32(index, type);
	put_u32(index, (unsigned)data->len);
	put_u32(index, 1);
}

static void put_text(struct str *index, struct str *data, unsigned tag, const char *text)
{
	put_entry(index, tag, 6, data);
	str_addn(data, text, strlen(text) + 1);
}

/* As rpm.org describes it; epoch < 0 = none. */
static void make_header(const char *name, int epoch, struct str *ret)
{
	AUTO(str_release) struct str index = STR_INIT;
	AUTO(str_release) struct str data = STR_INIT;

	if (epoch >= 0) {
		put_entry(&index, 1003, 4, &data);
		put_u32(&data, (unsigned)epoch);
	}
	put_text(&index, &data, 1000, name);
	put_text(&index, &data, 1001, "5.2");
	put_text(&index, &data, 1002, "3.fc38");
	put_text(&index, &data, 1014, "GPLv3+");
	put_text(&index, &data, 1022, "aarch64");
	put_u32(ret, (unsigned)(index.len / 16));
	put_u32(ret, (unsigned)data.len);
	str_addn(ret, index.ptr, index.len);
	str_addn(ret, data.ptr, data.len);
}

static void exec(sqlite3 *db, const char *statement)
{
	assert_int_equal(sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
}

static void insert(sqlite3 *db, const void *blob, size_t len)
{
	sqlite3_stmt *statement = NULL;

	assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO Packages(blob) VALUES(?)", -1,
					    &statement, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_bind_blob(statement, 1, blob, (int)len, SQLITE_STATIC), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
}

static sqlite3 *make_database(void)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open("rpmdb.sqlite", &db), SQLITE_OK);
	exec(db, "PRAGMA journal_mode = WAL"); /* as rpm leaves it */
	exec(db,
	     "CREATE TABLE Packages(hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)");
	return db;
}

static int read_database(struct packages *ret)
{
	AUTO(fd_closep) int fd = -1;

	assert_ok(fd_open(AT_FDCWD, "rpmdb.sqlite", O_RDONLY, 0, &fd, &err_));
	return packages_read_rpm(fd, ret, &err_);
}

static void rpm(void **state)
{
	AUTO(packages_release) struct packages packages = { .items = NULL };
	AUTO(str_release) struct str bash = STR_INIT;
	AUTO(str_release) struct str bind = STR_INIT;
	AUTO(str_release) struct str key = STR_INIT;
	sqlite3 *db = make_database();

	(void)state;
	make_header("bash", -1, &bash);
	make_header("bind", 32, &bind);
	make_header("gpg-pubkey", -1, &key);
	insert(db, bash.ptr, bash.len);
	insert(db, bind.ptr, bind.len);
	insert(db, key.ptr, key.len);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_ok(read_database(&packages));
	assert_packages(&packages, "bash 5.2-3.fc38 aarch64 - GPLv3+ -\n"
				   "bind 32:5.2-3.fc38 aarch64 - GPLv3+ -\n");
}

/* Cut anywhere, it is refused; nothing behind its end is read (the sanitizers look). */
static void damaged_headers(void **state)
{
	AUTO(str_release) struct str header = STR_INIT;

	(void)state;
	make_header("bash", 1, &header);
	for (size_t len = 1; len < header.len; len += 7) {
		AUTO(packages_release) struct packages packages = { .items = NULL };
		sqlite3 *db = make_database();

		insert(db, header.ptr, len);
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
		assert_int_equal(read_database(&packages), -1);
		err_clear(&err_);
		assert_int_equal(unlink("rpmdb.sqlite"), 0);
	}
}

static void no_database(void **state)
{
	AUTO(packages_release) struct packages packages = { .items = NULL };

	(void)state;
	assert_ok(fs_write_file_atomic(AT_FDCWD, "rpmdb.sqlite", "rubbish", 7, 0644, &err_));
	assert_int_equal(read_database(&packages), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	err_clear(&err_);
}

/* --- ndb --- */

#define NDB_PAGE  4096
#define NDB_BLOCK 16

static void set_le(struct str *out, size_t at, unsigned value)
{
	for (size_t i = 0; i < 4; i++)
		out->ptr[at + i] = (char)(value >> (8 * i));
}

/* A page of slots of which the third and the fourth of the first ones are taken, then the packages. */
static void make_ndb(const char *const *names, size_t count, struct str *ret)
{
	static const char zeros[NDB_PAGE];

	str_addn(ret, zeros, NDB_PAGE);
	memcpy(ret->ptr, "RpmP", 4);
	set_le(ret, 8, 7);
	set_le(ret, 12, 1);
	set_le(ret, 16, 9);
	for (size_t at = 32; at < NDB_PAGE; at += 16)
		memcpy(ret->ptr + at, "Slot", 4);
	for (size_t i = 0; i < count; i++) {
		AUTO(str_release) struct str header = STR_INIT;
		size_t start = ret->len, slot = 32 + (i + 2) * 16, blocks;

		make_header(names[i], -1, &header);
		str_addn(ret, zeros, 16);
		memcpy(ret->ptr + start, "BlbS", 4);
		set_le(ret, start + 4, (unsigned)i + 3);
		set_le(ret, start + 8, 7);
		set_le(ret, start + 12, (unsigned)header.len);
		str_addn(ret, header.ptr, header.len);
		blocks = (16 + header.len + 12 + NDB_BLOCK - 1) / NDB_BLOCK;
		str_addn(ret, zeros, start + blocks * NDB_BLOCK - ret->len);
		set_le(ret, slot + 4, (unsigned)i + 3);
		set_le(ret, slot + 8, (unsigned)(start / NDB_BLOCK));
		set_le(ret, slot + 12, (unsigned)blocks);
	}
}

static const char *const ndb_names[] = { "bash", "zypper", "gpg-pubkey" };

static void ndb(void **state)
{
	AUTO(packages_release) struct packages packages = { .items = NULL };
	AUTO(str_release) struct str database = STR_INIT;

	(void)state;
	make_ndb(ndb_names, 3, &database);
	assert_ok(packages_read_ndb(str_span(&database), &packages, &err_));
	assert_packages(&packages, "bash 5.2-3.fc38 aarch64 - GPLv3+ -\n"
				   "zypper 5.2-3.fc38 aarch64 - GPLv3+ -\n");
}

/* Each in a copy of its own, so that the sanitizers see what is read behind its end. */
static void damaged_ndb(void **state)
{
	static const struct {
		size_t at;
		unsigned value;
	} damages[] = {
		{ 0, 0 },  /* another file */
		{ 4, 1 },  /* a later version */
		{ 12, 2 }, /* more pages of slots than there is */
		{ 12, 0xffffffff },
		{ 48, 0 },              /* no slot */
		{ 64 + 4, 99 },         /* of another package */
		{ 64 + 8, 1 },          /* within the slots */
		{ 64 + 8, 0xffffffff }, /* behind the end */
		{ 64 + 12, 0xffffffff },
		{ 64 + 12, 0 },          /* no room for its head */
		{ NDB_PAGE, 0 },         /* no package */
		{ NDB_PAGE + 12, 5000 }, /* longer than its blocks */
		{ NDB_PAGE + 12, 0xffffffff },
		{ NDB_PAGE + 12, 4 }, /* shorter than a header */
	};
	AUTO(str_release) struct str database = STR_INIT;

	(void)state;
	make_ndb(ndb_names, 2, &database);
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		AUTO(packages_release) struct packages packages = { .items = NULL };
		AUTO(str_release) struct str copy = STR_INIT;

		str_addn(&copy, database.ptr, database.len);
		set_le(&copy, damages[i].at, damages[i].value);
		assert_int_equal(packages_read_ndb(str_span(&copy), &packages, &err_), -1);
		err_clear(&err_);
	}
	for (size_t len = 0; len < database.len; len += 13) {
		AUTO(packages_release) struct packages packages = { .items = NULL };
		AUTO(freep) char *copy = len ? xmemdup(database.ptr, len) : NULL;

		assert_int_equal(
			packages_read_ndb((struct span){ copy ? copy : "", len }, &packages, &err_),
			-1);
		err_clear(&err_);
	}
}

/* Many slots for one package would make a small file a long task. */
static void slots_that_share_a_package(void **state)
{
	AUTO(packages_release) struct packages packages = { .items = NULL };
	AUTO(str_release) struct str database = STR_INIT;

	(void)state;
	make_ndb(ndb_names, 1, &database);
	for (size_t at = 80; at < NDB_PAGE; at += 16)
		memcpy(database.ptr + at, database.ptr + 64, 16);
	assert_int_equal(packages_read_ndb(str_span(&database), &packages, &err_), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	err_clear(&err_);
}

/* --- Berkeley DB --- */

static void put_hex(struct str *out, const void *bytes, size_t len)
{
	str_addc(out, ' ');
	for (size_t i = 0; i < len; i++)
		str_addf(out, "%02x", ((const unsigned char *)bytes)[i]);
	str_addc(out, '\n');
}

/* By Berkeley DB's own program: keys are numbers, that of number 0 counts. The caller releases. */
static void load_berkeley(const char *options, bool is_big_endian, struct str *ret)
{
	static const char *const argv[] = { "db5.3_load", "-f", "dump", "Packages", NULL };
	AUTO(str_release) struct str dump = STR_INIT;
	AUTO(fd_closep) int fd = -1;

	str_addf(&dump, "VERSION=3\nformat=bytevalue\ntype=hash\n%sHEADER=END\n", options);
	for (unsigned i = 0; i <= ARRAY_SIZE(ndb_names); i++) {
		AUTO(str_release) struct str header = STR_INIT;
		const unsigned char key[4] = { is_big_endian ? 0 : (unsigned char)i, 0, 0,
					       is_big_endian ? (unsigned char)i : 0 };

		put_hex(&dump, key, sizeof(key));
		if (i > 0)
			make_header(ndb_names[i - 1], (int)i, &header);
		else
			str_addn(&header, "\3\0\0\0", 4);
		put_hex(&dump, header.ptr, header.len);
	}
	str_add(&dump, "DATA=END\n");
	write_text("dump", dump.ptr);
	(void)unlink("Packages");
	assert_ok(proc_check(argv, NULL, &err_));
	assert_ok(fd_open(AT_FDCWD, "Packages", O_RDONLY, 0, &fd, &err_));
	assert_ok(fd_read_to_str(fd, ret, 1000000, "Packages", &err_));
}

static void need_berkeley(void)
{
	static const char *const argv[] = { "db5.3_load", "-V", NULL };

	if (proc_check(argv, NULL, &err_) == 0)
		return;
	if (getenv("EDGECTL_TESTS_MUST_RUN"))
		fail_msg("db5.3_load is missing: apt-get install db5.3-util");
	skip();
}

/* In small pages headers have pages of their own, several; in large ones they lie side by side. */
static void berkeley(void **state)
{
	static const struct {
		const char *options;
		bool is_big_endian;
	} rows[] = {
		{ "db_pagesize=512\n", false },
		{ "db_pagesize=512\ndb_lorder=4321\n", true },
		{ "db_pagesize=4096\ndb_lorder=1234\n", false },
		{ "db_pagesize=65536\ndb_lorder=4321\n", true },
	};

	(void)state;
	need_berkeley();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(packages_release) struct packages packages = { .items = NULL };
		AUTO(str_release) struct str database = STR_INIT;
		AUTO(freep) char *have = NULL;

		load_berkeley(rows[i].options, rows[i].is_big_endian, &database);
		assert_row(packages_are_berkeley(str_span(&database)), rows[i].options);
		assert_ok(packages_read_berkeley(str_span(&database), &packages, &err_));
		have = show(&packages);
		assert_row(packages.len == 2, rows[i].options);
		assert_row(strstr(have, "bash 1:5.2-3.fc38 aarch64 - GPLv3+ -\n"), rows[i].options);
		assert_row(strstr(have, "zypper 2:5.2-3.fc38 aarch64 - GPLv3+ -\n"),
			   rows[i].options);
	}
}

/* The first page of that type behind the one that describes the file. */
static size_t find_page(const struct str *database, size_t page_size, unsigned type)
{
	for (size_t at = page_size; at < database->len; at += page_size) {
		/* a bucket that is empty has no items */
		if ((unsigned char)database->ptr[at + 25] == type && database->ptr[at + 20])
			return at;
	}
	fail_msg("no page of type %u", type);
	return 0;
}

/* Libraries before 4.6 had another type for pages whose items are not sorted: SLES 11, RHEL 5. */
static void berkeley_of_long_ago(void **state)
{
	AUTO(packages_release) struct packages packages = { .items = NULL };
	AUTO(str_release) struct str database = STR_INIT;

	(void)state;
	need_berkeley();
	load_berkeley("db_pagesize=4096\n", false, &database);
	for (size_t at = 4096; at < database.len; at += 4096) {
		if (database.ptr[at + 25] == 13)
			database.ptr[at + 25] = 2;
	}
	assert_ok(packages_read_berkeley(str_span(&database), &packages, &err_));
	assert_int_equal(packages.len, 2);
}

/* Each in a copy of its own, so that the sanitizers see what is read behind its end. */
static int read_copy(const char *data, size_t len)
{
	AUTO(packages_release) struct packages packages = { .items = NULL };
	AUTO(freep) char *copy = len ? xmemdup(data, len) : NULL;
	int result;

	err_clear(&err_);
	result = packages_read_berkeley((struct span){ copy ? copy : "", len }, &packages, &err_);
	if (result < 0)
		assert_int_equal(err_.kind, ERR_INPUT);
	err_clear(&err_);
	return result;
}

static void damaged_berkeley(void **state)
{
	enum { FILE_HEAD, HASH, OVERFLOW, PLACES };
	static const struct {
		int page;
		size_t at, len;
		unsigned value;
	} damages[] = {
		{ FILE_HEAD, 12, 4, 0 },          /* another file */
		{ FILE_HEAD, 20, 4, 0 },          /* no size of pages */
		{ FILE_HEAD, 20, 4, 513 },        /* no power of two */
		{ FILE_HEAD, 20, 4, 0x80000000 }, /* of 2 GiB */
		{ FILE_HEAD, 24, 1, 1 },          /* encrypted */
		{ FILE_HEAD, 26, 1, 1 },          /* with checksums */
		{ FILE_HEAD, 32, 4, 0xffffffff }, /* more pages than there are */
		{ HASH, 20, 2, 3 },               /* a key without a value */
		{ HASH, 20, 2, 0xfffe },          /* more items than have room */
		{ PLACES, 0, 2, 0 },              /* an item in the page's head */
		{ PLACES, 0, 2, 512 },            /* and behind its end */
		{ PLACES, 2, 2, 511 },            /* larger than what is before it */
		{ OVERFLOW, 25, 1, 13 },          /* no such page: its items are not there either */
		{ OVERFLOW, 22, 2, 0 },           /* nothing on it */
		{ OVERFLOW, 22, 2, 487 },         /* more than it can hold */
		{ OVERFLOW, 22, 2, 3 },           /* and less: the rest is nowhere */
	};
	AUTO(str_release) struct str database = STR_INIT;
	size_t pages[] = { 0, 0, 0, 0 };

	(void)state;
	need_berkeley();
	load_berkeley("db_pagesize=512\n", false, &database);
	pages[HASH] = find_page(&database, 512, 13);
	pages[OVERFLOW] = find_page(&database, 512, 7);
	pages[PLACES] = pages[HASH] + 26;
	assert_int_equal(read_copy(database.ptr, database.len), 0);
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		AUTO(str_release) struct str copy = STR_INIT;
		size_t at = pages[damages[i].page] + damages[i].at;

		str_addn(&copy, database.ptr, database.len);
		for (size_t j = 0; j < damages[i].len; j++)
			copy.ptr[at + j] = (char)(damages[i].value >> (8 * j));
		if (read_copy(copy.ptr, copy.len) == 0)
			fail_msg("damage %zu is not seen", i);
	}
	for (size_t len = 0; len < database.len; len += 13)
		assert_int_equal(read_copy(database.ptr, len), -1);
}

/* Many values on the same pages would make a small file a long task. */
static void values_that_share_pages(void **state)
{
	AUTO(str_release) struct str database = STR_INIT;
	size_t page, value;

	(void)state;
	need_berkeley();
	load_berkeley("db_pagesize=512\n", false, &database);
	page = find_page(&database, 512, 13);
	/* the second item is the first value, or the counter's */
	value = page + (unsigned char)database.ptr[page + 28] +
		256 * (size_t)(unsigned char)database.ptr[page + 29];
	if (database.ptr[value] != 3)
		value = page + (unsigned char)database.ptr[page + 32] +
			256 * (size_t)(unsigned char)database.ptr[page + 33];
	assert_int_equal(database.ptr[value], 3);
	set_le(&database, value + 8, (unsigned)database.len + 1);
	assert_int_equal(read_copy(database.ptr, database.len), -1);
}

static void a_database_of_an_unknown_kind(void **state)
{
	AUTO(packages_release) struct packages packages = { .items = NULL };
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(freep) char *unread = NULL;

	(void)state;
	assert_ok(fs_mkdir_all(AT_FDCWD, "root/var/lib/rpm", 0755, &err_));
	write_text("root/var/lib/rpm/Packages", "not by any program that we know");
	assert_ok(directory_tree_open("root", NULL, &tree, &err_));
	assert_ok(packages_find(tree, &packages, &unread, &err_));
	assert_int_equal(packages.len, 0);
	assert_string_equal(unread, "/var/lib/rpm/Packages");
}

static void berkeley_in_an_image(void **state)
{
	AUTO(packages_release) struct packages packages = { .items = NULL };
	AUTO(str_release) struct str database = STR_INIT;
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(freep) char *unread = NULL;

	(void)state;
	need_berkeley();
	load_berkeley("db_pagesize=4096\n", false, &database);
	assert_ok(fs_mkdir_all(AT_FDCWD, "root/var/lib/rpm", 0755, &err_));
	assert_int_equal(rename("Packages", "root/var/lib/rpm/Packages"), 0);
	assert_ok(directory_tree_open("root", NULL, &tree, &err_));
	assert_ok(packages_find(tree, &packages, &unread, &err_));
	assert_null(unread);
	assert_packages(&packages, "bash 1:5.2-3.fc38 aarch64 - GPLv3+ -\n"
				   "zypper 2:5.2-3.fc38 aarch64 - GPLv3+ -\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dpkg),
		cmocka_unit_test(dpkg_without_status),
		cmocka_unit_test(apk),
		cmocka_unit_test(binary_rubbish_is_refused),
		scratch_test(rpm),
		scratch_test(damaged_headers),
		scratch_test(no_database),
		cmocka_unit_test(ndb),
		cmocka_unit_test(damaged_ndb),
		cmocka_unit_test(slots_that_share_a_package),
		scratch_test(berkeley),
		scratch_test(berkeley_of_long_ago),
		scratch_test(damaged_berkeley),
		scratch_test(values_that_share_pages),
		scratch_test(a_database_of_an_unknown_kind),
		scratch_test(berkeley_in_an_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
