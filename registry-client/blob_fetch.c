#include "blob_fetch.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "call.h"
#include "failure.h"
#include "manifest_fetch.h"
#include "queue.h"

/*
 * A connection that brought less than this has not moved us on: else a hostile server could keep us
 * for ever.
 */
#define PROGRESS_BYTES (64 * 1024)

/* Less comes sooner again than it is found. */
#define PARTIAL_MIN ((uint64_t)256 * LIMIT_KIB)

/* Blobs and manifests: the same but for their addresses. */
struct place {
	const char *noun, *path;
	const char *accept; /* NULL = whatever it is */
};

static const struct place blobs_place = { .noun = "blob", .path = "blobs" };
static const struct place manifests_place = { .noun = "manifest",
					      .path = "manifests",
					      .accept = ACCEPT_MANIFESTS };

/* What all fetches of a call have in common. */
struct fetch_task {
	struct registry *registry;
	const struct image_ref *ref;
	struct store *store;
	const struct place *place;
	const unsigned *step;     /* NULL = silent */
	struct blob_watch *watch; /* NULL = none */
};

struct blob_fetch {
	struct job job;
	struct call call;
	struct fetch_task task;
	const struct descriptor *blob;
	char *path;
	char *object; /* "blob sha256:...", for messages */
	struct blob_writer *writer;
	uint64_t resumed;    /* bytes that an earlier run left */
	uint64_t furthest;   /* how far it was when that was last taken for progress */
	bool asked_for_part; /* in the last request */
	bool is_other_part;  /* the answer to it */
	unsigned wholes;     /* times that all was asked for because no part could be had */
	struct err err;      /* of the work in another thread */
};

static void begin(struct blob_fetch *fetch);

static struct blob_fetch *fetch_of(struct job *job)
{
	return CONTAINER_OF(job, struct blob_fetch, job);
}

static void report(const struct blob_fetch *fetch, uint64_t done)
{
	if (fetch->task.step)
		monitor_transfer(fetch->task.registry->monitor, *fetch->task.step, "pulling",
				 fetch->blob->digest.text, done, fetch->blob->size);
}

static void tell_watch(struct blob_fetch *fetch)
{
	struct blob_watch *watch = fetch->task.watch;

	if (watch)
		watch->begins(watch, fetch->blob, fetch->writer);
}

/* --- the sink --- */

static uint64_t written(const struct blob_fetch *fetch)
{
	return fetch->writer ? blob_writer_size(fetch->writer) : 0;
}

/* "bytes FIRST-LAST/TOTAL": is it what we asked for (RFC 9110 section 14.4)? */
static bool continues_at(const struct headers *headers, uint64_t offset, uint64_t size)
{
	const char *value = headers_get(headers, "Content-Range");
	AUTO(freep)
	char *expected = xasprintf("bytes %llu-%llu/%llu", (unsigned long long)offset,
				   (unsigned long long)(size - 1), (unsigned long long)size);

	return str_eq(value, expected);
}

static int hint_at_damage(struct err *err)
{
	return err_hint(err, "it is damaged there, or on the way: push the image again, or try "
			     "another network");
}

static int set_wrong_size(const struct blob_fetch *fetch, uint64_t size, struct err *err)
{
	err_set(err, ERR_DIGEST, "it has %llu bytes where the manifest says %llu",
		(unsigned long long)size, (unsigned long long)fetch->blob->size);
	return hint_at_damage(err);
}

static int sink_begin(void *data, long status, const struct headers *headers, struct err *err)
{
	struct blob_fetch *fetch = data;
	const char *length = headers_get(headers, "Content-Length");
	unsigned long long bytes;

	if (status == 206) {
		if (continues_at(headers, written(fetch), fetch->blob->size))
			return 0;
		fetch->is_other_part = true;
		return err_set(err, ERR_PROTOCOL,
			       "it sends another part of the blob than it was asked for");
	}
	if (length && span_to_u64(span_of(length), UINT64_MAX, &bytes) &&
	    bytes != fetch->blob->size)
		return set_wrong_size(fetch, bytes, err);
	if (written(fetch) == 0)
		return 0;
	if (blob_writer_restart(fetch->writer, err) < 0)
		return -1;
	tell_watch(fetch);
	return 0;
}

