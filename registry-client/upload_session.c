#include "upload_session.h"

#include "base/alloc.h"
#include "base/fd.h"
#include "base/limits.h"
#include "failure.h"
#include "url.h"

/* Less is sent sooner than it is remembered. */
#define RECORD_MIN ((uint64_t)64 * LIMIT_KIB)
/* A registry that took less than this of us has not moved us on: it could keep us for ever. */
#define PROGRESS_BYTES ((uint64_t)64 * LIMIT_KIB)
/* What every registry takes in one PATCH, as far as is known. */
#define SAFE_PART ((uint64_t)4 * LIMIT_MIB)

static void ask_for_status(void *data);
static void send_rest(struct upload_session *session);

void upload_session_init(struct upload_session *session)
{
	const struct descriptor *blob = session->blob;

	session->fd = -1;
	/*
	 * sha256 is the only algorithm that a registry may presume (distribution-spec, "Push",
	 * digest-algorithm).
	 */
	session->uploads_path = xasprintf("/v2/%s/blobs/uploads/%s", session->ref->repository,
					  digest_algorithm_of(&blob->digest) == DIGEST_SHA512
						  ? "?digest-algorithm=sha512"
						  : "");
	call_init(&session->call, session->registry, session->ref, CALL_PUSH);
	session->call.data = session;
	session->part_limit = session->call.host->part_limit;
	session->distrusted = session->call.host->one_part_only;
	if (blob->size >= RECORD_MIN)
		session->record = upload_record_open(session->store, session->ref->host,
						     session->ref->repository, &blob->digest);
	if (upload_record_part_limit(session->record) > 0)
		session->part_limit = upload_record_part_limit(session->record);
}

void upload_session_release(struct upload_session *session)
{
	call_release(&session->call);
	upload_record_freep(&session->record);
	fd_closep(&session->fd);
	free(session->uploads_path);
	free(session->status_url);
	free(session->closing_url);
}

/* --- the end --- */

static void end(struct upload_session *session, enum session_end end, struct err *err)
{
	if (end != SESSION_FAILED)
		upload_record_drop(session->record);
	fd_closep(&session->fd);
	session->done(session->data, end, err);
}

static void fail(struct upload_session *session, struct err *err)
{
	end(session, SESSION_FAILED, err);
}

static void fail_by_call(struct upload_session *session)
{
	failure_name_object(&session->call.err, session->object);
	fail(session, &session->call.err);
}

static void fail_by_answer(struct upload_session *session)
{
	AUTO(err_release) struct err err = ERR_INIT;

	if (session->call.request.outcome == HTTP_ANSWERED)
		failure_of_status(&session->call, session->object, &err);
	else
		failure_of_connection(session->call.host, &session->call.request, &err);
	failure_name_object(&err, session->object);
	fail(session, &err);
}

/* --- the answers that every step may get --- */

/* What the registry kept of a body that was interrupted is for it to say. */
static void recover(struct upload_session *session)
{
	struct call *call = &session->call;
	bool is_answered = call->request.outcome == HTTP_ANSWERED;
	long delay = 0;

	session->attempts++;
	/* A token that has expired is renewed, and nothing has to be waited for. */
	if (is_answered && call->request.status == 401 &&
	    session->attempts < session->registry->retry.tries)
		delay = 0;
	else
		delay = call_retry_delay(call, session->attempts);
	if (delay < 0)
		fail_by_answer(session);
	else
		http_after(session->registry->http, (unsigned)delay, ask_for_status, session);
}

static void lose(struct upload_session *session)
{
	AUTO(err_release) struct err err = ERR_INIT;

	if (++session->losses < session->registry->retry.tries) {
		end(session, SESSION_LOST, &err);
		return;
	}
	err_set(&err, ERR_PROTOCOL, "registry '%s' lost the upload of %s %u times",
		session->call.host->name, session->object, session->losses);
	fail(session, &err);
}

/* What it has, or what it makes of it, is not what we sent: no more parts. */
static void distrust(struct upload_session *session)
{
	session->distrusted = true;
	lose(session);
}

/* Was that the answer to a step that went through, or did it get none that tells? */
static bool is_settled(struct upload_session *session)
{
	struct call *call = &session->call;

	if (call_failed(call))
		fail_by_call(session);
	else if (call_may_retry(call))
		recover(session);
	else if (call->request.outcome != HTTP_ANSWERED)
		fail_by_answer(session);
	else if (call->request.status == 404)
		lose(session);
	else
		return true;
	return false;
}

static void remember(struct upload_session *session)
{
	upload_record_save(session->record, &(struct upload_place){
						    .location = session->status_url,
						    .offset = session->acknowledged,
						    .part_limit = session->part_limit,
					    });
}

