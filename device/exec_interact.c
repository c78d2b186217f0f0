#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "call.h"
#include "engine.h"
#include "exec_call.h"
#include "hijack.h"

#define CHUNK 32768

struct session {
	struct engine *engine;
	const struct exec_terminal *terminal;
	const char *id;
	struct hijack *hijack;
	struct stream_reader reader;
	bool input_ended, ended;
};

static void tell_size(struct session *session)
{
	AUTO(engine_call_release)
	struct engine_call call = { .method = "POST", .what = "resize the terminal" };
	unsigned rows = 0, columns = 0;

	if (!session->terminal->size)
		return;
	session->terminal->size(session->terminal->data, &rows, &columns);
	engine_call_path(&call, "/exec/%s/resize?h=%u&w=%u", session->id, rows, columns);
	/* The program may have ended meanwhile: its size no longer matters. */
	(void)!engine_call(session->engine, &call, NULL);
}

static int write_output(void *data, int stream, const char *text, size_t len, struct err *err)
{
	const struct exec_terminal *terminal = data;
	int fd = stream == 2 ? terminal->error_fd : terminal->output_fd;

	return fd_write_all(fd, text, len, "the output", err);
}

static int take_input(struct session *session, struct err *err)
{
	char buffer[CHUNK];
	ssize_t len = read(session->terminal->input_fd, buffer, sizeof(buffer));

	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (len > 0)
		return hijack_send(session->hijack, buffer, (size_t)len, err);
	session->input_ended = true;
	hijack_end_input(session->hijack);
	return 0;
}

static int take_output(struct session *session, struct err *err)
{
	char buffer[CHUNK];
	size_t len = 0;

	do {
		if (hijack_receive(session->hijack, buffer, sizeof(buffer), &len, &session->ended,
				   err) < 0 ||
		    stream_read(&session->reader, buffer, len, err) < 0)
			return -1;
	} while (len > 0);
	return 0;
}

static void take_resize(struct session *session)
{
	char bytes[64];

	while (read(session->terminal->resized_fd, bytes, sizeof(bytes)) == sizeof(bytes))
		;
	tell_size(session);
}

static int pass_bytes(struct session *session, struct err *err)
{
	const struct monitor *monitor = session->engine->monitor;

	tell_size(session);
	while (!session->ended) {
		struct pollfd polled[] = {
			{ .fd = hijack_fd(session->hijack), .events = POLLIN },
			{ .fd = session->input_ended ? -1 : session->terminal->input_fd,
			  .events = POLLIN },
			{ .fd = session->terminal->resized_fd, .events = POLLIN },
			{ .fd = monitor ? monitor->cancel_fd : -1, .events = POLLIN },
		};

		/* First: bytes that came with the head of the answer wake nobody. */
		if (take_output(session, err) < 0)
			return -1;
		if (session->ended)
			break;
		if (poll(polled, ARRAY_SIZE(polled), -1) < 0)
			continue;
		if (polled[3].revents)
			return monitor_check(monitor, err);
		if (polled[2].revents)
			take_resize(session);
		if (polled[1].revents && take_input(session, err) < 0)
			return -1;
	}
	return 0;
}

int exec_interact(struct engine *engine, const char *container, const struct exec_request *request,
		  const struct exec_terminal *terminal, int *ret_status, struct err *err)
{
	AUTO(freep) char *id = NULL;
	AUTO(freep) char *path = NULL;
	AUTO(freep)
	char *what = xasprintf("run '%s' in container '%s'", request->argv->items[0], container);
	const struct stream_sink sink = { .write = write_output, .data = (void *)terminal };
	struct session session = { .engine = engine,
				   .terminal = terminal,
				   .reader = { .sink = &sink, .is_raw = request->terminal },
				   .input_ended = !request->takes_input };
	json_t *body = json_pack("{s:b, s:b}", "Detach", 0, "Tty", request->terminal);
	int status = exec_create(engine, container, request, &id, err);

	if (status == 0) {
		path = xasprintf("/exec/%s/start", id);
		session.id = id;
		status = hijack_open(engine, what, path, body, &session.hijack, err);
	}
	json_decref(body);
	if (status == 0)
		status = pass_bytes(&session, err);
	hijack_free(session.hijack);
	return status < 0 ? -1 : exec_status(engine, id, ret_status, err);
}
