#include "sandbox/identity.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "../base/unit.h"
#include "id_map.h"

/* identity_enter() changes the process for good: each case runs in a child, which ends with the number of a failed check. */
static int in_child(int (*body)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(body());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int count_agrees_with_the_kernel(void)
{
	struct identity identity = { .limitation = NULL };
	struct id_map map = ID_MAP_INIT;
	struct err err = ERR_INIT;

	if (identity_enter(&identity, &err) < 0)
		return print_error("%s\n", err.message), 1;
	if (geteuid() != 0 || id_map_read("uid_map", &map, &err) < 0)
		return 2;
	if (id_map_count(&map) != identity.id_count)
		return 3;
	return (identity.kind == IDENTITY_SINGLE) != (identity.limitation != NULL) ? 4 : 0;
}

static int mounts_are_possible_and_private(void)
{
	struct identity identity = { .limitation = NULL };

	if (identity_enter(&identity, NULL) < 0)
		return 1;
	if (mount("none", "/tmp", "tmpfs", 0, NULL) < 0)
		return 2;
	return mkdir("/tmp/sandbox-identity-test", 0700) < 0 ? 3 : 0;
}

static int second_time_is_nested(void)
{
	struct identity first = { .limitation = NULL };
	struct identity second = { .limitation = NULL };

	if (identity_enter(&first, NULL) < 0 || identity_enter(&second, NULL) < 0)
		return 1;
	if (first.id_count != second.id_count)
		return 2;
	if (first.kind == IDENTITY_RANGES)
		return second.kind == IDENTITY_NESTED ? 0 : 3;
	return second.kind == first.kind ? 0 : 4;
}

/* As `unshare -r` makes it. */
static int one_id_is_said(void)
{
	struct identity identity = { .limitation = NULL };
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER) < 0 || id_map_write_single(uid, gid, NULL) < 0)
		return 1;
	if (identity_enter(&identity, NULL) < 0)
		return 2;
	return identity.kind == IDENTITY_SINGLE && identity.id_count == 1 && identity.limitation
		       ? 0
		       : 3;
}

static void ids_are_what_is_said(void **state)
{
	(void)state;
	assert_int_equal(in_child(count_agrees_with_the_kernel), 0);
}

static void mounts_stay_here(void **state)
{
	(void)state;
	assert_int_equal(in_child(mounts_are_possible_and_private), 0);
	assert_false(fs_exists(AT_FDCWD, "/tmp/sandbox-identity-test"));
}

static void entering_twice_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(in_child(second_time_is_nested), 0);
}

static void a_single_id_is_a_limitation(void **state)
{
	(void)state;
	assert_int_equal(in_child(one_id_is_said), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_what_is_said),
		cmocka_unit_test(mounts_stay_here),
		cmocka_unit_test(entering_twice_changes_nothing),
		cmocka_unit_test(a_single_id_is_a_limitation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
