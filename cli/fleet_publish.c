#include "fleet_publish.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "compose/list.h"
#include "compose/portable.h"
#include "compose/project.h"
#include "fleet_summary.h"
#include "registry/repository.h"
#include "release_memory.h"
#include "scratch_store.h"

struct publishing {
	const struct fleet_publishing *p;
	struct release release;
	struct descriptor manifest; /* of the release, in the store */
	struct digest current;      /* of the channel; empty = it names nothing */
	struct fleet_summary summary;
};

static void publishing_release(struct publishing *publishing)
{
	release_release(&publishing->release);
	descriptor_release(&publishing->manifest);
	fleet_summary_release(&publishing->summary);
}

/* "HOST/REPOSITORY", with one of both. */
static void refer(const struct publishing *publishing, const char *tag, const struct digest *digest,
		  struct image_ref *ret)
{
	image_ref_copy(ret, &publishing->p->site->repository);
	free(TAKE(ret->tag));
	ret->tag = xstrdup_or_null(tag);
	if (digest)
		ret->digest = *digest;
}

static const char *channel_of(const struct publishing *publishing)
{
	const struct fleet_push_args *args = publishing->p->args;

	return args->channel ? args->channel : fleet_site_channel(publishing->p->site);
}

/* --- building --- */

static int build(struct publishing *publishing, struct err *err)
{
	struct build_project *project = &publishing->p->project->build;
	struct session *session = publishing->p->session;

	for (size_t i = 0; i < project->len; i++) {
		struct build_request *request = &project->requests[i];

		request->store = session->store;
		request->registry = session->registry;
		request->sandbox = session->sandbox;
		request->monitor = &session->monitor;
		if (request->source_date_epoch < 0)
			request->source_date_epoch = publishing->p->source->epoch;
	}
	if (project->len == 0)
		return 0;
	return build_run_all(project->requests, project->len, project->results, err);
}

/* --- images --- */

/* The service gets it, and so do hooks of others that run in it. */
static void set_pushed(struct publishing *publishing, const char *service, const char *image)
{
	struct compose *compose = publishing->p->project->compose;
	AUTO(freep) char *before = compose_image_name(compose, service);

	compose_set_image(compose, service, image);
	VEC_FOREACH(other, &compose_project(compose)->services)
		compose_set_hook_image(compose, other->name, before, image);
}

static int push_service(struct publishing *publishing, const char *service,
			const struct platform *platform, const struct build_result *result,
			struct err *err)
{
	struct session *session = publishing->p->session;
	AUTO(strmap_release) struct strmap sent = STRMAP_INIT;
	AUTO(image_ref_release) struct image_ref tagged = IMAGE_REF_INIT, pinned = IMAGE_REF_INIT;
	AUTO(freep) char *tag = NULL, *image = NULL;
	unsigned step;
	int status;

	if (release_image_tag(service, &result->target.digest, &tag, err) < 0)
		return -1;
	refer(publishing, tag, NULL, &tagged);
	refer(publishing, NULL, &result->target.digest, &pinned);
	step = progress_begin(&session->monitor, "pushing %s", service);
	status = registry_push_noting(session->registry, session->store, &result->target, &tagged,
				      step, &sent, NULL, err);
	progress_end(&session->monitor, step, status, err);
	if (status == 0)
		status = fleet_summary_add(&publishing->summary, session->store, service, platform,
					   result, &sent, err);
	if (status < 0)
		return err_wrap(err, "service '%s'", service);
	image = image_ref_format(&pinned);
	set_pushed(publishing, service, image);
	return 0;
}

static int push_services(struct publishing *publishing, struct err *err)
{
	struct build_project *project = &publishing->p->project->build;

	for (size_t i = 0; i < project->len; i++) {
		const struct build_item *item = &project->items[i];

		if (push_service(publishing, item->name ? item->name : DEPLOY_MAIN_SERVICE,
				 &item->plan.machines.items[0].platform, &project->results[i],
				 err) < 0)
			return -1;
	}
	return 0;
}

/* An image of others, by the digest that it has now; the caller frees. */
static int find_pinned(struct publishing *publishing, const char *image, char **ret,
		       struct err *err)
{
	struct registry *registry = publishing->p->session->registry;
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };

	if (image_ref_parse(image, &ref, err) < 0)
		return -1;
	/* one that has a digest may be gone, too */
	if (registry_describe(registry, &ref, NULL, &target, err) < 0)
		return -1;
	ref.digest = target.digest;
	free(TAKE(ref.tag)); /* not every tool takes both */
	*ret = image_ref_format(&ref);
	return 0;
}

static int pin(struct publishing *publishing, const struct compose_service *service,
	       struct err *err)
{
	AUTO(freep) char *image = NULL;

	if (find_pinned(publishing, service->image, &image, err) < 0)
		return -1;
	compose_set_image(publishing->p->project->compose, service->name, image);
	return 0;
}

