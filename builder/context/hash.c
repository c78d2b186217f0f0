#include "context/hash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/sparse.h"
#include "hash_record.h"
#include "image/digest.h"

#define CACHE_SPACE "file"
#define READ_SIZE   (128 * 1024)
#define THREADS_MAX 4
/* So often a file is read that is written meanwhile. */
#define READS_MAX 3
/* Below this many files a thread costs more than it gains. */
#define FILES_PER_THREAD 16

/*
 * File times come from a clock that ticks with the kernel's timer, at worst every 10 ms; file
 * systems that keep no fractions of a second tick every one (NFSv2, HFS) or two (FAT) of them.
 */
#define TICK_NS        20000000LL
#define COARSE_TICK_NS 2000000000LL

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

bool stat_is_racy(const struct stat *st, const struct timespec *hashed_at)
{
	int64_t mtime = nanoseconds(&st->st_mtim), ctime = nanoseconds(&st->st_ctim);
	int64_t latest = mtime > ctime ? mtime : ctime;
	bool coarse = st->st_ctim.tv_nsec == 0;

	return latest + (coarse ? COARSE_TICK_NS : TICK_NS) >= nanoseconds(hashed_at);
}

void hash_cache_init(struct hash_cache *cache, struct store *store, const char *name)
{
	*cache = (struct hash_cache){ .store = store, .name = xstrdup(name) };
}

static int load_record(struct hash_cache *cache, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	bool found = false;

	if (cache->record)
		return 0;
	if (store_cache_get(cache->store, CACHE_SPACE, cache->name, &text, &found, err) < 0)
		return -1;
	cache->record = hash_record_new(&text);
	return 0;
}

int hash_cache_save(struct hash_cache *cache, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (!cache->record || !hash_record_has_changed(cache->record))
		return 0;
	hash_record_write(cache->record, &text);
	return store_cache_put(cache->store, CACHE_SPACE, cache->name, text.ptr, err);
}

void hash_cache_release(struct hash_cache *cache)
{
	free(cache->name);
	hash_record_freep(&cache->record);
	*cache = (struct hash_cache){ .store = NULL };
}

/* --- hashing --- */

struct work {
	struct tree *tree;
	const struct monitor *monitor;
	struct tree_nodes files; /* to be read; none of them has a hash */
	atomic_size_t next;
	atomic_bool failed;
	pthread_mutex_t lock; /* guards err */
	struct err *err;
};

static void hash_xattrs(const struct layer_xattrs *xattrs, struct hasher *hasher)
{
	for (size_t i = 0; i < xattrs->len; i++) {
		const struct layer_xattr *xattr = &xattrs->items[i];
		char len[24];

		(void)snprintf(len, sizeof(len), "%zu", xattr->len);
		hasher_update(hasher, xattr->name, strlen(xattr->name) + 1);
		hasher_update(hasher, len, strlen(len) + 1);
		hasher_update(hasher, xattr->value, xattr->len);
	}
}

static int hash_content(struct work *work, int fd, const struct stat *st, void *buf,
			struct hasher *hasher, struct err *err)
{
	struct sparse_reader reader;

	sparse_reader_init(&reader, fd, st);
	for (;;) {
		const void *data;
		ssize_t n = sparse_read(&reader, buf, READ_SIZE, "file", &data, err);

		if (n <= 0)
			return (int)n;
		hasher_update(hasher, data, (size_t)n);
		if (monitor_check(work->monitor, err) < 0)
			return -1;
	}
}

static bool same_stat(const struct stat *a, const struct stat *b)
{
	char left[STAT_TEXT_LEN], right[STAT_TEXT_LEN];

	stat_format(a, left);
	stat_format(b, right);
	return memcmp(left, right, STAT_TEXT_LEN) == 0;
}

/*
 * A file that was written, or came in place of another one, since it was listed: its time is that of the content which is
 * hashed now. Whoever is told of the change later sees the same content, and nothing to do.
 */
static int look_again(struct tree_node *node, int fd, struct err *err)
{
	struct stat *st = &node->st, now;

	if (fstat(fd, &now) < 0)
		return err_errno(err, "stat");
	if (now.st_mode != st->st_mode || now.st_nlink != 1 || st->st_nlink != 1 ||
	    (now.st_ctim.tv_sec == st->st_ctim.tv_sec &&
	     now.st_ctim.tv_nsec == st->st_ctim.tv_nsec))
		return 0;
	st->st_dev = now.st_dev;
	st->st_ino = now.st_ino;
	st->st_size = now.st_size;
	st->st_blocks = now.st_blocks;
	st->st_mtim = now.st_mtim;
	st->st_ctim = now.st_ctim;
	return 0;
}

static int hash_once(struct work *work, struct tree_node *node, int fd, void *buf,
		     struct hasher *hasher, struct digest *ret, struct err *err)
{
	struct layer_xattrs xattrs = { .items = NULL };

