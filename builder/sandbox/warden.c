#include "warden.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "channel.h"
#include "host_files.h"
#include "id_map.h"
#include "init.h"
#include "privilege.h"
#include "rootfs.h"
#include "wire.h"

#define TTY_GROUP 5 /* the gid of "tty" in every distribution */

/* --- the answer --- */

int answer_send(int fd, const struct answer *answer, struct err *err)
{
	AUTO(str_release) struct str message = STR_INIT;

	wire_put_number(&message, answer->err.kind != ERR_NONE);
	if (answer->err.kind != ERR_NONE)
		wire_put_err(&message, &answer->err);
	wire_put_number(&message, (uint64_t)answer->status);
	wire_put_number(&message, answer->emulated);
	wire_put_texts(&message, &answer->warnings);
	return wire_send(fd, &message, err);
}

int answer_receive(int fd, struct answer *ret, struct err *err)
{
	AUTO(str_release) struct str message = STR_INIT;
	struct wire wire;
	bool end = false;

	if (wire_receive(fd, &message, &end, err) < 0)
		return -1;
	if (end)
		return err_set(err, ERR_CHILD, "the sandbox's process beside the step was killed");
	wire.rest = str_span(&message);
	wire.bad = false;
	if (wire_number(&wire))
		wire_err(&wire, &ret->err);
	ret->status = (int)wire_number(&wire);
	ret->emulated = wire_number(&wire) != 0;
	wire_texts(&wire, &ret->warnings);
	return wire.bad ? err_set(err, ERR_CHILD, "broken answer of the sandbox") : 0;
}

void answer_release(struct answer *answer)
{
	err_release(&answer->err);
	strvec_release(&answer->warnings);
}

/* --- one step --- */

static int receive_job(int fd, struct job *ret, struct err *err)
{
	AUTO(str_release) struct str message = STR_INIT;
	bool end = false;

	if (wire_receive(fd, &message, &end, err) < 0)
		return -1;
	if (end)
		return err_set(err, ERR_CANCELLED, "cancelled");
	return job_decode(str_span(&message), ret, err);
}

/* After setns(2), which takes the death signal away. */
static void die_with_parent(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

static int enter_userns(const struct warden *warden, struct err *err)
{
	if (warden->userns_fd >= 0 && setns(warden->userns_fd, CLONE_NEWUSER) < 0)
		return err_errno(err, "enter the namespace of the emulator");
	return 0;
}

static int prepare_job(const struct warden *warden, const struct job *job, struct err *err)
{
	privilege_raise_limits(&job->options);
	return enter_userns(warden, err);
}

static bool have_tty_group(void)
{
	AUTO(id_map_release) struct id_map map = ID_MAP_INIT;

	return id_map_read("gid_map", &map, NULL) == 0 && id_map_has(&map, TTY_GROUP);
}

static int start_init(const struct warden *warden, const struct job *job, int *ret_report,
		      pid_t *ret_pid, struct err *err)
{
	AUTO(str_release) struct str resolv_conf = STR_INIT;
	AUTO(str_release) struct str hosts = STR_INIT;
	int pair[2];
	pid_t pid = -1;

	resolv_conf_write(&job->options, &resolv_conf);
	hosts_write(job->hostname, &job->options, &hosts);
	if (channel_pair(SOCK_STREAM, pair, err) < 0)
		return -1;
	*ret_report = pair[0];
	if (unshare(CLONE_NEWPID) == 0)
		pid = fork();
	if (pid < 0) {
		(void)err_errno(err, "create a process in a pid namespace");
		(void)close(pair[1]);
		return -1;
	}
	if (pid == 0) {
		struct mount_facts facts = { have_tty_group(), str_span(&resolv_conf),
					     str_span(&hosts) };
		struct init_task task = {
			.job = job,
			.facts = &facts,
			.emulation = warden->emulation,
			.filter = warden->filter,
			.dir_fd = warden->dir_fd,
			.out_fd = warden->out_fd,
			.err_fd = warden->err_fd,
			.report_fd = pair[1],
		};

		(void)close(pair[0]);
		(void)close(warden->job_fd);
		init_main(&task);
	}
	(void)close(pair[1]);
	*ret_pid = pid;
	return 0;
}

/* False when there will be no further report. */
static bool take_report(int fd, struct init_report *report)
{
	AUTO(str_release) struct str message = STR_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	bool end = false;

	if (wire_receive(fd, &message, &end, &err) < 0 ||
	    (!end && init_report_decode(str_span(&message), report, &err) < 0)) {
		if (report->err.kind == ERR_NONE)
			err_move(&report->err, &err);
		return false;
	}
	stubs_lock(&report->stubs);
	return !end;
}

/* Until process 1 has ended, and with it everything in the step. */
static int watch(const struct warden *warden, pid_t pid, int report_fd, struct init_report *report,
		 bool *ret_cancelled)
{
	AUTO(fd_closep) int pid_fd = pidfd_open(pid, 0);
	struct pollfd fds[] = {
		{ .fd = pid_fd, .events = POLLIN },
		{ .fd = report_fd, .events = POLLIN },
		{ .fd = warden->job_fd, .events = POLLIN | POLLRDHUP },
	};
	int status = 0;

	while (pid_fd >= 0 && (fds[0].fd >= 0 || fds[1].fd >= 0)) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[1].revents && !take_report(report_fd, report))
			fds[1].fd = -1;
		if (fds[0].revents)
			fds[0].fd = -1;
		if (fds[2].revents) {
			(void)kill(pid, SIGKILL);
			*ret_cancelled = true;
			fds[2].fd = -1;
		}
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void clean_up(const struct warden *warden, const struct job *job, struct stubs *stubs)
{
	AUTO(fd_closep) int upper_fd = -1;

	rootfs_forget_volatile(job, warden->dir_fd);
	if (job->upper &&
	    fd_open(warden->dir_fd, job->upper, O_RDONLY | O_DIRECTORY, 0, &upper_fd, NULL) < 0)
		return;
	stubs_remove(upper_fd, stubs);
}

static int run(const struct warden *warden, const struct job *job, struct answer *answer)
{
	AUTO(init_report_release) struct init_report report = { .err = ERR_INIT };
	AUTO(fd_closep) int report_fd = -1;
	bool cancelled = false;
	pid_t pid = -1;
	int status = 0;

	if (start_init(warden, job, &report_fd, &pid, &answer->err) < 0)
		return -1;
	status = watch(warden, pid, report_fd, &report, &cancelled);
	clean_up(warden, job, &report.stubs);
	strvec_add_all(&answer->warnings, &report.warnings);
	if (cancelled)
		return err_set(&answer->err, ERR_CANCELLED, "cancelled");
	if (report.err.kind != ERR_NONE) {
		err_move(&answer->err, &report.err);
		return -1;
	}
	answer->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

void warden_main(const struct warden *warden)
{
	struct answer answer = { .err = ERR_INIT,
				 .emulated = warden->emulation->way != EMULATION_NATIVE };
	struct job job = JOB_INIT;
	pid_t parent = getppid();

	(void)signal(SIGCHLD, SIG_DFL);
	die_with_parent(parent);
	if (receive_job(warden->job_fd, &job, &answer.err) == 0 &&
	    prepare_job(warden, &job, &answer.err) == 0) {
		die_with_parent(parent);
		(void)run(warden, &job, &answer);
	}
	/* Nobody waits for it if the caller is gone. */
	(void)!answer_send(warden->job_fd, &answer, NULL);
	_exit(0);
}