/* Bytes that come again are none. */
static void note_progress(struct blob_fetch *fetch)
{
	if (written(fetch) < fetch->furthest + PROGRESS_BYTES)
		return;
	fetch->furthest = written(fetch);
	call_made_progress(&fetch->call);
}

static int sink_write(void *data, const void *bytes, size_t len, struct err *err)
{
	struct blob_fetch *fetch = data;

	if (len > fetch->blob->size - written(fetch))
		return err_set(err, ERR_DIGEST,
			       "it is longer than the %llu bytes that the manifest says",
			       (unsigned long long)fetch->blob->size);
	if (blob_write(fetch->writer, bytes, len, err) < 0)
		return -1;
	note_progress(fetch);
	if (written(fetch) < fetch->blob->size)
		report(fetch, written(fetch));
	return 0;
}

static const struct http_sink sink = { .begin = sink_begin, .write = sink_write };

/* After a broken connection: from where it broke. */
static void prepare(void *data, struct strvec *headers)
{
	struct blob_fetch *fetch = data;
	uint64_t offset = written(fetch);

	fetch->is_other_part = false;
	fetch->asked_for_part = offset > 0 && offset < fetch->blob->size;
	if (fetch->asked_for_part)
		strvec_addf(headers, "Range: bytes=%llu-", (unsigned long long)offset);
}

/* --- the end --- */

static void fail(struct blob_fetch *fetch, struct err *err)
{
	failure_name_object(err, fetch->object);
	queue_job_failed(&fetch->job, err);
}

/* In another thread: the disk takes its time. */
static void commit(void *data)
{
	struct blob_fetch *fetch = data;
	struct digest digest;

	if (blob_writer_commit(fetch->writer, &fetch->blob->digest, &digest, &fetch->err) == 0)
		err_clear(&fetch->err);
}

/*
 * What an earlier run left may be damaged: after a power failure a file can be as long as it should
 * be without what was written into it. And a mirror may have another idea of the blob than the registry.
 * Then all of it comes again.
 */
static void on_committed(void *data)
{
	struct blob_fetch *fetch = data;
	bool is_stale = fetch->err.kind == ERR_DIGEST &&
			(fetch->resumed > 0 || call_distrust(&fetch->call));

	blob_writer_freep(&fetch->writer);
	if (is_stale) {
		err_clear(&fetch->err);
		begin(fetch);
	} else if (fetch->err.kind != ERR_NONE) {
		if (fetch->err.kind == ERR_DIGEST)
			hint_at_damage(&fetch->err);
		fail(fetch, &fetch->err);
	} else {
		report(fetch, fetch->blob->size);
		queue_job_done(&fetch->job);
	}
}

static void end(struct blob_fetch *fetch)
{
	http_offload(fetch->task.registry->http, commit, on_committed, fetch);
}

/* --- one blob --- */

static int check_size(struct blob_fetch *fetch, struct err *err)
{
	uint64_t size = written(fetch);

	if (size == fetch->blob->size)
		return 0;
	return set_wrong_size(fetch, size, err);
}

static void ask(struct blob_fetch *fetch);

/* It says that it can give a part of it, and cannot: what is here would meet the same answer each time. */
static bool lacks_parts(const struct blob_fetch *fetch)
{
	return fetch->asked_for_part && fetch->wholes < fetch->task.registry->retry.tries &&
	       (call_failed(&fetch->call) ? fetch->is_other_part
					  : fetch->call.request.status == 416);
}

static void ask_for_all(struct blob_fetch *fetch)
{
	AUTO(err_release) struct err err = ERR_INIT;

	fetch->wholes++;
	if (blob_writer_restart(fetch->writer, &err) < 0) {
		fail(fetch, &err);
		return;
	}
	tell_watch(fetch);
	ask(fetch);
}

