/* What a release says of where it comes from: the git checkout here, and the content. */
#ifndef CLI_RELEASE_SOURCE_H
#define CLI_RELEASE_SOURCE_H

#include "release/release.h"

struct release_source {
	char *revision, *name, *author; /* NULL = no commit */
	bool is_dirty;
	int64_t time;  /* of the commit; -1 = not known, or files were changed since */
	int64_t epoch; /* no time in an image is later: see docs/fleets.md; -1 = as it is */
};

#define RELEASE_SOURCE_INIT              \
	{                                \
		.time = -1, .epoch = -1, \
	}

/* Of the working directory. */
WARN_UNUSED int release_source_find(struct release_source *ret, struct err *err);
void release_source_release(struct release_source *source);
/*
 * Revision, author, time, and the version, unless there is one: what `git describe` says, with the first digits of the
 * content's digest where that alone would be ambiguous.
 */
void release_source_fill(const struct release_source *source, struct release *release);

#endif
