/*
 * From repository to repository. Blobs that the target lacks, and cannot mount, pass through a scratch
 * store, a few at a time: a blob that is whole here can be sent again, and resumed, whatever happens
 * to either connection; a stream between the two could not.
 */
#include "copy.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "blob_fetch.h"
#include "call.h"
#include "failure.h"
#include "image/image_content.h"
#include "image/image_subset.h"
#include "manifest_fetch.h"
#include "presence.h"
#include "push.h"
#include "queue.h"
#include "referrers.h"
#include "upload.h"
#include "url.h"

#define DEPTH_MAX    4
#define DEFAULT_JOBS 4

/* --- manifests, into the scratch store --- */

static int fetch_tree(struct copy *copy, const struct descriptor *target, unsigned depth,
		      struct err *err);

static int fetch_members(struct copy *copy, const struct descriptor *target, unsigned depth,
			 struct err *err)
{
	const struct registry_copy_request *request = copy->request;
	AUTO(index_release) struct index index = { .media_type = NULL };

	if (depth >= DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "indexes within indexes, more than %d deep",
			       DEPTH_MAX);
	if (image_content_read_index(request->scratch, target, &index, err) < 0 ||
	    manifests_fetch(copy->registry, request->from, request->scratch, &index.manifests,
			    err) < 0)
		return -1;
	VEC_FOREACH(member, &index.manifests) {
		if (fetch_tree(copy, member, depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

/* `target` is there already; what it names is fetched. */
static int fetch_tree(struct copy *copy, const struct descriptor *target, unsigned depth,
		      struct err *err)
{
	if (!media_type_is_index(target->media_type))
		return 0;
	return fetch_members(copy, target, depth, err);
}

/* Of a single image, whether it is for one of the platforms: its config tells. */
static int check_single(struct copy *copy, const struct descriptor *target, struct err *err)
{
	const struct registry_copy_request *request = copy->request;
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor same = { .media_type = NULL };
	struct descriptors config = { .items = &manifest.config, .len = 1 };
	int status = 0;

	if (image_content_read_manifest(request->scratch, target, &manifest, err) < 0)
		return -1;
	if (manifest.config.size > LIMIT_CONFIG)
		return 0;
	if (blobs_fetch_quietly(copy->registry, request->from, request->scratch, &config, err) < 0)
		return -1;
	status = image_subset_make(request->scratch, target, request->platforms,
				   request->platform_count, &same, err);
	/* it comes again with the other blobs, if the target lacks it */
	if (store_delete_blob(request->scratch, &manifest.config.digest, status < 0 ? NULL : err) <
	    0)
		return -1;
	return status;
}

/* Several platforms take their attestations along, so that all manifests are to be there. */
static int reduce(struct copy *copy, struct descriptor *target, struct err *err)
{
	const struct registry_copy_request *request = copy->request;
	struct descriptor subset = { .media_type = NULL };

	if (!media_type_is_index(target->media_type))
		return check_single(copy, target, err);
	if (request->platform_count > 1 && fetch_tree(copy, target, 0, err) < 0)
		return -1;
	if (image_subset_make(request->scratch, target, request->platforms, request->platform_count,
			      &subset, err) < 0)
		return -1;
	descriptor_release(target);
	*target = subset;
	return 0;
}

static int fetch_manifests(struct copy *copy, struct descriptor *ret, struct err *err)
{
	const struct registry_copy_request *request = copy->request;
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .body = STR_INIT };
	const struct descriptors one = { .items = ret, .len = 1 };

	if (manifest_fetch(copy->registry, request->from, request->scratch, &fetched, err) < 0)
		return -1;
	*ret = (struct descriptor){ .media_type = TAKE(fetched.media_type),
				    .digest = fetched.digest,
				    .size = fetched.body.len };
	if (request->platform_count > 0 && reduce(copy, ret, err) < 0)
		return -1;
	/* what is in the scratch store already is not fetched again */
	return manifests_fetch(copy->registry, request->from, request->scratch, &one, err) < 0 ||
			       fetch_tree(copy, ret, 0, err) < 0
		       ? -1
		       : 0;
}

/* --- which blobs the target lacks --- */

struct probe {
	struct job job;
	struct call call, mount;
	struct copy *copy;
	const struct descriptor *blob;
	char *path, *mount_path;
	bool missing;
};

struct probes {
	struct probe **items;
	size_t len, cap;
};

static void probes_release(struct probes *probes)
{
	VEC_FOREACH(probe, probes) {
		call_release(&(*probe)->call);
		call_release(&(*probe)->mount);
		free((*probe)->path);
		free((*probe)->mount_path);
		free(*probe);
	}
	free(probes->items);
}

static void have(struct probe *probe, const char *verb)
{
	struct copy *copy = probe->copy;

	copy->summary.blobs.skipped_blobs++;
	copy->summary.blobs.skipped_bytes += probe->blob->size;
	presence_add(&copy->registry->presence, copy->request->to, &probe->blob->digest);
	monitor_transfer(copy->registry->monitor, copy->request->step, verb,
			 probe->blob->digest.text, probe->blob->size, probe->blob->size);
	queue_job_done(&probe->job);
}

/* A session that is opened in its place is left to the registry: it ends by itself. */
static void on_mounted(struct call *call)
{
	struct probe *probe = call->data;

	if (!call_failed(call) && call->request.status == 201) {
		have(probe, "mounted");
		return;
	}
	probe->missing = true;
	queue_job_done(&probe->job);
}

static void try_mount(struct probe *probe)
{
	struct call *call = &probe->mount;

	call->method = HTTP_POST;
	call->path = probe->mount_path;
	call->done = on_mounted;
	call->data = probe;
	call_start(call);
}

static void on_asked(struct call *call)
{
	struct probe *probe = call->data;
	AUTO(err_release) struct err err = ERR_INIT;
	long status = call->request.status;

	if (call_failed(call)) {
		queue_job_failed(&probe->job, &call->err);
	} else if (status == 200) {
		have(probe, "exists");
	} else if (status != 404 && status != 405) {
		failure_of_status(call, probe->blob->digest.text, &err);
		queue_job_failed(&probe->job, &err);
	} else if (probe->mount_path) {
		try_mount(probe);
	} else {
		probe->missing = true;
		queue_job_done(&probe->job);
	}
}

static void start_probe(struct job *job)
{
	struct probe *probe = CONTAINER_OF(job, struct probe, job);

	probe->call.method = HTTP_HEAD;
	probe->call.path = probe->path;
	probe->call.done = on_asked;
	probe->call.data = probe;
	call_start(&probe->call);
}

static void set_source(struct probe *probe, const struct registry_copy_request *request)
{
	AUTO(freep)
	char *source = route_sibling(probe->copy->registry, request->to, request->from->repository);
	AUTO(str_release) struct str path = STR_INIT;

	if (!source)
		return;
	str_addf(&path, "/v2/%s/blobs/uploads/", request->to->repository);
	url_add_query(&path, "mount", probe->blob->digest.text);
	url_add_query(&path, "from", source);
	probe->mount_path = str_detach(&path);
	call_add_source(&probe->mount, source);
}

static struct probe *probe_new(struct copy *copy, const struct descriptor *blob)
{
	const struct registry_copy_request *request = copy->request;
	struct probe *probe = xcalloc(1, sizeof(*probe));

	probe->job.start = start_probe;
	probe->copy = copy;
	probe->blob = blob;
	probe->path = xasprintf("/v2/%s/blobs/%s", request->to->repository, blob->digest.text);
	call_init(&probe->call, copy->registry, request->to, CALL_PUSH);
	call_init(&probe->mount, copy->registry, request->to, CALL_PUSH);
	if (str_eq(request->from->host, request->to->host))
		set_source(probe, request);
	return probe;
}

static int find_missing(struct copy *copy, const struct descriptors *blobs, struct descriptors *ret,
			struct err *err)
{
	AUTO(probes_release) struct probes probes = { .items = NULL };
	AUTO(queue_release)
	struct queue queue = QUEUE_INIT(copy->registry->http, copy->registry->jobs);

	VEC_FOREACH(blob, blobs) {
		struct probe *probe = probe_new(copy, blob);

		*VEC_ADD(&probes) = probe;
		queue_add(&queue, &probe->job);
	}
	if (queue_run(&queue, err) < 0)
		return -1;
	VEC_FOREACH(probe, &probes) {
		if ((*probe)->missing)
			descriptor_copy(VEC_ADD(ret), (*probe)->blob);
	}
	return 0;
}

/* --- those that it lacks --- */

/* In, out, and gone: the scratch store never holds more than what is under way. */
struct passage {
	struct blob_fetch *fetch;
	struct upload *upload;
	struct job removal;
	struct store *scratch;
	const struct digest *digest;
};

struct passages {
	struct passage **items;
	size_t len, cap;
};

static void passages_release(struct passages *passages)
{
	VEC_FOREACH(passage, passages) {
		blob_fetch_free((*passage)->fetch);
		upload_free((*passage)->upload);
		free(*passage);
	}
	free(passages->items);
}

static void remove_blob(struct job *job)
{
	struct passage *passage = CONTAINER_OF(job, struct passage, removal);
	AUTO(err_release) struct err err = ERR_INIT;

	if (store_delete_blob(passage->scratch, passage->digest, &err) < 0)
		queue_job_failed(job, &err);
	else
		queue_job_done(job);
}

static int add_passage(struct copy *copy, const struct descriptor *blob, struct passages *passages,
		       struct queue *queue, struct err *err)
{
	const struct registry_copy_request *request = copy->request;
	struct passage *passage = xcalloc(1, sizeof(*passage));

	*VEC_ADD(passages) = passage;
	passage->scratch = request->scratch;
	passage->digest = &blob->digest;
	passage->removal.start = remove_blob;
	passage->upload = upload_new(copy->registry, request->scratch, request->to, blob, NULL,
				     request->step, &copy->summary.blobs);
	passage->fetch = blob_fetch_new(copy->registry, request->from, request->scratch, blob,
					&request->step, err);
	if (!passage->fetch)
		return -1;
	blob_fetch_job(passage->fetch)->next = upload_job(passage->upload);
	upload_job(passage->upload)->next = &passage->removal;
	queue_add(queue, blob_fetch_job(passage->fetch));
	return 0;
}

static int pass_blobs(struct copy *copy, const struct descriptors *blobs, struct err *err)
{
	unsigned at_once = copy->request->jobs ? copy->request->jobs : DEFAULT_JOBS;
	AUTO(passages_release) struct passages passages = { .items = NULL };
	AUTO(queue_release) struct queue queue = QUEUE_INIT(copy->registry->http, at_once);

	VEC_FOREACH(blob, blobs) {
		if (add_passage(copy, blob, &passages, &queue, err) < 0)
			return -1;
	}
	return queue_run(&queue, err);
}

static int copy_blobs(struct copy *copy, const struct descriptors *blobs, struct err *err)
{
	AUTO(descriptors_release) struct descriptors missing = { .items = NULL };

	return find_missing(copy, blobs, &missing, err) < 0 || pass_blobs(copy, &missing, err) < 0
		       ? -1
		       : 0;
}

/* --- all of it --- */

/* A single question: is it all there? Its manifest comes last, so then it is. */
static bool is_there(struct copy *copy, const struct descriptor *target)
{
	AUTO(descriptor_release) struct descriptor there = { .media_type = NULL };

	return registry_describe(copy->registry, copy->request->to, NULL, &there, NULL) == 0 &&
	       digest_equal(&there.digest, &target->digest);
}

int copy_image(struct copy *copy, struct descriptor *ret, struct push_plan *ret_plan,
	       struct err *err)
{
	const struct registry_copy_request *request = copy->request;

	if (fetch_manifests(copy, ret, err) < 0 ||
	    push_plan_make(request->scratch, ret, ret_plan, err) < 0)
		return -1;
	if (is_there(copy, ret))
		return referrers_enter(
			copy->registry, request->to, ret,
			str_span(&ret_plan->manifests.items[ret_plan->manifests.len - 1].body),
			err);
	if (copy_blobs(copy, &ret_plan->blobs, err) < 0)
		return -1;
	return push_manifests_only(copy->registry, request->scratch, ret, request->to,
				   request->step, err);
}

static int copy_all(struct copy *copy, struct descriptor *ret, struct err *err)
{
	AUTO(push_plan_release) struct push_plan plan = { .blobs = { .items = NULL } };

	if (copy_image(copy, ret, &plan, err) < 0)
		return -1;
	return copy->request->with_referrers ? copy_attached(copy, &plan, err) : 0;
}

int registry_copy(struct registry *registry, const struct registry_copy_request *request,
		  struct descriptor *ret, struct copy_summary *ret_summary, struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(freep) char *from = image_ref_format_short(request->from);
	AUTO(freep) char *to = image_ref_format_short(request->to);
	struct copy copy = { .registry = registry, .request = request };

	*ret = (struct descriptor){ .media_type = NULL };
	if (copy_all(&copy, ret, err) < 0) {
		descriptor_release(ret);
		return err_wrap(err, "copy '%s' to '%s'", from, to);
	}
	*ret_summary = copy.summary;
	return 0;
}