/* A registry may say by the header that smaller parts are wasted on it. */
static void note_part_minimum(struct upload_session *session, const struct call *call)
{
	const char *header = call_header(call, "OCI-Chunk-Min-Length");
	unsigned long long least = 0;

	if (header && span_to_u64(span_of(header), INT64_MAX, &least))
		session->part_minimum = least;
}

/*
 * The address may be at another host, which then does not see the credentials (call.c), but never
 * out of TLS. Always the newest one.
 */
static int take_location(struct upload_session *session, const struct call *call, struct err *err)
{
	const char *location = call_header(call, "Location");
	const char *host = call->host->name;
	AUTO(freep) char *target = NULL;
	AUTO(str_release) struct str url = STR_INIT;

	if (!location || !*location)
		return err_set(err, ERR_PROTOCOL,
			       "registry '%s' opened an upload without saying where", host);
	if (url_resolve(call->url, location, &target, err) < 0)
		return -1;
	if (url_is_https(call->url) && !url_is_https(target)) {
		err_set(err, ERR_PROTOCOL, "registry '%s' wants the upload without TLS, at '%s'",
			host, target);
		return err_hint(
			err,
			"a registry behind a proxy learns by the proxy's X-Forwarded-Proto header "
			"that it is reached over TLS");
	}
	str_add(&url, target);
	url_add_query(&url, "digest", session->blob->digest.text);
	free(session->closing_url);
	free(session->status_url);
	session->closing_url = str_detach(&url);
	session->status_url = TAKE(target);
	note_part_minimum(session, call);
	remember(session);
	return 0;
}

bool upload_range_parse(const char *header, uint64_t *ret_offset)
{
	struct span rest, first;
	unsigned long long begin, last;

	if (!header)
		return false;
	rest = span_trim(span_of(header));
	if (span_has_prefix(rest, "bytes="))
		rest = (struct span){ .ptr = rest.ptr + 6, .len = rest.len - 6 };
	if (!span_cut(&rest, '-', &first) || !span_to_u64(first, 0, &begin) ||
	    !span_to_u64(rest, INT64_MAX - 1, &last))
		return false;
	*ret_offset = last + 1;
	return true;
}

static void acknowledge(struct upload_session *session, uint64_t offset)
{
	if (offset >= session->acknowledged + PROGRESS_BYTES || offset == session->blob->size)
		session->attempts = 0;
	session->acknowledged = offset;
	session->continued = true;
}

/* --- PUT --- */

static void on_put(struct call *call)
{
	struct upload_session *session = call->data;
	AUTO(err_release) struct err err = ERR_INIT;
	long status;

	if (!is_settled(session))
		return;
	status = call->request.status;
	if (status == 201 || status == 204) {
		end(session, SESSION_STORED, &err);
	} else if (session->continued && status >= 400 && status < 500 && status != 403) {
		distrust(session);
	} else {
		fail_by_answer(session);
	}
}

static void on_sent(void *data, uint64_t bytes)
{
	const struct upload_session *session = data;

	session->sent(session->data, session->acknowledged + bytes);
}

/* From where the registry stands, `size` bytes. */
static int set_body(struct upload_session *session, uint64_t size, struct err *err)
{
	struct call *call = &session->call;

	if (session->fd < 0 &&
	    store_open_blob(session->store, &session->blob->digest, &session->fd, err) < 0)
		return err_wrap(err, "%s is neither in the registry nor here", session->object);
	call->body = (struct http_body){ .fd = session->fd,
					 .offset = session->acknowledged,
					 .size = size };
	call->content_type = "application/octet-stream";
	call->sent = on_sent;
	call->prepare = NULL;
	call->once = true;
	return 0;
}

/* All that is missing, which is either the whole blob or nothing. */
static void put_rest(struct upload_session *session)
{
	struct call *call = &session->call;
	AUTO(err_release) struct err err = ERR_INIT;

	if (set_body(session, session->blob->size - session->acknowledged, &err) < 0) {
		fail(session, &err);
		return;
	}
	call->method = HTTP_PUT;
	call->path = session->closing_url;
	call->done = on_put;
	call_start(call);
}

/* --- PATCH --- */

static void add_content_range(void *data, struct strvec *headers)
{
	const struct upload_session *session = data;

	strvec_addf(headers, "Content-Range: %llu-%llu", (unsigned long long)session->acknowledged,
		    (unsigned long long)(session->acknowledged + session->part_size - 1));
}

/*
 * 413 is about the part's size. 416 may be about that as well, or about its place: what an
 * interrupted request brought may have come in after the registry had been asked.
 */
static void on_part_refused(struct upload_session *session)
{
	if (++session->attempts >= session->registry->retry.tries) {
		distrust(session);
		return;
	}
	session->refused = true;
	ask_for_status(session);
}

/* It stands where we believed it to: then the part was too large. */
static void shrink_parts(struct upload_session *session)
{
	uint64_t limit = session->part_minimum > SAFE_PART ? session->part_minimum : SAFE_PART;

	if (session->part_size <= limit) {
		distrust(session);
		return;
	}
	session->part_limit = session->call.host->part_limit = limit;
	remember(session);
	send_rest(session);
}

