#include "channel.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)4096)

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
};

int channel_pair(int type, int ret[2], struct err *err)
{
	return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ret) < 0
		       ? err_errno(err, "create a socket")
		       : 0;
}

int channel_send(int fd, struct span text, const int *fds, size_t count, struct err *err)
{
	union control control = { .room = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)text.ptr, .iov_len = text.len };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	ssize_t n = 0;

	assert(count && count <= CHANNEL_FDS_MAX && text.len && text.len <= TEXT_MAX);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	do {
		n = sendmsg(fd, &message, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
		return err_set(err, ERR_CHILD, "the sandbox's helper process has ended");
	return n < 0 ? err_errno(err, "send to the sandbox's helper process") : 0;
}

/* Descriptors beyond the wanted ones are closed. */
static size_t take_fds(struct msghdr *message, int *ret_fds, size_t count)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	size_t got = 0;
	int fds[CHANNEL_FDS_MAX];

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return 0;
	got = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(header), got * sizeof(int));
	if (got == count) {
		memcpy(ret_fds, fds, count * sizeof(int));
		return count;
	}
	for (size_t i = 0; i < got; i++)
		(void)close(fds[i]);
	return 0;
}

int channel_receive(int fd, struct str *text, int *ret_fds, size_t count, bool *ret_end,
		    struct err *err)
{
	union control control = { .room = { 0 } };
	char buf[TEXT_MAX];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};
	ssize_t n = 0;

	do {
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	*ret_end = n == 0 || (n < 0 && errno == ECONNRESET);
	if (*ret_end)
		return 0;
	if (n < 0)
		return err_errno(err, "receive from the sandbox's helper process");
	if (take_fds(&message, ret_fds, count) != count)
		return err_set(err, ERR_CHILD, "broken message between the sandbox's processes");
	str_clear(text);
	str_addn(text, buf, (size_t)n);
	return 0;
}
