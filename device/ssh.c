#include "ssh.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/vec.h"
#include "device/keeper.h"

#define LOOK_AGAIN_NS   20000000
#define COMMAND_TIME_MS 30000
#define LOGIN_TIME_MS   60000 /* where nobody types: ConnectTimeout ends with the exchange of keys */
#define CONNECT_TIME    "ConnectTimeout=15"
/* A board that lost its power does not say so: 15 s of silence. */
#define ALIVE_INTERVAL "ServerAliveInterval=5"
#define ALIVE_COUNT    "ServerAliveCountMax=3"

struct ssh {
	char *dir; /* control socket, forwarded socket */
	char *control, *socket;
	struct strvec target; /* the words that name the board */
	bool is_unattended;
	pid_t master;    /* 0 = there is none */
	int error_fd;    /* a pipe from its standard error */
	struct str said; /* what came through it */
};

/* --- the master --- */

static void name_target(struct ssh *ssh, const struct device_address *address)
{
	if (address->port)
		strvec_addf(&ssh->target, "-p%u", address->port);
	if (address->user)
		strvec_addf(&ssh->target, "-l%s", address->user);
	strvec_add(&ssh->target, "--");
	strvec_add(&ssh->target, address->host);
}

/* A short path: that of a unix socket has 107 bytes at most (unix(7)). */
static int make_dir(struct ssh *ssh, struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	AUTO(freep) char *prefix = NULL;

	if (!runtime || !*runtime || strlen(runtime) > 60 || access(runtime, W_OK) < 0)
		runtime = "/tmp";
	prefix = xasprintf("%s/edgectl-ssh-", runtime);
	if (fs_make_temp_dir(AT_FDCWD, prefix, &ssh->dir, err) < 0)
		return -1;
	ssh->control = xasprintf("%s/control", ssh->dir);
	ssh->socket = xasprintf("%s/engine.sock", ssh->dir);
	return 0;
}

static int start_master(struct ssh *ssh, struct err *err)
{
	static const char *const words[] = { "-M", "-N", "-T", "-x" };
	const char *const options[] = { CONNECT_TIME,
					ALIVE_INTERVAL,
					ALIVE_COUNT,
					"ControlPersist=no",
					"ClearAllForwardings=yes",
					"StreamLocalBindUnlink=yes",
					"PermitLocalCommand=no" };
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT;
	AUTO(fd_closep) int error_fd = -1;

	if (fd_pipe(&ssh->error_fd, &error_fd, err) < 0 ||
	    fd_set_nonblocking(ssh->error_fd, true, err) < 0)
		return -1;
	strvec_add(&argv, "ssh");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strvec_add(&argv, words[i]);
	strvec_addf(&argv, "-S%s", ssh->control);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		strvec_addf(&argv, "-o%s", options[i]);
	if (ssh->is_unattended)
		strvec_add(&argv, "-oBatchMode=yes");
	strvec_add_all(&argv, &ssh->target);
	return keeper_spawn(&argv, error_fd, &ssh->master, err);
}

/* Takes what it says; its end is the end of the pipe. */
static bool master_is_running(struct ssh *ssh)
{
	char text[1024];
	ssize_t len = 0;

	while (ssh->master != 0 && (len = read(ssh->error_fd, text, sizeof(text))) > 0)
		str_addn(&ssh->said, text, (size_t)len);
	if (len == 0)
		ssh->master = 0;
	return ssh->master != 0;
}

/* --- its last words --- */

static const struct {
	const char *words;
	enum err_kind kind;
	const char *hint;
} refusals[] = {
	{ "REMOTE HOST IDENTIFICATION HAS CHANGED", ERR_DENIED,
	  "if the board was installed anew, forget its old key: ssh-keygen -R HOST; otherwise "
	  "somebody "
	  "may be in between" },
	{ "Host key verification failed", ERR_DENIED,
	  "connect once by hand and compare the key that it shows: ssh HOST" },
	{ "Permission denied", ERR_DENIED,
	  "log in once by hand (ssh HOST), or put your key there: ssh-copy-id HOST" },
	{ "Could not resolve hostname", ERR_NETWORK,
	  "try the board's address, or look for it: edgectl device scan" },
	{ "Connection refused", ERR_NETWORK, "is ssh switched on there, and on that port?" },
	{ "timed out", ERR_NETWORK, "is the board on, and in this network?" },
	{ "No route to host", ERR_NETWORK, "is the board on, and in this network?" },
};

/* The last line that ssh wrote, without its own name before it. */
static char *last_words(struct str *all)
{
	char *line = NULL;

	while (all->len > 0 && strchr("\r\n", all->ptr[all->len - 1]))
		str_truncate(all, all->len - 1);
	line = strrchr(all->ptr, '\n');
	line = line ? line + 1 : all->ptr;
	if (str_has_prefix(line, "ssh: "))
		line += strlen("ssh: ");
	return xstrdup(*line ? line : "ssh ended without a word");
}

