/* Steps of the machine's own platform, under whatever identity the test has. */
#include "sandbox/sandbox.h"

#include <linux/keyctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../base/unit.h"
#include "base/fd.h"
#include "steps.h"

static void statuses_come_back(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	static const struct {
		const char *verb, *argument;
		int status;
	} rows[] = {
		{ "exit", "0", 0 },   { "exit", "1", 1 },    { "exit", "255", 255 },
		{ "kill", "9", 137 }, { "kill", "11", 139 },
	};

	steps_init(&steps);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		steps_probe(&steps, rows[i].verb, rows[i].argument);
		assert_int_equal(steps_run(&steps), rows[i].status);
	}
}

static void streams_are_told_apart(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	steps_probe(&steps, "print", "hello");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "hello\n");
	assert_string_equal(steps.err_out.ptr, "err hello\n");
}

static void much_output_arrives_whole(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	steps_probe(&steps, "flood", "3000000");
	assert_int_equal(steps_run(&steps), 0);
	assert_int_equal(steps.out.len, 3000000);
	assert_int_equal(steps.err_out.len, 3000000);
}

static void a_daemon_does_not_outlive_its_step(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	steps_probe(&steps, "daemon", "left behind");
	assert_int_equal(steps_run(&steps), 5);
}

static void changes_are_in_upper_and_nothing_else(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	AUTO(freep) char *before = NULL;
	AUTO(freep) char *after = NULL;

	steps_init(&steps);
	steps_add_file(&steps, "layer", "etc/passwd", "", 0644);
	steps_probe(&steps, "exit", "0");
	assert_int_equal(steps_run(&steps), 0);
	before = steps_tree("store/up");
	assert_string_equal(before, "");
	steps_probe(&steps, "write", "/etc/new");
	assert_int_equal(steps_run(&steps), 0);
	after = steps_tree("store/up");
	assert_string_equal(after, "etc etc/new");
}

/* The same with nothing below: `upper` is the root. */
static void an_upper_alone_stays_clean(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	AUTO(freep) char *tree = NULL;

	steps_init(&steps);
	strvec_clear(&steps.lowers);
	steps.step.upper = "base";
	steps_probe(&steps, "write", "/new");
	assert_int_equal(steps_run(&steps), 0);
	tree = steps_tree("store/base");
	assert_string_equal(tree, "bin bin/probe new");
}

static void without_upper_the_root_is_read_only(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	static const char *const points[] = { "dev/x", "proc/x", "sys/x", "etc/hosts",
					      "etc/resolv.conf" };

	steps_init(&steps);
	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		steps_add_file(&steps, "points", points[i], "", 0644);
	steps.step.upper = NULL;
	steps_probe(&steps, "write", "/new");
	assert_int_equal(steps_run(&steps), EROFS);
}

static void as_many_layers_as_there_may_be(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	for (int i = 1; i < 125; i++) {
		AUTO(freep)
		char *name = xasprintf(
			"a,long:name\\of a layer, of which there are too many for a page %d", i);
		AUTO(freep) char *text = xasprintf("layer %d", i);

		steps_add_file(&steps, name, "top", text, 0644);
	}
	assert_int_equal(steps.lowers.len, 125);
	steps_probe(&steps, "cat", "/top");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "layer 124");
}

static void the_same_layer_may_come_twice(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	steps_add_file(&steps, "one", "file", "one", 0644);
	steps_add_file(&steps, "two", "file", "two", 0644);
	strvec_add(&steps.lowers, "one");
	steps_probe(&steps, "cat", "/file");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "one");
}

static void a_missing_layer_is_named(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	strvec_add(&steps.lowers, "snapshots/17/fs");
	steps_probe(&steps, "exit", "0");
	steps_run_refused(&steps, ERR_NOT_FOUND, "'snapshots/17/fs'");
}

static void network_files_are_there_and_cannot_be_changed(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	int status = 0;

	steps_init(&steps);
	steps_probe(&steps, "cat", "/etc/hosts");
	assert_int_equal(steps_run(&steps), 0);
	assert_non_null(strstr(steps.out.ptr, "127.0.0.1\tlocalhost buildkitsandbox\n"));
	steps_probe(&steps, "write", "/etc/resolv.conf");
	assert_int_equal(steps_run(&steps), EROFS);
	/* In a user namespace the owner of the file is nobody we know, which is asked first. */
	steps_probe(&steps, "write", "/proc/sys/kernel/hostname");
	status = steps_run(&steps);
	assert_true(status == EROFS || status == EACCES);
}

