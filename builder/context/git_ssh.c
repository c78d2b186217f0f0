#include "git_ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/str.h"
#include "git_library.h"

#define SSH_PREFIX "ssh://"

/* --- the command --- */

struct ssh_address {
	char *user, *host, *port; /* user and port may be NULL */
	char *path;
};

static void ssh_address_release(struct ssh_address *address)
{
	free(address->user);
	free(address->host);
	free(address->port);
	free(address->path);
}

bool git_ssh_is_url(const char *url)
{
	return str_has_prefix(url, SSH_PREFIX) || !strstr(url, "://");
}

/* HOST, HOST:PORT or [HOST]:PORT. */
static void split_port(struct span authority, struct ssh_address *ret)
{
	struct span host = authority, rest = authority, inside;

	if (authority.len > 0 && *authority.ptr == '[') {
		rest = (struct span){ authority.ptr + 1, authority.len - 1 };
		(void)span_cut(&rest, ']', &inside);
		host = inside;
		ret->port =
			rest.len > 1 ? span_dup((struct span){ rest.ptr + 1, rest.len - 1 }) : NULL;
	} else if (span_cut(&rest, ':', &inside)) {
		host = inside;
		ret->port = rest.len > 0 ? span_dup(rest) : NULL;
	}
	ret->host = span_dup(host);
}

static void split_user(struct span *authority, struct ssh_address *ret)
{
	const char *at = memrchr(authority->ptr, '@', authority->len);
	struct span user = { authority->ptr, at ? (size_t)(at - authority->ptr) : 0 }, name;

	if (!at)
		return;
	*authority = (struct span){ at + 1, authority->len - user.len - 1 };
	(void)span_cut(&user, ':', &name); /* a password is of no use to ssh(1) */
	ret->user = span_dup(name);
}

static void split_url(const char *url, struct ssh_address *ret)
{
	bool is_scp_form = !str_has_prefix(url, SSH_PREFIX);
	struct span rest = span_of(is_scp_form ? url : url + strlen(SSH_PREFIX)), authority;

	(void)span_cut(&rest, is_scp_form ? ':' : '/', &authority);
	split_user(&authority, ret);
	if (is_scp_form) {
		ret->host = span_dup(authority);
		ret->path = span_dup(rest);
		return;
	}
	split_port(authority, ret);
	/* "/~anna/x" is in a home directory, as git(1) has it. */
	ret->path =
		span_has_prefix(rest, "~") ? span_dup(rest) : xasprintf("/%.*s", SPAN_FMT(rest));
}

static void add_if_there(struct strvec *argv, const char *option, const char *prefix,
			 const char *home, const char *name)
{
	AUTO(freep) char *path = path_join(home, name);

	if (!fs_exists(AT_FDCWD, path))
		return;
	strvec_add(argv, option);
	strvec_addf(argv, "%s%s", prefix, path);
}

/*
 * ssh(1) looks for its files in the home of the user that it thinks it is. In the user namespace of
 * a build that is root, whose home is not ours.
 */
static void add_home(struct strvec *argv)
{
	static const char *const keys[] = { ".ssh/id_ed25519", ".ssh/id_ecdsa", ".ssh/id_rsa",
					    ".ssh/id_ed25519_sk", ".ssh/id_ecdsa_sk" };
	const char *home = getenv("HOME");
	const struct passwd *self = getpwuid(getuid());

	if (!home || !*home || (self && str_eq(self->pw_dir, home)))
		return;
	add_if_there(argv, "-F", "", home, ".ssh/config");
	add_if_there(argv, "-o", "UserKnownHostsFile=", home, ".ssh/known_hosts");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		add_if_there(argv, "-o", "IdentityFile=", home, keys[i]);
}