static void on_done(struct call *call)
{
	struct blob_fetch *fetch = call->data;
	AUTO(err_release) struct err err = ERR_INIT;

	if (lacks_parts(fetch)) {
		ask_for_all(fetch);
	} else if (call_failed(call)) {
		fail(fetch, &call->err);
	} else if (call->request.status != 200 && call->request.status != 206) {
		failure_of_status(call, fetch->object, &err);
		queue_job_failed(&fetch->job, &err);
	} else if (check_size(fetch, &err) < 0) {
		fail(fetch, &err);
	} else {
		end(fetch);
	}
}

static void ask(struct blob_fetch *fetch)
{
	fetch->call.method = HTTP_GET;
	fetch->call.path = fetch->path;
	fetch->call.accept = fetch->task.place->accept;
	fetch->call.sink = &sink;
	fetch->call.sink_data = fetch;
	fetch->call.prepare = prepare;
	fetch->call.done = on_done;
	fetch->call.data = fetch;
	report(fetch, written(fetch));
	call_start(&fetch->call);
}

/* In another thread: what is there is read. */
static void open_partial(void *data)
{
	struct blob_fetch *fetch = data;

	fetch->writer = blob_writer_resume(fetch->task.store, &fetch->blob->digest, &fetch->err);
	if (fetch->writer && written(fetch) > fetch->blob->size &&
	    blob_writer_restart(fetch->writer, &fetch->err) < 0)
		blob_writer_freep(&fetch->writer);
}

static void on_opened(void *data)
{
	struct blob_fetch *fetch = data;

	if (!fetch->writer) {
		fail(fetch, &fetch->err);
		return;
	}
	fetch->resumed = fetch->furthest = written(fetch);
	tell_watch(fetch);
	if (fetch->resumed == fetch->blob->size)
		end(fetch);
	else
		ask(fetch);
}

static void begin(struct blob_fetch *fetch)
{
	if (fetch->blob->size >= PARTIAL_MIN) {
		http_offload(fetch->task.registry->http, open_partial, on_opened, fetch);
		return;
	}
	fetch->writer = blob_writer_new(fetch->task.store, &fetch->err);
	if (!fetch->writer) {
		fail(fetch, &fetch->err);
		return;
	}
	tell_watch(fetch);
	ask(fetch);
}

static void start(struct job *job)
{
	begin(fetch_of(job));
}

/*
 * Their owners do not let registries hand them out (Windows base layers); the URLs they carry are
 * never followed.
 */
static int check_foreign(const struct descriptor *blob, struct err *err)
{
	if (!media_type_is_foreign(blob->media_type))
		return 0;
	err_set(err, ERR_UNSUPPORTED, "layer %s is of a type that registries do not hold: '%s'",
		blob->digest.text, blob->media_type);
	return err_hint(err,
			"its owner hands it out elsewhere, as with layers of Windows; an image "
			"without such layers can be had");
}

static int check_descriptor(const struct place *place, const struct descriptor *blob,
			    struct err *err)
{
	if (place == &blobs_place)
		return check_foreign(blob, err);
	if (blob->size > LIMIT_MANIFEST)
		return err_set(err, ERR_LIMIT, "manifest %s is larger than %zu MiB",
			       blob->digest.text, LIMIT_MANIFEST / LIMIT_MIB);
	return 0;
}

static struct blob_fetch *fetch_new(const struct fetch_task *task, const struct descriptor *blob,
				    struct err *err)
{
	struct blob_fetch *fetch;

	if (check_descriptor(task->place, blob, err) < 0)
		return NULL;
	fetch = xcalloc(1, sizeof(*fetch));
	fetch->job.start = start;
	fetch->task = *task;
	fetch->blob = blob;
	fetch->path = xasprintf("/v2/%s/%s/%s", task->ref->repository, task->place->path,
				blob->digest.text);
	fetch->object = xasprintf("%s %s", task->place->noun, blob->digest.text);
	call_init(&fetch->call, task->registry, task->ref, CALL_PULL);
	return fetch;
}

struct blob_fetch *blob_fetch_new(struct registry *registry, const struct image_ref *ref,
				  struct store *store, const struct descriptor *blob,
				  const unsigned *step, struct err *err)
{
	const struct fetch_task task = { registry, ref, store, &blobs_place, step, NULL };

	return fetch_new(&task, blob, err);
}

