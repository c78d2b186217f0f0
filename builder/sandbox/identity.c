#include "sandbox/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/vec.h"
#include "id_map.h"
#include "libsubid.h"
#include "userns.h"

/* The words for newuidmap(1) and newgidmap(1) behind the process id. */
struct ranges {
	struct strvec uids, gids;
	unsigned long count; /* of user ids */
};

static void ranges_release(struct ranges *ranges)
{
	strvec_release(&ranges->uids);
	strvec_release(&ranges->gids);
}

void identity_release(struct identity *identity)
{
	free(identity->limitation);
	identity->limitation = NULL;
}

static bool have_sys_admin(void)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (caps)
		(void)cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &value);
	(void)cap_free(caps);
	return value == CAP_SET;
}

/* Mounts of ours must not spread to the machine's namespace, nor its later ones to ours. */
static int make_mounts_private(struct err *err)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return 0;
	if (errno == EPERM || errno == EACCES)
		return userns_explain(errno, err);
	return err_errno(err, "make mounts private");
}

/* --- where this process is privileged already --- */

static int stay(const struct id_map *uids, struct identity *ret, struct err *err)
{
	unsigned long count = id_map_count(uids);

	if (unshare(CLONE_NEWNS) < 0)
		return err_errno(err, "create a mount namespace");
	if (make_mounts_private(err) < 0)
		return -1;
	*ret = (struct identity){ .kind = IDENTITY_NESTED, .id_count = count };
	if (id_map_is_full(uids))
		ret->kind = IDENTITY_ROOT;
	if (count > 1)
		return 0;
	ret->kind = IDENTITY_SINGLE;
	ret->limitation =
		xstrdup("this user namespace has id 0 alone, so that files of other owners cannot "
			"be made; start edgectl outside of it, or make it with newuidmap");
	return 0;
}

/* --- a new user namespace; a child that stays in the old one gives it its ids --- */

struct mapper {
	pid_t pid;     /* 0 = none */
	int go_fd;     /* closing it without a word lets the child end */
	int answer_fd; /* why it failed; nothing when it did not */
};

static void mapper_release(struct mapper *mapper)
{
	fd_closep(&mapper->go_fd);
	fd_closep(&mapper->answer_fd);
	if (mapper->pid > 0)
		(void)waitpid(mapper->pid, NULL, 0);
	mapper->pid = 0;
}

static int start_map_program(const char *program, pid_t target, const struct strvec *words,
			     int stderr_fd, pid_t *ret, struct err *err)
{
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT;
	struct proc proc = { .stdin_fd = PROC_NULL,
			     .stdout_fd = PROC_NULL,
			     .stderr_fd = stderr_fd };

	strvec_add(&argv, program);
	strvec_addf(&argv, "%d", target);
	strvec_add_all(&argv, words);
	proc.argv = (const char *const *)strvec_argv(&argv);
	return proc_spawn(&proc, ret, err);
}

/* Both at once: each costs the start of a set-user-ID program. */
static int map_ranges(pid_t target, const struct ranges *ranges, int stderr_fd, struct err *err)
{
	pid_t uid_pid = -1;
	pid_t gid_pid = -1;
	int uid_status = 1;
	int gid_status = 1;

	if (start_map_program("newuidmap", target, &ranges->uids, stderr_fd, &uid_pid, err) < 0 ||
	    start_map_program("newgidmap", target, &ranges->gids, stderr_fd, &gid_pid, err) < 0)
		return -1;
	if (proc_wait(uid_pid, &uid_status, err) < 0 || proc_wait(gid_pid, &gid_status, err) < 0)
		return -1;
	return uid_status || gid_status ? err_set(err, ERR_CHILD, "%s failed",
						  uid_status ? "newuidmap" : "newgidmap")
					: 0;
}

static NORETURN void mapper_main(int go_fd, int answer_fd, const struct ranges *ranges)
{
	AUTO(err_release) struct err err = ERR_INIT;
	char go = 0;
	int failed = 0;

	if (fd_read_full(go_fd, &go, 1, "pipe", NULL) != 1)
		_exit(0);
	failed = ranges ? map_ranges(getppid(), ranges, answer_fd, &err)
			: id_map_write_identity(getppid(), &err);
	if (failed && err.message)
		(void)!fd_write_all(answer_fd, err.message, strlen(err.message), "pipe", NULL);
	_exit(failed ? 1 : 0);
}

