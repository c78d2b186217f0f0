/*
 * A build from one end to the other:
 *
 *	read		the Dockerfiles and the ignore file (source.c)
 *	plan		each platform's stages become vertices of one graph (solve/plan.h)
 *	solve		keys, cache, execution (solve/solver.h)
 *	write		config, manifest, index; then the tags (image.c)
 */
#include "builder/build.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "context/directory.h"
#include "context/hash.h"
#include "context_set.h"
#include "image.h"
#include "image/reference.h"
#include "solve/base_images.h"
#include "solve/plan.h"
#include "solve/solver.h"
#include "source_lint.h"
#include "sources.h"

struct planned_images {
	struct planned_image *items;
	size_t len, cap;
};

/* Everything of one build that has to be released. */
struct build {
	const struct build_request *request;
	struct build_context context;
	struct build_sources sources;
	struct build_machine host;
	const struct build_machine *machines;
	size_t machine_count;
	struct strmap build_args; /* with values from the environment */
	struct base_images bases;
	struct context_set contexts;
	struct graph graph;
	struct planned_images images;
	struct context_files files; /* of the context */
	struct hash_cache hashes;
	struct step_settings settings;
	struct sandbox_mounts volumes; /* strings borrowed from the request */
};

static void build_release(struct build *build)
{
	VEC_FOREACH(image, &build->images)
		planned_image_release(image);
	free(build->images.items);
	graph_release(&build->graph);
	base_images_release(&build->bases);
	context_set_release(&build->contexts);
	strmap_release(&build->build_args);
	tree_freep(&build->files.tree);
	hash_cache_release(&build->hashes);
	build_sources_release(&build->sources);
	build_context_release(&build->context);
	free(build->volumes.items);
}

static void choose_machines(struct build *build)
{
	platform_host(&build->host.platform);
	build->machines = build->request->machines;
	build->machine_count = build->request->machine_count;
	if (build->machine_count == 0) {
		build->machines = &build->host;
		build->machine_count = 1;
	}
}

static struct source_lint lint_for(const struct build *build, size_t machine)
{
	return (struct source_lint){ .request = build->request,
				     .build_args = &build->build_args,
				     .platform = &build->machines[machine].platform,
				     .build_platform = &build->host.platform };
}

/*
 * All that the file alone tells, before anything is asked of a registry. Base images are looked at only when
 * their variables could make good what seems wrong.
 */
static int check_source(struct build *build, struct source_lint *lint, struct build_source *source,
			struct err *err)
{
	source_lint(source, lint);
	if (source->diags.errors > 0 && lint->wants_bases) {
		lint->bases = &build->bases.finder;
		source_lint(source, lint);
	}
	if (source->diags.errors == 0)
		return 0;
	source_emit_warnings(source, !lint->wants_bases, build->request->monitor);
	return diags_check(&source->diags, err);
}

