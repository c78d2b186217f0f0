/* What this room shares: what tags of a fleet's repository are by their names, and an error that is passed on. */
#ifndef RELEASE_TAGS_H
#define RELEASE_TAGS_H

#include <stdbool.h>

#include "base/err.h"

#define IMAGE_PREFIX    "image."
#define DRAFT_PREFIX    "draft."
#define PREVIOUS_PREFIX "previous."

bool tag_is_image(const char *tag);
bool tag_is_draft(const char *tag);
bool tag_is_previous(const char *tag);

static inline int fail_with(struct err *err, struct err *problem)
{
	err_move(err, problem);
	return -1;
}

#endif
