#include "ssh_forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/vec.h"

#define AGENT_MESSAGE_MAX (256 * LIMIT_KIB) /* as OpenSSH */
#define CLIENTS_MAX       32
#define PATIENCE_S        30 /* with a client that does not take its answer */

/* SSH_AGENT_FAILURE, and the requests that are passed on. */
enum { AGENT_FAILURE = 5, AGENT_REQUEST_IDENTITIES = 11, AGENT_SIGN_REQUEST = 13 };

struct client {
	int fd;
	int agent_fd; /* opened with the first request; -1 = not yet */
	struct str request;
};

struct ssh_forward {
	pthread_t thread;
	char *agent;
	int listen_fd;
	int stop_read_fd, stop_write_fd;
	struct client clients[CLIENTS_MAX];
	size_t client_count;
};

/* --- sockets --- */

static int set_address(struct sockaddr_un *address, const char *path, struct err *err)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address->sun_path))
		return err_set(err, ERR_LIMIT, "'%s' is too long for the path of a socket", path);
	memcpy(address->sun_path, path, strlen(path) + 1);
	return 0;
}

static int connect_agent(const char *path, int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	if (fd < 0)
		return err_errno(err, "create a socket");
	if (set_address(&address, path, err) < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		(void)err_errno(err, "the ssh agent at '%s' does not answer", path);
		return err_hint(err,
				"start one (eval \"$(ssh-agent)\" && ssh-add), or name another "
				"with --ssh");
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int own(const struct ssh_forward_request *request, struct err *err)
{
	if (fchownat(request->dir_fd, SSH_FORWARD_NAME, request->uid, request->gid, 0) < 0) {
		if (errno != EINVAL)
			return err_errno(err, "set the owner of a socket");
		return err_set(err, ERR_UNSUPPORTED,
			       "the socket cannot belong to %u:%u: this user namespace lacks such "
			       "ids",
			       request->uid, request->gid);
	}
	return fchmodat(request->dir_fd, SSH_FORWARD_NAME, request->mode, 0) < 0
		       ? err_errno(err, "set the mode of a socket")
		       : 0;
}

/* The path of the directory may be longer than a socket's may. */
static int listen_in(const struct ssh_forward_request *request, int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	AUTO(freep) char *path = xasprintf("/proc/self/fd/%d/" SSH_FORWARD_NAME, request->dir_fd);
	struct sockaddr_un address;

	if (fd < 0)
		return err_errno(err, "create a socket");
	if (set_address(&address, path, err) < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, CLIENTS_MAX) < 0)
		return err_errno(err, "listen on a socket");
	if (own(request, err) < 0)
		return -1;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* --- requests --- */

static bool send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* A signature may wait for its owner's yes; the end of the step does not wait with it. */
static bool wait_for(const struct ssh_forward *forward, int fd)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
				{ .fd = forward->stop_read_fd, .events = POLLIN } };

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		if (errno != EINTR)
			return false;
	return !fds[1].revents;
}