/* Only keys of an agent, and none of the user's configuration but the hosts that he knows. */
static void add_agent_program(struct strvec *argv)
{
	static const char *const options[] = { "-F", "/dev/null",
					       "-o", "IdentityFile=none",
					       "-o", "PreferredAuthentications=publickey",
					       "-o", "StrictHostKeyChecking=yes" };
	const char *home = getenv("HOME");

	strvec_add(argv, "ssh");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		strvec_add(argv, options[i]);
	if (home && *home)
		add_if_there(argv, "-o", "UserKnownHostsFile=", home, ".ssh/known_hosts");
}

static void add_program(struct strvec *argv)
{
	const char *command = getenv("GIT_SSH_COMMAND"), *program = getenv("GIT_SSH");

	if (command && *command) {
		strvec_add(argv, "/bin/sh");
		strvec_add(argv, "-c");
		strvec_addf(argv, "%s \"$@\"", command);
		strvec_add(argv, command); /* $0 */
		return;
	}
	strvec_add(argv, program && *program ? program : "ssh");
	add_home(argv);
}

int git_ssh_command(const char *url, bool only_agent, struct strvec *ret, struct err *err)
{
	AUTO(ssh_address_release) struct ssh_address address = { .user = NULL };
	AUTO(str_release) struct str command = STR_INIT;
	const char *user;

	split_url(url, &address);
	if (!*address.host || *address.host == '-' || (address.user && *address.user == '-'))
		return err_set(err, ERR_INPUT, "'%s' is not the name of a host", address.host);
	user = address.user && *address.user ? address.user : getenv("USER");
	if (only_agent)
		add_agent_program(ret);
	else
		add_program(ret);
	strvec_add(ret, "-o");
	strvec_add(ret, "BatchMode=yes");
	if (address.port) {
		strvec_add(ret, "-p");
		strvec_add(ret, address.port);
	}
	if (user && *user) {
		strvec_add(ret, "-l");
		strvec_add(ret, user);
	}
	strvec_add(ret, address.host);
	str_add(&command, "git-upload-pack ");
	str_add_shell_word(&command, address.path);
	strvec_add(ret, command.ptr);
	return 0;
}

/* --- the transport --- */

struct ssh_connection {
	git_smart_subtransport base;
	git_smart_subtransport_stream stream;
	struct git_line *line;
	const struct git_keys *keys;
	pid_t pid;    /* 0 = none runs */
	int fd;       /* its standard input and output */
	int messages; /* what it says on the standard error */
};

static struct ssh_connection *of(git_smart_subtransport *base)
{
	return CONTAINER_OF(base, struct ssh_connection, base);
}

static int set_error(const struct err *err)
{
	libgit2.error_set_str(GIT_ERROR_SSH, err->message);
	return -1;
}

/* The last line of what ssh said. */
static int explain_end(struct ssh_connection *connection)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct span rest, line, last = SPAN_LIT("ssh: the connection was closed");
	AUTO(freep) char *message = NULL;

	if (lseek(connection->messages, 0, SEEK_SET) == 0 &&
	    fd_read_to_str(connection->messages, &text, LIMIT_HELPER_OUTPUT, "ssh", NULL) == 0) {
		rest = str_span(&text);
		while (rest.len > 0) {
			(void)span_cut(&rest, '\n', &line);
			line = span_trim(line);
			last = line.len > 0 ? line : last;
		}
	}
	message = span_dup(last);
	libgit2.error_set_str(GIT_ERROR_SSH, message);
	return -1;
}

static int on_read(git_smart_subtransport_stream *stream, char *buffer, size_t size, size_t *ret)
{
	struct ssh_connection *connection = of(stream->subtransport);
	ssize_t got;

	if (git_line_wait(connection->line, connection->fd, POLLIN) < 0)
		return GIT_EUSER;
	got = read(connection->fd, buffer, size);
	if (got <= 0)
		return explain_end(connection);
	git_line_received(connection->line, (size_t)got);
	*ret = (size_t)got;
	return 0;
}

