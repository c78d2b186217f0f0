#include "upload.h"

#include "base/alloc.h"
#include "call.h"
#include "failure.h"
#include "upload_session.h"
#include "url.h"

struct upload {
	struct job job;
	struct call call;
	struct call mount; /* its token covers the source as well */
	struct upload_session session;
	struct registry *registry;
	const struct image_ref *ref;
	const struct descriptor *blob;
	unsigned step;
	struct push_summary *summary;
	char *source; /* repository to mount from, as the registry calls it; NULL = none, or tried */
	char *blob_path, *mount_path;
	char *object; /* what messages call it */
	bool sent;    /* what is there now came from us */
};

static void ask_for_blob(struct upload *upload);
static void on_session(void *data, enum session_end end, struct err *err);

/* --- making --- */

static void set_source(struct upload *upload, const char *repository)
{
	AUTO(str_release) struct str path = STR_INIT;

	upload->source = route_sibling(upload->registry, upload->ref, repository);
	if (!upload->source)
		return;
	str_add(&path, upload->session.uploads_path);
	url_add_query(&path, "mount", upload->blob->digest.text);
	url_add_query(&path, "from", upload->source);
	upload->mount_path = str_detach(&path);
	call_add_source(&upload->mount, upload->source);
}

static void report(const struct upload *upload, const char *verb, uint64_t done)
{
	monitor_transfer(upload->registry->monitor, upload->step, verb, upload->blob->digest.text,
			 done, upload->blob->size);
}

static void on_sent(void *data, uint64_t bytes)
{
	const struct upload *upload = data;

	/* The last byte counts when the registry has confirmed it. */
	if (bytes < upload->blob->size)
		report(upload, "pushing", bytes);
}

struct upload *upload_new(struct registry *registry, struct store *store,
			  const struct image_ref *ref, const struct descriptor *blob,
			  const char *source, unsigned step, struct push_summary *summary)
{
	struct upload *upload = xcalloc(1, sizeof(*upload));

	upload->registry = registry;
	upload->ref = ref;
	upload->blob = blob;
	upload->step = step;
	upload->summary = summary;
	upload->object = xasprintf("blob %s", blob->digest.text);
	upload->blob_path = xasprintf("/v2/%s/blobs/%s", ref->repository, blob->digest.text);
	upload->session = (struct upload_session){
		.registry = registry,
		.store = store,
		.ref = ref,
		.blob = blob,
		.object = upload->object,
		.sent = on_sent,
		.done = on_session,
		.data = upload,
	};
	upload_session_init(&upload->session);
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
	upload_session_release(&upload->session);
	free(upload->object);
	free(upload->source);
	free(upload->mount_path);
	free(upload->blob_path);
	free(upload);
}

/* --- the end --- */

static void fail(struct upload *upload, struct err *err)
{
	queue_job_failed(&upload->job, err);
}

static void fail_by_call(struct upload *upload)
{
	failure_name_object(&upload->call.err, upload->object);
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
	presence_add(&upload->registry->presence, upload->ref, &upload->blob->digest);
	report(upload, verb, upload->blob->size);
	queue_job_done(&upload->job);
}

static void succeed(struct upload *upload)
{
	upload->summary->sent_blobs++;
	upload->summary->sent_bytes += upload->blob->size;
	presence_add(&upload->registry->presence, upload->ref, &upload->blob->digest);
	report(upload, "pushing", upload->blob->size);
	queue_job_done(&upload->job);
}

/* --- sending --- */

static void on_session(void *data, enum session_end end, struct err *err)
{
	struct upload *upload = data;

	upload->sent = true;
	switch (end) {
	case SESSION_STORED: succeed(upload); return;
	case SESSION_FAILED: fail(upload, err); return;
	/* The blob may be there, and only the answer have been lost. */
	case SESSION_LOST: ask_for_blob(upload); return;
	}
}

/* --- POST: a mount --- */

/* A registry that will not, or cannot, opens a session in its place; or it refuses, as it may. */
static void on_mounted(struct call *call)
{
	struct upload *upload = call->data;

	if (!call_failed(call) && call->request.status == 201)
		skip(upload, "mounted");
	else if (!call_failed(call) && call->request.status == 202)
		upload_session_adopt(&upload->session, call);
	else
		upload_session_open(&upload->session);
}

static void mount(struct upload *upload)
{
	struct call *call = &upload->mount;

	free(TAKE(upload->source));
	call->method = HTTP_POST;
	call->path = upload->mount_path;
	call->done = on_mounted;
	call_start(call);
}

/* What was begun earlier goes on; what was not may be had without sending. */
static void begin_sending(struct upload *upload)
{
	if (upload_session_resume(&upload->session))
		return;
	if (upload->source)
		mount(upload);
	else
		upload_session_open(&upload->session);
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
	else if (call->request.status == 200 && upload->sent)
		succeed(upload);
	else if (call->request.status == 200)
		skip(upload, "exists");
	else if (call->request.status != 404 && call->request.status != 405)
		fail_by_status(upload);
	else
		begin_sending(upload);
}

static void ask_for_blob(struct upload *upload)
{
	struct call *call = &upload->call;

	call->method = HTTP_HEAD;
	call->path = upload->blob_path;
	call->done = on_asked;
	call_start(call);
}

static void start(struct job *job)
{
	struct upload *upload = CONTAINER_OF(job, struct upload, job);

	if (presence_has(&upload->registry->presence, upload->ref, &upload->blob->digest))
		skip(upload, "exists");
	else
		ask_for_blob(upload);
}

struct job *upload_job(struct upload *upload)
{
	upload->job.start = start;
	return &upload->job;
}

const struct digest *upload_sent(const struct upload *upload)
{
	return upload->sent ? &upload->blob->digest : NULL;
}