static int explain(struct ssh *ssh, struct err *err)
{
	AUTO(freep) char *line = last_words(&ssh->said);

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		if (!strstr(ssh->said.ptr, refusals[i].words))
			continue;
		(void)err_set(err, refusals[i].kind, "%s", line);
		return err_hint(err, "%s", refusals[i].hint);
	}
	return err_set(err, ERR_NETWORK, "%s", line);
}

int ssh_check(struct ssh *ssh, struct err *err)
{
	return master_is_running(ssh) ? 0 : explain(ssh, err);
}

static int too_late(struct err *err)
{
	(void)err_set(err, ERR_NETWORK, "it takes connections, but no login in %d s",
		      LOGIN_TIME_MS / 1000);
	return err_hint(err, "look at its sshd: a full disk or a directory of users that it cannot "
			     "ask may stop it");
}

/* Logging in may take as long as somebody needs to type a password. */
static int wait_for_login(struct ssh *ssh, const struct monitor *monitor, struct err *err)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_NS };
	uint64_t end_ms = monotonic_ms() + LOGIN_TIME_MS;

	while (!fs_exists(AT_FDCWD, ssh->control)) {
		if (monitor_check(monitor, err) < 0 || ssh_check(ssh, err) < 0)
			return -1;
		if (ssh->is_unattended && monotonic_ms() > end_ms)
			return too_late(err);
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

int ssh_open(const struct device_address *address, const struct monitor *monitor, struct ssh **ret,
	     struct err *err)
{
	struct ssh *ssh = xcalloc(1, sizeof(*ssh));

	ssh->error_fd = -1;
	str_init(&ssh->said, LIMIT_HELPER_OUTPUT);
	ssh->is_unattended = address->is_unattended;
	name_target(ssh, address);
	if (make_dir(ssh, err) < 0 || start_master(ssh, err) < 0 ||
	    wait_for_login(ssh, monitor, err) < 0) {
		ssh_free(ssh);
		return -1;
	}
	*ret = ssh;
	return 0;
}

void ssh_free(struct ssh *ssh)
{
	if (!ssh)
		return;
	if (master_is_running(ssh))
		(void)kill(ssh->master, SIGTERM);
	fd_closep(&ssh->error_fd);
	str_release(&ssh->said);
	if (ssh->dir)
		(void)!fs_remove_all(AT_FDCWD, ssh->dir, NULL);
	free(ssh->dir);
	free(ssh->control);
	free(ssh->socket);
	strvec_release(&ssh->target);
	free(ssh);
}

/* --- what goes through it --- */

/* `ssh -S CONTROL WORDS TARGET [COMMAND]` */
static int through_master(struct ssh *ssh, const struct strvec *words, const char *command,
			  struct str *out, struct err *err)
{
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT;
	AUTO(str_release) struct str said = STR_INIT;
	struct proc proc = { .stdin_fd = PROC_NULL };
	struct proc_capture capture = { .out = out,
					.err_out = &said,
					.timeout_ms = COMMAND_TIME_MS };
	int status = 0;

	strvec_add(&argv, "ssh");
	strvec_addf(&argv, "-S%s", ssh->control);
	strvec_add(&argv, "-oBatchMode=yes");
	strvec_add_all(&argv, words);
	strvec_add_all(&argv, &ssh->target);
	if (command)
		strvec_add(&argv, command);
	proc.argv = (const char *const *)strvec_argv(&argv);
	if (ssh_check(ssh, err) < 0 || proc_run(&proc, &capture, &status, err) < 0)
		return -1;
	if (status == 0)
		return 0;
	while (said.len > 0 && strchr("\r\n", said.ptr[said.len - 1]))
		str_truncate(&said, said.len - 1);
	(void)err_set(err, ERR_CHILD, "%s", said.len > 0 ? said.ptr : "ssh failed");
	if (err)
		err->child_status = status;
	return -1;
}

int ssh_run(struct ssh *ssh, const char *command, struct str *out, struct err *err)
{
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;

	strvec_add(&words, "-T");
	return through_master(ssh, &words, command, out, err);
}

int ssh_forward_socket(struct ssh *ssh, const char *path, const char **ret, struct err *err)
{
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;

	strvec_add(&words, "-Oforward");
	strvec_addf(&words, "-L%s:%s", ssh->socket, path);
	if (through_master(ssh, &words, NULL, NULL, err) < 0)
		return err_wrap(err, "forward '%s' of the board", path);
	*ret = ssh->socket;
	return 0;
}
