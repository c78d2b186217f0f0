/*
 * The value of RUN --mount=: one CSV record of key=value. Values may hold variables, so that most checks are possible only
 * when the stage is evaluated: mount_parse() with an expander does them all, mount_check() what holds without.
 */
#ifndef DOCKERFILE_MOUNT_H
#define DOCKERFILE_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dockerfile/expand.h"
#include "dockerfile/parser.h"

enum mount_type { MOUNT_BIND, MOUNT_CACHE, MOUNT_TMPFS, MOUNT_SECRET, MOUNT_SSH };
enum mount_sharing { MOUNT_SHARED, MOUNT_PRIVATE, MOUNT_LOCKED };

/* As parsed from the file. */
struct mount_spec {
	struct word text; /* the flag's value */
	const char *from; /* never holds a variable; NULL = none */
};

struct mount_specs {
	struct mount_spec *items;
	size_t len, cap;
};

#define MOUNT_UNSET (-1)

/* Evaluated. Strings are owned; NULL = not given. */
struct mount {
	enum mount_type type;
	char *from;   /* stage, image or named context */
	char *source; /* path in `from` */
	char *target; /* as given: relative ones are joined to WORKDIR by the solver */
	char *id;     /* cache, secret, ssh; cache: NULL = the cleaned target */
	char *env;    /* secret: the variable to set; no file then unless a target is given */
	bool read_only;
	bool required; /* secret, ssh: missing is an error */
	enum mount_sharing sharing;
	int64_t size;     /* tmpfs, bytes; MOUNT_UNSET = none */
	int64_t mode;     /* MOUNT_UNSET = the type's default: cache 0755, secret 0400, ssh 0600 */
	int64_t uid, gid; /* MOUNT_UNSET = 0 */
};

#define MOUNT_INIT                                                                               \
	{                                                                                        \
		.size = MOUNT_UNSET, .mode = MOUNT_UNSET, .uid = MOUNT_UNSET, .gid = MOUNT_UNSET \
	}

void mount_release(struct mount *mount);

/* Everything but what needs the values; fills ret->from. The span of err holds the column in `text` and the length. */
WARN_UNUSED int mount_check(struct arena *arena, struct word text, struct mount_spec *ret,
			    struct err *err);
/* `names` may be NULL. */
WARN_UNUSED int mount_parse(const char *text, const struct expander *expander, struct mount *ret,
			    struct expand_names *names, struct err *err);
/*
 * No mount can be in /proc, as with the OCI runtimes, nor cover the root or /dev: ERR_INPUT. mount_parse() looks at absolute targets;
 * what a relative one means is known when WORKDIR is. `target` is absolute.
 */
WARN_UNUSED int mount_target_check(const char *target, struct err *err);

#endif
