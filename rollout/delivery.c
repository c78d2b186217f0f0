#include "rollout/delivery.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "compose/list.h"
#include "compose/project.h"
#include "device/container.h"

#define PROJECT_LABEL "com.docker.compose.project"

struct delivery {
	struct delivery_options options;
	struct strmap labels;
	pthread_mutex_t loading; /* one board's thread reads the compose file at a time */
};

struct delivery *delivery_new(const struct delivery_options *options)
{
	struct delivery *delivery = xcalloc(1, sizeof(*delivery));

	delivery->options = *options;
	strmap_set(&delivery->labels, RELEASE_LABEL, options->release->version);
	strmap_set(&delivery->labels, RELEASE_LABEL_DIGEST, options->release->digest.text);
	pthread_mutex_init(&delivery->loading, NULL);
	return delivery;
}

void delivery_freep(struct delivery **delivery)
{
	if (!*delivery)
		return;
	pthread_mutex_destroy(&(*delivery)->loading);
	strmap_release(&(*delivery)->labels);
	free(*delivery);
	*delivery = NULL;
}

/* --- before any board --- */

static int load(struct delivery *delivery, struct compose **ret, struct err *err)
{
	int status = 0;

	pthread_mutex_lock(&delivery->loading);
	status = delivery->options.load(delivery->options.load_data, ret, err);
	pthread_mutex_unlock(&delivery->loading);
	return status;
}

int delivery_check(struct delivery *delivery, struct err *err)
{
	const struct release *release = delivery->options.release;
	AUTO(compose_freep) struct compose *compose = NULL;

	if (release_check_images(delivery->options.registry, release, err) < 0)
		return -1;
	return load(delivery, &compose, err) < 0 ? err_wrap(err, "release '%s'", release->version)
						 : 0;
}

/* --- one board --- */

struct work {
	const struct rollout_board *board;
	const struct monitor *monitor;
	struct engine *engine;
	struct compose *compose;
	struct strmap ids;      /* of images that were sent, by service */
	struct strmap hook_ids; /* the same for hooks, by image */
};

static void work_release(struct work *work)
{
	engine_freep(&work->engine);
	compose_free(work->compose);
	strmap_release(&work->ids);
	strmap_release(&work->hook_ids);
}

static int connect_board(const struct rollout_board *board, const struct monitor *monitor,
			 struct engine **ret, struct err *err)
{
	AUTO(device_address_release) struct device_address address = DEVICE_ADDRESS_INIT;

	device_address_copy(&address, &board->address);
	address.is_unattended = true;
	return engine_open(board->name, &address, monitor, ret, err);
}

/* The release that made its newest container: those that a release did not change are older. */
static int read_from(struct engine *engine, const struct compose *compose, struct board_report *ret,
		     struct err *err)
{
	AUTO(freep) char *filter = xasprintf(PROJECT_LABEL "=%s", compose_name(compose));
	AUTO(containers_release) struct containers containers = { .items = NULL };
	const struct container *newest = NULL;

	if (containers_list(engine, filter, true, &containers, err) < 0)
		return -1;
	VEC_FOREACH(container, &containers) {
		if (strmap_has(&container->labels, RELEASE_LABEL) &&
		    (!newest || container->created > newest->created))
			newest = container;
	}
	if (newest)
		ret->from = xstrdup(strmap_get(&newest->labels, RELEASE_LABEL));
	return 0;
}

static int bring_image(const struct image_bringing *bringing, struct compose *compose,
		       const struct compose_service *service, struct strmap *ids, struct err *err)
{
	AUTO(brought_image_release) struct brought_image brought = { .name = NULL };

	if (board_bring_image(bringing, service->name, service->image, &brought, err) < 0)
		return -1;
	if (brought.name)
		compose_set_image(compose, service->name, brought.name);
	if (brought.sent.id)
		strmap_set(ids, service->name, brought.sent.id);
	return 0;
}

/* Nothing is stopped for it. */
static int bring_images(struct delivery *delivery, struct work *work, struct err *err)
{
	struct image_bringing bringing = { .engine = work->engine,
					   .supply = delivery->options.supply,
					   .monitor = work->monitor };
	struct platform platform;

	if (work->board->platform) {
		if (platform_parse(work->board->platform, &platform, err) < 0)
			return -1;
		bringing.platform = &platform;
	}
	VEC_FOREACH(service, &compose_project(work->compose)->services) {
		if ((service->image &&
		     bring_image(&bringing, work->compose, service, &work->ids, err) < 0) ||
		    board_bring_hook_images(&bringing, service, &work->hook_ids, err) < 0)
			return -1;
	}
	return 0;
}

/* Is it the board that is out of reach, or something else, such as the registry? */
static int blame(struct engine *engine, struct err *err)
{
	if (err->kind == ERR_NETWORK && engine_reconnect(engine, NULL) == 0)
		err->kind = ERR_SYSTEM;
	return -1;
}

static int run(struct delivery *delivery, const struct work *work, struct board_report *ret,
	       struct err *err)
{
	AUTO(deploy_result_release) struct deploy_result result = { .created = 0 };
	const struct deploy_request request = { .engine = work->engine,
						.compose = work->compose,
						.image_ids = &work->ids,
						.hook_image_ids = &work->hook_ids,
						.registry = delivery->options.registry,
						.platform = work->board->platform,
						.remove_orphans = true,
						.health = &delivery->options.health,
						.labels = &delivery->labels,
						.monitor = work->monitor };

	if (deploy_run(&request, &result, err) < 0)
		return -1;
	ret->is_unchanged =
		result.created + result.recreated + result.started + result.removed == 0;
	return 0;
}

static int open_work(struct delivery *delivery, struct work *work, struct board_report *ret,
		     struct err *err)
{
	if (connect_board(work->board, work->monitor, &work->engine, err) < 0 ||
	    load(delivery, &work->compose, err) < 0)
		return -1;
	return read_from(work->engine, work->compose, ret, err);
}

int delivery_bring(void *data, const struct rollout_board *board, const struct monitor *monitor,
		   struct board_report *ret, struct err *err)
{
	struct delivery *delivery = data;
	AUTO(work_release) struct work work = { .board = board, .monitor = monitor };

	if (open_work(delivery, &work, ret, err) < 0)
		return -1;
	if (bring_images(delivery, &work, err) < 0)
		return blame(work.engine, err);
	return run(delivery, &work, ret, err);
}

int delivery_look(void *data, const struct rollout_board *board, const struct monitor *monitor,
		  struct board_report *ret, struct err *err)
{
	AUTO(work_release) struct work work = { .board = board, .monitor = monitor };

	return open_work(data, &work, ret, err);
}
