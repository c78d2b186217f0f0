/*
 * One request of the Engine API and its answer.
 *
 *	AUTO(engine_call_release) struct engine_call call = { .method = "POST", .what = "create 'app-1'" };
 *
 *	engine_call_path(&call, "/containers/create?name=%s", name);	-- %s is escaped
 *	call.body = json;
 *	engine_call(engine, &call, err)
 *	json_parse(str_span(&call.answer), ...)
 */
#ifndef DEVICE_CALL_H
#define DEVICE_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monitor.h"
#include "base/str.h"
#include "device/engine.h"

#define ENGINE_ANSWER_LIMIT ((size_t)64 << 20) /* bytes of an answer that is kept */
#define ENGINE_NO_DEADLINE  UINT32_MAX

struct engine_call {
	const char *method;
	const char *what;   /* for messages: "create container 'app-1'" */
	char *path;         /* below the version; engine_call_path() */
	const json_t *body; /* NULL = none; borrowed */
	/*
	 * A body that is made while it is sent: puts up to `size` bytes into `buffer`; *ret_len 0 ends it.
	 * NULL = none. It is sent in chunks.
	 */
	int (*produce)(void *data, char *buffer, size_t size, size_t *ret_len, struct err *err);
	const char *content_type; /* of what `produce` makes */
	/* Takes the bytes of a good answer; NULL = they are kept in `answer`. A failure ends the call. */
	int (*consume)(void *data, const char *bytes, size_t len, struct err *err);
	void *data; /* for both */
	/* Nothing has moved for so long: the board is lost. 0 = 30 s. */
	uint32_t idle_ms;
	const struct monitor *monitor; /* NULL = the engine's */
	const char *registry_auth;     /* registry/login.h; NULL = none */
	bool is_awaited; /* not cut off when the user stops us: what it does has to be known for being undone */
	/* Filled: */
	long status;
	struct str answer;
};

void engine_call_release(struct engine_call *call);
/* Sets the path; every %s is escaped as a component of a URL, %u and %d are numbers. */
void engine_call_path(struct engine_call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Appends "?KEY=VALUE" or "&KEY=VALUE", escaped. */
void engine_call_query(struct engine_call *call, const char *key, const char *value);

/* What an engine said when it refused, with a remedy where one is known. Returns -1. */
int engine_says(enum err_kind kind, const char *message, struct err *err);
/*
 * Any status from 400 is an error: ERR_NOT_FOUND for 404, ERR_DENIED for 401 and 403, ERR_INPUT for
 * 400 and 409, ERR_SYSTEM otherwise; its message is the engine's, and call->status tells.
 * ERR_NETWORK when the connection failed, ERR_CANCELLED, or what produce or consume said.
 */
WARN_UNUSED int engine_call(struct engine *engine, struct engine_call *call, struct err *err);
/* The same while the engine is being connected: its lock is held, or nobody else knows it. */
WARN_UNUSED int engine_call_locked(struct engine *engine, struct engine_call *call,
				   struct err *err);
/* The answer as JSON; the caller releases *ret. */
WARN_UNUSED int engine_call_json(struct engine *engine, struct engine_call *call, json_t **ret,
				 struct err *err);

#endif
