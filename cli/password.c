#include "password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"

#define CTRL_C     '\003'
#define SECRET_MAX ((size_t)64 * 1024)

void password_wipe(struct str *password)
{
	if (password->cap > 0)
		explicit_bzero(password->ptr, password->len);
	str_release(password);
}

static void strip_line_end(struct str *text)
{
	while (text->len > 0 && strchr("\r\n", text->ptr[text->len - 1]))
		str_truncate(text, text->len - 1);
}

int password_read_stdin(struct str *ret, struct err *err)
{
	if (fd_read_to_str(STDIN_FILENO, ret, SECRET_MAX, "the standard input", err) < 0)
		return -1;
	strip_line_end(ret);
	if (ret->len == 0)
		return err_set(err, ERR_USAGE, "the standard input has no password");
	return 0;
}

static int read_line(int fd, struct str *ret, struct err *err)
{
	char c;

	while (ret->len < SECRET_MAX) {
		ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "read from the terminal");
		if (n == 0 || c == '\n')
			break;
		str_addc(ret, c);
		if (c == CTRL_C)
			break;
	}
	strip_line_end(ret);
	return 0;
}

/* The terminal of the process, whatever the standard streams are. */
static int open_terminal(int *ret, struct err *err)
{
	*ret = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (*ret >= 0)
		return 0;
	err_set(err, ERR_USAGE, "there is no terminal to ask at");
	return err_hint(err, "give --username, and the password on the standard input with "
			     "--password-stdin");
}

static int ask_at(int fd, const char *prompt, struct str *ret, struct err *err)
{
	if (fd_write_all(fd, prompt, strlen(prompt), "the terminal", err) < 0)
		return -1;
	return read_line(fd, ret, err);
}

int password_ask_name(const char *prompt, struct str *ret, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (open_terminal(&fd, err) < 0)
		return -1;
	return ask_at(fd, prompt, ret, err);
}

/*
 * Signals that would end or stop us wait until the echo is on again: a terminal without echo is what a
 * user does not know how to mend.
 */
static void hold_signals(sigset_t *before)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGTSTP);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &held, before);
}

int password_ask(const char *prompt, struct str *ret, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct termios before, silent;
	sigset_t signals;
	int result;

	if (open_terminal(&fd, err) < 0)
		return -1;
	if (tcgetattr(fd, &before) < 0)
		return err_errno(err, "terminal settings");
	silent = before;
	/* without ISIG, Ctrl-C comes as a character; it ends the line, else Enter would be awaited */
	silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	silent.c_cc[VEOL] = CTRL_C;
	hold_signals(&signals);
	(void)tcsetattr(fd, TCSAFLUSH, &silent);
	result = ask_at(fd, prompt, ret, err);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	(void)sigprocmask(SIG_SETMASK, &signals, NULL);
	/* the line break that was typed was not shown either */
	if (result == 0)
		result = fd_write_all(fd, "\n", 1, "the terminal", err);
	if (result == 0 && strchr(ret->ptr, CTRL_C))
		return err_set(err, ERR_CANCELLED, "interrupted");
	return result;
}
