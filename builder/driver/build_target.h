/*
 * One image of a build, for all of its platforms: what it is made from, its part of the graph, and what
 * it comes to.
 */
#ifndef DRIVER_BUILD_TARGET_H
#define DRIVER_BUILD_TARGET_H

#include "build_context.h"
#include "builder/build.h"
#include "context_pool.h"
#include "context_set.h"
#include "solve/base_images.h"
#include "solve/plan.h"
#include "sources.h"

/* What the targets of a build have in common. */
struct build_common {
	struct store *store;
	struct registry *registry;
	const struct monitor *monitor;
	struct platform host;
	struct base_images bases;
	struct context_pool contexts;
	struct graph graph;
	struct result_finder results;
};

enum target_state { TARGET_UNPLANNED, TARGET_BEING_PLANNED, TARGET_PLANNED };

/* One machine's image. */
struct target_image {
	struct build_machine machine;
	bool is_wanted; /* part of the result; else it is there for other targets, if they need it */
	enum target_state state;
	struct planned_image planned;
};

struct build_target {
	const struct build_request *request;
	struct build_common *common; /* borrowed */
	struct build_context context;
	struct build_sources sources; /* by image */
	struct strmap build_args;     /* with values from the environment */
	struct base_names bases;
	struct context_set contexts;
	struct step_settings settings;
	struct secret_values secrets;
	struct step_volumes volumes; /* strings borrowed from the request */
	struct {
		struct target_image *items;
		size_t len, cap;
	} images;
};

/* In the caller's storage, which must not move. */
void build_target_init(struct build_target *target, const struct build_request *request,
		       struct build_common *common);
/* When graph and contexts are gone. */
void build_target_release(struct build_target *target);

/* The one for that platform; NULL = none. */
struct target_image *build_target_image(struct build_target *target,
					const struct platform *platform);
/* As another target may need it; false = it is there already. */
bool build_target_add_image(struct build_target *target, const struct build_machine *machine);

/* Opens the context, reads the Dockerfiles and checks them, as far as they tell by themselves. */
WARN_UNUSED int build_target_open(struct build_target *target, struct err *err);
/* Adds the image's steps to the graph, unless they are there. ERR_INPUT when it is made from itself. */
WARN_UNUSED int build_target_plan(struct build_target *target, struct target_image *image,
				  struct err *err);
/*
 * Shows the warnings of the checks, which are final once everything is planned; fails when they end
 * the build.
 */
WARN_UNUSED int build_target_check(struct build_target *target, bool is_planned, struct err *err);
/* What the result needs is to be made, and what it starts from has to be in the store as well. */
void build_target_mark(struct build_target *target);
/* When the graph is carried out: writes config, manifest and index, and counts the steps. */
WARN_UNUSED int build_target_write(struct build_target *target, struct build_result *ret,
				   struct err *err);
WARN_UNUSED int build_target_tag(const struct build_target *target,
				 const struct build_result *result, struct err *err);

#endif
