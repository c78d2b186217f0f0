#include "device/bring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "device/image.h"
#include "device/info.h"
#include "image/image_content.h"
#include "image/reference.h"
#include "registry/login.h"

/* Pulled here. */
struct supplied {
	char *image;
	struct platform platform;
	struct descriptor manifest; /* of the store */
};

struct image_supply {
	struct registry *registry;
	struct store *store;
	pthread_mutex_t lock;
	struct {
		struct supplied *items;
		size_t len, cap;
	} pulled;
};

struct image_supply *image_supply_new(struct registry *registry, struct store *store)
{
	struct image_supply *supply = xcalloc(1, sizeof(*supply));

	supply->registry = registry;
	supply->store = store;
	pthread_mutex_init(&supply->lock, NULL);
	return supply;
}

void image_supply_freep(struct image_supply **supply)
{
	if (!*supply)
		return;
	VEC_FOREACH(image, &(*supply)->pulled) {
		free(image->image);
		descriptor_release(&image->manifest);
	}
	free((*supply)->pulled.items);
	pthread_mutex_destroy(&(*supply)->lock);
	free(*supply);
	*supply = NULL;
}

void brought_image_release(struct brought_image *image)
{
	free(image->name);
	sent_image_release(&image->sent);
	*image = (struct brought_image){ .name = NULL };
}

/* Its id; NULL when the board has no such image. The caller frees. */
static char *find_image(struct engine *engine, const char *image)
{
	json_auto_t *found = NULL;

	if (board_image_inspect(engine, image, &found, NULL) < 0)
		return NULL;
	return xstrdup(json_get_string(found, "Id") ?: "");
}

static unsigned begin(const struct monitor *monitor, const char *verb, const char *service,
		      const char *where)
{
	unsigned step = monitor_add_step(monitor, "%s %s%s", verb, service, where);

	monitor_step(monitor, step, EVENT_STEP_STARTED);
	return step;
}

static int end(const struct monitor *monitor, unsigned step, int status, const struct err *err)
{
	if (status == 0)
		monitor_step(monitor, step, EVENT_STEP_DONE);
	else if (err->kind == ERR_CANCELLED)
		monitor_step(monitor, step, EVENT_STEP_CANCELLED);
	else
		monitor_text(monitor, step, EVENT_STEP_FAILED, "%s", err->message);
	return status;
}

/* In the user's name, who need not have logged in on the board. */
static int pull_there(const struct image_bringing *b, const char *service, const char *image,
		      struct err *err)
{
	AUTO(freep) char *where = xasprintf(" on %s", engine_name(b->engine));
	unsigned step = begin(b->monitor, "pulling", service, where);
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(secret_freep) char *auth = NULL;
	char platform[PLATFORM_TEXT_MAX];
	int status = -1;

	if (image_ref_parse(image, &ref, err) == 0 &&
	    registry_engine_auth(b->supply->registry, &ref, &auth, err) == 0)
		status = board_image_pull(b->engine, image,
					  b->platform ? platform_format(b->platform, platform)
						      : NULL,
					  auth, b->monitor, step, err);
	return end(b->monitor, step, status, err);
}

/* --- through here --- */

static const struct supplied *find_supplied(const struct image_supply *supply, const char *image,
					    const struct platform *platform)
{
	VEC_FOREACH(item, &supply->pulled) {
		if (str_eq(item->image, image) && platform_equal(&item->platform, platform))
			return item;
	}
	return NULL;
}

/* The only one that is an image, and no attestation; NULL when there are more. */
static const struct descriptor *only_image(const struct index *index)
{
	const struct descriptor *found = NULL;

	VEC_FOREACH(member, &index->manifests) {
		if (str_eq(member->platform.os, "unknown"))
			continue;
		if (found)
			return NULL;
		found = member;
	}
	return found;
}

/* 64 bits run 32, too. */
static int select_member(const struct index *index, const struct platform *platform,
			 const struct descriptor **ret, struct err *err)
{
	struct platform narrower;

	platform_set(&narrower, platform->os, "arm", "v7");
	if (str_eq(platform->arch, "arm64") && index_select(index, platform, ret, NULL) < 0 &&
	    index_select(index, &narrower, ret, NULL) == 0)
		return 0;
	return index_select(index, platform, ret, err);
}

/* Of an image for several platforms, the one for this board; another one if that is all there is. */
static int choose(struct store *store, const struct descriptor *target,
		  const struct platform *platform, struct descriptor *ret, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *chosen = target;

	if (media_type_is_index(target->media_type)) {
		if (image_content_read_index(store, target, &index, err) < 0)
			return -1;
		chosen = only_image(&index);
		if (!chosen && select_member(&index, platform, &chosen, err) < 0)
			return -1;
	}
	descriptor_copy(ret, chosen);
	return 0;
}

