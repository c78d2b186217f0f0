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

static size_t count_locks(const struct step_mounts *mounts)
{
	size_t count = 0;

	VEC_FOREACH(cache, &mounts->caches)
		count += cache->lock_fd >= 0;
	return count;
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
	assert_int_equal(count_locks(&mounts), 1);
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
	assert_int_equal(count_locks(&mounts), 0);
	err_clear(&err_);

	step_mounts_release(&held);
	step_mounts_release(&mounts);
	fixture.solver.monitor = NULL;
	assert_ok(step_mounts_make(&fixture.solver, &fixture.vertex, &mounts, &err_));
	assert_int_equal(count_locks(&mounts), 2);
	assert_int_equal(close(fds[0]) + close(fds[1]), 0);
}

static void private_caches_are_each_for_itself(void **state)
{
	AUTO(release) struct fixture first, second, third;
	AUTO(step_mounts_release) struct step_mounts held = STEP_MOUNTS_INIT;
	AUTO(step_mounts_release) struct step_mounts other = STEP_MOUNTS_INIT;
	AUTO(step_mounts_release) struct step_mounts later = STEP_MOUNTS_INIT;
	AUTO(freep) char *path = NULL;

	(void)state;
	init(&first, "a", "a");
	init(&second, "a", "a");
	init(&third, "a", "a");
	for (int i = 0; i < 2; i++)
		first.mounts[i].sharing = second.mounts[i].sharing = third.mounts[i].sharing =
			MOUNT_PRIVATE;
	assert_ok(step_mounts_make(&first.solver, &first.vertex, &held, &err_));
	assert_ok(step_mounts_make(&second.solver, &second.vertex, &other, &err_));
	/* Both mounts of a step are the same directory, and two steps have two. */
	assert_string_equal(held.mounts.items[0].source, held.mounts.items[1].source);
	assert_string_equal(other.mounts.items[0].source, other.mounts.items[1].source);
	assert_string_not_equal(held.mounts.items[0].source, other.mounts.items[0].source);

	/* What is free is used again. */
	path = xstrdup(other.mounts.items[0].source);
	step_mounts_release(&other);
	assert_ok(step_mounts_make(&third.solver, &third.vertex, &later, &err_));
	assert_string_equal(later.mounts.items[0].source, path);
}

static void shared_caches_wait_for_nobody(void **state)
{
	AUTO(release) struct fixture first, second;
	AUTO(step_mounts_release) struct step_mounts held = STEP_MOUNTS_INIT;
	AUTO(step_mounts_release) struct step_mounts other = STEP_MOUNTS_INIT;

	(void)state;
	init(&first, "a", "b");
	init(&second, "a", "b");
	for (int i = 0; i < 2; i++)
		first.mounts[i].sharing = second.mounts[i].sharing = MOUNT_SHARED;
	assert_ok(step_mounts_make(&first.solver, &first.vertex, &held, &err_));
	assert_ok(step_mounts_make(&second.solver, &second.vertex, &other, &err_));
	assert_string_equal(held.mounts.items[0].source, other.mounts.items[0].source);
	assert_int_equal(count_locks(&held) + count_locks(&other), 0);
}

/* --- secrets --- */

static void use_secret(struct fixture *fixture, struct secret_values *values, const char *value)
{
	struct secret_value *secret = VEC_ADD(values);

	init(fixture, "a", "a");
	secret->id = xstrdup("token");
	str_init(&secret->value, 0);
	str_add(&secret->value, value);
	fixture->settings.secrets = values;
	fixture->mounts[0] = (struct run_mount){
		.type = MOUNT_SECRET,
		.id = (char *)"token",
		.target = (char *)"/run/secrets/token",
		.mode = 0400,
		.uid = 7,
		.gid = 8,
	};
	fixture->vertex.run.mounts.len = 1;
}

static void a_secret_is_a_file_in_memory(void **state)
{
	AUTO(release) struct fixture fixture;
	AUTO(secret_values_release) struct secret_values values = SECRET_VALUES_INIT;
	AUTO(step_mounts_release) struct step_mounts mounts = STEP_MOUNTS_INIT;
	const struct sandbox_mount *mount = NULL;

	(void)state;
	use_secret(&fixture, &values, "s3cret\n");
	assert_ok(step_mounts_make(&fixture.solver, &fixture.vertex, &mounts, &err_));
	assert_int_equal(mounts.mounts.len, 1);
	mount = &mounts.mounts.items[0];
	assert_int_equal(mount->kind, SANDBOX_FILE);
	assert_string_equal(mount->target, "/run/secrets/token");
	assert_int_equal(mount->content_len, strlen("s3cret\n"));
	assert_memory_equal(mount->content, "s3cret\n", mount->content_len);
	assert_int_equal(mount->mode, 0400);
	assert_int_equal(mount->uid, 7);
	assert_int_equal(mount->gid, 8);
	assert_int_equal(mounts.env.len, 0);
	assert_int_equal(mounts.mask.len, 1);
}

static void a_secret_may_be_a_variable_alone(void **state)
{
	AUTO(release) struct fixture fixture;
	AUTO(secret_values_release) struct secret_values values = SECRET_VALUES_INIT;
	AUTO(step_mounts_release) struct step_mounts mounts = STEP_MOUNTS_INIT;

	(void)state;
	use_secret(&fixture, &values, "s3cret");
	fixture.mounts[0].env = (char *)"TOKEN";
	fixture.mounts[0].target = NULL;
	assert_ok(step_mounts_make(&fixture.solver, &fixture.vertex, &mounts, &err_));
	assert_int_equal(mounts.mounts.len, 0);
	assert_int_equal(mounts.env.len, 1);
	assert_string_equal(mounts.env.items[0], "TOKEN=s3cret");
}

static void what_is_not_lent_is_left_out_unless_required(void **state)
{
	static const struct {
		enum mount_type type;
		const char *said;
	} rows[] = {
		{ MOUNT_SECRET, "secret 'other' is required" },
		{ MOUNT_SSH, "ssh agent 'other' is required" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(release) struct fixture fixture;
		AUTO(secret_values_release) struct secret_values values = SECRET_VALUES_INIT;
		AUTO(step_mounts_release) struct step_mounts mounts = STEP_MOUNTS_INIT;

		use_secret(&fixture, &values, "s3cret");
		fixture.mounts[0].type = rows[i].type;
		fixture.mounts[0].id = (char *)"other";
		assert_ok(step_mounts_make(&fixture.solver, &fixture.vertex, &mounts, &err_));
		assert_int_equal(mounts.mounts.len, 0);
		step_mounts_release(&mounts);

		fixture.mounts[0].required = true;
		assert_int_equal(step_mounts_make(&fixture.solver, &fixture.vertex, &mounts, &err_),
				 -1);
		assert_int_equal(err_.kind, ERR_NOT_FOUND);
		assert_string_equal(strstr(err_.message, rows[i].said) ? rows[i].said
								       : err_.message,
				    rows[i].said);
		err_clear(&err_);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_cache_mounted_twice_is_locked_once),
		scratch_test(caches_are_nobody_else_s_business),
		scratch_test(who_waits_for_a_cache_can_be_stopped),
		scratch_test(private_caches_are_each_for_itself),
		scratch_test(shared_caches_wait_for_nobody),
		scratch_test(a_secret_is_a_file_in_memory),
		scratch_test(a_secret_may_be_a_variable_alone),
		scratch_test(what_is_not_lent_is_left_out_unless_required),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
