#include "binfmt.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "binfmt_rule.h"
#include "channel.h"
#include "id_map.h"
#include "userns.h"
#include "wire.h"

/* --- in the process that makes the namespace, and ends at once --- */

static int explain_mount(struct err *err)
{
	if (errno == ENODEV) {
		(void)err_set(err, ERR_UNSUPPORTED, "this kernel has no binfmt_misc");
		return err_hint(err, "sudo modprobe binfmt_misc");
	}
	(void)err_errno(err, "mount binfmt_misc in a user namespace");
	return err_hint(err,
			"register QEMU with the host instead: sudo apt-get install --reinstall "
			"qemu-user-static");
}

static int mount_detached(int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int context_fd = fsopen("binfmt_misc", FSOPEN_CLOEXEC);

	if (context_fd < 0 || fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return explain_mount(err);
	*ret_fd = fsmount(context_fd, FSMOUNT_CLOEXEC, 0);
	return *ret_fd < 0 ? explain_mount(err) : 0;
}

static int send_namespace(int peer, struct err *err)
{
	AUTO(fd_closep) int mount_fd = -1;
	AUTO(fd_closep) int register_fd = -1;
	AUTO(fd_closep) int userns_fd = -1;
	char go = 0;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return userns_explain(errno, err);
	if (fd_write_all(peer, "u", 1, "socket", err) < 0 ||
	    fd_read_full(peer, &go, 1, "socket", err) != 1)
		return -1;
	if (mount_detached(&mount_fd, err) < 0 ||
	    fd_open(mount_fd, "register", O_WRONLY, 0, &register_fd, err) < 0 ||
	    fd_open(AT_FDCWD, "/proc/self/ns/user", O_RDONLY, 0, &userns_fd, err) < 0)
		return -1;
	return channel_send(peer, SPAN_LIT("k"), (int[]){ userns_fd, mount_fd, register_fd }, 3,
			    err);
}

static NORETURN void maker_main(int peer)
{
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(str_release) struct str message = STR_INIT;

	if (send_namespace(peer, &err) < 0 && err.message) {
		/* A packet with a descriptor, as the good answer is; which one does not matter. */
		wire_put_err(&message, &err);
		str_truncate(&message, 4000);
		(void)!channel_send(peer, str_span(&message), (int[]){ peer, peer, peer }, 3, NULL);
	}
	_exit(0);
}

/* --- in the helper --- */

static int give_ids(int peer, pid_t pid, struct err *err)
{
	char word = 0;

	/* Not "u": the child could not make the namespace, and says why in what follows. */
	if (recv(peer, &word, 1, MSG_PEEK) != 1 || word != 'u')
		return 0;
	(void)recv(peer, &word, 1, 0);
	if (id_map_write_identity(pid, err) < 0)
		return -1;
	return fd_write_all(peer, "g", 1, "socket", err);
}

static int receive_namespace(int peer, struct binfmt *ret, struct err *err)
{
	AUTO(str_release) struct str answer = STR_INIT;
	int fds[3] = { -1, -1, -1 };
	bool end = false;

	if (channel_receive(peer, &answer, fds, ARRAY_SIZE(fds), &end, err) < 0)
		return -1;
	if (end)
		return err_set(err, ERR_CHILD, "the process that makes a user namespace has ended");
	*ret = (struct binfmt){ .userns_fd = fds[0], .mount_fd = fds[1], .register_fd = fds[2] };
	if (str_eq(answer.ptr, "k"))
		return 0;
	binfmt_close(ret);
	wire_err(&(struct wire){ .rest = str_span(&answer) }, err);
	return -1;
}

int binfmt_open(struct binfmt *ret, struct err *err)
{
	AUTO(fd_closep) int ours = -1;
	AUTO(fd_closep) int theirs = -1;
	int pair[2];
	int result = 0;
	pid_t pid = -1;

	if (channel_pair(SOCK_SEQPACKET, pair, err) < 0)
		return -1;
	ours = pair[0];
	theirs = pair[1];
	pid = fork();
	if (pid < 0)
		return err_errno(err, "start a process");
	if (pid == 0) {
		fd_closep(&ours);
		maker_main(theirs);
	}
	fd_closep(&theirs);
	result = give_ids(ours, pid, err);
	if (result == 0)
		result = receive_namespace(ours, ret, err);
	fd_closep(&ours);
	/* Nobody to wait for where SIGCHLD is ignored. */
	(void)waitpid(pid, NULL, 0);
	return result;
}

/*
 * Every emulated process has the interpreter as its /proc/PID/exe: through a mount that cannot be written to, so that a
 * step of real root, or of the owner of a QEMU in his home, does not replace it (CVE-2019-5736 did that to a runtime).
 */
static int open_read_only(const char *path, int *ret_fd, struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO(fd_closep) int fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return err_errno(err, "mount '%s' read-only", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int binfmt_register(const struct binfmt *binfmt, const struct emulation *emulation, struct err *err)
{
	AUTO(str_release) struct str rule = STR_INIT;
	AUTO(fd_closep) int fd = -1;
	AUTO(freep) char *path = NULL;

	if (open_read_only(emulation->interpreter, &fd, err) < 0)
		return -1;
	path = xasprintf("/proc/self/fd/%d", fd);
	binfmt_rule_write(emulation->cpu, path, &rule);
	/* One write(2) is one rule. */
	if (write(binfmt->register_fd, rule.ptr, rule.len) < 0 && errno != EEXIST) {
		(void)err_errno(err, "register '%s' with binfmt_misc", emulation->interpreter);
		return err_hint(
			err, "a kernel older than Linux 6.7, or a container that forbids it: sudo "
			     "apt-get install --reinstall qemu-user-static on the host");
	}
	return 0;
}

void binfmt_close(struct binfmt *binfmt)
{
	fd_closep(&binfmt->userns_fd);
	fd_closep(&binfmt->register_fd);
	fd_closep(&binfmt->mount_fd);
}