/* `ranges` NULL = all the ids of the namespace we are leaving. */
static int mapper_start(struct mapper *mapper, const struct ranges *ranges, struct err *err)
{
	AUTO(fd_closep) int go_read = -1;
	AUTO(fd_closep) int answer_write = -1;

	if (fd_pipe(&go_read, &mapper->go_fd, err) < 0 ||
	    fd_pipe(&mapper->answer_fd, &answer_write, err) < 0)
		return -1;
	mapper->pid = fork();
	if (mapper->pid < 0)
		return err_errno(err, "start a process");
	if (mapper->pid == 0) {
		fd_closep(&mapper->go_fd);
		fd_closep(&mapper->answer_fd);
		mapper_main(go_read, answer_write, ranges);
	}
	return 0;
}

/* 0 = the ids are there; else `ret_reason` says why not. */
static int mapper_finish(struct mapper *mapper, struct str *ret_reason)
{
	int status = 0;
	pid_t pid = mapper->pid;

	if (fd_write_all(mapper->go_fd, "g", 1, "pipe", NULL) < 0 ||
	    fd_read_to_str(mapper->answer_fd, ret_reason, 64 * LIMIT_KIB, "pipe", NULL) < 0)
		return -1;
	mapper->pid = 0;
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return -1;
	return 0;
}

static int new_user_namespace(struct err *err)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ? userns_explain(errno, err) : 0;
}

/* Root without CAP_SYS_ADMIN: inside an ordinary container. */
static int enter_as_root(const struct id_map *uids, struct identity *ret, struct err *err)
{
	AUTO(mapper_release) struct mapper mapper = { .go_fd = -1, .answer_fd = -1 };
	AUTO(str_release) struct str reason = STR_INIT;

	if (mapper_start(&mapper, NULL, err) < 0 || new_user_namespace(err) < 0)
		return -1;
	if (mapper_finish(&mapper, &reason) < 0)
		return err_set(err, ERR_DENIED, "give ids to a user namespace: %s", reason.ptr);
	if (make_mounts_private(err) < 0)
		return -1;
	*ret = (struct identity){ .kind = IDENTITY_NESTED, .id_count = id_map_count(uids) };
	return 0;
}

static unsigned long add_ranges(struct strvec *words, const struct subid_range *ranges, int count)
{
	unsigned long next = 1;

	for (int i = 0; i < count; i++) {
		strvec_addf(words, "%lu", next);
		strvec_addf(words, "%lu", ranges[i].start);
		strvec_addf(words, "%lu", ranges[i].count);
		next += ranges[i].count;
	}
	return next;
}

static void add_own(struct strvec *words, unsigned id)
{
	strvec_add(words, "0");
	strvec_addf(words, "%u", id);
	strvec_add(words, "1");
}

static char *user_name(void)
{
	const struct passwd *entry = getpwuid(geteuid());

	return entry ? xstrdup(entry->pw_name) : xasprintf("%u", geteuid());
}

/* False when this user has none. */
static bool find_ranges(const char *user, struct ranges *ret)
{
	AUTO(freep) struct subid_range *uids = NULL;
	AUTO(freep) struct subid_range *gids = NULL;
	int uid_count = 0;
	int gid_count = 0;

	libsubid_load();
	(void)libsubid.init("edgectl", NULL); /* else it prints to stderr */
	uid_count = libsubid.get_uid_ranges(user, &uids);
	gid_count = libsubid.get_gid_ranges(user, &gids);
	if (uid_count <= 0 || gid_count <= 0)
		return false;
	add_own(&ret->uids, geteuid());
	add_own(&ret->gids, getegid());
	ret->count = add_ranges(&ret->uids, uids, uid_count);
	(void)add_ranges(&ret->gids, gids, gid_count);
	return true;
}

static int enter_single(uid_t uid, gid_t gid, char *owned_limitation, struct identity *ret,
			struct err *err)
{
	AUTO(freep) char *limitation = owned_limitation;

