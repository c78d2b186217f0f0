#include "mount_plan.h"

#include <stdlib.h>
#include <sys/mount.h>

#include "../base/unit.h"

static const struct mount_facts facts = { .tty_group = true,
					  .resolv_conf = { "nameserver 192.0.2.1\n", 21 },
					  .hosts = { "127.0.0.1 localhost\n", 20 } };

static struct mount_plan plan_of(struct sandbox_mounts mounts, enum sandbox_network network)
{
	struct job job = { .hostname = (char *)"h", .mounts = mounts, .network = network };
	struct mount_plan plan = MOUNT_PLAN_INIT;

	mount_plan_make(&job, &facts, &plan);
	return plan;
}

/* The first item at `target`; its place among the others tells what covers what. */
static const struct mount_item *at(const struct mount_plan *plan, const char *target)
{
	for (size_t i = 0; i < plan->len; i++)
		if (str_eq(plan->items[i].target, target))
			return &plan->items[i];
	fail_msg("nothing is mounted at '%s'", target);
	abort(); /* fail_msg() does not return, which the compiler cannot know */
}

static void hides_and_locks_as_oci_runtimes_do(void **state)
{
	(void)state;
	static const char *const hidden[] = { "proc/kcore", "proc/keys", "proc/timer_list",
					      "sys/firmware" };
	static const char *const locked[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sys",
					      "proc/sysrq-trigger" };
	AUTO(mount_plan_release)
	struct mount_plan plan =
		plan_of((struct sandbox_mounts){ NULL, 0, 0 }, SANDBOX_NETWORK_HOST);

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		assert_row(at(&plan, hidden[i])->action == MOUNT_MASK, hidden[i]);
	for (size_t i = 0; i < ARRAY_SIZE(locked); i++)
		assert_row(at(&plan, locked[i])->action == MOUNT_READ_ONLY, locked[i]);
	assert_true(at(&plan, "proc") < at(&plan, "proc/kcore"));
	assert_string_equal(at(&plan, "proc")->substitute, "/proc");
	assert_true(at(&plan, "sys") < at(&plan, "sys/firmware"));
}

/* A fresh sysfs is for the owner of the network namespace only. */
static void sysfs_follows_the_network(void **state)
{
	(void)state;
	struct sandbox_mounts none = { NULL, 0, 0 };
	AUTO(mount_plan_release) struct mount_plan shared = plan_of(none, SANDBOX_NETWORK_HOST);
	AUTO(mount_plan_release) struct mount_plan own = plan_of(none, SANDBOX_NETWORK_NONE);

	assert_int_equal(at(&shared, "sys")->action, MOUNT_BIND);
	assert_true(at(&shared, "sys")->read_only);
	assert_int_equal(at(&own, "sys")->action, MOUNT_NEW);
	assert_true(at(&own, "sys")->flags & MS_RDONLY);
}

static void dev_holds_the_usual(void **state)
{
	(void)state;
	static const char *const binds[] = { "dev/null",   "dev/zero",    "dev/full",
					     "dev/random", "dev/urandom", "dev/tty" };
	static const char *const links[] = { "dev/fd", "dev/stdin", "dev/stdout", "dev/stderr",
					     "dev/ptmx" };
	static const char *const systems[] = { "dev/pts", "dev/shm", "dev/mqueue" };
	AUTO(mount_plan_release)
	struct mount_plan plan =
		plan_of((struct sandbox_mounts){ NULL, 0, 0 }, SANDBOX_NETWORK_HOST);

	for (size_t i = 0; i < ARRAY_SIZE(binds); i++)
		assert_row(at(&plan, binds[i])->action == MOUNT_BIND, binds[i]);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		assert_row(at(&plan, links[i])->action == MOUNT_LINK, links[i]);
	for (size_t i = 0; i < ARRAY_SIZE(systems); i++)
		assert_row(at(&plan, systems[i])->action == MOUNT_NEW, systems[i]);
	assert_non_null(strstr(at(&plan, "dev/pts")->data, "gid=5"));
}

static void without_a_tty_group_ptys_do_not_name_it(void **state)
{
	(void)state;
	struct job job = { .hostname = (char *)"h" };
	struct mount_facts single = facts;
	AUTO(mount_plan_release) struct mount_plan plan = MOUNT_PLAN_INIT;

	single.tty_group = false;
	mount_plan_make(&job, &single, &plan);
	assert_null(strstr(at(&plan, "dev/pts")->data, "gid="));
}

