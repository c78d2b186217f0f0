#include "image/snapshot_maker.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/log.h"
#include "image/image_content.h"
#include "image/layer.h"

#define THREADS_MAX 4 /* as many blobs come at once */

struct layer_task {
	struct layer_source source;
	struct snapshot_maker *maker;
	struct descriptor blob;
	struct digest diff_id;  /* empty = whatever it is */
	struct blob_feed *feed; /* NULL = it is in the store: */
	int fd;                 /* this, while it is read */
	uint64_t done;          /* bytes of the blob */
};

struct snapshot_maker {
	struct store *store;
	const struct monitor *monitor;
	unsigned step;
	pthread_t threads[THREADS_MAX];
	size_t thread_count; /* the caller's alone, as */
	struct {
		struct digest *items;
		size_t len, cap;
	} added_ids; /* are */

	pthread_mutex_t lock;
	pthread_cond_t added, done;
	/* the rest under the lock */
	struct {
		struct layer_task **items;
		size_t len, cap;
	} waiting;
	size_t idle;    /* threads that wait for a task */
	size_t pending; /* tasks that are not over */
	bool is_over;   /* no more tasks come */
	bool has_failed;
	struct err err; /* of the first that failed */
};

static void task_free(struct layer_task *task)
{
	blob_feed_freep(&task->feed);
	fd_closep(&task->fd);
	descriptor_release(&task->blob);
	free(task);
}

/* --- one layer --- */

static bool is_stopped(struct snapshot_maker *maker)
{
	bool has_failed;

	pthread_mutex_lock(&maker->lock);
	has_failed = maker->has_failed;
	pthread_mutex_unlock(&maker->lock);
	return has_failed;
}

static int check_stop(struct snapshot_maker *maker, struct err *err)
{
	if (is_stopped(maker))
		return err_set(err, ERR_CANCELLED, "another layer failed");
	return monitor_check(maker->monitor, err);
}

static void report(const struct layer_task *task)
{
	monitor_transfer(task->maker->monitor, task->maker->step, "extracting",
			 task->blob.digest.text, task->done, task->blob.size);
}

/* The end is reported when the snapshot is there. */
static void note_progress(struct layer_task *task, size_t bytes)
{
	task->done += bytes;
	if (task->done < task->blob.size)
		report(task);
}

static ssize_t read_blob(struct layer_source *source, void *buf, size_t len, struct err *err)
{
	struct layer_task *task = CONTAINER_OF(source, struct layer_task, source);
	ssize_t n;

	if (check_stop(task->maker, err) < 0)
		return -1;
	if (task->feed)
		n = blob_feed_read(task->feed, buf, len, err);
	else
		n = fd_read_full(task->fd, buf, len, task->blob.digest.text, err);
	if (n > 0)
		note_progress(task, (size_t)n);
	return n;
}

static int unpack(struct layer_task *task, const char *path, struct digest *ret_diff_id,
		  struct err *err)
{
	struct store *store = task->maker->store;
	AUTO(layer_unpacker_freep) struct layer_unpacker *unpacker = NULL;
	AUTO(freep) char *fs = xasprintf("%s/fs", path);
	AUTO(fd_closep) int dir_fd = -1;

	if (!task->feed && store_open_blob(store, &task->blob.digest, &task->fd, err) < 0)
		return -1;
	if (fd_open(store_dir_fd(store), fs, O_RDONLY | O_DIRECTORY, 0, &dir_fd, err) < 0)
		return -1;
	unpacker = layer_unpacker_new(dir_fd, err);
	if (!unpacker)
		return -1;
	if (layer_read_from(&task->source, true, layer_unpacker_sink(unpacker), ret_diff_id, err) <
	    0)
		return -1;
	return layer_unpacker_finish(unpacker, err);
}

/* What the image says of the content that it turned out to be. */
static int check_content(const struct layer_task *task, const struct digest *diff_id,
			 struct err *err)
{
	if (!digest_is_set(&task->diff_id) || digest_equal(diff_id, &task->diff_id))
		return 0;
	return err_set(err, ERR_DIGEST, "content is %s, not %s as the image says", diff_id->text,
		       task->diff_id.text);
}

