#include "upload.h"

#include "base/alloc.h"
#include "base/fd.h"
#include "call.h"
#include "failure.h"
#include "url.h"

struct upload {
	struct job job;
	struct call call;
	struct call mount; /* its token covers the source as well */
	struct registry *registry;
	struct store *store;
	const struct descriptor *blob;
	unsigned step;
	struct push_summary *summary;
	const char *source; /* repository to mount from; NULL = none, or tried */
	char *blob_path, *uploads_path, *mount_path;
	char *object;   /* what messages call it */
	char *location; /* of the session, with the digest */
	int fd;
	unsigned attempts; /* of the PUT */
};

static void ask_for_blob(void *data);

static void set_source(struct upload *upload, const char *source)
{
	AUTO(str_release) struct str path = STR_INIT;

	str_add(&path, upload->uploads_path);
	url_add_query(&path, "mount", upload->blob->digest.text);
	url_add_query(&path, "from", source);
	upload->mount_path = str_detach(&path);
	upload->source = source;
	call_add_source(&upload->mount, source);
}

struct upload *upload_new(struct registry *registry, struct store *store,
			  const struct image_ref *ref, const struct descriptor *blob,
			  const char *source, unsigned step, struct push_summary *summary)
{
	struct upload *upload = xcalloc(1, sizeof(*upload));

	upload->registry = registry;
	upload->store = store;
	upload->blob = blob;
	upload->step = step;
	upload->summary = summary;
	upload->fd = -1;
	upload->object = xasprintf("blob %s", blob->digest.text);
	upload->blob_path = xasprintf("/v2/%s/blobs/%s", ref->repository, blob->digest.text);
	/*
	 * sha256 is the only algorithm that a registry may presume (distribution-spec, "Push",
	 * digest-algorithm).
	 */
	upload->uploads_path = xasprintf("/v2/%s/blobs/uploads/%s", ref->repository,
					 digest_algorithm_of(&blob->digest) == DIGEST_SHA512
						 ? "?digest-algorithm=sha512"
						 : "");
	call_init(&upload->call, registry, ref, CALL_PUSH);
	upload->call.data = upload;
	call_init(&upload->mount, registry, ref, CALL_PUSH);
	upload->mount.data = upload;
	if (source)
		set_source(upload, source);
	return upload;
}

void upload_free(struct upload *upload)
{
	if (!upload)
		return;
	call_release(&upload->call);
	call_release(&upload->mount);
	fd_closep(&upload->fd);
	free(upload->location);
	free(upload->object);
	free(upload->mount_path);
	free(upload->uploads_path);
	free(upload->blob_path);
	free(upload);
}

/* --- the end --- */

static void report(const struct upload *upload, const char *verb, uint64_t done)
{
	monitor_transfer(upload->registry->monitor, upload->step, verb, upload->blob->digest.text,
			 done, upload->blob->size);
}

static void fail(struct upload *upload, struct err *err)
{
	queue_job_failed(&upload->job, err);
}

static void fail_by_call(struct upload *upload)
{
	err_wrap(&upload->call.err, "%s", upload->object);
	fail(upload, &upload->call.err);
}

static void fail_by_status(struct upload *upload)
{
	AUTO(err_release) struct err err = ERR_INIT;

	failure_of_status(&upload->call, upload->object, &err);
	fail(upload, &err);
}

/* The repository has it without our sending it. */
static void skip(struct upload *upload, const char *verb)
{
	upload->summary->skipped_blobs++;
	upload->summary->skipped_bytes += upload->blob->size;
	report(upload, verb, upload->blob->size);
	queue_job_done(&upload->job);
}

static void succeed(struct upload *upload)
{
	upload->summary->sent_blobs++;
	upload->summary->sent_bytes += upload->blob->size;
	report(upload, "pushing", upload->blob->size);
	fd_closep(&upload->fd);
	queue_job_done(&upload->job);
}

/* --- PUT: the whole blob, the one form that every registry takes --- */

/*
 * What the registry kept of a broken body is unknown, and distribution 2.8 cannot say: a fresh
 * session for this blob alone. It begins with HEAD, since the blob may have arrived and only the
 * answer been lost.
 */
static bool begin_again(struct upload *upload)
{
	long delay;

	if (!call_may_retry(&upload->call))
		return false;
	delay = call_retry_delay(&upload->call, ++upload->attempts);
	if (delay < 0)
		return false;
	http_after(upload->registry->http, (unsigned)delay, ask_for_blob, upload);
	return true;
}

