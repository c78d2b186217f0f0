#include "device/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/str.h"

#define REQUEST_MAX 16384

/* Our end of the keeper's socket; -1 = there is none. */
static int keeper_fd = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* What comes back: a process, or why there is none. */
struct reply {
	pid_t pid;
	int errnum;
};

/* --- in the keeper --- */

/* The words, each ended by NUL; returns their length, 0 at the end of us. */
static ssize_t receive(int fd, char *text, int *ret_error_fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { .iov_base = text, .iov_len = REQUEST_MAX };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t len = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head = len > 0 ? CMSG_FIRSTHDR(&message) : NULL;

	if (!head || head->cmsg_len != CMSG_LEN(sizeof(int)))
		return 0;
	memcpy(ret_error_fd, CMSG_DATA(head), sizeof(int));
	return len;
}

static NORETURN void run_program(char *text, ssize_t len, int error_fd)
{
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT;

	for (const char *word = text; word < text + len; word += strlen(word) + 1)
		strvec_add(&argv, word);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)dup2(error_fd, STDERR_FILENO);
	(void)execvp(argv.items[0], strvec_argv(&argv));
	_exit(127);
}

static NORETURN void keep(int fd)
{
	char text[REQUEST_MAX];
	int error_fd = -1;
	ssize_t len = 0;

	/* Ctrl-C is for the command; nobody asks how a child ended. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGCHLD, SIG_IGN);
	while ((len = receive(fd, text, &error_fd)) > 0) {
		struct reply reply = { .pid = fork() };

		if (reply.pid == 0)
			run_program(text, len, error_fd);
		reply.errnum = reply.pid < 0 ? errno : 0;
		fd_closep(&error_fd);
		(void)!write(fd, &reply, sizeof(reply));
	}
	_exit(0);
}

/* --- here --- */

static NORETURN void become_keeper(int fd)
{
	int null = -1;

	(void)dup2(fd, STDERR_FILENO + 1);
	(void)close_range(STDERR_FILENO + 2, ~0U, 0);
	fd = STDERR_FILENO + 1;
	if (fd_open(AT_FDCWD, "/dev/null", O_RDWR, 0, &null, NULL) == 0)
		(void)dup2(null, STDIN_FILENO);
	(void)dup2(STDIN_FILENO, STDOUT_FILENO);
	keep(fd);
}

static int start(struct err *err)
{
	int ends[2];
	pid_t pid = -1;

	if (keeper_fd >= 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_errno(err, "start the process that runs ssh");
	pid = fork();
	if (pid == 0)
		become_keeper(ends[1]);
	(void)close(ends[1]);
	if (pid < 0) {
		(void)err_errno(err, "start the process that runs ssh");
		(void)close(ends[0]);
		return -1;
	}
	keeper_fd = ends[0];
	return 0;
}

int keeper_start(struct err *err)
{
	int status = 0;

	pthread_mutex_lock(&lock);
	status = start(err);
	pthread_mutex_unlock(&lock);
	return status;
}

static int ask(const struct str *text, int error_fd, struct reply *ret, struct err *err)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { .iov_base = text->ptr, .iov_len = text->len };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &error_fd, sizeof(int));
	if (sendmsg(keeper_fd, &message, MSG_NOSIGNAL) < 0 ||
	    read(keeper_fd, ret, sizeof(*ret)) != sizeof(*ret))
		return err_set(err, ERR_SYSTEM, "the process that runs ssh has ended");
	return 0;
}

int keeper_spawn(struct strvec *argv, int error_fd, pid_t *ret_pid, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct reply reply = { .pid = -1 };
	int status = 0;

	VEC_FOREACH(word, argv)
		str_addn(&text, *word, strlen(*word) + 1);
	if (text.len > REQUEST_MAX)
		return err_set(err, ERR_LIMIT, "the command line of ssh is too long");
	pthread_mutex_lock(&lock);
	status = start(err);
	if (status == 0)
		status = ask(&text, error_fd, &reply, err);
	pthread_mutex_unlock(&lock);
	if (status < 0)
		return -1;
	if (reply.pid < 0)
		return err_errnum(err, reply.errnum, "run '%s'", argv->items[0]);
	*ret_pid = reply.pid;
	return 0;
}