/* The blob's own digest comes first: what is wrong with it is no fault of the image. */
static bool is_verified(struct layer_task *task)
{
	return !task->feed || blob_feed_is_whole(task->feed);
}

static void drop(struct snapshot_maker *maker, const char *path)
{
	struct err err = ERR_INIT;

	if (store_drop_snapshot(maker->store, path, &err) < 0)
		log_debug("store", "drop %s: %s, ignoring", path, err.message);
	err_release(&err);
}

/* Without a failure and a snapshot when the blob did not come to its end. */
static int make_snapshot(struct layer_task *task, bool *ret_made, struct err *err)
{
	struct snapshot_maker *maker = task->maker;
	char path[SNAPSHOT_PATH_MAX];
	struct digest diff_id;
	int result;

	if (check_stop(maker, err) < 0 || store_new_snapshot(maker->store, path, err) < 0)
		return -1;
	result = unpack(task, path, &diff_id, err);
	if (!is_verified(task)) {
		drop(maker, path);
		err_clear(err);
		return 0;
	}
	if (result == 0)
		result = check_content(task, &diff_id, err);
	if (result < 0) {
		drop(maker, path);
		return err_wrap(err, "unpack layer %s", task->blob.digest.text);
	}
	*ret_made = true;
	return store_commit_snapshot(maker->store, path, &diff_id, err);
}

static int carry_out(struct layer_task *task, struct err *err)
{
	bool is_made = false;

	report(task);
	if (make_snapshot(task, &is_made, err) < 0)
		return -1;
	task->done = task->blob.size;
	if (is_made)
		report(task);
	return 0;
}

/* --- the threads --- */

/* NULL when there are no more. */
static struct layer_task *wait_for_task(struct snapshot_maker *maker)
{
	struct layer_task *task = NULL;

	pthread_mutex_lock(&maker->lock);
	maker->idle++;
	while (maker->waiting.len == 0 && !maker->is_over)
		pthread_cond_wait(&maker->added, &maker->lock);
	maker->idle--;
	if (maker->waiting.len > 0) {
		task = maker->waiting.items[0];
		memmove(maker->waiting.items, maker->waiting.items + 1,
			--maker->waiting.len * sizeof(*maker->waiting.items));
	}
	pthread_mutex_unlock(&maker->lock);
	return task;
}

static void end_task(struct snapshot_maker *maker, int result, struct err *err)
{
	pthread_mutex_lock(&maker->lock);
	if (result < 0 && !maker->has_failed) {
		maker->has_failed = true;
		err_move(&maker->err, err);
	}
	maker->pending--;
	pthread_cond_signal(&maker->done);
	pthread_mutex_unlock(&maker->lock);
}

static void *run_tasks(void *data)
{
	struct snapshot_maker *maker = data;
	struct layer_task *task;

	while ((task = wait_for_task(maker))) {
		AUTO(err_release) struct err err = ERR_INIT;

		end_task(maker, carry_out(task, &err), &err);
		task_free(task);
	}
	return NULL;
}

