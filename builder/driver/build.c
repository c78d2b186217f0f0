/*
 * A build from one end to the other, of one target or several:
 *
 *	open		contexts, Dockerfiles and ignore files (build_target.c, source.c)
 *	plan		each target's stages, for each platform, become vertices of one graph (solve/plan.h)
 *	solve		keys, cache, execution (solve/solver.h)
 *	export		images, archives, files (output.c); then the tags
 */
#include "builder/build.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "build_cache.h"
#include "build_state.h"
#include "output.h"

void build_release(struct build *build)
{
	graph_release(&build->common.graph);
	solver_release(&build->solver);
	free(build->cache_sources.items);
	base_images_release(&build->common.bases);
	context_pool_release(&build->common.contexts);
	for (size_t i = 0; i < build->count; i++)
		build_target_release(&build->targets[i]);
	free(build->targets);
}

#define TARGET_FOREACH(target, build)                        \
	for (struct build_target *target = (build)->targets; \
	     target < (build)->targets + (build)->count; target++)

static struct build_target *find_target(const struct build *build, const char *name)
{
	TARGET_FOREACH(target, build) {
		if (str_eq(target->request->name, name))
			return target;
	}
	return NULL;
}

/* For what one target is made from another one's result is needed: that one is planned first. */
static int find_result(struct result_finder *finder, const char *name,
		       const struct platform *platform, const struct planned_image **ret,
		       struct err *err)
{
	struct build *build = CONTAINER_OF(finder, struct build, common.results);
	struct build_target *target = find_target(build, name);
	struct target_image *image = target ? build_target_image(target, platform) : NULL;
	char text[PLATFORM_TEXT_MAX];

	if (!target)
		return err_set(err, ERR_INPUT, "'%s' is not among what is built", name);
	if (!image)
		return err_set(err, ERR_INPUT, "'%s' is not built for %s", name,
			       platform_format(platform, text));
	if (build_target_plan(target, image, err) < 0)
		return -1;
	*ret = &image->planned;
	return 0;
}

static void build_init(struct build *build, const struct build_request *requests, size_t count)
{
	const struct build_request *first = &requests[0];
	struct build_common *common = &build->common;

	common->store = first->store;
	common->registry = first->registry;
	common->monitor = first->monitor;
	common->results.find = find_result;
	platform_host(&common->host);
	base_images_init(&common->bases, first->store, first->registry, first->monitor);
	context_pool_init(&common->contexts, first->store);
	build->targets = xcalloc(count, sizeof(*build->targets));
	build->count = count;
	for (size_t i = 0; i < count; i++)
		build_target_init(&build->targets[i], &requests[i], common);
}

/* --- opening --- */

static bool lend_images(struct build_target *target, struct build_target *user)
{
	bool changed = false;

	for (size_t i = 0; i < user->images.len; i++)
		changed |= build_target_add_image(target, &user->images.items[i].machine);
	return changed;
}

/*
 * What a target is made from has to be there for its platforms, too: planned when it is really asked
 * for, and not part of any result.
 */
static bool spread_machines(const struct build *build)
{
	bool changed = false;

	TARGET_FOREACH(user, build) {
		const struct named_contexts *contexts = user->request->contexts;

		for (size_t i = 0; contexts && i < contexts->len; i++) {
			const struct named_context *context = &contexts->items[i];
			struct build_target *target = context->kind == NAMED_TARGET
							      ? find_target(build, context->value)
							      : NULL;

			if (target && target != user)
				changed |= lend_images(target, user);
		}
	}
	return changed;
}

static int open_targets(struct build *build, struct err *err)
{
	while (spread_machines(build))
		;
	TARGET_FOREACH(target, build) {
		if (monitor_check(build->common.monitor, err) < 0 ||
		    build_target_open(target, err) < 0)
			return -1;
	}
	return 0;
}

/* --- planning --- */

static int plan_all(struct build *build, struct err *err)
{
	TARGET_FOREACH(target, build) {
		VEC_FOREACH(image, &target->images) {
			if (image->is_wanted && build_target_plan(target, image, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int plan_and_check(struct build *build, struct err *err)
{
	bool is_planned = plan_all(build, err) == 0;
	int status = is_planned ? 0 : -1;

	TARGET_FOREACH(target, build) {
		if (build_target_check(target, is_planned, status == 0 ? err : NULL) < 0)
			status = -1;
	}
	return status;
}

/* --- carrying out --- */

static int solve(struct build *build, const struct build_request *request, struct err *err)
{
	build->solver = (struct solver){
		.store = request->store,
		.registry = request->registry,
		.sandbox = request->sandbox,
		.monitor = request->monitor,
		.cache_sources = &build->cache_sources,
		.jobs = request->jobs,
		.explains = request->explain,
	};
	build_cache_sources(request, build->count, &build->cache_sources);
	TARGET_FOREACH(target, build)
		build_target_mark(target);
	return solver_run(&build->solver, &build->common.graph, err);
}

static int export(struct build *build, struct build_result *ret, struct err *err)
{
	for (size_t i = 0; i < build->count; i++) {
		build_cache_put_inline(&build->targets[i], &build->solver);
		if (build_target_write(&build->targets[i], &ret[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < build->count; i++) {
		if (build_target_tag(&build->targets[i], &ret[i], err) < 0)
			return -1;
	}
	TARGET_FOREACH(target, build) {
		if (build_cache_export(target, &build->solver, err) < 0)
			return -1;
	}
	return 0;
}

int build_carry_out(struct build *build, const struct build_request *requests, size_t count,
		    struct build_result *ret, struct err *err)
{
	build_init(build, requests, count);
	for (size_t i = 0; i < count; i++) {
		if (outputs_check(&requests[i], err) < 0)
			return -1;
	}
	if (open_targets(build, err) < 0 || plan_and_check(build, err) < 0 ||
	    solve(build, requests, err) < 0)
		return -1;
	return export(build, ret, err);
}

int build_run_all(const struct build_request *requests, size_t count, struct build_result *ret,
		  struct err *err)
{
	AUTO(build_release) struct build build = { .count = 0 };

	return build_carry_out(&build, requests, count, ret, err);
}

int build_run(const struct build_request *request, struct build_result *ret, struct err *err)
{
	return build_run_all(request, 1, ret, err);
}

void build_result_release(struct build_result *result)
{
	descriptor_release(&result->target);
	descriptors_release(&result->images);
	free(result->platforms.items);
}
