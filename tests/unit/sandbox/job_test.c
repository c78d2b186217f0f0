#include "job.h"

#include "../base/unit.h"

struct made {
	struct strvec lowers, argv, env;
	struct sandbox_mounts mounts;
	struct strmap scripts;
	struct step_options options;
	struct sandbox_step step;
};

static void made_release(struct made *made)
{
	strvec_release(&made->lowers);
	strvec_release(&made->argv);
	strvec_release(&made->env);
	free(made->mounts.items);
	strmap_release(&made->scripts);
	step_options_release(&made->options);
}

static void make(struct made *made)
{
	strvec_add(&made->lowers, "snapshots/1/fs");
	strvec_add(&made->lowers, "snapshots/2/fs");
	strvec_add(&made->argv, "/bin/sh");
	strvec_add(&made->argv, "");
	strvec_add(&made->env, "A=\xff");
	*VEC_ADD(&made->mounts) = (struct sandbox_mount){ .kind = SANDBOX_BIND,
							  .source = (char *)"/src",
							  .target = (char *)"/dst",
							  .read_only = true };
	*VEC_ADD(&made->mounts) = (struct sandbox_mount){ .kind = SANDBOX_TMPFS,
							  .target = (char *)"/t",
							  .size = 4096 };
	*VEC_ADD(&made->mounts) = (struct sandbox_mount){ .kind = SANDBOX_FILE,
							  .target = (char *)"/f",
							  .content = (char *)"a\0b",
							  .content_len = 3,
							  .mode = 0440,
							  .uid = 5,
							  .gid = 6 };
	strmap_set(&made->scripts, "EOF", "#!/bin/sh\n");
	assert_ok(step_options_add_limit(&made->options, "nofile=1:-1", &err_));
	assert_ok(step_options_add_host(&made->options, "lab:10.0.0.2", &err_));
	assert_ok(step_options_add_dns(&made->options, "10.0.0.3", &err_));
	assert_ok(step_options_set_shm_size(&made->options, "1k", &err_));
	made->step = (struct sandbox_step){ .lowers = &made->lowers,
					    .upper = "up",
					    .work = "work",
					    .argv = &made->argv,
					    .env = &made->env,
					    .cwd = "/src",
					    .mounts = &made->mounts,
					    .network = SANDBOX_NETWORK_NONE,
					    .insecure = true,
					    .options = &made->options,
					    .scripts = &made->scripts };
}

static void steps_arrive(void **state)
{
	(void)state;
	AUTO(made_release) struct made made = { .step = { .upper = NULL } };
	AUTO(job_release) struct job job = JOB_INIT;
	AUTO(str_release) struct str message = STR_INIT;

	make(&made);
	assert_ok(job_check(&made.step, &err_));
	job_encode(&made.step, &message);
	assert_ok(job_decode(str_span(&message), &job, &err_));
	assert_int_equal(job.lowers.len, 2);
	assert_string_equal(job.lowers.items[1], "snapshots/2/fs");
	assert_string_equal(job.argv.items[1], "");
	assert_string_equal(job.env.items[0], "A=\xff");
	assert_string_equal(job.upper, "up");
	assert_string_equal(job.work, "work");
	assert_string_equal(job.cwd, "/src");
	assert_null(job.user);
	assert_string_equal(job.hostname, "buildkitsandbox");
	assert_int_equal(job.mounts.len, 3);
	assert_string_equal(job.mounts.items[0].source, "/src");
	assert_true(job.mounts.items[0].read_only);
	assert_int_equal(job.mounts.items[1].kind, SANDBOX_TMPFS);
	assert_null(job.mounts.items[1].source);
	assert_int_equal(job.mounts.items[1].size, 4096);
	assert_int_equal(job.mounts.items[2].content_len, 3);
	assert_memory_equal(job.mounts.items[2].content, "a\0b", 4);
	assert_int_equal(job.mounts.items[2].mode, 0440);
	assert_int_equal(job.mounts.items[2].uid, 5);
	assert_int_equal(job.mounts.items[2].gid, 6);
	assert_int_equal(job.network, SANDBOX_NETWORK_NONE);
	assert_true(job.insecure);
	assert_true(job.options.limits.items[0].hard == STEP_UNLIMITED);
	assert_string_equal(job.options.hosts.items[0].name, "lab");
	assert_string_equal(job.options.dns.items[0], "10.0.0.3");
	assert_int_equal(job.options.shm_size, 1024);
	assert_string_equal(strmap_get(&job.scripts, "EOF"), "#!/bin/sh\n");
}

/* overlayfs refuses a directory that is there twice; the upper one of two is the one that counts. */
static void equal_layers_arrive_once(void **state)
{
	(void)state;
	AUTO(made_release) struct made made = { .step = { .upper = NULL } };
	AUTO(job_release) struct job job = JOB_INIT;
	AUTO(str_release) struct str message = STR_INIT;
	AUTO(freep) char *lowers = NULL;

	make(&made);
	strvec_clear(&made.lowers);
	for (const char *name = "abcab"; *name; name++)
		strvec_addn(&made.lowers, name, 1);
	job_encode(&made.step, &message);
	assert_ok(job_decode(str_span(&message), &job, &err_));
	lowers = strvec_join(&job.lowers, "");
	assert_string_equal(lowers, "cab");
}

