#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/vec.h"
#include "context/tree.h"

/* With fewer directories waiting a thread costs more than it gains. */
#define DIRS_PER_THREAD 8

struct loading {
	struct tree *tree;
	const struct monitor *monitor;
	pthread_mutex_t lock;   /* guards what follows */
	pthread_cond_t changed; /* a directory waits, or none ever will */
	struct tree_nodes waiting;
	unsigned busy; /* threads that may still add to them */
	bool is_cancelled;
};

struct loader {
	struct loading *loading;
	struct tree_nursery *nursery;
	pthread_t thread;
};

static void add_directories(struct loading *loading, struct tree_node *dir);

/* One that was listed before, by an earlier step or build, is only looked through. */
static void add_directory(struct loading *loading, struct tree_node *dir)
{
	if (dir->complete)
		add_directories(loading, dir);
	else
		*VEC_ADD(&loading->waiting) = dir;
}

static void add_directories(struct loading *loading, struct tree_node *dir)
{
	VEC_FOREACH(child, &dir->children) {
		if (S_ISDIR((*child)->st.st_mode))
			add_directory(loading, *child);
	}
}

/* What cannot be read is left to tree_list(), whose order does not depend on threads. */
static bool load(const struct loader *loader, struct tree_node *dir)
{
	return tree_load_children(loader->loading->tree, dir, loader->nursery, NULL) == 0;
}

/* The lock is held, before and after. */
static void load_next(const struct loader *loader)
{
	struct loading *loading = loader->loading;
	struct tree_node *dir = loading->waiting.items[--loading->waiting.len];
	bool is_cancelled, is_loaded;

	loading->busy++;
	(void)pthread_mutex_unlock(&loading->lock); /* ours */
	is_cancelled = monitor_is_cancelled(loading->monitor);
	is_loaded = !is_cancelled && load(loader, dir);
	(void)pthread_mutex_lock(&loading->lock); /* cannot fail: a plain mutex, not held */
	loading->busy--;
	loading->is_cancelled |= is_cancelled;
	if (loading->is_cancelled)
		loading->waiting.len = 0;
	else if (is_loaded)
		add_directories(loading, dir);
	(void)pthread_cond_broadcast(&loading->changed); /* cannot fail */
}

static void *run(void *arg)
{
	struct loader *loader = arg;
	struct loading *loading = loader->loading;

	(void)pthread_mutex_lock(&loading->lock); /* as above */
	while (loading->waiting.len > 0 || loading->busy > 0) {
		if (loading->waiting.len > 0)
			load_next(loader);
		else
			(void)pthread_cond_wait(&loading->changed,
						&loading->lock); /* cannot fail */
	}
	(void)pthread_mutex_unlock(&loading->lock); /* ours */
	return NULL;
}

static size_t thread_count(const struct loading *loading)
{
	size_t wanted = loading->waiting.len / DIRS_PER_THREAD;
	long processors = wanted > 1 ? sysconf(_SC_NPROCESSORS_ONLN) : 1;

	if (processors > 0 && wanted > (size_t)processors)
		wanted = (size_t)processors;
	return wanted < TREE_THREADS_MAX ? wanted : TREE_THREADS_MAX;
}

/* The calling thread works, too; a thread that cannot be had is done without. */
static void run_threads(struct loading *loading, struct loader *first)
{
	struct loader others[TREE_THREADS_MAX];
	size_t wanted = thread_count(loading), started = 0;

	while (started + 1 < wanted) {
		struct loader *other = &others[started];

		other->loading = loading;
		other->nursery = &loading->tree->nurseries[started + 1];
		if (pthread_create(&other->thread, NULL, run, other) != 0)
			break;
		started++;
	}
	(void)run(first);
	while (started > 0)
		(void)pthread_join(others[--started].thread, NULL); /* ours, joined once */
}

int tree_load_all(struct tree *tree, struct tree_node *dir, const struct monitor *monitor,
		  struct err *err)
{
	struct loading loading = { .tree = tree, .monitor = monitor };
	struct loader self = { .loading = &loading, .nursery = &tree->nurseries[0] };

	if (!tree->ops->load)
		return monitor_check(monitor, err);
	(void)pthread_mutex_init(&loading.lock, NULL);   /* cannot fail on Linux */
	(void)pthread_cond_init(&loading.changed, NULL); /* nor can this */
	add_directory(&loading, dir);
	(void)pthread_mutex_lock(&loading.lock);
	while (loading.waiting.len > 0 && loading.waiting.len < 2 * DIRS_PER_THREAD)
		load_next(&self);
	(void)pthread_mutex_unlock(&loading.lock);
	if (loading.waiting.len > 0)
		run_threads(&loading, &self);
	free(loading.waiting.items);
	(void)pthread_cond_destroy(&loading.changed); /* nobody waits */
	(void)pthread_mutex_destroy(&loading.lock);   /* unlocked: cannot fail */
	return loading.is_cancelled ? monitor_check(monitor, err) : 0;
}