	if (id_map_write_single(uid, gid, err) < 0)
		return err_wrap(err, "give an id to a user namespace");
	*ret = (struct identity){ .kind = IDENTITY_SINGLE, .id_count = 1 };
	ret->limitation = TAKE(limitation);
	return 0;
}

static int enter_without_ranges(const char *user, struct identity *ret, struct err *err)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (new_user_namespace(err) < 0)
		return -1;
	return enter_single(
		uid, gid,
		xasprintf(
			"user '%s' has no ranges in /etc/subuid and /etc/subgid, so that files of "
			"other owners cannot be made; sudo usermod --add-subuids 100000-165535 "
			"--add-subgids 100000-165535 %s",
			user, user),
		ret, err);
}

/* NULL = both are there. */
static const char *missing_map_program(void)
{
	static const char *const names[] = { "newuidmap", "newgidmap" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(freep) char *program = fs_find_program(names[i]);

		if (!program)
			return names[i];
	}
	return NULL;
}

static char *explain_map_failure(const char *reason)
{
	return xasprintf(
		"the ranges of /etc/subuid and /etc/subgid cannot be used, so that files of other "
		"owners cannot be made: %s; sudo apt-get install --reinstall uidmap",
		reason);
}

static int enter_with_ranges(const struct ranges *ranges, struct identity *ret, struct err *err)
{
	AUTO(mapper_release) struct mapper mapper = { .go_fd = -1, .answer_fd = -1 };
	AUTO(str_release) struct str reason = STR_INIT;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	const char *missing = missing_map_program();

	/* Asked before: what one of them has mapped, nothing maps again. */
	if (missing && new_user_namespace(err) < 0)
		return -1;
	if (missing)
		return enter_single(uid, gid,
				    xasprintf("program '%s' is missing, so that files of other "
					      "owners cannot be made; sudo apt-get install uidmap",
					      missing),
				    ret, err);
	if (mapper_start(&mapper, ranges, err) < 0 || new_user_namespace(err) < 0)
		return -1;
	if (mapper_finish(&mapper, &reason) < 0) {
		struct span rest = span_trim(str_span(&reason));
		struct span line;

		(void)span_cut(&rest, '\n', &line);
		str_truncate(&reason, line.len);
		return enter_single(uid, gid, explain_map_failure(reason.ptr), ret, err);
	}
	*ret = (struct identity){ .kind = IDENTITY_RANGES, .id_count = ranges->count };
	return 0;
}

static int enter_as_user(struct identity *ret, struct err *err)
{
	AUTO(ranges_release) struct ranges ranges = { .count = 0 };
	AUTO(freep) char *user = user_name();

	if (find_ranges(user, &ranges)) {
		if (enter_with_ranges(&ranges, ret, err) < 0)
			return -1;
	} else if (enter_without_ranges(user, ret, err) < 0) {
		return -1;
	}
	return make_mounts_private(err);
}

int identity_enter(struct identity *ret, struct err *err)
{
	AUTO(id_map_release) struct id_map uids = ID_MAP_INIT;

	if (id_map_read("uid_map", &uids, err) < 0)
		return -1;
	if (geteuid() == 0 && have_sys_admin())
		return stay(&uids, ret, err);
	if (geteuid() == 0)
		return enter_as_root(&uids, ret, err);
	return enter_as_user(ret, err);
}

/* --- for those who only ask --- */

static unsigned long sum(const struct subid_range *ranges, int count)
{
	unsigned long total = 0;

	for (int i = 0; i < count; i++)
		total += ranges[i].count;
	return total;
}

void subordinate_ids_find(struct subordinate_ids *ret)
{
	AUTO(freep) struct subid_range *uids = NULL;
	AUTO(freep) struct subid_range *gids = NULL;
	int uid_count, gid_count;

	libsubid_load();
	(void)libsubid.init("edgectl", NULL); /* else it prints to stderr */
	ret->user = user_name();
	uid_count = libsubid.get_uid_ranges(ret->user, &uids);
	gid_count = libsubid.get_gid_ranges(ret->user, &gids);
	ret->uids = sum(uids, uid_count);
	ret->gids = sum(gids, gid_count);
}

void subordinate_ids_release(struct subordinate_ids *ids)
{
	free(ids->user);
	ids->user = NULL;
}
