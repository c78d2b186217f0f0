/*
 * What `edgectl build` is about: a Dockerfile with its context, or the services of a compose project.
 *
 *	-f FILE.yaml, --profile, -p, ...	the project
 *	-f FILE					the Dockerfile
 *	a path: ., ./app, a/b, -, an address	the Dockerfile in that context
 *	words, or nothing			the project, when its compose file is in the working directory;
 *						else the Dockerfile in that directory, or here; else the project
 *						of a directory above
 */
#ifndef CLI_BUILD_MODE_H
#define CLI_BUILD_MODE_H

#include "base/err.h"
#include "build_args.h"

enum build_mode { BUILD_DOCKERFILE, BUILD_PROJECT };

/* ERR_USAGE for words that do not go together, with what would. */
WARN_UNUSED int build_mode_choose(const struct build_args *args, enum build_mode *ret,
				  struct err *err);

#endif
