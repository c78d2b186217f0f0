/* The one program in the root of a test step: `probe VERB [ARGUMENT]`, or the verb as the name it is called by. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static int do_exit(const char *argument)
{
	return (int)strtol(argument, NULL, 10);
}

static int do_kill(const char *argument)
{
	(void)raise((int)strtol(argument, NULL, 10));
	return 1;
}

static int do_print(const char *argument)
{
	return printf("%s\n", argument) < 0 || fprintf(stderr, "err %s\n", argument) < 0;
}

/* That many bytes on each stream, in turn. */
static int do_flood(const char *argument)
{
	long count = strtol(argument, NULL, 10);
	char block[1000];

	memset(block, 'x', sizeof(block));
	for (long done = 0; count <= 0 || done < count; done += (long)sizeof(block))
		if (write(1, block, sizeof(block)) < 0 || write(2, block, sizeof(block)) < 0)
			return 1;
	return 0;
}

static __attribute__((noreturn)) int do_hang(const char *argument)
{
	printf("%s\n", argument);
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}

/* Ends while a process in a session of its own still holds its output. */
static int do_daemon(const char *argument)
{
	if (fork() == 0) {
		(void)setsid();
		if (fork() == 0)
			do_hang(argument);
		_exit(0);
	}
	return 5;
}

static int do_cat(const char *argument)
{
	char text[4096];
	int fd = open(argument, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (n < 0)
		return errno;
	return write(1, text, (size_t)n) == n ? 0 : 1;
}

static int do_write(const char *argument)
{
	int fd = open(argument, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return errno;
	return write(fd, "w", 1) == 1 ? 0 : errno;
}

static int do_mkdir(const char *argument)
{
	return mkdir(argument, 0755) < 0 ? errno : 0;
}

static int do_device(const char *argument)
{
	int fd = -1;

	if (mknod(argument, S_IFCHR | 0666, makedev(1, 3)) < 0)
		return errno;
	fd = open(argument, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? errno : 0;
}

static int do_ids(const char *argument)
{
	gid_t groups[64];
	int count = getgroups(64, groups);

	printf("%s%u:%u", argument, getuid(), getgid());
	for (int i = 0; i < count; i++)
		printf(" %u", groups[i]);
	printf("\n");
	return geteuid() == getuid() ? 0 : 1;
}

static int do_euid(const char *argument)
{
	(void)argument;
	return (int)geteuid();
}

static int do_env(const char *argument)
{
	const char *value = getenv(argument);

	printf("%s\n", value ? value : "(unset)");
	return 0;
}

static int do_cwd(const char *argument)
{
	char path[4096];

	printf("%s%s\n", argument, getcwd(path, sizeof(path)));
	return 0;
}

static int do_uname(const char *argument)
{
	struct utsname name;

	if (uname(&name) < 0)
		return 1;
	printf("%s%s %s\n", argument, name.nodename, name.machine);
	return 0;
}

/* Descriptors beyond the three, and whether the session is our own. */
static int do_leaks(const char *argument)
{
	(void)argument;
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return fd;
	return getsid(0) == getpid() ? 0 : 1;
}

/* Is the key `argument` to be found? */
static int do_key(const char *argument)
{
	return syscall(SYS_request_key, "user", argument, NULL, 0) < 0 ? errno : 0;
}

/* May the program that the kernel runs for `argument`, an emulator perhaps, be written to? 0 = it may. */
static int do_overwrite(const char *argument)
{
	char link[64];
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)execl(argument, argument, (char *)NULL);
		_exit(1);
	}
	/* It stops behind execve(2). */
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return 99;
	(void)snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	status = access(link, W_OK) < 0 ? errno : 0;
	(void)kill(pid, SIGKILL);
	return status;
}

static int do_umask(const char *argument)
{
	(void)argument;
	return (int)umask(0);
}

static const struct {
	const char *name;
	int (*run)(const char *argument);
} verbs[] = {
	{ "exit", do_exit },
	{ "kill", do_kill },
	{ "print", do_print },
	{ "flood", do_flood },
	{ "hang", do_hang },
	{ "daemon", do_daemon },
	{ "cat", do_cat },
	{ "write", do_write },
	{ "mkdir", do_mkdir },
	{ "ids", do_ids },
	{ "device", do_device },
	{ "euid", do_euid },
	{ "env", do_env },
	{ "cwd", do_cwd },
	{ "uname", do_uname },
	{ "leaks", do_leaks },
	{ "umask", do_umask },
	{ "key", do_key },
	{ "overwrite", do_overwrite },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].name, argv[1]))
			return verbs[i].run(argc > 2 ? argv[2] : "");
	return 99;
}
