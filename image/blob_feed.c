#include "image/blob_feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "blob_feed_source.h"

enum feed_state { FEED_GROWS, FEED_IS_WHOLE, FEED_IS_CUT };

struct blob_feed {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int fd;        /* of its own: the writer's carries its lock */
	uint64_t read; /* the reader's alone */
	/* the rest under the lock */
	uint64_t written;
	enum feed_state state;
	unsigned ends; /* that are not freed */
};

struct blob_feed *blob_feed_new(int owned_fd, uint64_t written)
{
	struct blob_feed *feed = xcalloc(1, sizeof(*feed));

	pthread_mutex_init(&feed->lock, NULL);
	pthread_cond_init(&feed->changed, NULL);
	feed->fd = owned_fd;
	feed->written = written;
	feed->ends = 2;
	return feed;
}

static void free_end(struct blob_feed *feed)
{
	unsigned left;

	pthread_mutex_lock(&feed->lock);
	left = --feed->ends;
	pthread_mutex_unlock(&feed->lock);
	if (left > 0)
		return;
	pthread_cond_destroy(&feed->changed);
	pthread_mutex_destroy(&feed->lock);
	fd_closep(&feed->fd);
	free(feed);
}

void blob_feed_grow(struct blob_feed *feed, uint64_t written)
{
	pthread_mutex_lock(&feed->lock);
	feed->written = written;
	pthread_cond_signal(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
}

void blob_feed_endp(struct blob_feed **source, bool is_whole)
{
	struct blob_feed *feed = TAKE(*source);

	if (!feed)
		return;
	pthread_mutex_lock(&feed->lock);
	feed->state = is_whole ? FEED_IS_WHOLE : FEED_IS_CUT;
	pthread_cond_signal(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
	free_end(feed);
}

void blob_feed_freep(struct blob_feed **reader)
{
	struct blob_feed *feed = TAKE(*reader);

	if (feed)
		free_end(feed);
}

/* How much there is to read; waits until there is something, or nothing will come. */
static uint64_t wait_for_bytes(struct blob_feed *feed, enum feed_state *ret_state)
{
	uint64_t bytes;

	pthread_mutex_lock(&feed->lock);
	while (feed->state == FEED_GROWS && feed->written == feed->read)
		pthread_cond_wait(&feed->changed, &feed->lock);
	*ret_state = feed->state;
	bytes = feed->written - feed->read;
	pthread_mutex_unlock(&feed->lock);
	return bytes;
}

ssize_t blob_feed_read(struct blob_feed *feed, void *buf, size_t len, struct err *err)
{
	enum feed_state state;
	uint64_t bytes = wait_for_bytes(feed, &state);
	ssize_t n;

	if (state == FEED_IS_CUT)
		return err_set(err, ERR_CANCELLED, "the blob does not come to its end");
	if (bytes == 0)
		return 0;
	do
		n = pread(feed->fd, buf, bytes < len ? (size_t)bytes : len, (off_t)feed->read);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, "read the blob");
	/* the writer has begun anew, and says so next */
	if (n == 0)
		return err_set(err, ERR_CANCELLED, "the blob has become shorter");
	feed->read += (uint64_t)n;
	return n;
}

bool blob_feed_is_whole(struct blob_feed *feed)
{
	bool is_whole;

	pthread_mutex_lock(&feed->lock);
	while (feed->state == FEED_GROWS)
		pthread_cond_wait(&feed->changed, &feed->lock);
	is_whole = feed->state == FEED_IS_WHOLE;
	pthread_mutex_unlock(&feed->lock);
	return is_whole;
}
