#include "base/alloc.h"
#include "call.h"
#include "failure.h"
#include "manifest_fetch.h"
#include "manifest_put.h"
#include "mounts.h"
#include "push_plan.h"
#include "queue.h"
#include "upload.h"

struct push {
	struct registry *registry;
	struct store *store;
	const struct image_ref *ref;
	const char *version; /* the tag, or the digest when there is no tag */
	unsigned step;
	struct push_plan plan;
	struct mounts mounts;
	struct push_summary summary;
};

/*
 * Does the name already stand for the target? The first request of a push, alone, so that scheme
 * and token are known before many run at once; and the first that fails when there is no access.
 */
static int ask_for_target(struct push *push, bool *ret_is_there, struct err *err)
{
	AUTO(freep)
	char *path = xasprintf("/v2/%s/manifests/%s", push->ref->repository, push->version);
	const struct push_manifest *target =
		&push->plan.manifests.items[push->plan.manifests.len - 1];
	AUTO(call_release) struct call call;

	call_init(&call, push->registry, push->ref, CALL_PUSH);
	call.method = HTTP_HEAD;
	call.path = path;
	call.accept = ACCEPT_MANIFESTS;
	if (call_perform(&call, err) < 0)
		return -1;
	*ret_is_there =
		call.request.status == 200 &&
		str_eq(call_header(&call, "Docker-Content-Digest"), target->descriptor.digest.text);
	if (call.request.status != 200 && call.request.status != 404 && call.request.status != 405)
		return failure_of_status(&call, "the image", err);
	return 0;
}

/* --- blobs --- */

struct uploads {
	struct upload **items;
	size_t len, cap;
};

static void uploads_release(struct uploads *uploads)
{
	VEC_FOREACH(upload, uploads)
		upload_free(*upload);
	free(uploads->items);
}

/* The largest first: the last to end should be a small one. */
static int by_size_descending(const void *a, const void *b)
{
	const struct descriptor *blob_a = a, *blob_b = b;

	return blob_a->size < blob_b->size ? 1 : blob_a->size > blob_b->size ? -1 : 0;
}

static int push_blobs(struct push *push, struct err *err)
{
	AUTO(uploads_release) struct uploads uploads = { .items = NULL };
	AUTO(queue_release)
	struct queue queue = QUEUE_INIT(push->registry->http, push->registry->jobs);
	struct descriptors *blobs = &push->plan.blobs;

	if (blobs->len > 0)
		qsort(blobs->items, blobs->len, sizeof(*blobs->items), by_size_descending);
	VEC_FOREACH(blob, blobs) {
		const char *source = mounts_source(&push->mounts, &blob->digest);
		struct upload *upload = upload_new(push->registry, push->store, push->ref, blob,
						   source, push->step, &push->summary);

		*VEC_ADD(&uploads) = upload;
		queue_add(&queue, upload_job(upload));
	}
	return queue_run(&queue, err);
}

/* --- manifests --- */

struct manifest_puts {
	struct manifest_put **items;
	size_t len, cap;
};

static void puts_release(struct manifest_puts *puts)
{
	VEC_FOREACH(put, puts)
		manifest_put_free(*put);
	free(puts->items);
}

static void add_put(struct push *push, const struct push_manifest *manifest,
		    struct manifest_puts *puts, struct queue *queue)
{
	const struct push_manifests *all = &push->plan.manifests;
	bool is_target = manifest == &all->items[all->len - 1];
	const char *version = is_target ? push->version : manifest->descriptor.digest.text;
	struct manifest_put *put =
		manifest_put_new(push->registry, push->ref, manifest, version, !is_target);

	*VEC_ADD(puts) = put;
	queue_add(queue, manifest_put_job(put));
}

/*
 * Members of an index that are not in the store must be in the registry: known before anything is
 * sent.
 */
static int check_absent_members(struct push *push, struct err *err)
{
	AUTO(puts_release) struct manifest_puts puts = { .items = NULL };
	AUTO(queue_release)
	struct queue queue = QUEUE_INIT(push->registry->http, push->registry->jobs);

	VEC_FOREACH(manifest, &push->plan.manifests) {
		if (manifest->body.len == 0)
			add_put(push, manifest, &puts, &queue);
	}
	return queue_run(&queue, err);
}

/* All of one height at once: none names another. */
static int push_height(struct push *push, unsigned height, struct err *err)
{
	AUTO(puts_release) struct manifest_puts puts = { .items = NULL };
	AUTO(queue_release)
	struct queue queue = QUEUE_INIT(push->registry->http, push->registry->jobs);

	VEC_FOREACH(manifest, &push->plan.manifests) {
		if (manifest->height == height && manifest->body.len > 0)
			add_put(push, manifest, &puts, &queue);
	}
	return queue_run(&queue, err);
}

static int push_manifests(struct push *push, struct err *err)
{
	unsigned highest = push->plan.manifests.items[push->plan.manifests.len - 1].height;

	for (unsigned height = 0; height <= highest; height++) {
		if (push_height(push, height, err) < 0)
			return -1;
	}
	return 0;
}

static int push_all(struct push *push, struct err *err)
{
	bool is_there = false;

	if (ask_for_target(push, &is_there, err) < 0)
		return -1;
	/* The blobs even so: a registry that lost one is mended by the next push. */
	if (is_there)
		return push_blobs(push, err);
	mounts_find(push->store, push->ref, &push->mounts);
	if (check_absent_members(push, err) < 0 || push_blobs(push, err) < 0)
		return -1;
	return push_manifests(push, err);
}

static int check_digest(const struct image_ref *ref, const struct descriptor *target,
			struct err *err)
{
	if (!digest_is_set(&ref->digest) || digest_equal(&ref->digest, &target->digest))
		return 0;
	return err_set(err, ERR_INPUT, "the image has digest %s, not %s", target->digest.text,
		       ref->digest.text);
}

int registry_push(struct registry *registry, struct store *store, const struct descriptor *target,
		  const struct image_ref *ref, unsigned step, struct push_summary *ret,
		  struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(freep) char *name = image_ref_format_short(ref);
	struct push push = {
		.registry = registry,
		.store = store,
		.ref = ref,
		.version = ref->tag ? ref->tag : ref->digest.text,
		.step = step,
	};
	int result;

	if (check_digest(ref, target, err) < 0 ||
	    push_plan_make(store, target, &push.plan, err) < 0)
		return err_wrap(err, "push '%s'", name);
	result = push_all(&push, err);
	mounts_release(&push.mounts);
	push_plan_release(&push.plan);
	if (result < 0)
		return err_wrap(err, "push '%s'", name);
	if (ret)
		*ret = push.summary;
	return 0;
}
