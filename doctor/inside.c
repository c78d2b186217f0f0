#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "sandbox/identity.h"

#define DEADLINE_MS 30000
#define IDS_MANY    1000000000
/* What is left there by a process that was killed goes with the next thing that the store throws away. */
#define SCRATCH "trash/doctor-"

/* --- the process inside --- */

static void run_check(const struct check *check, const struct check_context *context,
		      struct findings *ret)
{
	AUTO(err_release) struct err err = ERR_INIT;

	if (check->run(check, context, ret, &err) < 0)
		findings_add(ret, FINDING_BAD, check->name, err.hint, "%s", err.message);
}

/* "WHY; REMEDY" (sandbox/identity.h) */
static void add_limitation(const struct check *check, const char *limitation, struct findings *ret)
{
	const char *semicolon = strrchr(limitation, ';');
	int len = (int)(semicolon ? semicolon - limitation : (ptrdiff_t)strlen(limitation));

	findings_add(ret, FINDING_WARNING, check->name, semicolon ? semicolon + 2 : NULL, "%.*s",
		     len, limitation);
}

static void add_identity(const struct check *check, const struct identity *identity,
			 struct findings *ret)
{
	if (identity->limitation)
		add_limitation(check, identity->limitation, ret);
	else if (identity->id_count > IDS_MANY)
		findings_add(ret, FINDING_GOOD, check->name, NULL, "steps have all user ids");
	else
		findings_add(ret, FINDING_GOOD, check->name, NULL, "steps have %lu user ids",
			     identity->id_count);
}

static int run_all(const struct check *const *checks, struct check_context *context,
		   struct findings *ret, struct err *err)
{
	AUTO(freep) char *scratch = NULL;
	int dir_fd = store_dir_fd(context->store);

	if (fs_mkdir_all(dir_fd, "trash", 0700, err) < 0 ||
	    fs_make_temp_dir(dir_fd, SCRATCH, &scratch, err) < 0)
		return -1;
	context->scratch = scratch;
	for (const struct check *const *check = checks; *check; check++) {
		if ((*check)->place == CHECK_INSIDE)
			run_check(*check, context, ret);
	}
	return fs_remove_all(dir_fd, scratch, err);
}

/* As a session of cli/ does it. */
static int look(const struct check *const *checks, const struct check *first,
		struct check_context *context, struct findings *ret, struct err *err)
{
	AUTO(identity_release) struct identity identity = { .limitation = NULL };
	AUTO(store_closep) struct store *store = NULL;
	AUTO(sandbox_freep) struct sandbox *sandbox = NULL;

	if (identity_enter(&identity, err) < 0 ||
	    store_open(context->store_root, &store, err) < 0 ||
	    sandbox_new(store_dir_fd(store), &sandbox, err) < 0)
		return -1;
	add_identity(first, &identity, ret);
	context->store = store;
	context->sandbox = sandbox;
	return run_all(checks, context, ret, err);
}

static const struct check *first_of(const struct check *const *checks)
{
	while (*checks && (*checks)->place != CHECK_INSIDE)
		checks++;
	return *checks;
}

static void NORETURN be_inside(const struct check *const *checks,
			       const struct check_context *context, int answer_fd)
{
	AUTO(findings_release) struct findings findings = { .items = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	struct check_context own = *context;
	const struct check *first = first_of(checks);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (look(checks, first, &own, &findings, &err) < 0)
		findings_add(&findings, FINDING_BAD, first->name, err.hint, "%s", err.message);
	json_auto_t *array = findings_to_json(&findings);
	json_write(array, &text);
	_exit(fd_write_all(answer_fd, text.ptr, text.len, "answer", NULL) < 0);
}

int inside_start(const struct check *const *checks, const struct check_context *context,
		 struct inside *ret, struct err *err)
{
	AUTO(fd_closep) int read_fd = -1;
	AUTO(fd_closep) int write_fd = -1;
	int fds[2];

	/* Without a store, of which the disk's check tells, there is nothing to look from. */
	if (!first_of(checks) || !context->store_root)
		return 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, "make a pipe");
	read_fd = fds[0];
	write_fd = fds[1];
	ret->pid = fork();
	if (ret->pid < 0) {
		ret->pid = 0;
		return err_errno(err, "start a process");
	}
	if (ret->pid == 0)
		be_inside(checks, context, write_fd);
	ret->answer_fd = TAKE_FD(read_fd);
	return 0;
}

/* --- its answer --- */

/* 1 = there is something to read, or it ended. */
static int wait_for_more(const struct inside *inside, const struct monitor *monitor, uint64_t end,
			 struct err *err)
{
	struct pollfd fds[] = { { .fd = inside->answer_fd, .events = POLLIN },
				{ .fd = monitor->cancel_fd, .events = POLLIN } };
	uint64_t now = monotonic_ms();
	int count = now < end ? poll(fds, ARRAY_SIZE(fds), (int)(end - now)) : 0;

	if (count < 0 && errno != EINTR)
		return err_errno(err, "wait for the checks of RUN steps");
	if (monitor_check(monitor, err) < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_LIMIT, "the checks of RUN steps took longer than %d s",
			       DEADLINE_MS / 1000);
	return count > 0;
}

static int read_answer(const struct inside *inside, const struct monitor *monitor, struct str *ret,
		       struct err *err)
{
	uint64_t end = monotonic_ms() + DEADLINE_MS;

	for (;;) {
		char part[4096];
		int more = wait_for_more(inside, monitor, end, err);
		ssize_t len;

		if (more < 0)
			return -1;
		if (more == 0)
			continue;
		len = read(inside->answer_fd, part, sizeof(part));
		if (len < 0 && errno != EINTR)
			return err_errno(err, "read what the checks of RUN steps found");
		if (len == 0)
			return 0;
		str_addn(ret, part, len > 0 ? (size_t)len : 0);
	}
}

static const char *static_name(const char *name)
{
	CHECK_FOREACH(check) {
		if (str_eq(check->name, name))
			return check->name;
	}
	return "";
}

static enum finding_level level_of(const char *name)
{
	for (enum finding_level level = FINDING_GOOD; level < FINDING_BAD; level++) {
		if (str_eq(finding_level_name(level), name))
			return level;
	}
	return FINDING_BAD;
}

static void take_answer(const json_t *array, struct findings *ret)
{
	size_t index;
	json_t *object;

	json_array_foreach(array, index, object)
	{
		findings_add(ret, level_of(json_get_string(object, "level")),
			     static_name(json_get_string(object, "check")),
			     json_get_string(object, "remedy"), "%s",
			     json_get_string(object, "text"));
	}
}

int inside_finish(struct inside *inside, const struct monitor *monitor, struct findings *ret,
		  struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *array = NULL;

	if (inside->pid == 0)
		return 0;
	str_init(&text, LIMIT_MIB);
	if (read_answer(inside, monitor, &text, err) < 0)
		return -1;
	if (json_parse(str_span(&text), "answer", &array, NULL) < 0)
		return err_set(err, ERR_CHILD, "the checks of RUN steps ended without an answer");
	take_answer(array, ret);
	return 0;
}

void inside_release(struct inside *inside)
{
	fd_closep(&inside->answer_fd);
	if (inside->pid == 0)
		return;
	(void)kill(inside->pid, SIGKILL);
	(void)waitpid(inside->pid, NULL, 0);
	inside->pid = 0;
}
