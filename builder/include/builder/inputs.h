/* What a build reads of this machine's files: for those who build again when one of them changes. */
#ifndef BUILDER_INPUTS_H
#define BUILDER_INPUTS_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "builder/build.h"
#include "context/ignore.h"

/* A directory that is copied from. */
struct build_input_tree {
	char *dir;             /* absolute, without links */
	struct ignore *ignore; /* what is left out; NULL = nothing */
};

struct build_inputs {
	struct {
		struct build_input_tree *items;
		size_t len, cap;
	} trees;                /* the context first, if it is a directory; then named ones */
	struct str ignore_text; /* of the context's ignore file; empty = there is none */
	char *ignore_name;      /* NULL = none */
	struct strvec
		files; /* Dockerfile and ignore files, absolute, whether they are there or not */
};

#define BUILD_INPUTS_INIT                                     \
	{                                                     \
		.files = STRVEC_INIT, .ignore_text = STR_INIT \
	}

/*
 * What comes from elsewhere (repositories, archives, images) is not among them. Errors as of build_run(), but of what the
 * Dockerfile says. Release it in any case.
 */
WARN_UNUSED int build_inputs_read(const struct build_request *request, struct build_inputs *ret,
				  struct err *err);
void build_inputs_release(struct build_inputs *inputs);

#endif