/* By the name that it has here. */
static bool is_built(const struct publishing *publishing, const char *image)
{
	struct compose *compose = publishing->p->project->compose;

	VEC_FOREACH(service, &compose_project(compose)->services) {
		AUTO(freep) char *name = compose_image_name(compose, service->name);

		if (service->build && str_eq(name, image))
			return true;
	}
	return false;
}

/* Those that are built here, and those of the service itself, get theirs together with it. */
static int pin_hooks(struct publishing *publishing, const struct compose_service *service,
		     struct err *err)
{
	VEC_FOREACH(hook, &service->pre_start) {
		AUTO(freep) char *image = NULL;

		if (!hook->image || str_eq(hook->image, service->image) ||
		    is_built(publishing, hook->image))
			continue;
		if (find_pinned(publishing, hook->image, &image, err) < 0)
			return err_wrap(err, "image '%s' of a pre_start hook of service '%s'",
					hook->image, service->name);
		compose_set_hook_image(publishing->p->project->compose, service->name, hook->image,
				       image);
	}
	return 0;
}

static int pin_others(struct publishing *publishing, struct err *err)
{
	const struct compose_project *project = compose_project(publishing->p->project->compose);

	VEC_FOREACH(service, &project->services) {
		if (!service->build && service->image && pin(publishing, service, err) < 0)
			return err_wrap(err, "image '%s' of service '%s'", service->image,
					service->name);
		if (pin_hooks(publishing, service, err) < 0)
			return -1;
	}
	return 0;
}

/* --- the release --- */

static int check_version(const struct publishing *publishing, struct err *err)
{
	const char *version = publishing->release.version;

	if (release_check_name(version, "version", err) < 0)
		return -1;
	if (!str_eq(version, channel_of(publishing)))
		return 0;
	(void)err_set(err, ERR_INPUT, "'%s' is the channel, and cannot be a release, too", version);
	return err_hint(err, "name the release: --release-version VERSION");
}

/* The content of configs is in it, and need not be UTF-8. */
static int check_readable(struct release *release, struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;

	if (release_list_images(release, &problem) == 0)
		return 0;
	(void)err_set(err, ERR_INPUT, "the release's compose file could not be read again: %s",
		      problem.message ? problem.message : "it is no YAML");
	return err_hint(err, "a config that is no UTF-8 text cannot be in it: COPY it in the "
			     "Dockerfile");
}

static int fill(struct publishing *publishing, struct err *err)
{
	const struct fleet_push_args *args = publishing->p->args;
	struct compose *compose = publishing->p->project->compose;
	struct release *release = &publishing->release;

	if (compose_make_portable(compose, err) < 0)
		return -1;
	compose_print(compose, COMPOSE_YAML, &release->compose);
	if (check_readable(release, err) < 0)
		return -1;
	release->version = xstrdup_or_null(args->version);
	release_source_fill(publishing->p->source, release);
	release->note = xstrdup_or_null(args->note);
	release->parent = publishing->current;
	VEC_FOREACH(label, &publishing->p->site->fleet->labels)
		strmap_set(&release->tags, label->name, label->value.text);
	VEC_FOREACH(tag, &args->release_tags)
		strmap_set_pair(&release->tags, *tag);
	return check_version(publishing, err);
}

static int write(struct publishing *publishing, struct err *err)
{
	descriptor_release(&publishing->manifest);
	publishing->manifest = (struct descriptor){ .media_type = NULL };
	return release_write(publishing->p->session->store, &publishing->release,
			     &publishing->manifest, err);
}

/* What is there under that name: the same, only published in another channel, or another. */
static int write_as(struct publishing *publishing, const struct image_ref *there,
		    const struct digest *digest, struct err *err)
{
	struct session *session = publishing->p->session;
	AUTO(release_release) struct release old = RELEASE_INIT;

	if (release_read(session->registry, there, &old, err) < 0)
		return -1;
	publishing->release.parent = old.parent;
	if (write(publishing, err) < 0)
		return -1;
	if (digest_equal(&publishing->manifest.digest, digest))
		return 0;
	(void)err_set(err, ERR_INPUT, "there is a release '%s' already, and it is another one",
		      publishing->release.version);
	return err_hint(err, "name this one: --release-version VERSION");
}

static int write_release(struct publishing *publishing, bool *ret_is_there, struct err *err)
{
	struct registry *registry = publishing->p->session->registry;
	AUTO(image_ref_release) struct image_ref there = IMAGE_REF_INIT;
	AUTO(err_release) struct err problem = ERR_INIT;
	struct digest digest;

	refer(publishing, publishing->release.version, NULL, &there);
	if (channel_read(registry, &there, there.tag, &digest, err) < 0)
		return -1;
	*ret_is_there = digest_is_set(&digest);
	if (!*ret_is_there)
		return write(publishing, err);
	if (write_as(publishing, &there, &digest, &problem) == 0)
		return 0;
	if (problem.kind != ERR_NOT_FOUND) {
		err_move(err, &problem);
		return -1;
	}
	/* it was being deleted */
	*ret_is_there = false;
	return write(publishing, err);
}