static void the_machine_is_hidden(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	assert_int_equal(setenv("SANDBOX_TEST_SECRET", "hunter2", 1), 0);
	steps_probe(&steps, "uname", "");
	assert_int_equal(steps_run(&steps), 0);
	assert_int_equal(strncmp(steps.out.ptr, "buildkitsandbox ", 16), 0);
	steps_probe(&steps, "cat", "/proc/1/environ");
	assert_int_equal(steps_run(&steps), EACCES);
	steps_probe(&steps, "cat", "/proc/1/cmdline");
	assert_int_equal(steps_run(&steps), 0);
	assert_null(strstr(steps.out.ptr, "sandbox_test"));
	steps_probe(&steps, "env", "SANDBOX_TEST_SECRET");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "(unset)\n");
	steps_probe(&steps, "leaks", "");
	assert_int_equal(steps_run(&steps), 0);
}

static void the_process_is_as_docker_starts_it(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	steps_probe(&steps, "cat", "/proc/self/status");
	assert_int_equal(steps_run(&steps), 0);
	/* docker run debian grep Cap /proc/self/status */
	assert_non_null(strstr(steps.out.ptr, "CapInh:\t0000000000000000\n"));
	assert_non_null(strstr(steps.out.ptr, "CapEff:\t00000000a80425fb\n"));
	assert_non_null(strstr(steps.out.ptr, "CapBnd:\t00000000a80425fb\n"));
	assert_non_null(strstr(steps.out.ptr, "CapAmb:\t0000000000000000\n"));
	assert_non_null(strstr(steps.out.ptr, "NoNewPrivs:\t0\n"));
	steps_probe(&steps, "umask", "");
	assert_int_equal(steps_run(&steps), 022);
}

static void keys_of_the_session_stay_outside(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", "edgectl:secret", "x", 1, KEY_SPEC_SESSION_KEYRING) < 0)
		skip(); /* no keys here, or not for us */
	steps_init(&steps);
	assert_true(syscall(SYS_request_key, "user", "edgectl:secret", NULL, 0) > 0);
	steps_probe(&steps, "key", "edgectl:secret");
	assert_int_equal(steps_run(&steps), EPERM); /* the filter */
	steps.step.insecure = true;
	assert_int_equal(steps_run(&steps), ENOKEY); /* the keyring of its own */
}

/* Root may make device nodes, for a layer, and nobody may open them; a user namespace may not even make them. */
static void devices_do_not_open(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	int status = 0;

	steps_init(&steps);
	steps_probe(&steps, "device", "/node");
	status = steps_run(&steps);
	assert_int_equal(status, fs_exists(AT_FDCWD, "store/up/node") ? EACCES : EPERM);
}

static void directories_and_environment(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	AUTO(freep) char *tree = NULL;

	steps_init(&steps);
	steps.step.cwd = "/made/here";
	steps_probe(&steps, "cwd", "");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "/made/here\n");
	tree = steps_tree("store/up");
	assert_string_equal(tree, "made made/here");
	steps_probe(&steps, "env", "HOME");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "/\n");
	strvec_add(&steps.env, "HOME=/h");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "/h\n");
	steps.step.cwd = "/bin/probe";
	steps_run_refused(&steps, ERR_SYSTEM, "working directory '/bin/probe'");
}

static void run_fails(struct steps *steps, const char *message)
{
	struct sandbox_result result;

	assert_int_equal(
		sandbox_run(steps->sandbox, &steps->step, &steps->monitor, 1, &result, &err_), -1);
	assert_non_null(strstr(err_.message, message));
	err_clear(&err_);
}

/* CVE-2024-21626: a descriptor of the host's, inherited by whoever looks up the step's paths. */
static void no_path_leads_out_through_a_descriptor(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	AUTO(freep) char *before = NULL;
	AUTO(freep) char *after = NULL;

	steps_init(&steps);
	before = steps_tree("store/base");
	for (int fd = 0; fd < 20; fd++) {
		AUTO(freep) char *program = xasprintf("/proc/self/fd/%d/base/bin/probe", fd);
		AUTO(freep) char *dir = xasprintf("/proc/self/fd/%d", fd);
		AUTO(freep) char *below = xasprintf("/proc/self/fd/%d/base/new", fd);

		steps.step.cwd = NULL;
		steps_probe(&steps, "exit", "0");
		free(steps.argv.items[0]);
		steps.argv.items[0] = TAKE(program);
		run_fails(&steps, "not found in the image");
		steps_probe(&steps, "cwd", "");
		steps.step.cwd = dir;
		run_fails(&steps, "working directory");
		steps.step.cwd = below;
		run_fails(&steps, "working directory");
	}
	after = steps_tree("store/base");
	assert_string_equal(before, after);
}

