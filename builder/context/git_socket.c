#include "git_socket.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/fd.h"
#include "git_line.h"
#include "libgit2.h"

struct git_socket {
	git_stream base;
	char *host, *port;
	struct git_line *line;
	int fd;
};

static _Thread_local struct git_line *line_of_thread;

void git_socket_use(struct git_line *line)
{
	line_of_thread = line;
}

static struct git_socket *of(git_stream *base)
{
	return CONTAINER_OF(base, struct git_socket, base);
}

static int set_error(const char *what, const char *why)
{
	AUTO(freep) char *message = xasprintf("%s: %s", what, why);

	message[strlen(what) + 2] = (char)tolower((unsigned char)*why);
	libgit2.error_set_str(GIT_ERROR_NET, message);
	return -1;
}

/* --- connecting --- */

static void addresses_freep(struct addrinfo **addresses)
{
	if (*addresses)
		freeaddrinfo(*addresses);
}

/* Leaves the reason in errno. */
static int connect_to(struct git_socket *tcp, const struct addrinfo *address)
{
	int problem = 0;
	socklen_t size = sizeof(problem);
	AUTO(fd_closep)
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			address->ai_protocol);

	if (fd < 0)
		return -1;
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0) {
		if (errno != EINPROGRESS || git_line_wait_connected(tcp->line, fd) < 0)
			return -1;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) < 0)
			return -1;
		if (problem != 0) {
			errno = problem;
			return -1;
		}
	}
	tcp->fd = TAKE_FD(fd);
	return 0;
}

static int on_connect(git_stream *base)
{
	struct git_socket *tcp = of(base);
	const struct addrinfo wanted = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	AUTO(addresses_freep) struct addrinfo *addresses = NULL;
	AUTO(freep) char *what = xasprintf("cannot connect to '%s', port %s", tcp->host, tcp->port);
	int code = getaddrinfo(tcp->host, tcp->port, &wanted, &addresses);

	if (code != 0)
		return set_error(what, gai_strerror(code));
	for (const struct addrinfo *address = addresses; address; address = address->ai_next) {
		if (connect_to(tcp, address) == 0)
			return 0;
		if (monitor_is_cancelled(tcp->line->monitor))
			break;
	}
	return set_error(what, strerror(errno));
}

/* --- talking --- */

static bool must_wait(ssize_t result)
{
	return result < 0 && (errno == EAGAIN || errno == EINTR);
}

static ssize_t on_read(git_stream *base, void *buffer, size_t size)
{
	struct git_socket *tcp = of(base);
	ssize_t got;

	do {
		if (git_line_wait(tcp->line, tcp->fd, POLLIN) < 0)
			return set_error("read", "the server has stalled");
		got = recv(tcp->fd, buffer, size, 0);
	} while (must_wait(got));
	if (got < 0)
		return set_error("read", strerror(errno));
	git_line_received(tcp->line, (size_t)got);
	return got;
}

static ssize_t on_write(git_stream *base, const char *data, size_t size, int flags)
{
	struct git_socket *tcp = of(base);
	size_t done = 0;

	(void)flags; /* none are defined */
	while (done < size) {
		ssize_t sent;

		if (git_line_wait(tcp->line, tcp->fd, POLLOUT) < 0)
			return set_error("write", "the server has stalled");
		sent = send(tcp->fd, data + done, size - done, MSG_NOSIGNAL);
		if (must_wait(sent))
			continue;
		if (sent < 0)
			return set_error("write", strerror(errno));
		git_line_sent(tcp->line);
		done += (size_t)sent;
	}
	return (ssize_t)size;
}

static int on_close(git_stream *base)
{
	fd_closep(&of(base)->fd);
	return 0;
}

static void on_free(git_stream *base)
{
	struct git_socket *tcp = of(base);

	fd_closep(&tcp->fd);
	free(tcp->host);
	free(tcp->port);
	free(tcp);
}

static int socket_new(git_stream **out, const char *host, const char *port)
{
	struct git_socket *tcp = xcalloc(1, sizeof(*tcp));

	tcp->base = (git_stream){
		.version = GIT_STREAM_VERSION,
		.connect = on_connect,
		.read = on_read,
		.write = on_write,
		.close = on_close,
		.free = on_free,
	};
	tcp->host = xstrdup(host);
	tcp->port = xstrdup(port);
	tcp->line = line_of_thread;
	tcp->fd = -1;
	*out = &tcp->base;
	return 0;
}

void git_socket_register(void)
{
	git_stream_registration registration = { .version = GIT_STREAM_VERSION,
						 .init = socket_new };

	(void)libgit2.stream_register(GIT_STREAM_STANDARD, &registration); /* a version it knows */
}