static bool receive_all(const struct ssh_forward *forward, int fd, char *data, size_t len)
{
	while (len) {
		ssize_t n = wait_for(forward, fd) ? recv(fd, data, len, 0) : -1;

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static size_t frame_len(const char *frame)
{
	uint32_t len = 0;

	memcpy(&len, frame, sizeof(len));
	return ntohl(len);
}

static bool pass_answer(const struct ssh_forward *forward, const struct client *client)
{
	char head[4];
	AUTO(freep) char *body = NULL;
	size_t len = 0;

	if (!receive_all(forward, client->agent_fd, head, sizeof(head)))
		return false;
	len = frame_len(head);
	if (!len || len > AGENT_MESSAGE_MAX)
		return false;
	body = xmalloc(len);
	return receive_all(forward, client->agent_fd, body, len) &&
	       send_all(client->fd, head, sizeof(head)) && send_all(client->fd, body, len);
}

static bool serve(const struct ssh_forward *forward, struct client *client, const char *frame,
		  size_t len)
{
	static const char failure[] = { 0, 0, 0, 1, AGENT_FAILURE };
	unsigned char type = (unsigned char)frame[4];

	if (type != AGENT_REQUEST_IDENTITIES && type != AGENT_SIGN_REQUEST)
		return send_all(client->fd, failure, sizeof(failure));
	if (client->agent_fd < 0 && connect_agent(forward->agent, &client->agent_fd, NULL) < 0)
		return false;
	return send_all(client->agent_fd, frame, len) && pass_answer(forward, client);
}

/* What has come of a request, or of several. */
static bool read_client(const struct ssh_forward *forward, struct client *client)
{
	char chunk[16384];
	ssize_t n = recv(client->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	str_addn(&client->request, chunk, (size_t)n);
	while (client->request.len >= 4) {
		size_t len = frame_len(client->request.ptr);

		if (!len || len > AGENT_MESSAGE_MAX)
			return false;
		if (client->request.len < 4 + len)
			break;
		if (!serve(forward, client, client->request.ptr, 4 + len))
			return false;
		memmove(client->request.ptr, client->request.ptr + 4 + len,
			client->request.len - 4 - len);
		str_truncate(&client->request, client->request.len - 4 - len);
	}
	return true;
}

/* --- clients --- */

static void drop_client(struct ssh_forward *forward, size_t index)
{
	struct client *client = &forward->clients[index];

	fd_closep(&client->fd);
	fd_closep(&client->agent_fd);
	str_release(&client->request);
	*client = forward->clients[--forward->client_count];
}

static void accept_client(struct ssh_forward *forward)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = accept4(forward->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	forward->clients[forward->client_count++] =
		(struct client){ .fd = fd, .agent_fd = -1, .request = STR_INIT };
}

static void *forward_main(void *data)
{
	struct ssh_forward *forward = data;
	struct pollfd fds[2 + CLIENTS_MAX];

	for (;;) {
		size_t count = forward->client_count;

		fds[0] = (struct pollfd){ .fd = forward->stop_read_fd, .events = POLLIN };
		/* Further ones wait in the queue. */
		fds[1] = (struct pollfd){ .fd = count < CLIENTS_MAX ? forward->listen_fd : -1,
					  .events = POLLIN };
		for (size_t i = 0; i < count; i++)
			fds[2 + i] =
				(struct pollfd){ .fd = forward->clients[i].fd, .events = POLLIN };
		if (poll(fds, 2 + count, -1) < 0)
			continue;
		if (fds[0].revents)
			return NULL;
		/* From behind: the last one takes the place of one that is dropped. */
		for (size_t i = count; i > 0; i--)
			if (fds[1 + i].revents && !read_client(forward, &forward->clients[i - 1]))
				drop_client(forward, i - 1);
		if (fds[1].revents)
			accept_client(forward);
	}
}

int ssh_forward_start(const struct ssh_forward_request *request, struct ssh_forward **ret,
		      struct err *err)
{
	struct ssh_forward *forward = NULL;
	AUTO(fd_closep) int probe_fd = -1;
	AUTO(fd_closep) int listen_fd = -1;
	AUTO(fd_closep) int stop_read_fd = -1;
	AUTO(fd_closep) int stop_write_fd = -1;
	int failure = 0;

	if (connect_agent(request->agent, &probe_fd, err) < 0 ||
	    listen_in(request, &listen_fd, err) < 0 ||
	    fd_pipe(&stop_read_fd, &stop_write_fd, err) < 0)
		return -1;
	forward = xcalloc(1, sizeof(*forward));
	forward->agent = xstrdup(request->agent);
	forward->listen_fd = TAKE_FD(listen_fd);
	forward->stop_read_fd = TAKE_FD(stop_read_fd);
	forward->stop_write_fd = TAKE_FD(stop_write_fd);
	failure = pthread_create(&forward->thread, NULL, forward_main, forward);
	if (failure) {
		fd_closep(&forward->stop_write_fd);
		ssh_forward_free(forward);
		return err_errnum(err, failure, "start a thread");
	}
	*ret = forward;
	return 0;
}

void ssh_forward_free(struct ssh_forward *forward)
{
	if (!forward)
		return;
	/* Without this end there is no thread. */
	if (forward->stop_write_fd >= 0) {
		fd_closep(&forward->stop_write_fd);
		(void)pthread_join(forward->thread, NULL);
	}
	while (forward->client_count)
		drop_client(forward, 0);
	fd_closep(&forward->listen_fd);
	fd_closep(&forward->stop_read_fd);
	free(forward->agent);
	free(forward);
}