static void start_thread(struct snapshot_maker *maker)
{
	sigset_t all, before;

	/* Signals are for the main thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&maker->threads[maker->thread_count], NULL, run_tasks, maker) == 0)
		maker->thread_count++;
	else if (maker->thread_count == 0)
		abort();
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void add_task(struct snapshot_maker *maker, const struct descriptor *blob,
		     const struct digest *diff_id, struct blob_feed *feed)
{
	struct layer_task *task = xcalloc(1, sizeof(*task));
	bool is_busy;

	task->source.read = read_blob;
	task->maker = maker;
	task->feed = feed;
	task->fd = -1;
	descriptor_copy(&task->blob, blob);
	if (diff_id)
		task->diff_id = *diff_id;
	pthread_mutex_lock(&maker->lock);
	*VEC_ADD(&maker->waiting) = task;
	maker->pending++;
	is_busy = maker->waiting.len > maker->idle;
	pthread_cond_signal(&maker->added);
	pthread_mutex_unlock(&maker->lock);
	if (is_busy && maker->thread_count < THREADS_MAX)
		start_thread(maker);
}

/* --- its life --- */

struct snapshot_maker *snapshot_maker_new(struct store *store, const struct monitor *monitor,
					  unsigned step)
{
	struct snapshot_maker *maker = xcalloc(1, sizeof(*maker));

	pthread_mutex_init(&maker->lock, NULL);
	pthread_cond_init(&maker->added, NULL);
	pthread_cond_init(&maker->done, NULL);
	maker->store = store;
	maker->monitor = monitor;
	maker->step = step;
	return maker;
}

static bool is_made_or_added(struct snapshot_maker *maker, const struct digest *diff_id)
{
	char path[SNAPSHOT_PATH_MAX];

	VEC_FOREACH(id, &maker->added_ids) {
		if (digest_equal(id, diff_id))
			return true;
	}
	return store_find_snapshot(maker->store, diff_id, path);
}

void snapshot_maker_add(struct snapshot_maker *maker, const struct descriptor *blob,
			const struct digest *diff_id)
{
	if (is_made_or_added(maker, diff_id))
		return;
	*VEC_ADD(&maker->added_ids) = *diff_id;
	add_task(maker, blob, diff_id, NULL);
}

static int add_layers(struct snapshot_maker *maker, const struct descriptor *image, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(image_config_release) struct image_config config = { .user = NULL };

	if (image_content_read_manifest(maker->store, image, &manifest, err) < 0 ||
	    image_content_read_config(maker->store, &manifest.config, &config, err) < 0)
		return -1;
	if (config.diff_ids.len != manifest.layers.len)
		return err_set(err, ERR_INPUT, "image %s has %zu layers, but %zu diff ids",
			       image->digest.text, manifest.layers.len, config.diff_ids.len);
	for (size_t i = 0; i < manifest.layers.len; i++) {
		if (media_type_is_layer(manifest.layers.items[i].media_type))
			snapshot_maker_add(maker, &manifest.layers.items[i],
					   &config.diff_ids.items[i]);
	}
	return 0;
}

int snapshot_maker_add_image(struct snapshot_maker *maker, const struct descriptor *target,
			     struct err *err)
{
	AUTO(descriptors_release) struct descriptors content = { .items = NULL };

	if (image_content_list(maker->store, target, &content, err) < 0)
		return -1;
	VEC_FOREACH(part, &content) {
		if (media_type_is_manifest(part->media_type) && add_layers(maker, part, err) < 0)
			return -1;
	}
	return 0;
}

void snapshot_maker_follow(struct snapshot_maker *maker, const struct descriptor *blob,
			   const struct digest *diff_id, struct blob_feed *owned_feed)
{
	add_task(maker, blob, diff_id, owned_feed);
}

int snapshot_maker_finish(struct snapshot_maker *maker, struct err *err)
{
	bool has_failed;

	pthread_mutex_lock(&maker->lock);
	while (maker->pending > 0)
		pthread_cond_wait(&maker->done, &maker->lock);
	maker->added_ids.len = 0;
	has_failed = maker->has_failed;
	if (has_failed)
		err_move(err, &maker->err);
	maker->has_failed = false;
	pthread_mutex_unlock(&maker->lock);
	return has_failed ? -1 : 0;
}

void snapshot_maker_freep(struct snapshot_maker **owned)
{
	struct snapshot_maker *maker = TAKE(*owned);

	if (!maker)
		return;
	pthread_mutex_lock(&maker->lock);
	maker->is_over = true;
	maker->has_failed = true; /* what waits has no need to begin */
	pthread_cond_broadcast(&maker->added);
	pthread_mutex_unlock(&maker->lock);
	for (size_t i = 0; i < maker->thread_count; i++)
		pthread_join(maker->threads[i], NULL);
	pthread_cond_destroy(&maker->done);
	pthread_cond_destroy(&maker->added);
	pthread_mutex_destroy(&maker->lock);
	err_release(&maker->err);
	free(maker->waiting.items);
	free(maker->added_ids.items);
	free(maker);
}