/* Some forget the part, or count their own way: what they then have is not our blob. */
static void on_part_taken(struct upload_session *session)
{
	AUTO(err_release) struct err err = ERR_INIT;
	uint64_t offset = 0;

	if (!upload_range_parse(call_header(&session->call, "Range"), &offset) ||
	    offset != session->acknowledged + session->part_size) {
		distrust(session);
		return;
	}
	acknowledge(session, offset);
	if (take_location(session, &session->call, &err) < 0)
		fail(session, &err);
	else
		send_rest(session);
}

static void on_part(struct call *call)
{
	struct upload_session *session = call->data;
	long status;

	if (!is_settled(session))
		return;
	status = call->request.status;
	if (status == 202 || status == 201) { /* the latter: ECR */
		on_part_taken(session);
	} else if (status == 413 || status == 416) {
		on_part_refused(session);
	} else if (status == 403) {
		fail_by_answer(session);
	} else {
		distrust(session);
	}
}

static void send_rest(struct upload_session *session)
{
	struct call *call = &session->call;
	uint64_t left = session->blob->size - session->acknowledged;
	AUTO(err_release) struct err err = ERR_INIT;

	if (left == 0) {
		put_rest(session);
		return;
	}
	session->part_size =
		session->part_limit && session->part_limit < left ? session->part_limit : left;
	if (set_body(session, session->part_size, &err) < 0) {
		fail(session, &err);
		return;
	}
	call->method = HTTP_PATCH;
	call->path = session->status_url;
	call->prepare = add_content_range;
	call->done = on_part;
	call_start(call);
}

/* --- GET: how far are we? --- */

/*
 * "0-0" stands for nothing as well as for one byte, and neither is worth a guess. Nobody can have
 * more than there is.
 */
static bool is_of_use(const struct upload_session *session, uint64_t offset)
{
	return offset > 1 && offset <= session->blob->size;
}

static void go_on(struct upload_session *session, uint64_t offset)
{
	struct call *call = &session->call;
	bool is_too_large = session->refused && offset == session->acknowledged;
	AUTO(err_release) struct err err = ERR_INIT;

	session->refused = false;
	acknowledge(session, offset);
	/* Here it may be missing: the one that was asked is then still the newest. */
	if (call_header(call, "Location") && take_location(session, call, &err) < 0)
		fail(session, &err);
	else if (is_too_large)
		shrink_parts(session);
	else
		send_rest(session);
}

static void on_status(struct call *call)
{
	struct upload_session *session = call->data;
	uint64_t offset = 0;

	if (call_failed(call))
		fail_by_call(session);
	else if (call->request.status / 100 == 2 &&
		 upload_range_parse(call_header(call, "Range"), &offset) &&
		 is_of_use(session, offset))
		go_on(session, offset);
	else
		lose(session);
}

static void ask_for_status(void *data)
{
	struct upload_session *session = data;
	struct call *call = &session->call;

	if (session->distrusted) {
		lose(session);
		return;
	}
	call->method = HTTP_GET;
	call->path = session->status_url;
	call->content_type = NULL;
	call->body = (struct http_body){ .size = 0 };
	call->sent = NULL;
	call->prepare = NULL;
	call->once = false;
	call->done = on_status;
	call_start(call);
}

bool upload_session_resume(struct upload_session *session)
{
	const char *location = upload_record_location(session->record);
	AUTO(str_release) struct str url = STR_INIT;

	if (!location || (!session->call.host->plain && !url_is_https(location)))
		return false;
	str_add(&url, location);
	url_add_query(&url, "digest", session->blob->digest.text);
	free(session->closing_url);
	free(session->status_url);
	session->closing_url = str_detach(&url);
	session->status_url = xstrdup(location);
	session->acknowledged = 0;
	ask_for_status(session);
	return true;
}

/* --- POST --- */

void upload_session_adopt(struct upload_session *session, const struct call *answered)
{
	AUTO(err_release) struct err err = ERR_INIT;

	session->acknowledged = 0;
	session->continued = false;
	if (take_location(session, answered, &err) < 0)
		fail(session, &err);
	else
		put_rest(session);
}

static void on_opened(struct call *call)
{
	struct upload_session *session = call->data;

	if (call_failed(call))
		fail_by_call(session);
	else if (call->request.status != 202)
		fail_by_answer(session);
	else
		upload_session_adopt(session, call);
}

void upload_session_open(struct upload_session *session)
{
	struct call *call = &session->call;

	call->method = HTTP_POST;
	call->path = session->uploads_path;
	call->content_type = NULL;
	call->body = (struct http_body){ .size = 0 };
	call->sent = NULL;
	call->prepare = NULL;
	call->once = false;
	call->done = on_opened;
	call_start(call);
}