static void trees_arrive(void **state)
{
	(void)state;
	AUTO(made_release) struct made made = { .step = { .upper = NULL } };
	AUTO(job_release) struct job job = JOB_INIT;
	AUTO(str_release) struct str message = STR_INIT;
	struct sandbox_mount tree = { .kind = SANDBOX_TREE,
				      .source = (char *)"out",
				      .target = (char *)"/in" };

	make(&made);
	*VEC_ADD(&made.mounts) = tree;
	assert_int_equal(job_check(&made.step, &err_), -1); /* of what? */
	err_clear(&err_);
	strvec_add(&tree.lowers, "snapshots/7/fs");
	made.mounts.items[made.mounts.len - 1] = tree;
	assert_ok(job_check(&made.step, &err_));
	tree.upper = (char *)"snapshots/8/fs";
	made.mounts.items[made.mounts.len - 1] = tree;
	assert_int_equal(job_check(&made.step, &err_), -1); /* overlayfs would be at a loss */
	err_clear(&err_);
	tree.work = (char *)"snapshots/8/work";
	made.mounts.items[made.mounts.len - 1] = tree;
	assert_ok(job_check(&made.step, &err_));
	job_encode(&made.step, &message);
	assert_ok(job_decode(str_span(&message), &job, &err_));
	assert_string_equal(job.mounts.items[3].upper, "snapshots/8/fs");
	assert_string_equal(job.mounts.items[3].work, "snapshots/8/work");
	assert_int_equal(job.mounts.items[3].lowers.len, 1);
	assert_string_equal(job.mounts.items[3].lowers.items[0], "snapshots/7/fs");
	assert_string_equal(job.mounts.items[3].source, "out");
	strvec_release(&tree.lowers);
}

static void the_least_step_arrives(void **state)
{
	(void)state;
	AUTO(made_release) struct made made = { .step = { .upper = NULL } };
	AUTO(job_release) struct job job = JOB_INIT;
	AUTO(str_release) struct str message = STR_INIT;

	strvec_add(&made.argv, "x");
	made.step.argv = &made.argv;
	assert_ok(job_check(&made.step, &err_));
	job_encode(&made.step, &message);
	assert_ok(job_decode(str_span(&message), &job, &err_));
	assert_null(job.upper);
	assert_string_equal(job.cwd, "/");
}

static void cut_messages_are_refused(void **state)
{
	(void)state;
	AUTO(made_release) struct made made = { .step = { .upper = NULL } };
	AUTO(str_release) struct str message = STR_INIT;

	make(&made);
	job_encode(&made.step, &message);
	for (size_t len = 0; len < message.len; len++) {
		AUTO(job_release) struct job job = JOB_INIT;

		assert_int_equal(job_decode((struct span){ message.ptr, len }, &job, &err_), -1);
		err_clear(&err_);
	}
}

static void bad_steps_are_refused(void **state)
{
	(void)state;
	static const struct sandbox_mount bad_mounts[] = {
		{ .kind = SANDBOX_BIND, .source = (char *)"/src", .target = (char *)"dst" },
		{ .kind = SANDBOX_BIND, .source = (char *)"/src", .target = (char *)"/" },
		{ .kind = SANDBOX_BIND, .source = (char *)"/src", .target = (char *)"/a/.." },
		{ .kind = SANDBOX_BIND, .source = (char *)"src", .target = (char *)"/dst" },
		{ .kind = SANDBOX_BIND, .target = (char *)"/dst" },
		{ .kind = SANDBOX_TMPFS },
	};
	static const char *const bad_scripts[] = { "", ".", "..", "a/b" };

	for (size_t i = 0; i < ARRAY_SIZE(bad_mounts); i++) {
		AUTO(made_release) struct made made = { .step = { .upper = NULL } };

		make(&made);
		*VEC_ADD(&made.mounts) = bad_mounts[i];
		assert_int_equal(job_check(&made.step, &err_), -1);
		assert_int_equal(err_.kind, ERR_INPUT);
		err_clear(&err_);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_scripts); i++) {
		AUTO(made_release) struct made made = { .step = { .upper = NULL } };

		make(&made);
		strmap_set(&made.scripts, bad_scripts[i], "x");
		assert_row(job_check(&made.step, &err_) == -1, bad_scripts[i]);
		err_clear(&err_);
	}
}

static void too_many_layers_are_refused(void **state)
{
	(void)state;
	AUTO(made_release) struct made made = { .step = { .upper = NULL } };

	make(&made);
	while (made.lowers.len < 125)
		strvec_add(&made.lowers, "x");
	assert_ok(job_check(&made.step, &err_));
	strvec_add(&made.lowers, "x");
	assert_int_equal(job_check(&made.step, &err_), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
	err_clear(&err_);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_arrive),
		cmocka_unit_test(equal_layers_arrive_once),
		cmocka_unit_test(trees_arrive),
		cmocka_unit_test(the_least_step_arrives),
		cmocka_unit_test(cut_messages_are_refused),
		cmocka_unit_test(bad_steps_are_refused),
		cmocka_unit_test(too_many_layers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
