/* What `pull --unpack` does beside the pull. */
#ifndef CLI_PULL_UNPACKER_H
#define CLI_PULL_UNPACKER_H

#include "image/snapshot_maker.h"
#include "session.h"

struct pull_unpacker {
	struct blob_watch watch; /* for the fetch_target: layers are unpacked while they come */
	struct snapshot_maker *maker;
};

#define PULL_UNPACKER_INIT    \
	{                     \
		.maker = NULL \
	}

/* The session makes snapshots, and outlives it. */
void pull_unpacker_init(struct pull_unpacker *unpacker, struct session *session, unsigned step);
/* Waits, and unpacks what was in the store before. */
WARN_UNUSED int pull_unpacker_finish(struct pull_unpacker *unpacker,
				     const struct descriptor *target, struct err *err);
void pull_unpacker_release(struct pull_unpacker *unpacker);

#endif
