#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"

#define ABSENT UINT64_MAX /* the length of a NULL text */

void wire_put_number(struct str *out, uint64_t number)
{
	str_addn(out, &number, sizeof(number));
}

void wire_put_text(struct str *out, const char *text)
{
	wire_put_number(out, text ? strlen(text) : ABSENT);
	if (text)
		str_add(out, text);
}

void wire_put_bytes(struct str *out, const char *bytes, size_t len)
{
	wire_put_number(out, len);
	str_addn(out, bytes, len);
}

void wire_put_texts(struct str *out, const struct strvec *texts)
{
	wire_put_number(out, texts ? texts->len : 0);
	for (size_t i = 0; texts && i < texts->len; i++)
		wire_put_text(out, texts->items[i]);
}

void wire_put_err(struct str *out, const struct err *err)
{
	wire_put_number(out, err->kind);
	wire_put_number(out, (uint64_t)err->errnum);
	wire_put_number(out, (uint64_t)err->child_status);
	wire_put_text(out, err->message);
	wire_put_text(out, err->hint);
}

static bool take(struct wire *wire, void *ret, size_t len)
{
	if (wire->bad || len > wire->rest.len) {
		wire->bad = true;
		return false;
	}
	memcpy(ret, wire->rest.ptr, len);
	wire->rest.ptr += len;
	wire->rest.len -= len;
	return true;
}

uint64_t wire_number(struct wire *wire)
{
	uint64_t number = 0;

	return take(wire, &number, sizeof(number)) ? number : 0;
}

char *wire_text(struct wire *wire)
{
	uint64_t len = wire_number(wire);
	char *text = NULL;

	if (len == ABSENT || wire->bad)
		return NULL;
	if (len > wire->rest.len || memchr(wire->rest.ptr, '\0', len)) {
		wire->bad = true;
		return NULL;
	}
	text = xstrndup(wire->rest.ptr, len);
	wire->rest.ptr += len;
	wire->rest.len -= len;
	return text;
}

char *wire_bytes(struct wire *wire, size_t *ret_len)
{
	uint64_t len = wire_number(wire);
	char *bytes = NULL;

	if (wire->bad || len > wire->rest.len) {
		wire->bad = true;
		return NULL;
	}
	bytes = xmalloc(len + 1);
	bytes[len] = '\0';
	(void)take(wire, bytes, len);
	*ret_len = len;
	return bytes;
}

void wire_texts(struct wire *wire, struct strvec *ret)
{
	uint64_t count = wire_number(wire);

	for (uint64_t i = 0; i < count && !wire->bad; i++) {
		char *text = wire_text(wire);

		if (text)
			strvec_take(ret, text);
		else
			wire->bad = true;
	}
}

void wire_err(struct wire *wire, struct err *ret)
{
	AUTO(freep) char *message = NULL;
	AUTO(freep) char *hint = NULL;
	uint64_t kind = wire_number(wire);
	int errnum = (int)wire_number(wire);
	int child_status = (int)wire_number(wire);

	message = wire_text(wire);
	hint = wire_text(wire);
	if (wire->bad || kind == ERR_NONE || kind > ERR_SYSTEM)
		kind = ERR_SYSTEM;
	(void)err_set(ret, (enum err_kind)kind, "%s", message ? message : "unreadable error");
	if (hint)
		(void)err_hint(ret, "%s", hint);
	if (ret) {
		ret->errnum = errnum;
		ret->child_status = child_status;
	}
}

static int send_all(int fd, const void *data, size_t len, struct err *err)
{
	const char *from = data;

	while (len) {
		ssize_t n = send(fd, from, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return err_set(err, ERR_CHILD, "the sandbox's helper process has ended");
		if (n < 0)
			return err_errno(err, "send to the sandbox's helper process");
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

int wire_send(int fd, const struct str *message, struct err *err)
{
	uint64_t len = message->len;

	if (len > WIRE_MAX)
		return err_set(err, ERR_LIMIT,
			       "step is larger than %zu MiB with its environment and its heredocs",
			       WIRE_MAX >> 20);
	if (send_all(fd, &len, sizeof(len), err) < 0)
		return -1;
	return send_all(fd, message->ptr, message->len, err);
}

/* Bytes received, less than `len` only when the peer closed the socket. */
static ssize_t receive_full(int fd, void *buf, size_t len, struct err *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = recv(fd, (char *)buf + done, len - done, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != ECONNRESET)
			return err_errno(err, "receive from the sandbox's helper process");
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int wire_receive(int fd, struct str *message, bool *ret_end, struct err *err)
{
	uint64_t len = 0;
	ssize_t n = receive_full(fd, &len, sizeof(len), err);

	str_clear(message);
	*ret_end = n == 0;
	if (n <= 0)
		return (int)n;
	if (n < (ssize_t)sizeof(len) || len > WIRE_MAX)
		return err_set(err, ERR_CHILD, "broken message between the sandbox's processes");
	str_reserve(message, len);
	n = receive_full(fd, message->ptr, len, err);
	if (n < 0)
		return -1;
	if ((uint64_t)n < len)
		return err_set(err, ERR_CHILD, "broken message between the sandbox's processes");
	message->len = len;
	if (message->cap)
		message->ptr[len] = '\0';
	return 0;
}
