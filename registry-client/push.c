#include "push.h"
#include "base/alloc.h"
#include "call.h"
#include "failure.h"
#include "manifest_check.h"
#include "manifest_fetch.h"
#include "manifest_put.h"
#include "mounts.h"
#include "push_plan.h"
#include "queue.h"
#include "referrers.h"
#include "upload.h"
#include "upload_record.h"

struct push {
	struct registry *registry;
	struct store *store;
	const struct image_ref *ref;
	const char *version; /* the tag, or the digest when there is no tag */
	unsigned step;
	struct push_plan plan;
	struct mounts mounts;
	struct strmap *sent; /* NULL = nobody asks */
	bool has_blobs;      /* the caller brought them there; the store has none */
	bool blob_unknown;   /* the registry refused a manifest for the lack of a blob */
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

/* --- what is there --- */

struct checks {
	struct manifest_check **items;
	size_t len, cap;
};

static void checks_release(struct checks *checks)
{
	VEC_FOREACH(check, checks)
		manifest_check_free(*check);
	free(checks->items);
}

/* A registry takes no manifest whose blobs it lacks, so they need not be asked for one by one. */
static void note_blobs(struct push *push, const struct push_manifest *manifest)
{
	AUTO(manifest_release) struct manifest parsed = { .media_type = NULL };

	if (!manifest->is_there || !media_type_is_manifest(manifest->descriptor.media_type) ||
	    manifest_parse(str_span(&manifest->body), manifest->descriptor.media_type, &parsed,
			   NULL) < 0)
		return;
	presence_add(&push->registry->presence, push->ref, &parsed.config.digest);
	VEC_FOREACH(layer, &parsed.layers)
		presence_add(&push->registry->presence, push->ref, &layer->digest);
}

/*
 * Members of an index that are not in the store must be in the registry: known before anything is
 * sent.
 */
static int check_manifests(struct push *push, struct err *err)
{
	AUTO(checks_release) struct checks checks = { .items = NULL };
	AUTO(queue_release)
	struct queue queue = QUEUE_INIT(push->registry->http, push->registry->jobs);

	VEC_FOREACH(manifest, &push->plan.manifests) {
		struct manifest_check *check =
			manifest_check_new(push->registry, push->ref, manifest);

		*VEC_ADD(&checks) = check;
		queue_add(&queue, manifest_check_job(check));
	}
	if (queue_run(&queue, err) < 0)
		return -1;
	VEC_FOREACH(manifest, &push->plan.manifests)
		note_blobs(push, manifest);
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

static void note_sent(const struct push *push, const struct uploads *uploads)
{
	VEC_FOREACH(upload, uploads) {
		const struct digest *digest = upload_sent(*upload);

		if (push->sent && digest)
			strmap_set(push->sent, digest->text, NULL);
	}
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
	if (queue_run(&queue, err) < 0)
		return -1;
	note_sent(push, &uploads);
	return 0;
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

static struct push_manifest *target_of(const struct push *push)
{
	return &push->plan.manifests.items[push->plan.manifests.len - 1];
}

static void add_put(struct push *push, struct push_manifest *manifest, struct manifest_puts *puts,
		    struct queue *queue)
{
	bool is_target = manifest == target_of(push);
	const char *version = is_target ? push->version : manifest->descriptor.digest.text;
	struct manifest_put *put =
		manifest_put_new(push->registry, push->ref, manifest, version, &push->blob_unknown);

	*VEC_ADD(puts) = put;
	queue_add(queue, manifest_put_job(put));
}

/* All of one height at once: none names another. The target is to get its name in any case. */
static int push_height(struct push *push, unsigned height, struct err *err)
{
	AUTO(puts_release) struct manifest_puts puts = { .items = NULL };
	AUTO(queue_release)
	struct queue queue = QUEUE_INIT(push->registry->http, push->registry->jobs);

	VEC_FOREACH(manifest, &push->plan.manifests) {
		if (manifest->height == height &&
		    (!manifest->is_there || manifest == target_of(push)))
			add_put(push, manifest, &puts, &queue);
	}
	return queue_run(&queue, err);
}

static int push_manifests(struct push *push, struct err *err)
{
	for (unsigned height = 0; height <= target_of(push)->height; height++) {
		if (push_height(push, height, err) < 0)
			return -1;
	}
	return 0;
}

/* --- subjects --- */

/* Of manifests that have one. The target's is looked at in any case: an earlier push may have ended before. */
static int enter_subjects(struct push *push, struct err *err)
{
	VEC_FOREACH(manifest, &push->plan.manifests) {
		if (manifest->is_listed || (manifest->is_there && manifest != target_of(push)))
			continue;
		if (referrers_enter(push->registry, push->ref, &manifest->descriptor,
				    str_span(&manifest->body), err) < 0)
			return -1;
	}
	return 0;
}

static int enter_target(struct push *push, struct err *err)
{
	const struct push_manifest *target = target_of(push);

	return referrers_enter(push->registry, push->ref, &target->descriptor,
			       str_span(&target->body), err);
}

/* --- all --- */

static void skip_all(struct push *push)
{
	VEC_FOREACH(blob, &push->plan.blobs) {
		presence_add(&push->registry->presence, push->ref, &blob->digest);
		push->summary.skipped_blobs++;
		push->summary.skipped_bytes += blob->size;
	}
}

static int send_all(struct push *push, struct err *err)
{
	if (!push->has_blobs && push_blobs(push, err) < 0)
		return -1;
	return push_manifests(push, err);
}

/*
 * A registry may have lost a blob that it said it had, or that a manifest of it names: all are
 * asked for again, and all manifests sent.
 */
static int send_again(struct push *push, struct err *err)
{
	err_clear(err);
	push->summary = (struct push_summary){ .sent_blobs = 0 };
	VEC_FOREACH(blob, &push->plan.blobs)
		presence_remove(&push->registry->presence, push->ref, &blob->digest);
	VEC_FOREACH(manifest, &push->plan.manifests)
		manifest->is_there &= manifest->body.len == 0;
	return send_all(push, err);
}

static int push_all(struct push *push, struct err *err)
{
	bool is_there = false;

	if (ask_for_target(push, &is_there, err) < 0)
		return -1;
	if (is_there) {
		skip_all(push);
		return enter_target(push, err);
	}
	upload_records_sweep(push->store);
	if (check_manifests(push, err) < 0)
		return -1;
	mounts_find(&push->registry->presence, push->store, push->ref, &push->plan.blobs,
		    &push->mounts);
	if (send_all(push, err) < 0 &&
	    (push->has_blobs || !push->blob_unknown || send_again(push, err) < 0))
		return -1;
	presence_remember(push->store, push->ref, &push->plan.blobs);
	return enter_subjects(push, err);
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
	return registry_push_noting(registry, store, target, ref, step, NULL, ret, err);
}

static int run(struct push *push, const struct descriptor *target, struct err *err)
{
	AUTO(freep) char *name = image_ref_format_short(push->ref);
	int result = -1;

	push->version = push->ref->tag ? push->ref->tag : push->ref->digest.text;
	if (check_digest(push->ref, target, err) == 0 &&
	    push_plan_make(push->store, target, &push->plan, err) == 0) {
		result = push_all(push, err);
		mounts_release(&push->mounts);
		push_plan_release(&push->plan);
	}
	return result < 0 ? err_wrap(err, "push '%s'", name) : 0;
}

int registry_push_noting(struct registry *registry, struct store *store,
			 const struct descriptor *target, const struct image_ref *ref,
			 unsigned step, struct strmap *ret_sent, struct push_summary *ret,
			 struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	struct push push = {
		.registry = registry,
		.store = store,
		.ref = ref,
		.step = step,
		.sent = ret_sent,
	};

	if (run(&push, target, err) < 0)
		return -1;
	if (ret)
		*ret = push.summary;
	return 0;
}

int push_manifests_only(struct registry *registry, struct store *store,
			const struct descriptor *target, const struct image_ref *ref, unsigned step,
			struct err *err)
{
	struct push push = {
		.registry = registry,
		.store = store,
		.ref = ref,
		.step = step,
		.has_blobs = true,
	};

	return run(&push, target, err);
}
