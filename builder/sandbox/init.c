#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account.h"
#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "mount.h"
#include "privilege.h"
#include "program.h"
#include "rootfs.h"
#include "wire.h"

#define STATUS_BROKEN 255 /* nobody looks at it: a report with an error is on its way */

/* --- reports --- */

static void report(const struct init_task *task, const struct init_report *what)
{
	AUTO(str_release) struct str message = STR_INIT;

	stubs_encode(&what->stubs, &message);
	wire_put_texts(&message, &what->warnings);
	wire_put_number(&message, what->err.kind != ERR_NONE);
	if (what->err.kind != ERR_NONE)
		wire_put_err(&message, &what->err);
	/* If the other end is gone, so are we in a moment. */
	(void)!wire_send(task->report_fd, &message, NULL);
}

int init_report_decode(struct span message, struct init_report *ret, struct err *err)
{
	struct wire wire = { .rest = message };

	stubs_decode(&wire, &ret->stubs);
	wire_texts(&wire, &ret->warnings);
	if (wire_number(&wire)) {
		err_clear(&ret->err);
		wire_err(&wire, &ret->err);
	}
	return wire.bad ? err_set(err, ERR_CHILD, "broken report of a step's process 1") : 0;
}

void init_report_release(struct init_report *what)
{
	stubs_release(&what->stubs);
	strvec_release(&what->warnings);
	err_release(&what->err);
}

/* --- namespaces and mounts --- */

static int start_loopback(struct err *err)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return err_errno(err, "start the loopback device");
	return 0;
}

static int make_namespaces(const struct job *job, struct err *err)
{
	bool own_network = job->network == SANDBOX_NETWORK_NONE;

	if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | (own_network ? CLONE_NEWNET : 0)) <
	    0)
		return err_errno(err, "create the step's namespaces");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_errno(err, "make mounts private");
	if (sethostname(job->hostname, strlen(job->hostname)) < 0)
		return err_errno(err, "set the host name '%s'", job->hostname);
	return own_network ? start_loopback(err) : 0;
}

/* A descriptor of the namespace we came from names no mount of this one. */
static int reopen(int dir_fd, int *ret_fd, struct err *err)
{
	AUTO(freep) char *link = xasprintf("/proc/self/fd/%d", dir_fd);
	AUTO(freep) char *path = NULL;

	if (fs_readlink(AT_FDCWD, link, &path, err) < 0)
		return -1;
	return fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0, ret_fd, err);
}

static int mount_all(const struct init_task *task, struct rootfs *rootfs, struct init_report *what)
{
	AUTO(mount_plan_release) struct mount_plan plan = MOUNT_PLAN_INIT;
	AUTO(mount_sources_close) struct mount_sources sources = MOUNT_SOURCES_INIT;
	AUTO(fd_closep) int dir_fd = -1;
	AUTO(mount_points_release) struct mount_points points = { .root_fd = -1 };
	struct err *err = &what->err;

	mount_plan_make(task->job, task->facts, &plan);
	if (mount_sources_open(&plan, &sources, err) < 0 ||
	    reopen(task->dir_fd, &dir_fd, err) < 0 ||
	    rootfs_mount(task->job, dir_fd, rootfs, err) < 0 ||
	    mount_points_init(&points, rootfs->root_fd, rootfs->upper_fd, &what->stubs, err) < 0 ||
	    mount_plan_apply(&plan, &sources, rootfs->scratch_fd, dir_fd, &points, &what->warnings,
			     err) < 0)
		return -1;
	return rootfs_enter(rootfs, err);
}

static int make_root(const struct init_task *task, struct init_report *what)
{
	AUTO(rootfs_close) struct rootfs rootfs = ROOTFS_INIT;

	umask(022);
	return make_namespaces(task->job, &what->err) < 0 ? -1 : mount_all(task, &rootfs, what);
}

/* --- descriptors --- */

/*
 * All but the report's socket. What names a directory of the host would be a way there for whoever can have a path
 * looked up in this process: /proc/self/fd/4/.. as WORKDIR or as a program.
 */
static int close_others(int report_fd, struct err *err)
{
	unsigned kept = (unsigned)report_fd;

	if ((kept > 3 && close_range(3, kept - 1, 0) < 0) || close_range(kept + 1, ~0U, 0) < 0)
		return err_errno(err, "close what the command must not have");
	return 0;
}

