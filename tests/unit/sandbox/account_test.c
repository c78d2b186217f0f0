#include "account.h"

#include <sys/stat.h>

#include "../base/unit.h"
#include "base/fd.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "# a comment\n"
			     "broken:x:abc:0::/:/bin/sh\n"
			     "bob:x:1000:1001:Bob:/home/bob:/bin/sh\n"
			     "1234:x:77:78::/odd:/bin/sh\n"
			     "nohome:x:1002:1002:::\n";
static const char group[] = "root:x:0:\n"
			    "video:x:44:al,bob\n"
			    "bob:x:1001:\n"
			    "dialout:x:20:bob,bob\n"
			    "bobby:x:55:bobby\n";

struct row {
	const char *user;
	uid_t uid;
	gid_t gid;
	const char *groups, *home;
};

static const struct row rows[] = {
	{ NULL, 0, 0, "0", "/root" },
	{ "", 0, 0, "0", "/root" },
	{ "root", 0, 0, "0", "/root" },
	{ "0", 0, 0, "0", "/root" },
	{ "bob", 1000, 1001, "1001 44 20", "/home/bob" },
	{ "1000", 1000, 1001, "1001 44 20", "/home/bob" },
	{ "bob:video", 1000, 44, "44", "/home/bob" },
	{ "bob:7", 1000, 7, "7", "/home/bob" },
	{ "1000:44", 1000, 44, "44", "/home/bob" },
	{ "4000", 4000, 0, "0", "/" },
	{ "4000:4001", 4000, 4001, "4001", "/" },
	{ "4000:video", 4000, 44, "44", "/" },
	{ ":video", 0, 44, "44", "/root" },
	{ "1234", 1234, 0, "0", "/" }, /* a number is never a name */
	{ "nohome", 1002, 1002, "1002", "/" },
};

static char *groups_of(const struct account *account)
{
	struct str text = STR_INIT;

	for (size_t i = 0; i < account->group_count; i++)
		str_addf(&text, "%s%u", i ? " " : "", account->groups[i]);
	return str_detach(&text);
}

static void resolves(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *name = rows[i].user ? rows[i].user : "(null)";
		AUTO(account_release) struct account account = { .home = NULL };
		AUTO(freep) char *groups = NULL;

		assert_ok(account_resolve(rows[i].user, span_of(passwd), span_of(group), &account,
					  &err_));
		groups = groups_of(&account);
		assert_row(account.uid == rows[i].uid, name);
		assert_row(account.gid == rows[i].gid, name);
		assert_row(str_eq(groups, rows[i].groups), name);
		assert_row(str_eq(account.home, rows[i].home), name);
	}
}

static void refuses_unknown_names(void **state)
{
	(void)state;
	static const char *const words[] = { "eve",        "bob:eve",      "broken", "-1",
					     "4294967295", "0:4294967295", "bob:-1" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct account account = { .home = NULL };

		assert_row(account_resolve(words[i], span_of(passwd), span_of(group), &account,
					   &err_) == -1,
			   words[i]);
		assert_int_equal(err_.kind, ERR_INPUT);
		err_clear(&err_);
	}
}

static void says_which_numbers_there_are(void **state)
{
	(void)state;
	struct account account = { .home = NULL };

	assert_int_equal(
		account_resolve("4294967295", span_of(passwd), span_of(group), &account, &err_),
		-1);
	assert_non_null(strstr(err_.hint, "at most 4294967294"));
	err_clear(&err_);
}

static void without_files_numbers_serve(void **state)
{
	(void)state;
	AUTO(account_release) struct account account = { .home = NULL };
	AUTO(fd_closep) int root = -1;

	assert_ok(fd_open(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0, &root, &err_));
	assert_ok(account_find(root, "12:13", &account, &err_));
	assert_int_equal(account.uid, 12);
	assert_int_equal(account.gid, 13);
	account_release(&account);
	assert_int_equal(account_find(root, "bob", &account, &err_), -1);
}

/* Root is in groups as well. */
static void who_is_not_named_is_root(void **state)
{
	(void)state;
	AUTO(account_release) struct account account = { .home = NULL };
	AUTO(fd_closep) int root = -1;

	assert_int_equal(mkdir("etc", 0755), 0);
	write_text("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
	write_text("etc/group", "root:x:0:\nwheel:x:10:bob,root\n");
	assert_ok(fd_open(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0, &root, &err_));
	assert_ok(account_find(root, NULL, &account, &err_));
	assert_int_equal(account.uid, 0);
	assert_int_equal(account.gid, 0);
	assert_int_equal(account.group_count, 2);
	assert_int_equal(account.groups[1], 10);
	assert_string_equal(account.home, "/root");
}

/* The image's link must lead to the image's file, not to the machine's. */
static void links_stay_in_the_root(void **state)
{
	(void)state;
	AUTO(account_release) struct account account = { .home = NULL };
	AUTO(fd_closep) int root = -1;

	assert_int_equal(mkdir("root", 0755), 0);
	assert_int_equal(mkdir("root/etc", 0755), 0);
	write_text("outside", "eve:x:1:1::/:/bin/sh\n");
	write_text("root/outside", "bob:x:5:6::/b:/bin/sh\n");
	assert_int_equal(symlink("../../outside", "root/etc/passwd"), 0);
	assert_ok(fd_open(AT_FDCWD, "root", O_PATH | O_DIRECTORY, 0, &root, &err_));
	assert_ok(account_find(root, "bob", &account, &err_));
	assert_int_equal(account.uid, 5);
}

static void other_than_files_are_refused(void **state)
{
	(void)state;
	struct account account = { .home = NULL };
	AUTO(fd_closep) int root = -1;

	assert_int_equal(mkdir("etc", 0755), 0);
	assert_int_equal(mkfifo("etc/passwd", 0644), 0);
	assert_ok(fd_open(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0, &root, &err_));
	assert_int_equal(account_find(root, "bob", &account, &err_), -1);
	assert_non_null(strstr(err_.message, "not a regular file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolves),
		cmocka_unit_test(refuses_unknown_names),
		cmocka_unit_test(says_which_numbers_there_are),
		scratch_test(without_files_numbers_serve),
		scratch_test(who_is_not_named_is_root),
		scratch_test(links_stay_in_the_root),
		scratch_test(other_than_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
