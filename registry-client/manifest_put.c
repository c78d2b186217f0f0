#include "manifest_put.h"

#include "base/alloc.h"
#include "call.h"
#include "failure.h"

struct manifest_put {
	struct job job;
	struct call call;
	struct push_manifest *manifest;
	bool *ret_blob_unknown;
	char *path, *object;
};

struct manifest_put *manifest_put_new(struct registry *registry, const struct image_ref *ref,
				      struct push_manifest *manifest, const char *version,
				      bool *ret_blob_unknown)
{
	struct manifest_put *put = xcalloc(1, sizeof(*put));

	put->manifest = manifest;
	put->ret_blob_unknown = ret_blob_unknown;
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
	failure_name_object(err, put->object);
	queue_job_failed(&put->job, err);
}

static int check_answer(struct manifest_put *put, struct err *err)
{
	const char *digest = call_header(&put->call, "Docker-Content-Digest");
	const struct descriptor *descriptor = &put->manifest->descriptor;

	if (call_failed(&put->call)) {
		err_move(err, &put->call.err);
		return -1;
	}
	if (put->call.request.status != 201) {
		*put->ret_blob_unknown |=
			failure_has_code(&put->call.request, "MANIFEST_BLOB_UNKNOWN") ||
			failure_has_code(&put->call.request, "BLOB_UNKNOWN");
		return failure_of_status(&put->call, put->object, err);
	}
	put->manifest->is_listed = call_header(&put->call, "OCI-Subject") != NULL;
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
	call->content_type = put->manifest->descriptor.media_type;
	call->body = (struct http_body){ .data = body->ptr, .size = body->len };
	call->done = on_put;
	call_start(call);
}

static void start(struct job *job)
{
	send_manifest(CONTAINER_OF(job, struct manifest_put, job));
}

struct job *manifest_put_job(struct manifest_put *put)
{
	put->job.start = start;
	return &put->job;
}
