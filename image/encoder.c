#include "encoder.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "block_cache.h"
#include "compressor.h"

/* Blocks under way beside those being compressed: one being filled, one waiting, one being written. */
#define SLOTS_EXTRA 3
#define SLOTS_MAX   (ENCODER_JOBS_MAX + SLOTS_EXTRA)

struct slot {
	char *in, *out;
	size_t in_len, out_len;
	struct block_key key; /* with a cache */
	bool is_compressed;
};

/*
 * Block n lives in slot n % slot_count, and passes through: filled by the caller, then hashed and (at the same time)
 * taken and compressed, then written. Each count is of the blocks that are past that stage.
 */
struct encoder {
	struct blob_writer *blob;
	struct block_cache *cache; /* NULL = none */
	uint64_t offset;           /* in the blob, of the next block */
	enum compression compression;
	int level;
	unsigned jobs;
	struct hasher *hasher;
	uint64_t size;

	struct slot slots[SLOTS_MAX];
	unsigned slot_count;
	size_t fill; /* bytes in the block that the caller is filling */

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	uint64_t filled, hashed, taken, written;
	bool is_writing; /* one of the compressors is */
	bool is_closed;  /* no more blocks will come */
	bool has_failed;
	struct err err;

	pthread_t threads[ENCODER_JOBS_MAX + 1];
	unsigned thread_count;
};

static unsigned count_jobs(const struct layer_options *options)
{
	long jobs = options->jobs ? (long)options->jobs : sysconf(_SC_NPROCESSORS_ONLN);

	if (options->compression == COMPRESSION_NONE)
		return 1;
	return jobs < 1 ? 1 : jobs > ENCODER_JOBS_MAX ? ENCODER_JOBS_MAX : (unsigned)jobs;
}

struct encoder *encoder_new(struct blob_writer *blob, const struct layer_options *options,
			    struct block_cache *cache)
{
	struct encoder *e = xcalloc(1, sizeof(*e));

	e->blob = blob;
	e->cache = cache;
	e->compression = options->compression;
	e->level = options->level;
	e->jobs = count_jobs(options);
	e->slot_count = e->jobs + SLOTS_EXTRA;
	e->hasher = hasher_new(DIGEST_SHA256);
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->changed, NULL);
	return e;
}

static struct slot *slot_of(struct encoder *e, uint64_t block)
{
	return &e->slots[block % e->slot_count];
}

static void compress(struct encoder *e, struct slot *slot, struct compressor *c)
{
	size_t bound = compressor_bound(c);

	if (!slot->out)
		slot->out = xmalloc(bound);
	if (!e->cache || !block_cache_find(e->cache, slot->in, slot->in_len, slot->out, bound,
					   &slot->out_len, &slot->key))
		slot->out_len = compressor_run(c, slot->in, slot->in_len, slot->out);
}

/* --- the threads --- */

/* By one thread at a time, in order. */
static int write_block(struct encoder *e, const struct slot *slot, struct err *err)
{
	if (e->cache)
		block_cache_note(e->cache, &slot->key, e->offset, slot->out, slot->out_len);
	e->offset += slot->out_len;
	return blob_write(e->blob, slot->out, slot->out_len, err);
}

