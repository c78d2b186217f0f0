#include "context/hash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/sparse.h"
#include "base/str.h"
#include "image/digest.h"

#define CACHE_SPACE   "file"
#define CACHE_HEADER  "edgectl file hashes 1\n"
#define HEX_LEN       64
#define STAT_TEXT_MAX 160
#define READ_SIZE     (128 * 1024)
#define THREADS_MAX   4
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

static char *add_number(char *at, uint64_t value, unsigned min_digits)
{
	char digits[24];
	unsigned len = 0;

	do {
		digits[len++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0 || len < min_digits);
	while (len > 0)
		*at++ = digits[--len];
	return at;
}

static char *add_time(char *at, const struct timespec *t)
{
	if (t->tv_sec < 0)
		*at++ = '-';
	at = add_number(at, t->tv_sec < 0 ? 0 - (uint64_t)t->tv_sec : (uint64_t)t->tv_sec, 1);
	*at++ = '.';
	return add_number(at, (uint64_t)t->tv_nsec, 9);
}

/*
 * What must be unchanged for a remembered hash to hold: "inode size mtime ctime ". Without snprintf(3), which would be
 * a fifth of the time of a build in which nothing has changed.
 */
static void stat_format(const struct stat *st, char buf[STAT_TEXT_MAX])
{
	char *at = add_number(buf, (uint64_t)st->st_ino, 1);

	*at++ = ' ';
	at = add_number(at, (uint64_t)st->st_size, 1);
	*at++ = ' ';
	at = add_time(at, &st->st_mtim);
	*at++ = ' ';
	at = add_time(at, &st->st_ctim);
	*at++ = ' ';
	*at = '\0';
}

/* --- the record: a line "inode size mtime ctime hash path" per file --- */

/* `line` is ours to cut up. */
static void parse_line(char *line, size_t len, struct strmap *ret)
{
	size_t end = 0;

	for (unsigned fields = 0; end < len && fields < 5; end++)
		fields += line[end] == ' ';
	if (end < HEX_LEN + 2 || end >= len)
		return;
	line[end - 1] = '\0';
	strmap_set(ret, line + end, line);
}

static void parse_lines(char *text, struct strmap *ret)
{
	char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		*end = '\0';
		parse_line(text, (size_t)(end - text), ret);
	}
}

int hash_cache_load(struct hash_cache *cache, struct store *store, const char *name,
		    struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	bool found = false;

	*cache = (struct hash_cache){ .store = store, .name = xstrdup(name) };
	if (store_cache_get(store, CACHE_SPACE, name, &text, &found, err) < 0)
		return -1;
	if (found && str_has_prefix(text.ptr, CACHE_HEADER))
		parse_lines(text.ptr + strlen(CACHE_HEADER), &cache->known);
	return 0;
}

static void add_lines(const struct strmap *map, const struct strmap *except, struct str *out)
{
	for (size_t i = 0; i < map->len; i++) {
		if (except && strmap_has(except, map->items[i].key))
			continue;
		str_addf(out, "%s %s\n", map->items[i].value, map->items[i].key);
	}
}

int hash_cache_save(struct hash_cache *cache, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (!cache->store || !cache->changed)
		return 0;
	VEC_FOREACH(hit, &cache->hits)
		strmap_set(&cache->seen, (*hit)->key, (*hit)->value);
	str_add(&text, CACHE_HEADER);
	add_lines(&cache->seen, NULL, &text);
	/*
	 * Another COPY may still want what this build did not look at; files long gone must not
	 * pile up.
	 */
	if (cache->known.len < 2 * cache->seen.len + 1000)
		add_lines(&cache->known, &cache->seen, &text);
	if (store_cache_put(cache->store, CACHE_SPACE, cache->name, text.ptr, err) < 0)
		return -1;
	cache->changed = false;
	return 0;
}

