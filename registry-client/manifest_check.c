#include "manifest_check.h"

#include "base/alloc.h"
#include "call.h"
#include "failure.h"
#include "manifest_fetch.h"

struct manifest_check {
	struct job job;
	struct call call;
	struct push_manifest *manifest;
	char *path, *object;
};

struct manifest_check *manifest_check_new(struct registry *registry, const struct image_ref *ref,
					  struct push_manifest *manifest)
{
	struct manifest_check *check = xcalloc(1, sizeof(*check));
	const char *digest = manifest->descriptor.digest.text;

	check->manifest = manifest;
	check->path = xasprintf("/v2/%s/manifests/%s", ref->repository, digest);
	check->object = xasprintf("manifest %s", digest);
	call_init(&check->call, registry, ref, CALL_PUSH);
	check->call.data = check;
	return check;
}

void manifest_check_free(struct manifest_check *check)
{
	if (!check)
		return;
	call_release(&check->call);
	free(check->object);
	free(check->path);
	free(check);
}

static int lack(const struct manifest_check *check, struct err *err)
{
	char platform[PLATFORM_TEXT_MAX];

	err_set(err, ERR_NOT_FOUND,
		"the index names it for %s, but it is neither here nor in the registry",
		platform_format(&check->manifest->descriptor.platform, platform));
	return err_hint(err, "pull the image for all its platforms first");
}

/* 405 is a registry without such checks. */
static int take_answer(struct manifest_check *check, struct err *err)
{
	const struct call *call = &check->call;
	long status = call->request.status;

	if (call_failed(call)) {
		err_move(err, &check->call.err);
		return -1;
	}
	if (status != 200 && status != 404 && status != 405)
		return failure_of_status(call, check->object, err);
	check->manifest->is_there = status == 200;
	if (status != 200 && check->manifest->body.len == 0)
		return lack(check, err);
	return 0;
}

static void on_asked(struct call *call)
{
	struct manifest_check *check = call->data;
	AUTO(err_release) struct err err = ERR_INIT;

	if (take_answer(check, &err) == 0) {
		queue_job_done(&check->job);
		return;
	}
	failure_name_object(&err, check->object);
	queue_job_failed(&check->job, &err);
}

static void start(struct job *job)
{
	struct manifest_check *check = CONTAINER_OF(job, struct manifest_check, job);
	struct call *call = &check->call;

	call->method = HTTP_HEAD;
	call->path = check->path;
	call->accept = ACCEPT_MANIFESTS;
	call->done = on_asked;
	call_start(call);
}

struct job *manifest_check_job(struct manifest_check *check)
{
	check->job.start = start;
	return &check->job;
}