static void *hash_blocks(void *arg)
{
	struct encoder *e = arg;

	pthread_mutex_lock(&e->lock);
	for (;;) {
		while (!e->has_failed && e->hashed == e->filled && !e->is_closed)
			pthread_cond_wait(&e->changed, &e->lock);
		if (e->has_failed || e->hashed == e->filled)
			break;
		const struct slot *slot = slot_of(e, e->hashed);
		pthread_mutex_unlock(&e->lock);
		hasher_update(e->hasher, slot->in, slot->in_len);
		pthread_mutex_lock(&e->lock);
		e->hashed++;
		pthread_cond_broadcast(&e->changed);
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

/* With the lock held: writes what is next, as far as it is compressed. Blobs know no order: one writes at a time. */
static void write_blocks(struct encoder *e)
{
	if (e->is_writing)
		return;
	e->is_writing = true;
	while (!e->has_failed && e->written < e->taken && slot_of(e, e->written)->is_compressed) {
		struct slot *slot = slot_of(e, e->written);
		struct err err = ERR_INIT;
		int result;

		pthread_mutex_unlock(&e->lock);
		result = write_block(e, slot, &err);
		pthread_mutex_lock(&e->lock);
		if (result < 0) {
			e->has_failed = true;
			err_move(&e->err, &err);
		}
		slot->is_compressed = false;
		e->written++;
		pthread_cond_broadcast(&e->changed);
	}
	e->is_writing = false;
}

static void *compress_blocks(void *arg)
{
	struct encoder *e = arg;
	AUTO(compressor_freep) struct compressor *c = compressor_new(e->compression, e->level);

	pthread_mutex_lock(&e->lock);
	for (;;) {
		while (!e->has_failed && e->taken == e->filled && !e->is_closed)
			pthread_cond_wait(&e->changed, &e->lock);
		if (e->has_failed || e->taken == e->filled)
			break;
		struct slot *slot = slot_of(e, e->taken++);
		pthread_mutex_unlock(&e->lock);
		compress(e, slot, c);
		pthread_mutex_lock(&e->lock);
		slot->is_compressed = true;
		write_blocks(e);
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

static int start_thread(struct encoder *e, void *(*run)(void *), struct err *err)
{
	int errnum = pthread_create(&e->threads[e->thread_count], NULL, run, e);

	if (errnum)
		return err_errnum(err, errnum, "start a thread");
	e->thread_count++;
	return 0;
}

static int start_threads(struct encoder *e, struct err *err)
{
	sigset_t all, before;
	int result;

	/* signals are for the thread that waits for them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = start_thread(e, hash_blocks, err);
	for (unsigned i = 0; result == 0 && i < e->jobs; i++)
		result = start_thread(e, compress_blocks, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

static void join_threads(struct encoder *e)
{
	pthread_mutex_lock(&e->lock);
	e->is_closed = true;
	pthread_cond_broadcast(&e->changed);
	pthread_mutex_unlock(&e->lock);
	for (unsigned i = 0; i < e->thread_count; i++)
		pthread_join(e->threads[i], NULL);
	e->thread_count = 0;
}

/* --- the caller's side --- */

static int take_error(struct encoder *e, struct err *err)
{
	if (err)
		err_move(err, &e->err);
	return -1;
}

/* Hands the block over and waits until its successor's slot is free. */
static int hand_over(struct encoder *e, struct err *err)
{
	if (e->thread_count == 0 && start_threads(e, err) < 0)
		return -1;
	pthread_mutex_lock(&e->lock);
	slot_of(e, e->filled)->in_len = e->fill;
	e->filled++;
	e->fill = 0;
	pthread_cond_broadcast(&e->changed);
	while (!e->has_failed &&
	       (e->filled - e->hashed >= e->slot_count || e->filled - e->written >= e->slot_count))
		pthread_cond_wait(&e->changed, &e->lock);
	bool failed = e->has_failed;
	pthread_mutex_unlock(&e->lock);
	return failed ? take_error(e, err) : 0;
}

int encoder_write(struct encoder *e, const void *data, size_t len, struct err *err)
{
	const char *from = data;

	e->size += len;
	while (len > 0) {
		struct slot *slot = slot_of(e, e->filled);
		size_t part = COMPRESSOR_BLOCK - e->fill;

		if (part > len)
			part = len;
		if (!slot->in)
			slot->in = xmalloc(COMPRESSOR_BLOCK);
		memcpy(slot->in + e->fill, from, part);
		e->fill += part;
		from += part;
		len -= part;
		if (e->fill == COMPRESSOR_BLOCK && hand_over(e, err) < 0)
			return -1;
	}
	return 0;
}

size_t encoder_waiting(const struct encoder *e)
{
	return e->fill;
}

int encoder_cut(struct encoder *e, struct err *err)
{
	return e->fill < ENCODER_CUT_MIN ? 0 : hand_over(e, err);
}

static int finish_alone(struct encoder *e, struct err *err)
{
	AUTO(compressor_freep) struct compressor *c = compressor_new(e->compression, e->level);
	struct slot *slot = slot_of(e, 0);

	slot->in_len = e->fill;
	if (slot->in_len == 0)
		return 0;
	hasher_update(e->hasher, slot->in, slot->in_len);
	compress(e, slot, c);
	return write_block(e, slot, err);
}

int encoder_finish(struct encoder *e, struct digest *ret_digest, uint64_t *ret_size,
		   struct err *err)
{
	if (e->thread_count == 0) {
		if (finish_alone(e, err) < 0)
			return -1;
	} else {
		if (e->fill > 0 && hand_over(e, err) < 0)
			return -1;
		join_threads(e);
		if (e->has_failed)
			return take_error(e, err);
	}
	hasher_finish(e->hasher, ret_digest);
	*ret_size = e->size;
	return 0;
}

void encoder_freep(struct encoder **encoder)
{
	struct encoder *e = TAKE(*encoder);

	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	e->has_failed = true; /* what is left is not wanted */
	pthread_mutex_unlock(&e->lock);
	join_threads(e);
	for (size_t i = 0; i < SLOTS_MAX; i++) {
		free(e->slots[i].in);
		free(e->slots[i].out);
	}
	hasher_free(e->hasher);
	err_release(&e->err);
	pthread_mutex_destroy(&e->lock);
	pthread_cond_destroy(&e->changed);
	free(e);
}
