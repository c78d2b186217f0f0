/*
 * A blob that is being written, for another thread to read from its beginning: what has been written comes at
 * once, out of the page cache, and for the rest the reader waits. So it costs the writer neither memory nor time,
 * however slow the reader is.
 *
 *	feed = blob_writer_feed(writer, err);            the thread that writes, which goes on
 *
 *	while ((n = blob_feed_read(feed, ...)) > 0) ...  another one
 *	if (blob_feed_is_whole(feed)) ...                what was read had the digest that was expected
 *
 * Nothing that comes out may be believed before.
 */
#ifndef IMAGE_BLOB_FEED_H
#define IMAGE_BLOB_FEED_H

#include "image/store.h"

struct blob_feed;

/* Of what `w` has written already, too. It ends one that was taken from the writer before. */
struct blob_feed *blob_writer_feed(struct blob_writer *w, struct err *err);
/*
 * What comes next, at least one byte; 0 once the blob was committed and all of it has been read. ERR_CANCELLED when it
 * will never be whole: the writer began anew or was freed.
 */
WARN_UNUSED ssize_t blob_feed_read(struct blob_feed *feed, void *buf, size_t len, struct err *err);
/* Waits for the writer to be done with it: has the blob been committed? */
bool blob_feed_is_whole(struct blob_feed *feed);
/* The writer does not mind. */
void blob_feed_freep(struct blob_feed **feed);

#endif