static int push_release(struct publishing *publishing, struct err *err)
{
	struct session *session = publishing->p->session;
	const char *version = publishing->release.version;
	AUTO(freep)
	char *tag = publishing->p->args->draft ? release_draft_tag(version) : xstrdup(version);
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	unsigned step = progress_begin(&session->monitor, "publishing release %s", version);
	int status;

	refer(publishing, tag, NULL, &ref);
	status = registry_push(session->registry, session->store, &publishing->manifest, &ref, step,
			       NULL, err);
	progress_end(&session->monitor, step, status, err);
	return status;
}

/* --- the channel --- */

static int move_channel(struct publishing *publishing, struct err *err)
{
	const struct fleet_publishing *p = publishing->p;
	AUTO(scratch_store_release) struct scratch_store scratch = SCRATCH_STORE_INIT;
	struct channel_move move = { .registry = p->session->registry,
				     .repository = &p->site->repository,
				     .channel = channel_of(publishing),
				     .from = &publishing->current,
				     .to = &publishing->manifest.digest };
	int status;

	if (scratch_store_open(&scratch, err) < 0)
		return -1;
	move.scratch = scratch.store;
	move.step = progress_begin(&p->session->monitor, "moving channel %s", move.channel);
	status = channel_move(&move, err);
	progress_end(&p->session->monitor, move.step, status, err);
	return status;
}

static void tell(struct publishing *publishing, bool was_there)
{
	struct progress *progress = publishing->p->session->progress;
	const char *version = publishing->release.version;
	AUTO(str_release) struct str text = STR_INIT;

	if (publishing->p->args->draft && was_there)
		str_addf(&text, "release %s is published already", version);
	else if (publishing->p->args->draft)
		str_addf(&text, "draft %s: 'edgectl release finalize %s %s' publishes it", version,
			 publishing->p->site->fleet->name, version);
	else if (digest_equal(&publishing->current, &publishing->manifest.digest))
		str_addf(&text, "release %s was in channel %s already", version,
			 channel_of(publishing));
	else
		str_addf(&text, "%s %s in channel %s", was_there ? "known release" : "release",
			 version, channel_of(publishing));
	str_add(&text, "; ");
	fleet_summary_total(&publishing->summary, &text);
	fleet_summary_tell(&publishing->summary, progress);
	progress_summary(progress, "%s", text.ptr);
	if (publishing->release.is_dirty)
		progress_summary(progress, "it has changes that are not committed");
	str_addf(publishing->p->digest, "%s\n", publishing->manifest.digest.text);
}

/* A release's version is never moved, nor is a tag that somebody uses for an image. */
static int check_channel(const struct publishing *publishing, struct err *err)
{
	const char *channel = channel_of(publishing);
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(release_release) struct release now = RELEASE_INIT;

	if (!digest_is_set(&publishing->current))
		return 0;
	refer(publishing, channel, NULL, &ref);
	if (release_read_manifest(publishing->p->session->registry, &ref, &now, err) < 0)
		return err_wrap(err, "channel '%s'", channel);
	if (!str_eq(now.version, channel))
		return 0;
	(void)err_set(err, ERR_INPUT, "'%s' is a release, and cannot be a channel, too", channel);
	return err_hint(err, "give the channel another name");
}

static int find_current(struct publishing *publishing, struct err *err)
{
	const struct fleet_publishing *p = publishing->p;

	if (channel_read(p->session->registry, &p->site->repository, channel_of(publishing),
			 &publishing->current, err) < 0)
		return -1;
	return check_channel(publishing, err);
}

static int publish(struct publishing *publishing, struct err *err)
{
	const struct fleet_publishing *p = publishing->p;
	bool is_there = false;

	if (find_current(publishing, err) < 0 || pin_others(publishing, err) < 0 ||
	    build(publishing, err) < 0 || push_services(publishing, err) < 0 ||
	    fill(publishing, err) < 0 || write_release(publishing, &is_there, err) < 0)
		return -1;
	if (!is_there && push_release(publishing, err) < 0)
		return -1;
	if (!p->args->draft && !digest_equal(&publishing->current, &publishing->manifest.digest) &&
	    move_channel(publishing, err) < 0)
		return -1;
	release_memory_add(&p->site->repository, publishing->release.version,
			   p->args->draft ? NULL : channel_of(publishing));
	tell(publishing, is_there);
	return 0;
}

int fleet_publish(struct fleet_publishing *p, struct err *err)
{
	AUTO(publishing_release)
	struct publishing publishing = { .p = p, .release = RELEASE_INIT };

	fleet_summary_init(&publishing.summary);
	return publish(&publishing, err);
}