void hash_cache_release(struct hash_cache *cache)
{
	free(cache->name);
	strmap_release(&cache->known);
	strmap_release(&cache->seen);
	free(cache->hits.items);
	*cache = (struct hash_cache){ .store = NULL };
}

/* --- hashing --- */

struct work {
	struct tree *tree;
	const struct monitor *monitor;
	struct tree_nodes files; /* to be read; none of them has a hash */
	bool *keep;              /* per file: may be remembered */
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
	char left[STAT_TEXT_MAX], right[STAT_TEXT_MAX];

	stat_format(a, left);
	stat_format(b, right);
	return str_eq(left, right);
}

static int hash_file(struct work *work, size_t index, void *buf, struct hasher *hasher,
		     struct err *err)
{
	struct tree_node *node = work->files.items[index];
	struct layer_xattrs xattrs = { .items = NULL };
	AUTO(fd_closep) int fd = -1;
	struct digest digest;
	struct timespec now;
	struct stat after;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	if (tree_open(work->tree, node, &fd, err) < 0 ||
	    hash_content(work, fd, &node->st, buf, hasher, err) < 0 ||
	    tree_read_xattrs(work->tree, node, &xattrs, err) < 0)
		return -1;
	hasher_finish(hasher, &digest);
	if (xattrs.len > 0) {
		hasher_update(hasher, digest.text, strlen(digest.text));
		hash_xattrs(&xattrs, hasher);
		hasher_finish(hasher, &digest);
		layer_xattrs_release(&xattrs);
	}
	if (fstat(fd, &after) < 0)
		return err_errno(err, "stat");
	work->keep[index] = same_stat(&node->st, &after) && !stat_is_racy(&after, &now);
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
	const struct strmap_item *item;
	char stat_text[STAT_TEXT_MAX];
	size_t len;

	if (!cache)
		return false;
	path = tree_path(node);
	item = strmap_find(&cache->known, path);
	if (!item)
		return false;
	stat_format(&node->st, stat_text);
	len = strlen(stat_text);
	if (strncmp(item->value, stat_text, len) != 0 || strlen(item->value + len) != HEX_LEN)
		return false;
	memcpy(node->hash, item->value + len, HEX_LEN + 1);
	*VEC_ADD(&cache->hits) = item;
	return true;
}

static void remember(struct hash_cache *cache, const struct tree_node *node)
{
	AUTO(freep) char *path = tree_path(node);
	char value[STAT_TEXT_MAX + HEX_LEN];
	size_t len;

	if (strchr(path, '\n'))
		return; /* the record is made of lines */
	stat_format(&node->st, value);
	len = strlen(value);
	memcpy(value + len, node->hash, HEX_LEN + 1);
	strmap_set(&cache->seen, path, value);
	cache->changed = true;
}

int tree_hash_files(struct tree *tree, const struct tree_nodes *nodes, struct hash_cache *cache,
		    const struct monitor *monitor, struct err *err)
{
	struct work work = { .tree = tree, .monitor = monitor, .err = err };
	int result;

	(void)pthread_mutex_init(&work.lock, NULL); /* cannot fail on Linux */
	for (size_t i = 0; i < nodes->len; i++) {
		struct tree_node *node = nodes->items[i];

		if (!S_ISREG(node->st.st_mode) || node->hash[0] || recall(cache, node))
			continue;
		*VEC_ADD(&work.files) = node;
		node->hash[0] = '?'; /* the same node may stand in `nodes` twice */
	}
	work.keep = xcalloc(work.files.len + 1, sizeof(*work.keep));
	result = run_threads(&work);
	for (size_t i = 0; result == 0 && cache && i < work.files.len; i++) {
		if (work.keep[i])
			remember(cache, work.files.items[i]);
	}
	if (cache)
		cache->files_read += work.files.len;
	free(work.files.items);
	free(work.keep);
	(void)pthread_mutex_destroy(&work.lock); /* unlocked: cannot fail */
	return result;
}
