/* The words of `edgectl build`, understood: a request for the builder, and what it borrows from. */
#ifndef CLI_BUILD_PLAN_H
#define CLI_BUILD_PLAN_H

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "build_args.h"
#include "builder/build.h"
#include "image_option.h"
#include "machine_option.h"

struct build_plan {
	struct build_request request; /* without store, registry, sandbox and monitor */
	struct machines machines;
	/* The same, as the builder wants it. */
	struct build_machine *wanted;
	struct build_board *boards;
	struct strmap build_args, labels;
	struct build_volumes volumes;
	struct named_contexts contexts;
	struct ssh_agents ssh;
	struct build_secrets secrets;
	struct step_options steps;
	struct image_refs names;
	struct strvec tags; /* the same, canonical */
	struct strvec no_cache_stages;
	struct cache_places cache_from, cache_to;
	struct build_outputs outputs;
	struct build_attestations attestations;
};

#define BUILD_PLAN_INIT                                            \
	{                                                          \
		.machines = MACHINES_INIT, .ssh = SSH_AGENTS_INIT, \
	}

/* Borrows from the args, and the request from the plan. Errors are ERR_USAGE and name the option. */
WARN_UNUSED int build_plan(const struct build_args *args, struct build_plan *ret, struct err *err);
void build_plan_release(struct build_plan *plan);

#endif