static int arrange_fds(const struct init_task *task, struct err *err)
{
	AUTO(fd_closep) int null_fd = -1;

	if (fd_open(AT_FDCWD, "/dev/null", O_RDONLY, 0, &null_fd, err) < 0)
		return -1;
	if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(task->out_fd, STDOUT_FILENO) < 0 ||
	    dup2(task->err_fd, STDERR_FILENO) < 0)
		return err_errno(err, "connect the command's output");
	fd_closep(&null_fd);
	return close_others(task->report_fd, err);
}

/* --- the command --- */

/* Not chdir(2): a name in /proc/PID may stand for a place outside of the root. */
static int enter_cwd(int root_fd, const char *cwd, struct err *err)
{
	AUTO(err_release) struct err open_err = ERR_INIT;
	AUTO(fd_closep) int fd = -1;
	int flags = O_PATH | O_DIRECTORY;

	if (fd_open_in_root(root_fd, cwd, flags, 0, &fd, &open_err) < 0 &&
	    open_err.errnum == ENOENT && fs_mkdir_all(AT_FDCWD, cwd, 0755, err) < 0)
		return err_wrap(err, "working directory '%s'", cwd);
	if (fd < 0 && fd_open_in_root(root_fd, cwd, flags, 0, &fd, err) < 0)
		return err_wrap(err, "working directory '%s'", cwd);
	return fchdir(fd) < 0 ? err_errno(err, "enter the working directory '%s'", cwd) : 0;
}

static void add_default(struct strvec *env, const char *name, const char *value)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < env->len; i++)
		if (!strncmp(env->items[i], name, len) && env->items[i][len] == '=')
			return;
	strvec_addf(env, "%s=%s", name, value);
}

static void make_environment(const struct init_task *task, const char *home, struct strvec *env)
{
	strvec_add_all(env, &task->job->env);
	add_default(env, "HOME", home);
	if (task->emulation->cpu && task->emulation->cpu->cpu_model)
		add_default(env, "QEMU_CPU", task->emulation->cpu->cpu_model);
}

static NORETURN void command_main(const struct init_task *task, const struct account *account)
{
	struct init_report what = { .err = ERR_INIT };
	struct strvec env = STRVEC_INIT;
	struct strvec argv = STRVEC_INIT;

	(void)setsid(); /* cannot fail in a process just forked */
	make_environment(task, account->home, &env);
	strvec_add_all(&argv, &task->job->argv);
	if (task->emulation->compat)
		(void)personality(PER_LINUX32); /* what has no such thing goes without */
	if (privilege_limit(&task->job->options, &what.err) == 0 &&
	    privilege_become(account, &what.err) == 0)
		(void)!program_exec(&argv, &env, task->emulation->cpu, &what.err);
	report(task, &what);
	_exit(STATUS_BROKEN);
}

static NORETURN void reap_until(pid_t command)
{
	int status = 0;

	for (;;) {
		pid_t pid = waitpid(-1, &status, 0);

		if (pid == command)
			_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		if (pid < 0 && errno != EINTR)
			_exit(STATUS_BROKEN);
	}
}

/* What needs the root and all capabilities. */
static int prepare(const struct init_task *task, struct account *account, struct strvec *warnings,
		   struct err *err)
{
	AUTO(fd_closep) int root_fd = -1;
	struct privilege privilege = { .insecure = task->job->insecure,
				       .filter = task->filter,
				       .options = &task->job->options };

	if (arrange_fds(task, err) < 0 ||
	    fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, &root_fd, err) < 0 ||
	    account_find(root_fd, task->job->user, account, err) < 0 ||
	    enter_cwd(root_fd, task->job->cwd, err) < 0)
		return -1;
	return privilege_drop(&privilege, warnings, err);
}

/* If the warden ended before it could be our parent's death signal, its end of the socket is closed. */
static void die_with_parent(const struct init_task *task)
{
	struct pollfd peer = { .fd = task->report_fd, .events = POLLRDHUP };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&peer, 1, 0) > 0)
		_exit(STATUS_BROKEN);
}

void init_main(const struct init_task *task)
{
	struct init_report what = { .err = ERR_INIT };
	struct account account = { .home = NULL };
	pid_t command = -1;

	die_with_parent(task);
	if (make_root(task, &what) < 0 || prepare(task, &account, &what.warnings, &what.err) < 0) {
		report(task, &what);
		_exit(STATUS_BROKEN);
	}
	report(task, &what);
	/* /proc/1 would show the step our environment and memory. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	command = fork();
	if (command == 0)
		command_main(task, &account);
	if (command < 0) {
		(void)err_errno(&what.err, "start a process");
		report(task, &what);
		_exit(STATUS_BROKEN);
	}
	(void)close_range(0, ~0U, 0);
	reap_until(command);
}