static void fail_by_connection(struct upload *upload)
{
	AUTO(err_release) struct err err = ERR_INIT;

	failure_of_connection(upload->call.host, &upload->call.request, &err);
	err_wrap(&err, "%s", upload->object);
	fail(upload, &err);
}

static void on_put(struct call *call)
{
	struct upload *upload = call->data;

	if (call_failed(call))
		fail_by_call(upload);
	else if (begin_again(upload))
		return;
	else if (call->request.outcome != HTTP_ANSWERED)
		fail_by_connection(upload);
	else if (call->request.status == 201 || call->request.status == 204)
		succeed(upload);
	else
		fail_by_status(upload);
}

static void on_sent(void *data, uint64_t bytes)
{
	const struct upload *upload = data;

	/* The last byte counts when the registry has confirmed it. */
	if (bytes < upload->blob->size)
		report(upload, "pushing", bytes);
}

static void put_blob(struct upload *upload)
{
	struct call *call = &upload->call;
	AUTO(err_release) struct err err = ERR_INIT;

	fd_closep(&upload->fd);
	if (store_open_blob(upload->store, &upload->blob->digest, &upload->fd, &err) < 0) {
		err_wrap(&err, "%s is neither in the registry nor here", upload->object);
		fail(upload, &err);
		return;
	}
	call->method = HTTP_PUT;
	call->path = upload->location;
	call->content_type = "application/octet-stream";
	call->body = (struct http_body){ .fd = upload->fd, .size = upload->blob->size };
	call->sent = on_sent;
	call->once = true;
	call->done = on_put;
	call_start(call);
}

/* --- POST: a session --- */

/*
 * It may be at another host, which then does not see the credentials (call.c), but never out of
 * TLS.
 */
static int take_location(struct upload *upload, const struct call *call, struct err *err)
{
	const char *location = call_header(call, "Location");
	const char *host = call->host->name;
	AUTO(freep) char *target = NULL;
	AUTO(str_release) struct str url = STR_INIT;

	if (!location)
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
	url_add_query(&url, "digest", upload->blob->digest.text);
	free(upload->location);
	upload->location = str_detach(&url);
	return 0;
}

static void on_session(struct call *call)
{
	struct upload *upload = call->data;
	AUTO(err_release) struct err err = ERR_INIT;

	if (call_failed(call))
		fail_by_call(upload);
	else if (call->request.status != 202)
		fail_by_status(upload);
	else if (take_location(upload, call, &err) < 0)
		fail(upload, &err);
	else
		put_blob(upload);
}

static void open_session(struct upload *upload)
{
	struct call *call = &upload->call;

	call->method = HTTP_POST;
	call->path = upload->uploads_path;
	call->done = on_session;
	call_start(call);
}

/* --- POST: a mount --- */

/* A registry that will not, or cannot, opens a session in its place; or it refuses, as it may. */
static void on_mounted(struct call *call)
{
	struct upload *upload = call->data;

	if (!call_failed(call) && call->request.status == 201)
		skip(upload, "mounted");
	else if (!call_failed(call) && call->request.status == 202)
		on_session(call);
	else
		open_session(upload);
}

static void mount(struct upload *upload)
{
	struct call *call = &upload->mount;

	upload->source = NULL;
	call->method = HTTP_POST;
	call->path = upload->mount_path;
	call->done = on_mounted;
	call_start(call);
}

/* --- HEAD: is it there? --- */

/*
 * A check that failed is not "absent": that would send again what is there. 405 is a registry
 * without such checks.
 */
static void on_asked(struct call *call)
{
	struct upload *upload = call->data;

	if (call_failed(call))
		fail_by_call(upload);
	else if (call->request.status == 200)
		skip(upload, "exists");
	else if (call->request.status != 404 && call->request.status != 405)
		fail_by_status(upload);
	else if (upload->source)
		mount(upload);
	else
		open_session(upload);
}

static void ask_for_blob(void *data)
{
	struct upload *upload = data;
	struct call *call = &upload->call;

	call->method = HTTP_HEAD;
	call->path = upload->blob_path;
	call->content_type = NULL;
	call->body = (struct http_body){ .size = 0 };
	call->sent = NULL;
	call->once = false;
	call->done = on_asked;
	call_start(call);
}

static void start(struct job *job)
{
	ask_for_blob(CONTAINER_OF(job, struct upload, job));
}

struct job *upload_job(struct upload *upload)
{
	upload->job.start = start;
	return &upload->job;
}
