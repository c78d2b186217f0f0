#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/vec.h"
#include "binfmt.h"
#include "channel.h"
#include "own_program.h"
#include "syscall_filter.h"
#include "warden.h"
#include "wire.h"

enum { REQUEST_JOB, REQUEST_OUT, REQUEST_ERR, REQUEST_FDS };

/* A platform that a step asked for, and what it takes. */
struct platform {
	char *arch, *variant;
	struct emulation emulation;
};

struct helper {
	struct {
		struct platform *items;
		size_t len, cap;
	} platforms;
	struct binfmt binfmt;
	struct syscall_filter filter; /* made for the first step */
};

int helper_request(int control_fd, const char *arch, const char *variant, int job_fd, int out_fd,
		   int err_fd, struct err *err)
{
	AUTO(str_release) struct str message = STR_INIT;
	int fds[REQUEST_FDS] = {
		[REQUEST_JOB] = job_fd, [REQUEST_OUT] = out_fd, [REQUEST_ERR] = err_fd
	};

	wire_put_text(&message, arch);
	wire_put_text(&message, variant);
	return channel_send(control_fd, str_span(&message), fds, REQUEST_FDS, err);
}

/* --- emulators --- */

static int register_own(struct helper *helper, const struct emulation *emulation, struct err *err)
{
	if (helper->binfmt.userns_fd < 0 && binfmt_open(&helper->binfmt, err) < 0)
		return -1;
	return binfmt_register(&helper->binfmt, emulation, err);
}

/* Remembered: looking for QEMU takes longer than starting a step. */
static int find_emulation(struct helper *helper, const char *arch, const char *variant,
			  const struct emulation **ret, struct err *err)
{
	struct emulation emulation = { .way = EMULATION_NATIVE };
	struct platform *platform = NULL;

	VEC_FOREACH(known, &helper->platforms) {
		if (str_eq(known->arch, arch) && str_eq(known->variant, variant)) {
			*ret = &known->emulation;
			return 0;
		}
	}
	if (emulation_find(arch, variant, &emulation, err) < 0)
		return -1;
	if (emulation.way == EMULATION_OWN && register_own(helper, &emulation, err) < 0) {
		emulation_release(&emulation);
		return -1;
	}
	platform = VEC_ADD(&helper->platforms);
	*platform = (struct platform){ xstrdup_or_null(arch), xstrdup_or_null(variant), emulation };
	*ret = &platform->emulation;
	return 0;
}

/* --- requests --- */

static void refuse(int job_fd, const struct err *err)
{
	const struct answer answer = { .err = *err };

	(void)!answer_send(job_fd, &answer, NULL);
}

static int start_warden(struct helper *helper, const struct emulation *emulation, const int *fds,
			struct err *err)
{
	struct warden warden = {
		.job_fd = fds[REQUEST_JOB],
		.out_fd = fds[REQUEST_OUT],
		.err_fd = fds[REQUEST_ERR],
		.dir_fd = HELPER_DIR_FD,
		.userns_fd = emulation->way == EMULATION_OWN ? helper->binfmt.userns_fd : -1,
		.emulation = emulation,
		.filter = &helper->filter,
	};
	pid_t pid = fork();

	if (pid < 0)
		return err_errno(err, "start a process");
	if (pid == 0)
		warden_main(&warden);
	return 0;
}

static void serve(struct helper *helper, struct span request, const int *fds)
{
	AUTO(err_release) struct err err = ERR_INIT;
	struct wire wire = { .rest = request };
	AUTO(freep) char *arch = wire_text(&wire);
	AUTO(freep) char *variant = wire_text(&wire);
	const struct emulation *emulation = NULL;

	if (find_emulation(helper, arch, variant, &emulation, &err) < 0 ||
	    (!helper->filter.len && syscall_filter_make(&helper->filter, &err) < 0) ||
	    start_warden(helper, emulation, fds, &err) < 0)
		refuse(fds[REQUEST_JOB], &err);
}

/* --- its beginning --- */

/* Handlers and masks are the caller's, and would reach the commands. */
static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL); /* SIGKILL and SIGSTOP refuse */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGCHLD, SIG_IGN); /* wardens need no burial */
}

