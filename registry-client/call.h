/*
 * One question to a registry, until it is answered for good: over TLS or not, with the
 * authorization it wants, along redirects, and again when the connection breaks or the registry is
 * busy.
 *
 *	struct call call;
 *
 *	call_init(&call, registry, ref, CALL_PULL);
 *	call.method = HTTP_HEAD;
 *	call.path = "/v2/app/manifests/1";
 *	if (call_perform(&call, err) < 0)       -- no answer, or no access
 *	if (call.request.status == 404) ...     -- all other answers are the caller's
 *	call_release(&call);
 */
#ifndef REGISTRY_CALL_H
#define REGISTRY_CALL_H

#include "registry.h"
#include "route.h"

/* What a token is asked for. */
enum call_access { CALL_PULL, CALL_PUSH, CALL_DELETE };

struct call {
	/* the question; borrowed until done, but call_init() copies the reference's names */
	enum http_method method;
	const char *path; /* below the registry, or a whole address (an upload's Location) */
	const char *accept, *content_type; /* NULL = none */
	struct http_body body;
	size_t answer_limit;
	const struct http_sink *sink; /* as in http.h */
	void *sink_data;
	void (*sent)(void *data, uint64_t bytes);
	/*
	 * Further headers of the attempt that begins (a Range that depends on what is there
	 * already); NULL = none.
	 */
	void (*prepare)(void *data, struct strvec *headers);
	/*
	 * An interruption is an answer, since what the registry has of the body is unknown: a
	 * broken connection, a failing registry, and a 401 in the middle of the body, for which the
	 * next attempt then has the right token.
	 */
	bool once;
	/*
	 * Answered, or failed: call_failed(). The call may be released or started anew from here.
	 */
	void (*done)(struct call *call);
	void *data; /* for sent, prepare and the caller */

	/* the answer */
	struct http_request request;
	struct err err;
	const struct credentials *login; /* what was used; NULL = never needed */

	/* private */
	struct registry *registry;
	struct route route;
	size_t stop;            /* of the route, that this attempt is for */
	struct host *host;      /* of that stop, as */
	const char *repository; /* this is */
	char *named_repository; /* by the reference, and in `path` */
	enum call_access access;
	bool is_login;     /* `login` is what is to be tried */
	char *refresh;     /* an identity token that came with it; NULL = none */
	char *scope;       /* what the token is for */
	char *wider_scope; /* what the registry would rather have it for; NULL = the same */
	char *url;         /* of this attempt */
	struct strvec headers;
	unsigned attempts, redirects, challenges;
	struct http_request token_request;
	struct token_question token_question;
	struct strvec token_headers;
};

void call_init(struct call *call, struct registry *registry, const struct image_ref *ref,
	       enum call_access access);
/*
 * The same for the registry as a whole: a question whether it takes these credentials, which are
 * borrowed, and of which no file is asked.
 */
void call_init_login(struct call *call, struct registry *registry, const char *host,
		     const struct credentials *login);
/* Asks for a token that may read `repository` as well: for a mount from there. */
void call_add_source(struct call *call, const char *repository);
/* Ends it without done(), if it is under way. */
void call_release(struct call *call);
/* Starts it, or starts it anew; done() comes out of http_run(). */
void call_start(struct call *call);
/* Starts it and runs until it is done. Needs no done(). */
WARN_UNUSED int call_perform(struct call *call, struct err *err);
/* No answer that the caller could use: call->err says why. */
bool call_failed(const struct call *call);
/* Is it about a manifest by a tag? */
bool call_asks_for_tag(const struct call *call);
/* Something new arrived: a broken connection starts counting anew. */
void call_made_progress(struct call *call);
/*
 * Is the answer, or its absence, of the kind that the next try may not meet? For calls with `once`.
 */
bool call_may_retry(const struct call *call);
/*
 * What a mirror gave turned out to be wrong: it is not asked again. False when it was the registry
 * itself.
 */
bool call_distrust(struct call *call);
/* A header of the answer; NULL = none. */
const char *call_header(const struct call *call, const char *name);
/*
 * Milliseconds until the next try after so many, -1 = no more; announces the wait to the monitor.
 */
long call_retry_delay(const struct call *call, unsigned attempts);

#endif
