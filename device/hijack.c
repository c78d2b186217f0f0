#include "hijack.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "engine.h"

#define ANSWER_TIME_MS 30000

struct hijack {
	struct engine *engine;
	const char *what;
	struct connection_line line;
	curl_socket_t fd;
	bool is_tls;
	struct str early; /* what came with the answer's head */
};

static int fail(struct hijack *hijack, CURLcode code, struct err *err)
{
	if (!connection_explain(hijack->engine->connection, err))
		(void)err_set(err, ERR_NETWORK, "%s", engine_curl.easy_strerror(code));
	return err_wrap(err, "board '%s': %s", hijack->engine->name, hijack->what);
}

static bool wait_for(const struct hijack *hijack, short events, int timeout_ms)
{
	struct pollfd polled = { .fd = hijack->fd, .events = events };

	return poll(&polled, 1, timeout_ms) > 0;
}

int hijack_send(struct hijack *hijack, const void *data, size_t len, struct err *err)
{
	const char *next = data;

	while (len > 0) {
		size_t sent = 0;
		CURLcode code = engine_curl.easy_send(hijack->line.easy, next, len, &sent);

		if (code == CURLE_AGAIN)
			(void)wait_for(hijack, POLLOUT, ANSWER_TIME_MS);
		else if (code != CURLE_OK)
			return fail(hijack, code, err);
		next += sent;
		len -= sent;
	}
	return 0;
}

int hijack_receive(struct hijack *hijack, char *buffer, size_t size, size_t *ret_len,
		   bool *ret_ended, struct err *err)
{
	CURLcode code = CURLE_OK;

	*ret_ended = false;
	if (hijack->early.len > 0) {
		size_t len = hijack->early.len < size ? hijack->early.len : size;

		memcpy(buffer, hijack->early.ptr, len);
		memmove(hijack->early.ptr, hijack->early.ptr + len, hijack->early.len - len);
		str_truncate(&hijack->early, hijack->early.len - len);
		*ret_len = len;
		return 0;
	}
	*ret_len = 0;
	code = engine_curl.easy_recv(hijack->line.easy, buffer, size, ret_len);
	if (code == CURLE_OK)
		*ret_ended = *ret_len == 0;
	else if (code != CURLE_AGAIN)
		return fail(hijack, code, err);
	return 0;
}

/* --- the upgrade --- */

static int send_request(struct hijack *hijack, const char *path, const json_t *body,
			struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(str_release) struct str json = STR_INIT;

	json_write(body, &json);
	str_addf(&text,
		 "POST /v1.%u%s HTTP/1.1\r\nHost: board\r\nUser-Agent: edgectl/" EDGECTL_VERSION
		 "\r\nContent-Type: application/json\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
		 "Content-Length: %zu\r\n\r\n",
		 hijack->engine->about.api_minor, path, json.len);
	str_addn(&text, json.ptr, json.len);
	return hijack_send(hijack, text.ptr, text.len, err);
}

static int refuse(struct hijack *hijack, struct str *answer, struct err *err)
{
	const char *body = strstr(answer->ptr, "\r\n\r\n"), *message = NULL;
	json_t *json = NULL;

	if (body && json_parse(span_of(body + 4), "the answer", &json, NULL) == 0)
		message = json_get_string(json, "message");
	(void)err_set(err, ERR_SYSTEM, "%s",
		      message ? message : "the engine does not hand its connection over");
	json_decref(json);
	return err_wrap(err, "board '%s': %s", hijack->engine->name, hijack->what);
}

/* Reads the head of the answer; what follows it belongs to the stream. */
static int read_answer(struct hijack *hijack, struct err *err)
{
	AUTO(str_release) struct str answer = STR_INIT;
	char *end = NULL;

	while (!(end = strstr(answer.ptr, "\r\n\r\n"))) {
		char buffer[4096];
		size_t len = 0;
		CURLcode code =
			engine_curl.easy_recv(hijack->line.easy, buffer, sizeof(buffer), &len);

		if (code == CURLE_AGAIN && wait_for(hijack, POLLIN, ANSWER_TIME_MS))
			continue;
		if (code != CURLE_OK || len == 0 || answer.len > LIMIT_HTTP_HEADER)
			return fail(hijack, code == CURLE_OK ? CURLE_GOT_NOTHING : code, err);
		str_addn(&answer, buffer, len);
	}
	if (!str_has_prefix(answer.ptr, "HTTP/1.1 101") &&
	    !str_has_prefix(answer.ptr, "HTTP/1.1 200"))
		return refuse(hijack, &answer, err);
	end += strlen("\r\n\r\n");
	str_addn(&hijack->early, end, answer.len - (size_t)(end - answer.ptr));
	return 0;
}

static int connect_line(struct hijack *hijack, struct err *err)
{
	CURL *easy = hijack->line.easy;
	CURLcode code = CURLE_OK;

	(void)engine_curl.easy_setopt(easy, CURLOPT_URL,
				      connection_url(hijack->engine->connection));
	(void)engine_curl.easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	code = engine_curl.easy_perform(easy);
	if (code == CURLE_OK)
		code = engine_curl.easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &hijack->fd);
	return code == CURLE_OK ? 0 : fail(hijack, code, err);
}

int hijack_open(struct engine *engine, const char *what, const char *path, const json_t *body,
		struct hijack **ret, struct err *err)
{
	struct hijack *hijack = xcalloc(1, sizeof(*hijack));

	hijack->engine = engine;
	hijack->what = what;
	hijack->is_tls = engine->address.transport == DEVICE_TLS;
	str_init(&hijack->early, 0);
	hijack->line = connection_borrow(engine->connection);
	if (connect_line(hijack, err) < 0 || send_request(hijack, path, body, err) < 0 ||
	    read_answer(hijack, err) < 0) {
		hijack_free(hijack);
		return -1;
	}
	*ret = hijack;
	return 0;
}

void hijack_free(struct hijack *hijack)
{
	if (!hijack)
		return;
	connection_return(hijack->engine->connection, hijack->line, false);
	str_release(&hijack->early);
	free(hijack);
}

int hijack_fd(const struct hijack *hijack)
{
	return hijack->fd;
}

void hijack_end_input(struct hijack *hijack)
{
	if (!hijack->is_tls)
		(void)shutdown(hijack->fd, SHUT_WR);
}
