/* The writer's end of a struct blob_feed. */
#ifndef IMAGE_BLOB_FEED_SOURCE_H
#define IMAGE_BLOB_FEED_SOURCE_H

#include "image/blob_feed.h"

/* `owned_fd` reads the file that is written, which has so many bytes. For both ends: each is freed by itself. */
struct blob_feed *blob_feed_new(int owned_fd, uint64_t written);
/* It has so many now. */
void blob_feed_grow(struct blob_feed *feed, uint64_t written);
/* Nothing more comes; frees this end. NULL is fine. */
void blob_feed_endp(struct blob_feed **feed, bool is_whole);

#endif