static void users_are_those_of_the_image(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	steps_add_file(&steps, "users", "etc/passwd", "bob:x:1000:1001::/home/bob:/bin/sh\n", 0644);
	steps_add_file(&steps, "users", "etc/group", "video:x:44:bob\n", 0644);
	steps.step.user = "eve";
	steps_probe(&steps, "ids", "");
	steps_run_refused(&steps, ERR_INPUT, "user 'eve' is not in the image's /etc/passwd");
	steps.step.user = "bob";
	if (steps_id_count() == 1) {
		steps_run_refused(&steps, ERR_UNSUPPORTED, "cannot run as user 1000");
		return;
	}
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "1000:1001 44 1001\n");
	steps_probe(&steps, "env", "HOME");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "/home/bob\n");
	assert_int_equal(chmod("store/base/bin/probe", 04755), 0);
	steps_probe(&steps, "euid", "");
	assert_int_equal(steps_run(&steps), 0);
}

static void what_cannot_be_started_is_explained(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	static const struct {
		const char *name;
		enum err_kind kind;
		const char *message;
	} rows[] = {
		{ "nosuch", ERR_NOT_FOUND,
		  "executable 'nosuch' not found in PATH of the image (/bin)" },
		{ "/bin/sh", ERR_NOT_FOUND, "executable '/bin/sh' not found in the image" },
		{ "perl-script", ERR_NOT_FOUND,
		  "'/bin/perl-script' wants the interpreter '/usr/bin/perl'" },
		{ "words", ERR_INPUT, "'/bin/words' is neither a program nor a script" },
		{ "/bin/data", ERR_DENIED, "executable '/bin/data' has no execute permission" },
		{ "/bin", ERR_INPUT, "'/bin' is not a file" },
		{ "cut", ERR_INPUT, "'/bin/cut' is neither" },
	};

	steps_init(&steps);
	steps_add_file(&steps, "programs", "bin/perl-script", "#! /usr/bin/perl -w\n", 0755);
	steps_add_file(&steps, "programs", "bin/words", "echo hello\n", 0755);
	steps_add_file(&steps, "programs", "bin/data", "x", 0644);
	steps_add_file(&steps, "programs", "bin/cut",
		       "\x7f"
		       "ELF",
		       0755);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		strvec_clear(&steps.argv);
		strvec_add(&steps.argv, rows[i].name);
		steps_run_refused(&steps, rows[i].kind, rows[i].message);
	}
}

static void scripts_can_be_read(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	struct strmap scripts = STRMAP_INIT;

	steps_init(&steps);
	strmap_set(&scripts, "EOF", "#!/bin/probe print\n");
	steps.step.scripts = &scripts;
	strvec_clear(&steps.argv);
	strvec_add(&steps.argv, "/dev/pipes/EOF");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "/dev/pipes/EOF\n");
	strmap_release(&scripts);
}

static void without_network_there_is_loopback_alone(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	steps.step.network = SANDBOX_NETWORK_NONE;
	steps_probe(&steps, "cat", "/proc/net/dev");
	assert_int_equal(steps_run(&steps), 0);
	assert_non_null(strstr(steps.out.ptr, " lo:"));
	assert_null(strstr(steps.out.ptr, "eth"));
	steps_probe(&steps, "cat", "/sys/class/net/lo/operstate");
	assert_int_equal(steps_run(&steps), 0);
}

