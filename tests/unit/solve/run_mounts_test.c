#include "run_mounts.h"

#include "dockerfile/mount.h"
#include "unit.h"

/* A store, a step with cache mounts of these ids, and what the step gets. */
struct fixture {
	struct store *store;
	struct solver solver;
	struct step_settings settings;
	struct vertex vertex;
	struct run_mount mounts[2];
};

static void init(struct fixture *fixture, const char *first, const char *second)
{
	*fixture = (struct fixture){ .vertex = { .kind = VERTEX_RUN } };
	assert_ok(store_open("store", &fixture->store, &err_));
	fixture->solver.store = fixture->store;
	fixture->vertex.settings = &fixture->settings;
	fixture->mounts[0] = (struct run_mount){
		.type = MOUNT_CACHE,
		.id = (char *)first,
		.target = (char *)"/one",
		.sharing = MOUNT_LOCKED,
		.mode = 0750,
		.uid = geteuid(),
		.gid = getegid(),
	};
	fixture->mounts[1] = fixture->mounts[0];
	fixture->mounts[1].id = (char *)second;
	fixture->mounts[1].target = (char *)"/two";
	fixture->vertex.run.mounts.items = fixture->mounts;
	fixture->vertex.run.mounts.len = 2;
}

static void release(struct fixture *fixture)
{
	store_closep(&fixture->store);
}

static void a_cache_mounted_twice_is_locked_once(void **state)
{
	AUTO(release) struct fixture fixture;
	AUTO(step_mounts_release) struct step_mounts mounts = STEP_MOUNTS_INIT;

	(void)state;
	init(&fixture, "a", "a");
	assert_ok(step_mounts_make(&fixture.solver, &fixture.vertex, &mounts, &err_));
	assert_int_equal(mounts.mounts.len, 2);
	assert_string_equal(mounts.mounts.items[0].source, mounts.mounts.items[1].source);
	assert_string_equal(mounts.mounts.items[1].target, "/two");
	assert_int_equal(mounts.locks.len, 1);
}

static void caches_are_nobody_else_s_business(void **state)
{
	AUTO(release) struct fixture fixture;
	AUTO(step_mounts_release) struct step_mounts mounts = STEP_MOUNTS_INIT;
	struct stat st;

	(void)state;
	init(&fixture, "a", "b");
	assert_ok(step_mounts_make(&fixture.solver, &fixture.vertex, &mounts, &err_));
	assert_int_equal(stat("store/cache-mounts", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(mounts.mounts.items[0].source, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	assert_string_not_equal(mounts.mounts.items[0].source, mounts.mounts.items[1].source);
}

/* The other step has both caches; this one names them the other way round. */
static void who_waits_for_a_cache_can_be_stopped(void **state)
{
	AUTO(release) struct fixture fixture, other;
	AUTO(step_mounts_release) struct step_mounts held = STEP_MOUNTS_INIT;
	AUTO(step_mounts_release) struct step_mounts mounts = STEP_MOUNTS_INIT;
	struct monitor monitor = MONITOR_SILENT;
	int fds[2];

	(void)state;
	init(&other, "a", "b");
	init(&fixture, "b", "a");
	assert_ok(step_mounts_make(&other.solver, &other.vertex, &held, &err_));
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "", 1), 1);
	monitor.cancel_fd = fds[0];
	fixture.solver.monitor = &monitor;
	assert_int_equal(step_mounts_make(&fixture.solver, &fixture.vertex, &mounts, &err_), -1);
	assert_int_equal(err_.kind, ERR_CANCELLED);
	assert_int_equal(mounts.locks.len, 0);
	err_clear(&err_);

	step_mounts_release(&held);
	fixture.solver.monitor = NULL;
	assert_ok(step_mounts_make(&fixture.solver, &fixture.vertex, &mounts, &err_));
	assert_int_equal(mounts.locks.len, 2);
	assert_int_equal(close(fds[0]) + close(fds[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_cache_mounted_twice_is_locked_once),
		scratch_test(caches_are_nobody_else_s_business),
		scratch_test(who_waits_for_a_cache_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
