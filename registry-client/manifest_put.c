#include "manifest_put.h"

#include "base/alloc.h"
#include "call.h"
#include "failure.h"
#include "manifest_fetch.h"

struct manifest_put {
	struct job job;
	struct call call;
	const struct push_manifest *manifest;
	bool check;
	char *path, *object;
};

struct manifest_put *manifest_put_new(struct registry *registry, const struct image_ref *ref,
				      const struct push_manifest *manifest, const char *version,
				      bool check)
{
	struct manifest_put *put = xcalloc(1, sizeof(*put));

	put->manifest = manifest;
	put->check = check;
	put->path = xasprintf("/v2/%s/manifests/%s", ref->repository, version);
	put->object = xasprintf("manifest %s", manifest->descriptor.digest.text);
	call_init(&put->call, registry, ref, CALL_PUSH);
	put->call.path = put->path;
	put->call.data = put;
	return put;
}

void manifest_put_free(struct manifest_put *put)
{
	if (!put)
		return;
	call_release(&put->call);
	free(put->object);
	free(put->path);
	free(put);
}

static void finish(struct manifest_put *put, int result, struct err *err)
{
	if (result == 0) {
		queue_job_done(&put->job);
		return;
	}
	err_wrap(err, "%s", put->object);
	queue_job_failed(&put->job, err);
}

/* --- PUT --- */

static int check_answer(struct manifest_put *put, struct err *err)
{
	const char *digest = call_header(&put->call, "Docker-Content-Digest");
	const struct descriptor *descriptor = &put->manifest->descriptor;

	if (call_failed(&put->call)) {
		err_move(err, &put->call.err);
		return -1;
	}
	if (put->call.request.status != 201)
		return failure_of_status(&put->call, "the manifest", err);
	/* It may name the same content by another algorithm. */
	if (digest && strncmp(digest, descriptor->digest.text, strlen("sha256:")) == 0 &&
	    strcmp(digest, descriptor->digest.text) != 0)
		return err_set(err, ERR_DIGEST, "registry '%s' stored it as %s",
			       put->call.host->name, digest);
	return 0;
}

static void on_put(struct call *call)
{
	struct manifest_put *put = call->data;
	AUTO(err_release) struct err err = ERR_INIT;

	finish(put, check_answer(put, &err), &err);
}

static void send_manifest(struct manifest_put *put)
{
	struct call *call = &put->call;
	const struct str *body = &put->manifest->body;

	call->method = HTTP_PUT;
	call->accept = NULL;
	call->content_type = put->manifest->descriptor.media_type;
	call->body = (struct http_body){ .data = body->ptr, .size = body->len };
	call->done = on_put;
	call_start(call);
}

/* --- HEAD --- */

static void lack(struct manifest_put *put)
{
	AUTO(err_release) struct err err = ERR_INIT;
	char platform[PLATFORM_TEXT_MAX];

	err_set(&err, ERR_NOT_FOUND,
		"the index names it for %s, but it is neither here nor in the registry",
		platform_format(&put->manifest->descriptor.platform, platform));
	err_hint(&err, "pull the image for all its platforms first");
	finish(put, -1, &err);
}

static void on_asked(struct call *call)
{
	struct manifest_put *put = call->data;
	AUTO(err_release) struct err err = ERR_INIT;
	long status = call->request.status;

	if (call_failed(call))
		finish(put, -1, &call->err);
	else if (status == 200)
		finish(put, 0, NULL);
	else if (status != 404 && status != 405)
		finish(put, failure_of_status(call, "the manifest", &err), &err);
	else if (put->manifest->body.len == 0)
		lack(put);
	else
		send_manifest(put);
}

static void ask_for_manifest(struct manifest_put *put)
{
	struct call *call = &put->call;

	call->method = HTTP_HEAD;
	call->accept = ACCEPT_MANIFESTS;
	call->done = on_asked;
	call_start(call);
}

static void start(struct job *job)
{
	struct manifest_put *put = CONTAINER_OF(job, struct manifest_put, job);

	if (put->check)
		ask_for_manifest(put);
	else
		send_manifest(put);
}

struct job *manifest_put_job(struct manifest_put *put)
{
	put->job.start = start;
	return &put->job;
}
