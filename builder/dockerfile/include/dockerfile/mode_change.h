/*
 * The value of --chmod: an octal mode up to 07777, or symbolic changes as chmod(1) knows them
 * ("u=rwX,go=rX", "+x", "g=u"), evaluated against the mode of each file. No umask takes part.
 */
#ifndef DOCKERFILE_MODE_CHANGE_H
#define DOCKERFILE_MODE_CHANGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct mode_change;

/* ERR_INPUT when it is neither. */
WARN_UNUSED int mode_change_parse(const char *text, struct mode_change **ret, struct err *err);
void mode_change_free(struct mode_change *change);

static inline void mode_change_freep(struct mode_change **change)
{
	mode_change_free(*change);
}

/* NULL changes nothing. Permission bits only. */
mode_t mode_change_apply(const struct mode_change *change, mode_t mode, bool is_dir);
/* The text that it was parsed from. */
const char *mode_change_text(const struct mode_change *change);
/*
 * An octal one gives the directories it needs its own mode as well; symbolic ones leave them at
 * 0755.
 */
bool mode_change_is_octal(const struct mode_change *change, mode_t *ret_mode);

#endif