static void cancelling_ends_the_step(void **state)
{
	(void)state;
	static const struct {
		const char *verb, *argument, *at;
	} rows[] = { { "hang", "ready", "ready" }, { "flood", "0", "xxxx" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(steps_release) struct steps steps;
		AUTO(freep) char *tree = NULL;

		assert_ok(fs_remove_all(AT_FDCWD, "store", &err_));
		steps_init(&steps);
		steps.cancel_at = rows[i].at;
		steps_probe(&steps, rows[i].verb, rows[i].argument);
		steps_run_refused(&steps, ERR_CANCELLED, "cancelled");
		tree = steps_tree("store/up");
		assert_string_equal(tree, "");
	}
}

struct parallel {
	struct steps *steps;
	int number;
	int status;
};

static void *run_parallel(void *data)
{
	struct parallel *job = data;
	AUTO(freep) char *upper = xasprintf("up%d", job->number);
	AUTO(freep) char *work = xasprintf("work%d", job->number);
	AUTO(freep) char *number = xasprintf("%d", job->number);
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT;
	struct sandbox_step step = job->steps->step;
	struct sandbox_result result = { .status = -1 };
	struct err err = ERR_INIT;

	strvec_add(&argv, "probe");
	strvec_add(&argv, "exit");
	strvec_add(&argv, number);
	step.upper = upper;
	step.work = work;
	step.argv = &argv;
	if (mkdirat(job->steps->store_fd, upper, 0755) < 0 ||
	    mkdirat(job->steps->store_fd, work, 0755) < 0 ||
	    sandbox_run(job->steps->sandbox, &step, &job->steps->monitor, 1, &result, &err) < 0)
		job->status = -2;
	else
		job->status = result.status;
	err_release(&err);
	return NULL;
}

static void steps_run_at_once(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	struct parallel jobs[8];
	pthread_t threads[ARRAY_SIZE(jobs)];

	steps_init(&steps);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = (struct parallel){ &steps, (int)i + 10, -1 };
		assert_int_equal(pthread_create(&threads[i], NULL, run_parallel, &jobs[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(jobs[i].status, (int)i + 10);
	}
}

/* The same upper and work again, as long as the caller likes. */
static void directories_can_be_used_again(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	for (int i = 0; i < 3; i++) {
		AUTO(freep) char *dir = xasprintf("/dir%d", i);

		steps_probe(&steps, "mkdir", dir);
		assert_int_equal(steps_run(&steps), 0);
	}
	assert_true(fs_exists(AT_FDCWD, "store/up/dir0"));
	assert_true(fs_exists(AT_FDCWD, "store/up/dir2"));
}

static NORETURN void caller_that_is_killed(void)
{
	struct steps steps;

	steps_init(&steps);
	steps_probe(&steps, "hang", "x");
	(void)steps_run(&steps);
	_exit(0);
}

/*
 * All descendants of a process that is killed are adopted by this one, a subreaper: when it has none to wait for, nothing is
 * left. ctest's time limit is the judge of a process that stays.
 */
static NORETURN void kill_and_adopt(unsigned delay_us)
{
	pid_t pid = -1;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		_exit(1);
	pid = fork();
	if (pid == 0)
		caller_that_is_killed();
	(void)usleep(delay_us);
	if (pid < 0 || kill(pid, SIGKILL) < 0)
		_exit(2);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	_exit(errno == ECHILD ? 0 : 3);
}

static void nothing_outlives_a_killed_caller(void **state)
{
	(void)state;
	static const unsigned delays_us[] = { 0, 500, 1000, 1500, 2000, 3000, 5000, 10000, 30000 };

	for (size_t i = 0; i < ARRAY_SIZE(delays_us); i++) {
		int status = -1;
		pid_t pid = -1;

		assert_ok(fs_remove_all(AT_FDCWD, "store", &err_));
		pid = fork();
		if (pid == 0)
			kill_and_adopt(delays_us[i]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(statuses_come_back),
		scratch_test(streams_are_told_apart),
		scratch_test(much_output_arrives_whole),
		scratch_test(a_daemon_does_not_outlive_its_step),
		scratch_test(changes_are_in_upper_and_nothing_else),
		scratch_test(an_upper_alone_stays_clean),
		scratch_test(without_upper_the_root_is_read_only),
		scratch_test(as_many_layers_as_there_may_be),
		scratch_test(the_same_layer_may_come_twice),
		scratch_test(a_missing_layer_is_named),
		scratch_test(network_files_are_there_and_cannot_be_changed),
		scratch_test(the_machine_is_hidden),
		scratch_test(the_process_is_as_docker_starts_it),
		scratch_test(keys_of_the_session_stay_outside),
		scratch_test(devices_do_not_open),
		scratch_test(directories_and_environment),
		scratch_test(no_path_leads_out_through_a_descriptor),
		scratch_test(users_are_those_of_the_image),
		scratch_test(what_cannot_be_started_is_explained),
		scratch_test(scripts_can_be_read),
		scratch_test(without_network_there_is_loopback_alone),
		scratch_test(cancelling_ends_the_step),
		scratch_test(steps_run_at_once),
		scratch_test(directories_can_be_used_again),
		scratch_test(nothing_outlives_a_killed_caller),
	};

	return cmocka_run_group_tests(tests, steps_enter, NULL);
}