static int check_sources(struct build *build, struct err *err)
{
	for (size_t i = 0; i < build->machine_count; i++) {
		struct source_lint lint = lint_for(build, i);

		if (build_sources_is_first(&build->sources, i) &&
		    check_source(build, &lint, build->sources.items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int read_sources(struct build *build, struct err *err)
{
	const struct monitor *monitor = build->request->monitor;
	unsigned step = monitor_add_step(monitor, "[internal] load build definition");

	monitor_step(monitor, step, EVENT_STEP_STARTED);
	if (build_sources_read(build->request, &build->context, build->machines,
			       build->machine_count, &build->sources, err) < 0 ||
	    check_sources(build, err) < 0) {
		monitor_text(monitor, step, EVENT_STEP_FAILED, "%s",
			     err && err->message ? err->message : "failed");
		return -1;
	}
	monitor_step(monitor, step, EVENT_STEP_DONE);
	return 0;
}

static int plan_all(struct build *build, struct err *err)
{
	const struct build_request *request = build->request;

	for (size_t i = 0; i < build->machine_count; i++) {
		const struct build_machine *machine = &build->machines[i];
		struct build_source *source = build->sources.items[i];
		bool is_native = platform_is_native(&machine->platform);
		struct plan_request plan = {
			.file = &source->file,
			.file_name = source->dockerfile_name,
			.platform = &machine->platform,
			.build_platform = &build->host.platform,
			.cpu_model = is_native ? NULL : machine->cpu_model,
			.target = request->target,
			.build_args = &build->build_args,
			.settings = &build->settings,
			.show_platform = build->machine_count > 1,
			.bases = &build->bases.finder,
			.contexts = request->contexts ? &build->contexts.finder : NULL,
		};

		if (plan_image(&build->graph, &plan, VEC_ADD(&build->images), err) < 0)
			return -1;
	}
	return 0;
}

/* The images are known now: what the checks say is final. */
static int check_finally(struct build *build, size_t machine, bool is_planned, struct err *err)
{
	struct build_source *source = build->sources.items[machine];
	struct source_lint lint = lint_for(build, machine);

	if (is_planned) {
		lint.bases = &build->bases.finder;
		source_lint(source, &lint);
	}
	source_emit_warnings(source, is_planned, build->request->monitor);
	return is_planned ? diags_check(&source->diags, err) : -1;
}

static int plan_and_check(struct build *build, struct err *err)
{
	bool is_planned = plan_all(build, err) == 0;
	int status = is_planned ? 0 : -1;

	for (size_t i = 0; i < build->machine_count; i++) {
		if (build_sources_is_first(&build->sources, i) &&
		    check_finally(build, i, is_planned, status == 0 ? err : NULL) < 0)
			status = -1;
	}
	return status;
}

/* The layers of what the results start from have to be in the store as well. */
static void mark_exported(struct build *build)
{
	VEC_FOREACH(image, &build->images) {
		struct vertex *vertex = image->top;

		while (vertex->parent)
			vertex = vertex->parent;
		vertex->exported = true;
	}
}

static void set_volumes(struct build *build)
{
	const struct build_volumes *volumes = build->request->volumes;

	for (size_t i = 0; volumes && i < volumes->len; i++)
		*VEC_ADD(&build->volumes) = (struct sandbox_mount){
			.kind = SANDBOX_BIND,
			.source = volumes->items[i].source,
			.target = volumes->items[i].target,
			.read_only = volumes->items[i].read_only,
		};
}

/* What is known of the files of a directory that is gone after this build helps nobody. */
static int open_files(struct build *build, const struct build_source *source, struct err *err)
{
	const struct build_context *context = &build->context;
	struct context_files *files = &build->files;

	*files = (struct context_files){ .dir = context->dir,
					 .ignore = source->ignore,
					 .ignore_name = source->ignore_name,
					 .ignore_text = str_span(&source->ignore_text) };
	if (directory_tree_open(context->dir, source->ignore, &files->tree, err) < 0)
		return -1;
	if (context->is_remote)
		return 0;
	files->hashes = &build->hashes;
	return hash_cache_load(&build->hashes, build->request->store, context->dir, err);
}

static int open_settings(struct build *build, struct err *err)
{
	const struct build_request *request = build->request;

	if (open_files(build, build->sources.items[0], err) < 0)
		return -1;
	set_volumes(build);
	build->settings = (struct step_settings){ .context = &build->files,
						  .volumes = &build->volumes,
						  .ssh = request->ssh,
						  .layers = request->layers,
						  .epoch = request->source_date_epoch,
						  .no_cache = request->no_cache };
	return 0;
}

static int solve(struct build *build, struct build_result *ret, struct err *err)
{
	const struct build_request *request = build->request;
	struct solver solver = {
		.store = request->store,
		.registry = request->registry,
		.sandbox = request->sandbox,
		.monitor = request->monitor,
	};

	mark_exported(build);
	if (solver_run(&solver, &build->graph, err) < 0)
		return -1;
	ret->cached_steps = solver.cached_steps;
	ret->executed_steps = solver.executed_steps;
	ret->emulated_ns = solver.emulated_ns;
	return 0;
}

static int write_images(struct build *build, struct build_result *ret, struct err *err)
{
	const struct image_request request = {
		.store = build->request->store,
		.labels = build->request->labels,
		.epoch = build->request->source_date_epoch,
	};
	AUTO(descriptors_release) struct descriptors manifests = { .items = NULL };

	VEC_FOREACH(image, &build->images) {
		struct descriptor *manifest = VEC_ADD(&manifests);

		if (image_write(&request, image, manifest, &ret->config, err) < 0)
			return -1;
		manifest->platform = image->config.platform;
	}
	if (manifests.len > 1) {
		ret->config = (struct digest){ .text = "" };
		return image_index_write(request.store, &manifests, &ret->target, err);
	}
	descriptor_copy(&ret->target, &manifests.items[0]);
	return 0;
}

static int tag(const struct build_request *request, const struct descriptor *target,
	       struct err *err)
{
	for (size_t i = 0; request->tags && i < request->tags->len; i++) {
		struct image_ref ref = IMAGE_REF_INIT;
		AUTO(freep) char *name = NULL;

		if (image_ref_parse(request->tags->items[i], &ref, err) < 0)
			return -1;
		name = image_ref_format(&ref);
		image_ref_release(&ref);
		if (store_tag(request->store, name, target, err) < 0)
			return err_wrap(err, "tag '%s'", request->tags->items[i]);
	}
	return 0;
}

static int export(struct build *build, struct build_result *ret, struct err *err)
{
	const struct monitor *monitor = build->request->monitor;
	unsigned step = monitor_add_step(monitor, "exporting to image");

	monitor_step(monitor, step, EVENT_STEP_STARTED);
	if (monitor_check(monitor, err) < 0 || write_images(build, ret, err) < 0 ||
	    tag(build->request, &ret->target, err) < 0) {
		monitor_text(monitor, step, EVENT_STEP_FAILED, "%s",
			     err && err->message ? err->message : "failed");
		return -1;
	}
	monitor_text(monitor, step, EVENT_STEP_DETAIL, "%s", ret->target.digest.text);
	monitor_step(monitor, step, EVENT_STEP_DONE);
	return 0;
}

int build_run(const struct build_request *request, struct build_result *ret, struct err *err)
{
	AUTO(build_release)
	struct build build = { .request = request, .context = BUILD_CONTEXT_INIT };

	build_args_resolve(request->build_args, &build.build_args);
	choose_machines(&build);
	base_images_init(&build.bases, request->store, request->registry, request->monitor,
			 request->pull, request->contexts);
	context_set_init(&build.contexts, request);
	if (build_context_open(request, &build.context, err) < 0 || read_sources(&build, err) < 0 ||
	    open_settings(&build, err) < 0 || plan_and_check(&build, err) < 0 ||
	    solve(&build, ret, err) < 0)
		return -1;
	return export(&build, ret, err);
}

void build_result_release(struct build_result *result)
{
	descriptor_release(&result->target);
}