void blob_fetch_free(struct blob_fetch *fetch)
{
	if (!fetch)
		return;
	call_release(&fetch->call);
	blob_writer_freep(&fetch->writer);
	err_release(&fetch->err);
	free(fetch->path);
	free(fetch->object);
	free(fetch);
}

struct job *blob_fetch_job(struct blob_fetch *fetch)
{
	return &fetch->job;
}

/* --- all of them --- */

struct blob_fetches {
	struct blob_fetch **items;
	size_t len, cap;
};

static void fetches_release(struct blob_fetches *fetches)
{
	VEC_FOREACH(fetch, fetches)
		blob_fetch_free(*fetch);
	free(fetches->items);
}

static bool is_planned(const struct blob_fetches *fetches, const struct digest *digest)
{
	VEC_FOREACH(fetch, fetches) {
		if (digest_equal(&(*fetch)->blob->digest, digest))
			return true;
	}
	return false;
}

static int plan(struct blob_fetches *fetches, const struct fetch_task *task,
		const struct descriptors *blobs, struct err *err)
{
	VEC_FOREACH(blob, blobs) {
		struct blob_fetch *fetch;

		if (is_planned(fetches, &blob->digest) ||
		    store_has_blob(task->store, &blob->digest, NULL))
			continue;
		fetch = fetch_new(task, blob, err);
		if (!fetch)
			return -1;
		*VEC_ADD(fetches) = fetch;
	}
	return 0;
}

/* Where a later push may mount them from. */
static void remember(const struct blob_fetches *fetches, const struct fetch_task *task)
{
	struct descriptors blobs = { .items = NULL }; /* borrowed members */

	VEC_FOREACH(fetch, fetches)
		*VEC_ADD(&blobs) = *(*fetch)->blob;
	presence_remember(task->store, task->ref, &blobs);
	free(blobs.items);
}

/* The largest first: the last to end should be a small one. */
static int by_size_descending(const void *a, const void *b)
{
	uint64_t size_a = (*(struct blob_fetch *const *)a)->blob->size;
	uint64_t size_b = (*(struct blob_fetch *const *)b)->blob->size;

	return size_a < size_b ? 1 : size_a > size_b ? -1 : 0;
}

static int run(const struct fetch_task *task, const struct descriptors *blobs, struct err *err)
{
	AUTO(fetches_release) struct blob_fetches fetches = { .items = NULL };
	AUTO(queue_release)
	struct queue queue = QUEUE_INIT(task->registry->http, task->registry->jobs);

	if (plan(&fetches, task, blobs, err) < 0)
		return -1;
	if (fetches.len > 0)
		qsort(fetches.items, fetches.len, sizeof(struct blob_fetch *), by_size_descending);
	VEC_FOREACH(fetch, &fetches)
		queue_add(&queue, &(*fetch)->job);
	if (queue_run(&queue, err) < 0)
		return -1;
	if (task->place == &blobs_place)
		remember(&fetches, task);
	return 0;
}

int blobs_fetch(struct registry *registry, const struct image_ref *ref,
		const struct descriptors *blobs, const struct fetch_target *target, struct err *err)
{
	const struct fetch_task task = { .registry = registry,
					 .ref = ref,
					 .store = target->store,
					 .place = &blobs_place,
					 .step = &target->step,
					 .watch = target->watch };

	return run(&task, blobs, err);
}

int blobs_fetch_quietly(struct registry *registry, const struct image_ref *ref, struct store *store,
			const struct descriptors *blobs, struct err *err)
{
	const struct fetch_task task = {
		.registry = registry, .ref = ref, .store = store, .place = &blobs_place
	};

	return run(&task, blobs, err);
}

int manifests_fetch(struct registry *registry, const struct image_ref *ref, struct store *store,
		    const struct descriptors *manifests, struct err *err)
{
	const struct fetch_task task = {
		.registry = registry, .ref = ref, .store = store, .place = &manifests_place
	};

	return run(&task, manifests, err);
}

int registry_fetch_blobs(struct registry *registry, const struct image_ref *ref,
			 const struct descriptors *blobs, const struct fetch_target *target,
			 struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);

	return blobs_fetch(registry, ref, blobs, target, err);
}