	if (hash_content(work, fd, &node->st, buf, hasher, err) < 0 ||
	    tree_read_xattrs(work->tree, node, &xattrs, err) < 0)
		return -1;
	hasher_finish(hasher, ret);
	if (xattrs.len > 0) {
		hasher_update(hasher, ret->text, strlen(ret->text));
		hash_xattrs(&xattrs, hasher);
		hasher_finish(hasher, ret);
		layer_xattrs_release(&xattrs);
	}
	return 0;
}

/* One that is written all the time keeps what was known before it was read: whoever copies it sees that it has changed. */
static int hash_file(struct work *work, size_t index, void *buf, struct hasher *hasher,
		     struct err *err)
{
	struct tree_node *node = work->files.items[index];
	struct digest digest;
	struct timespec now;
	bool is_settled = false;

	for (unsigned i = 0; i < READS_MAX && !is_settled; i++) {
		AUTO(fd_closep) int fd = -1;
		struct stat after;

		(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
		if (tree_open(work->tree, node, &fd, err) < 0 || look_again(node, fd, err) < 0 ||
		    hash_once(work, node, fd, buf, hasher, &digest, err) < 0)
			return -1;
		if (fstat(fd, &after) < 0)
			return err_errno(err, "stat");
		is_settled = same_stat(&node->st, &after);
	}
	node->hash_lasts = is_settled && !stat_is_racy(&node->st, &now);
	(void)snprintf(node->hash, sizeof(node->hash), "%s", digest_hex(&digest));
	return 0;
}

static void *hash_thread(void *arg)
{
	struct work *work = arg;
	AUTO(freep) void *buf = xmalloc(READ_SIZE);
	AUTO(hasher_freep) struct hasher *hasher = hasher_new(DIGEST_SHA256);

	while (!work->failed) {
		struct err err = ERR_INIT;
		size_t index = atomic_fetch_add(&work->next, 1);

		if (index >= work->files.len)
			break;
		if (hash_file(work, index, buf, hasher, &err) == 0)
			continue;
		AUTO(freep) char *path = tree_path(work->files.items[index]);

		(void)err_wrap(&err, "'%s'", path);
		(void)pthread_mutex_lock(&work->lock); /* cannot fail: a plain mutex, not held */
		if (!atomic_exchange(&work->failed, true) && work->err)
			err_move(work->err, &err);
		(void)pthread_mutex_unlock(&work->lock);
		err_release(&err);
	}
	return NULL;
}

static unsigned thread_count(size_t files)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = files / FILES_PER_THREAD;

	if (processors > 0 && count > (size_t)processors)
		count = (size_t)processors;
	return (unsigned)(count > THREADS_MAX ? THREADS_MAX : count);
}

/* The calling thread works, too; a thread that cannot be had is done without. */
static int run_threads(struct work *work)
{
	pthread_t threads[THREADS_MAX];
	unsigned wanted = thread_count(work->files.len), started = 0;

	while (started + 1 < wanted &&
	       pthread_create(&threads[started], NULL, hash_thread, work) == 0)
		started++;
	(void)hash_thread(work); /* its result stands in work */
	while (started > 0)
		(void)pthread_join(threads[--started], NULL); /* ours, joined once */
	return work->failed ? -1 : 0;
}

/* True when the hash is remembered and still holds. */
static bool recall(struct hash_cache *cache, struct tree_node *node)
{
	AUTO(freep) char *path = NULL;
	const char *hash;

	if (!cache)
		return false;
	path = tree_path(node);
	hash = hash_record_find(cache->record, path, &node->st);
	if (!hash)
		return false;
	memcpy(node->hash, hash, HASH_HEX_LEN);
	node->hash[HASH_HEX_LEN] = '\0';
	node->hash_lasts = true;
	return true;
}

static void remember(struct hash_cache *cache, const struct tree_node *node)
{
	AUTO(freep) char *path = tree_path(node);

	hash_record_add(cache->record, path, &node->st, node->hash);
}

int tree_hash_files(struct tree *tree, const struct tree_nodes *nodes, struct hash_cache *cache,
		    const struct monitor *monitor, struct err *err)
{
	struct work work = { .tree = tree, .monitor = monitor, .err = err };
	int result;

	if (cache && load_record(cache, err) < 0)
		return -1;
	(void)pthread_mutex_init(&work.lock, NULL); /* cannot fail on Linux */
	for (size_t i = 0; i < nodes->len; i++) {
		struct tree_node *node = nodes->items[i];

		if (!S_ISREG(node->st.st_mode) || node->hash[0] || recall(cache, node))
			continue;
		*VEC_ADD(&work.files) = node;
		node->hash[0] = '?'; /* the same node may stand in `nodes` twice */
	}
	result = run_threads(&work);
	for (size_t i = 0; result == 0 && cache && i < work.files.len; i++) {
		if (work.files.items[i]->hash_lasts)
			remember(cache, work.files.items[i]);
	}
	/* Of what was not read because something failed: live sync asks for it again. */
	VEC_FOREACH(node, &work.files) {
		if ((*node)->hash[0] == '?')
			(*node)->hash[0] = '\0';
	}
	if (cache)
		cache->files_read += work.files.len;
	free(work.files.items);
	(void)pthread_mutex_destroy(&work.lock); /* unlocked: cannot fail */
	return result;
}