static int on_write(git_smart_subtransport_stream *stream, const char *buffer, size_t len)
{
	struct ssh_connection *connection = of(stream->subtransport);

	while (len > 0) {
		ssize_t sent;

		if (git_line_wait(connection->line, connection->fd, POLLOUT) < 0)
			return GIT_EUSER;
		sent = send(connection->fd, buffer, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (sent < 0)
			return explain_end(connection);
		git_line_sent(connection->line);
		buffer += sent;
		len -= (size_t)sent;
	}
	return 0;
}

static void on_stream_free(git_smart_subtransport_stream *stream)
{
	(void)stream; /* part of the connection */
}

/* The user's own but for the agent that was lent; left empty when none was. */
static int set_environment(const struct git_keys *keys, struct strvec *ret, struct err *err)
{
	const char *socket = NULL;

	if (!ssh_agents_has(keys->lent, SSH_AGENT_DEFAULT))
		return 0;
	if (ssh_agents_socket(keys->lent, SSH_AGENT_DEFAULT, &socket, err) < 0)
		return -1;
	ssh_agents_environment(socket, ret);
	return 0;
}

static int start(struct ssh_connection *connection, const char *url, struct err *err)
{
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT, env = STRVEC_INIT;
	struct proc proc = { .dir = NULL };
	AUTO(fd_closep) int theirs = -1;
	int pair[2];

	if (git_ssh_command(url, connection->keys->only_lent, &argv, err) < 0 ||
	    set_environment(connection->keys, &env, err) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, "ssh");
	connection->fd = pair[0];
	theirs = pair[1];
	connection->messages = memfd_create("ssh", MFD_CLOEXEC);
	if (connection->messages < 0)
		return err_errno(err, "ssh");
	proc.argv = (const char *const *)strvec_argv(&argv);
	proc.env = env.len > 0 ? (const char *const *)strvec_argv(&env) : NULL;
	proc.stdin_fd = proc.stdout_fd = theirs;
	proc.stderr_fd = connection->messages;
	return proc_spawn(&proc, &connection->pid, err);
}

static int on_action(git_smart_subtransport_stream **out, git_smart_subtransport *base,
		     const char *url, git_smart_service_t action)
{
	struct ssh_connection *connection = of(base);
	AUTO(err_release) struct err err = ERR_INIT;

	if (action != GIT_SERVICE_UPLOADPACK_LS && action != GIT_SERVICE_UPLOADPACK)
		return -1;
	if (connection->pid == 0 && start(connection, url, &err) < 0)
		return set_error(&err);
	*out = &connection->stream;
	return 0;
}

static int on_close(git_smart_subtransport *base)
{
	struct ssh_connection *connection = of(base);

	fd_closep(&connection->fd);
	fd_closep(&connection->messages);
	if (connection->pid > 0) {
		(void)kill(connection->pid, SIGTERM); /* it may have ended */
		while (waitpid(connection->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	connection->pid = 0;
	return 0;
}

static void on_free(git_smart_subtransport *base)
{
	(void)on_close(base);
	free(of(base));
}

static int connection_new(git_smart_subtransport **out, git_transport *owner, void *param)
{
	struct ssh_connection *connection = xcalloc(1, sizeof(*connection));
	struct git_talk *talk = param;

	(void)owner;
	connection->base =
		(git_smart_subtransport){ .action = on_action, .close = on_close, .free = on_free };
	connection->stream = (git_smart_subtransport_stream){ .subtransport = &connection->base,
							      .read = on_read,
							      .write = on_write,
							      .free = on_stream_free };
	connection->line = &talk->line;
	connection->keys = talk->keys;
	connection->fd = connection->messages = -1;
	*out = &connection->base;
	return 0;
}

int git_ssh_transport(git_transport **out, git_remote *owner, void *param)
{
	git_smart_subtransport_definition definition = { .callback = connection_new,
							 .param = param };

	return libgit2.transport_smart(out, owner, &definition);
}
