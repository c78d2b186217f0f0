/* What a build reads first: the Dockerfile, and the ignore file that goes with it. */
#ifndef DRIVER_SOURCE_H
#define DRIVER_SOURCE_H

#include "base/diag.h"
#include "base/err.h"
#include "base/str.h"
#include "build_context.h"
#include "builder/build.h"
#include "context/ignore.h"
#include "dockerfile/dockerfile.h"

struct build_source {
	const struct build_context *context; /* borrowed */
	char *dockerfile_name;               /* as the user knows it */
	bool is_template; /* what stands for the board's names in it has been replaced in `text` */
	struct str text;
	unsigned live_line; /* of the live command, see live_directives.h; 0 = there is none */
	struct dockerfile file;
	struct diags diags; /* of the Dockerfile: what parsing it found, then what the checks did */
	size_t parse_diags; /* how many of them are from parsing */
	char *ignore_name;  /* NULL = none */
	struct str ignore_text;
	struct ignore *ignore;
};

/*
 * Without -f it is `Dockerfile`, else `dockerfile`, in the context; for a board (NULL = none) it may be one
 * of its own, see dockerfile_choice.h. The ignore file is
 * `<Dockerfile>.dockerignore` beside it or else `.dockerignore` in the context. ERR_INPUT with all
 * problems of the Dockerfile rendered.
 */
WARN_UNUSED int build_source_read(const struct build_request *request,
				  const struct build_context *context,
				  const struct build_board *board, struct build_source *ret,
				  struct err *err);
/* The request's --build-arg; those without a value have that of our environment, if it is there. */
void build_args_resolve(const struct strmap *given, struct strmap *ret);
void build_source_init(struct build_source *source);
void build_source_release(struct build_source *source);

#endif
