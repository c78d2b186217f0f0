/*
 * Named contexts, `--build-context NAME=VALUE` as docker buildx takes it: what a FROM, a COPY --from
 * or a mount of that name means, in place of the stage or image that it would be otherwise.
 */
#ifndef CONTEXT_NAMED_CONTEXT_H
#define CONTEXT_NAMED_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "image/platform.h"

enum named_context_kind {
	NAMED_DIRECTORY,
	NAMED_IMAGE, /* docker-image://REF */
	NAMED_LAYOUT, /* oci-layout://DIR[:TAG][@DIGEST], oci:, oci-archive:FILE, docker-archive:FILE */
	NAMED_REMOTE, /* a repository, or a tar behind an HTTP(S) address: context/remote_context.h */
	NAMED_TARGET, /* the result of another target of the same build; never from text */
};

struct named_context {
	char *name;
	bool for_platform; /* NAME::PLATFORM: for that one only */
	struct platform platform;
	enum named_context_kind kind;
	/* directory: absolute, without links; image: the reference; remote: as given; target: its name */
	char *value;
	char *tag, *digest; /* of a layout; NULL = not given */
};

struct named_contexts {
	struct named_context *items;
	size_t len, cap;
};

#define NAMED_CONTEXTS_INIT   \
	{                     \
		.items = NULL \
	}

/*
 * Appends one. Directories are looked for from the working directory. ERR_USAGE for what makes no
 * sense, ERR_NOT_FOUND for a directory that is not there.
 */
WARN_UNUSED int named_contexts_add(struct named_contexts *contexts, const char *text,
				   struct err *err);
void named_contexts_add_target(struct named_contexts *contexts, const char *name,
			       const char *target);
void named_contexts_release(struct named_contexts *contexts);
/*
 * The one that `name` means in a build for `platform`; NULL = none. `:latest`, and what image names
 * leave out, make no difference; of two the one for the platform counts, and else the last.
 */
const struct named_context *named_contexts_find(const struct named_contexts *contexts,
						const char *name, const struct platform *platform);

#endif