/* Field `number` of /proc/self/stat, counted as in proc(5), for those behind the name in parentheses. */
static unsigned long stat_field(struct span stat, unsigned number)
{
	const char *name_end = memrchr(stat.ptr, ')', stat.len);
	struct span rest = name_end ? span_of(name_end + 1) : (struct span){ "", 0 };
	struct span word = { "", 0 };
	unsigned long long value = 0;

	/* The rest begins with a blank: the first word is an empty field 2. */
	for (unsigned field = 2; field <= number; field++)
		(void)span_cut(&rest, ' ', &word);
	return span_to_u64(word, ULONG_MAX, &value) ? (unsigned long)value : 0;
}

/* A step sees process 1, a copy of this one; what stands in the words of our command line (--build-arg) is not for it. */
static void hide_command_line(void)
{
	static const char title[] = "edgectl: sandbox";
	AUTO(str_release) struct str stat = STR_INIT;
	unsigned long begin = 0;
	unsigned long end = 0;

	if (fs_read_file(AT_FDCWD, "/proc/self/stat", 4 * LIMIT_KIB, &stat, NULL) < 0)
		return;
	begin = stat_field(str_span(&stat), 48);
	end = stat_field(str_span(&stat), 49);
	if (!begin || end <= begin)
		return;
	memset((void *)begin, 0, end - begin);
	if (sizeof(title) < end - begin)
		memcpy((void *)begin, title, sizeof(title));
}

static void arrange_fds(int control_fd, int dir_fd)
{
	int control = fcntl(control_fd, F_DUPFD_CLOEXEC, HELPER_DIR_FD + 1);
	int dir = fcntl(dir_fd, F_DUPFD_CLOEXEC, HELPER_DIR_FD + 1);
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (control < 0 || dir < 0 || null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(null_fd, STDOUT_FILENO) < 0 || dup3(control, HELPER_CONTROL_FD, O_CLOEXEC) < 0 ||
	    dup3(dir, HELPER_DIR_FD, O_CLOEXEC) < 0 || close_range(HELPER_DIR_FD + 1, ~0U, 0) < 0)
		_exit(1);
}

/* Builds whose steps are all cached ask for nothing. poll(2) does not tell the end from a request. */
static void wait_for_request(void)
{
	ssize_t n;
	char byte;

	do
		n = recv(HELPER_CONTROL_FD, &byte, 1, MSG_PEEK);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		_exit(0);
}

/* `problem` is what stands in the way of every step. */
static NORETURN void serve_all(const struct err *problem)
{
	struct helper helper = { .binfmt = BINFMT_INIT, .filter = SYSCALL_FILTER_INIT };
	AUTO(str_release) struct str request = STR_INIT;
	int fds[REQUEST_FDS];
	bool end = false;

	for (;;) {
		if (channel_receive(HELPER_CONTROL_FD, &request, fds, REQUEST_FDS, &end, NULL) < 0)
			continue;
		if (end)
			_exit(0);
		if (problem)
			refuse(fds[REQUEST_JOB], problem);
		else
			serve(&helper, str_span(&request), fds);
		for (int i = 0; i < REQUEST_FDS; i++)
			(void)close(fds[i]);
	}
}

void helper_main(int control_fd, int dir_fd)
{
	AUTO(err_release) struct err err = ERR_INIT;

	reset_signals();
	(void)setsid(); /* the terminal's Ctrl-C is for the caller, who then ends the steps in order */
	arrange_fds(control_fd, dir_fd);
	hide_command_line();
	if (!own_program_is_ready())
		serve_all(NULL);
	wait_for_request();
	(void)!own_program_exec(&err);
	serve_all(&err);
}

void helper_continue(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a caller who is gone has closed the other end */
	(void)prctl(PR_SET_NAME, "edgectl");
	if (fcntl(HELPER_CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(HELPER_DIR_FD, F_SETFD, FD_CLOEXEC) < 0 ||
	    close_range(HELPER_DIR_FD + 1, ~0U, 0) < 0)
		_exit(1);
	serve_all(NULL);
}
