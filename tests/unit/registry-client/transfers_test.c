/*
 * The whole of the transfer engine with every thread that it has: several threads that share a client, the disk's work
 * beside each of them, and layers that are unpacked while they come. It says most under ThreadSanitizer.
 */
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "image/snapshot_maker.h"
#include "registry/repository.h"
#include "world.h"

#define THREADS 3
/* Each answer that has a part of the layer breaks off; what follows goes on. */
#define CUTS "[{\"on\": \"GET .*/blobs/\", \"cut\": 300000, \"times\": 6}]"

static const char *const cut[] = { "--layer-size", "1000000", "--faults", CUTS, NULL };
static const char *const broken_uploads[] = {
	"--layer-size",
	"1000000",
	"--no-mounts",
	"--faults",
	"[{\"on\": \"PUT .*/blobs/\", \"receive\": 300000, \"times\": 3}, {\"on\": \"POST\", "
	"\"status\": 502, \"times\": 2}]",
	NULL
};

/* --- threads: what fails is said in the main one --- */

struct worker {
	pthread_t thread;
	unsigned number;
	int (*work)(struct worker *worker, struct err *err);
	int status;
	struct err err;
};

static void *run_worker(void *data)
{
	struct worker *worker = data;

	worker->status = worker->work(worker, &worker->err);
	return NULL;
}

static void start(struct worker workers[THREADS],
		  int (*work)(struct worker *worker, struct err *err))
{
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .number = i, .work = work };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]),
				 0);
	}
}

static void finish(struct worker workers[THREADS], enum err_kind kind)
{
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		if (workers[i].err.kind != kind)
			fail_msg("thread %u: %s", i,
				 workers[i].err.message ? workers[i].err.message : "no failure");
		err_release(&workers[i].err);
	}
}

static void in_threads(int (*work)(struct worker *worker, struct err *err))
{
	struct worker workers[THREADS];

	start(workers, work);
	finish(workers, ERR_NONE);
}

/* --- downloads --- */

struct layer_watch {
	struct blob_watch watch;
	struct snapshot_maker *maker;
};

static void follow(struct blob_watch *watch, const struct descriptor *blob,
		   struct blob_writer *writer)
{
	struct layer_watch *w = CONTAINER_OF(watch, struct layer_watch, watch);

	if (media_type_is_layer(blob->media_type))
		snapshot_maker_follow(w->maker, blob, NULL, blob_writer_feed(writer, NULL));
}

/* As `pull --unpack` does it. */
static int pull_and_unpack(struct worker *worker, struct err *err)
{
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(world.store, &world.monitor, 1);
	struct layer_watch watch = { .watch = { .begins = follow }, .maker = maker };
	const struct fetch_target into = { .store = world.store, .watch = &watch.watch, .step = 1 };
	AUTO(descriptor_release) struct descriptor target = { .size = 0 };

	(void)worker;
	if (registry_pull(world.registry, &world.ref, NULL, &into, &target, err) < 0 ||
	    snapshot_maker_finish(maker, err) < 0 ||
	    snapshot_maker_add_image(maker, &target, err) < 0)
		return -1;
	return snapshot_maker_finish(maker, err);
}

static void assert_unpacked_once(void)
{
	assert_int_equal(world_shell("test $(stat -c %s store/snapshots/*/fs/file) = 1000000"), 0);
	assert_int_equal(world_shell("test $(ls store/snapshots | wc -l) = 1"), 0);
	assert_int_equal(world_shell("test -z \"$(ls store/partial store/ingest | grep -v :)\""),
			 0);
}

static void several_threads_pull_with_one_client(void **state)
{
	(void)state;
	world_begin(cut);
	in_threads(pull_and_unpack);
	assert_unpacked_once();
}

static struct registry *connect_another(void)
{
	const struct registry_options options = { .monitor = &world.monitor };
	struct registry *registry = registry_new(&options);

	registry->retry.base_ms = 1;
	return registry;
}

/* At the same partial file: one has it, the others take a file of their own. */
static int pull_with_own_client(struct worker *worker, struct err *err)
{
	AUTO(registry_freep) struct registry *registry = connect_another();
	const struct fetch_target into = { .store = world.store, .step = worker->number };
	AUTO(descriptor_release) struct descriptor target = { .size = 0 };

	return registry_pull(registry, &world.ref, NULL, &into, &target, err);
}

static void several_clients_pull_into_one_store(void **state)
{
	(void)state;
	world_begin(cut);
	in_threads(pull_with_own_client);
	assert_int_equal(world_shell("test $(ls store/blobs/sha256 | wc -l) = 3"), 0);
	assert_int_equal(world_shell("test -z \"$(ls store/partial store/ingest | grep -v :)\""),
			 0);
}

static void all_stop_when_they_are_told_to(void **state)
{
	(void)state;
	static const char *const stalls[] = { "--layer-size", "1000000", "--faults",
					      "[{\"on\": \"GET .*/blobs/\", \"stall\": 600, "
					      "\"times\": -1}]",
					      NULL };
	int cancel = eventfd(0, EFD_CLOEXEC);
	struct worker workers[THREADS];

	world_begin(stalls);
	world.monitor.cancel_fd = cancel;
	start(workers, pull_and_unpack);
	while (faulty_count("/blobs/") == 0)
		usleep(1000);
	assert_int_equal(eventfd_write(cancel, 1), 0);
	finish(workers, ERR_CANCELLED);
	assert_int_equal(world_shell("test -z \"$(ls store/snapshots)\""), 0);
	close(cancel);
}

/* --- uploads --- */

static struct descriptor pulled; /* what is pushed */

static int push(struct worker *worker, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep)
	char *name = xasprintf("127.0.0.1:%d/copy-%u:1", world.server.port, worker->number);
	struct push_summary summary = { 0 };

	if (image_ref_parse(name, &ref, err) < 0 ||
	    registry_push(world.registry, world.store, &pulled, &ref, 1, &summary, err) < 0)
		return -1;
	return summary.sent_blobs == 2 ? 0 : err_set(err, ERR_PROTOCOL, "sent not all of it");
}

static void several_threads_push_with_one_client(void **state)
{
	(void)state;
	world_begin(broken_uploads);
	assert_ok(world_pull(&pulled, &err_));
	in_threads(push);
	descriptor_release(&pulled);
}

/* --- copies --- */

static int copy(struct worker *worker, struct err *err)
{
	AUTO(image_ref_release) struct image_ref to = IMAGE_REF_INIT;
	AUTO(freep)
	char *name = xasprintf("127.0.0.1:%d/copy-%u:1", world.server.port, worker->number);
	AUTO(freep) char *place = xasprintf("scratch-%u", worker->number);
	AUTO(store_closep) struct store *scratch = NULL;
	AUTO(descriptor_release) struct descriptor target = { .size = 0 };
	struct copy_summary summary = { .attached = 0 };
	struct registry_copy_request request = { .from = &world.ref, .to = &to, .step = 1 };

	if (image_ref_parse(name, &to, err) < 0 || store_open(place, &scratch, err) < 0)
		return -1;
	request.scratch = scratch;
	return registry_copy(world.registry, &request, &target, &summary, err);
}

static void several_threads_copy_with_one_client(void **state)
{
	(void)state;
	world_begin(broken_uploads);
	in_threads(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(several_threads_pull_with_one_client),
		world_test(several_clients_pull_into_one_store),
		world_test(all_stop_when_they_are_told_to),
		world_test(several_threads_push_with_one_client),
		world_test(several_threads_copy_with_one_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