static void network_files_cannot_be_written(void **state)
{
	(void)state;
	AUTO(mount_plan_release)
	struct mount_plan plan =
		plan_of((struct sandbox_mounts){ NULL, 0, 0 }, SANDBOX_NETWORK_HOST);

	assert_int_equal(at(&plan, "etc/resolv.conf")->action, MOUNT_TEXT);
	assert_string_equal(at(&plan, "etc/resolv.conf")->data, "nameserver 192.0.2.1\n");
	assert_true(at(&plan, "etc/resolv.conf")->read_only);
	assert_string_equal(at(&plan, "etc/hosts")->data, "127.0.0.1 localhost\n");
	assert_true(at(&plan, "etc/hosts")->read_only);
}

/* Given inner first: the outer one would hide it. */
static void outer_mounts_come_first(void **state)
{
	(void)state;
	struct sandbox_mount items[] = {
		{ .kind = SANDBOX_BIND, .source = (char *)"/inner", .target = (char *)"/a/b/c" },
		{ .kind = SANDBOX_TMPFS,
		  .target = (char *)"//a/./b/",
		  .read_only = true,
		  .size = 4096 },
		{ .kind = SANDBOX_BIND,
		  .source = (char *)"/first",
		  .target = (char *)"/x",
		  .read_only = true },
		{ .kind = SANDBOX_BIND, .source = (char *)"/second", .target = (char *)"/x/../y" },
	};
	struct sandbox_mounts mounts = { items, ARRAY_SIZE(items), 0 };
	AUTO(mount_plan_release) struct mount_plan plan = plan_of(mounts, SANDBOX_NETWORK_HOST);

	assert_true(at(&plan, "a/b") < at(&plan, "a/b/c"));
	assert_true(at(&plan, "etc/hosts") < at(&plan, "x"));
	assert_true(at(&plan, "x") < at(&plan, "y"));
	assert_true(at(&plan, "x")->read_only);
	assert_false(at(&plan, "y")->read_only);
	assert_string_equal(at(&plan, "y")->source, "/second");
	assert_string_equal(at(&plan, "a/b")->data, "mode=1777,size=4096");
	assert_true(at(&plan, "a/b")->flags & MS_RDONLY);
}

/* Device nodes in a volume are not to open the machine's disks; /dev/ttyUSB0 is given on purpose. */
static void only_devices_given_by_name_work(void **state)
{
	(void)state;
	struct sandbox_mount items[] = {
		{ .kind = SANDBOX_BIND, .source = (char *)"/home/user", .target = (char *)"/v" },
		{ .kind = SANDBOX_BIND,
		  .source = (char *)"/dev/ttyUSB0",
		  .target = (char *)"/dev/ttyUSB0" },
	};
	AUTO(mount_plan_release)
	struct mount_plan plan =
		plan_of((struct sandbox_mounts){ items, 2, 0 }, SANDBOX_NETWORK_HOST);

	assert_true(at(&plan, "v")->no_devices);
	assert_false(at(&plan, "dev/ttyUSB0")->no_devices);
}

static void scripts_can_be_run(void **state)
{
	(void)state;
	struct job job = { .hostname = (char *)"h" };
	AUTO(mount_plan_release) struct mount_plan plan = MOUNT_PLAN_INIT;

	strmap_set(&job.scripts, "EOF", "#!/bin/sh\necho\n");
	mount_plan_make(&job, &facts, &plan);
	assert_string_equal(at(&plan, "dev/pipes/EOF")->data, "#!/bin/sh\necho\n");
	assert_int_equal(at(&plan, "dev/pipes/EOF")->mode, 0755);
	assert_true(at(&plan, "dev") < at(&plan, "dev/pipes/EOF"));
	strmap_release(&job.scripts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hides_and_locks_as_oci_runtimes_do),
		cmocka_unit_test(sysfs_follows_the_network),
		cmocka_unit_test(dev_holds_the_usual),
		cmocka_unit_test(without_a_tty_group_ptys_do_not_name_it),
		cmocka_unit_test(network_files_cannot_be_written),
		cmocka_unit_test(outer_mounts_come_first),
		cmocka_unit_test(only_devices_given_by_name_work),
		cmocka_unit_test(scripts_can_be_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
