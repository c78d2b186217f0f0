#include "pull_unpacker.h"

static void begins(struct blob_watch *watch, const struct descriptor *blob,
		   struct blob_writer *writer)
{
	struct pull_unpacker *unpacker = CONTAINER_OF(watch, struct pull_unpacker, watch);
	struct blob_feed *feed;

	if (!media_type_is_layer(blob->media_type))
		return;
	/* without one it is unpacked at the end */
	feed = blob_writer_feed(writer, NULL);
	if (feed)
		snapshot_maker_follow(unpacker->maker, blob, NULL, feed);
}

void pull_unpacker_init(struct pull_unpacker *unpacker, struct session *session, unsigned step)
{
	*unpacker = (struct pull_unpacker){
		.watch = { .begins = begins },
		.maker = snapshot_maker_new(session->store, &session->monitor, step),
	};
}

int pull_unpacker_finish(struct pull_unpacker *unpacker, const struct descriptor *target,
			 struct err *err)
{
	if (snapshot_maker_finish(unpacker->maker, err) < 0 ||
	    snapshot_maker_add_image(unpacker->maker, target, err) < 0)
		return -1;
	return snapshot_maker_finish(unpacker->maker, err);
}

void pull_unpacker_release(struct pull_unpacker *unpacker)
{
	snapshot_maker_freep(&unpacker->maker);
}
