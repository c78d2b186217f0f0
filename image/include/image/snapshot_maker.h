/*
 * Layers become snapshots, a few at a time, in threads of their own: out of blobs of the store, and out of
 * blobs while they are written, so that an image that is pulled to be used is unpacked when it has come.
 *
 * Nothing unverified becomes a snapshot. It is committed when the blob that it came out of was committed, so that its
 * digest was right, and when its own content has the diffID under which it is committed. What is unpacked until then
 * has no name, and goes when the blob does not come to its end, or the process.
 *
 * Whoever makes snapshots is in the user namespace that their files belong to.
 */
#ifndef IMAGE_SNAPSHOT_MAKER_H
#define IMAGE_SNAPSHOT_MAKER_H

#include "base/monitor.h"
#include "image/blob_feed.h"

struct snapshot_maker;

/* All borrowed until it is freed. Events are of `step`; NULL = silent, not cancellable. */
struct snapshot_maker *snapshot_maker_new(struct store *store, const struct monitor *monitor,
					  unsigned step);
/*
 * Of a blob in the store, whose content must be `diff_id`: ERR_DIGEST. Nothing is done for one that is unpacked
 * already, or was added since the last finish.
 */
void snapshot_maker_add(struct snapshot_maker *maker, const struct descriptor *blob,
			const struct digest *diff_id);
/* Of all layers of an image, or of the members of an index that are in the store. */
WARN_UNUSED int snapshot_maker_add_image(struct snapshot_maker *maker,
					 const struct descriptor *target, struct err *err);
/*
 * Of one that is being written. If it does not come to its end, nothing comes of it, which is no failure here.
 * `diff_id` NULL = whatever it is.
 */
void snapshot_maker_follow(struct snapshot_maker *maker, const struct descriptor *blob,
			   const struct digest *diff_id, struct blob_feed *owned_feed);
/*
 * Waits for all; the first failure, which also ends the others. Blobs that are followed must have come to their end by
 * then, one way or the other. More may be added afterwards.
 */
WARN_UNUSED int snapshot_maker_finish(struct snapshot_maker *maker, struct err *err);
/* Drops what is not done. */
void snapshot_maker_freep(struct snapshot_maker **maker);

#endif