static int pull(struct image_supply *supply, const char *service, const char *image,
		const struct platform *platform, const struct monitor *monitor, struct err *err)
{
	const struct pull_platforms wanted = { .items = platform, .count = 1, .or_all = true };
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	struct fetch_target to = { .store = supply->store };
	struct supplied *added = NULL;
	struct descriptor chosen;
	int status = 0;

	if (image_ref_parse(image, &ref, err) < 0)
		return -1;
	to.step = begin(monitor, "pulling", service, "");
	status = registry_pull(supply->registry, &ref, &wanted, &to, &target, err);
	if (end(monitor, to.step, status, err) < 0 ||
	    choose(supply->store, &target, platform, &chosen, err) < 0)
		return -1;
	added = VEC_ADD(&supply->pulled);
	added->image = xstrdup(image);
	added->platform = *platform;
	added->manifest = chosen;
	return 0;
}

/* One board's thread pulls, the others wait for it. */
static int pull_here(struct image_supply *supply, const char *service, const char *image,
		     const struct platform *platform, const struct monitor *monitor,
		     struct descriptor *ret, struct err *err)
{
	const struct supplied *found = NULL;
	int status = 0;

	pthread_mutex_lock(&supply->lock);
	if (!find_supplied(supply, image, platform))
		status = pull(supply, service, image, platform, monitor, err);
	found = find_supplied(supply, image, platform);
	if (status == 0 && found)
		descriptor_copy(ret, &found->manifest);
	pthread_mutex_unlock(&supply->lock);
	return status;
}

/* An engine gives what it loads a tag, never a digest. */
static char *name_by_tag(const char *image)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (image_ref_parse(image, &ref, NULL) < 0)
		return xstrdup(image);
	if (digest_is_set(&ref.digest)) {
		free(ref.tag);
		ref.tag = xasprintf("%.12s", digest_hex(&ref.digest));
		ref.digest = (struct digest){ .text = "" };
	}
	return image_ref_format_short(&ref);
}

static int find_platform(const struct image_bringing *b, struct platform *ret, struct err *err)
{
	if (!b->platform)
		return device_platform(b->engine, ret, err);
	*ret = *b->platform;
	return 0;
}

static int send_image(const struct image_bringing *b, const char *service, const char *image,
		      struct brought_image *ret, struct err *err)
{
	AUTO(descriptor_release) struct descriptor pulled = { .media_type = NULL };
	AUTO(freep) char *name = name_by_tag(image);
	AUTO(freep) char *where = xasprintf(" to %s", engine_name(b->engine));
	struct platform platform;
	unsigned step = 0;
	int status = 0;

	if (find_platform(b, &platform, err) < 0 ||
	    pull_here(b->supply, service, image, &platform, b->monitor, &pulled, err) < 0)
		return -1;
	step = begin(b->monitor, "sending", name, where);
	status = board_send_image(b->engine, b->supply->store, &pulled, name, b->monitor, step,
				  &ret->sent, err);
	if (end(b->monitor, step, status, err) < 0)
		return -1;
	ret->name = TAKE(name);
	return 0;
}

/* Of another way to it, the same would come; a connection that broke may be had again. */
static bool is_final(struct engine *engine, const struct err *problem)
{
	if (problem->kind == ERR_NETWORK)
		return engine_reconnect(engine, NULL) < 0;
	return problem->kind == ERR_CANCELLED ||
	       strstr(problem->message, "no space left on device");
}

int board_bring_image(const struct image_bringing *b, const char *service, const char *image,
		      struct brought_image *ret, struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;
	AUTO(freep) char *sent_name = name_by_tag(image);
	AUTO(freep) char *id = find_image(b->engine, image);

	if (id)
		return 0;
	/* A digest says what it is; another tag may be newer by now. */
	if (strchr(image, '@'))
		ret->sent.id = find_image(b->engine, sent_name);
	if (ret->sent.id) {
		ret->name = TAKE(sent_name);
		return 0;
	}
	if (pull_there(b, service, image, &problem) == 0)
		return 0;
	if (is_final(b->engine, &problem)) {
		err_move(err, &problem);
		return err_wrap(err, "service '%s'", service);
	}
	monitor_text(b->monitor, 0, EVENT_INFO,
		     "%s: the board cannot pull it, so it is sent from here", service);
	return send_image(b, service, image, ret, err) < 0 ? err_wrap(err, "service '%s'", service)
							   : 0;
}

int board_bring_hook_images(const struct image_bringing *b, const struct compose_service *service,
			    struct strmap *ret_ids, struct err *err)
{
	VEC_FOREACH(hook, &service->pre_start) {
		AUTO(brought_image_release) struct brought_image brought = { .name = NULL };

		/* its own comes with the service */
		if (!hook->image || str_eq(hook->image, service->image) ||
		    strmap_has(ret_ids, hook->image))
			continue;
		if (board_bring_image(b, service->name, hook->image, &brought, err) < 0)
			return -1;
		if (brought.sent.id)
			strmap_set(ret_ids, hook->image, brought.sent.id);
	}
	return 0;
}
