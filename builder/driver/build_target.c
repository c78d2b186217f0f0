#include "build_target.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "output.h"
#include "secret_load.h"
#include "solve/step_volume.h"
#include "source_epoch.h"
#include "source_lint.h"
#include "vcs_labels.h"

static void add_images(struct build_target *target)
{
	const struct build_request *request = target->request;

	for (size_t i = 0; i < request->machine_count; i++)
		*VEC_ADD(&target->images) =
			(struct target_image){ .machine = request->machines[i], .is_wanted = true };
	if (request->machine_count == 0)
		*VEC_ADD(&target->images) =
			(struct target_image){ .machine = { .platform = target->common->host },
					       .is_wanted = true };
}

void build_target_init(struct build_target *target, const struct build_request *request,
		       struct build_common *common)
{
	*target = (struct build_target){
		.request = request,
		.common = common,
		.context = BUILD_CONTEXT_INIT,
		.settings = { .name = request->name,
			      .volumes = &target->volumes,
			      .ssh = request->ssh,
			      .secrets = &target->secrets,
			      .options = request->steps,
			      .layers = request->layers,
			      .epoch = -1,
			      .no_cache = request->no_cache,
			      .no_cache_stages = request->no_cache_stages },
	};
	build_args_resolve(request->build_args, &target->build_args);
	base_names_init(&target->bases, &common->bases, request->pull, request->contexts);
	context_set_init(&target->contexts, request, &common->contexts, &common->results);
	add_images(target);
}

void build_target_release(struct build_target *target)
{
	VEC_FOREACH(image, &target->images)
		planned_image_release(&image->planned);
	free(target->images.items);
	context_set_release(&target->contexts);
	strmap_release(&target->build_args);
	build_sources_release(&target->sources);
	build_context_release(&target->context);
	step_volumes_release(&target->volumes);
	secret_values_release(&target->secrets);
}

struct target_image *build_target_image(struct build_target *target,
					const struct platform *platform)
{
	VEC_FOREACH(image, &target->images) {
		if (platform_equal(&image->machine.platform, platform))
			return image;
	}
	return NULL;
}

bool build_target_add_image(struct build_target *target, const struct build_machine *machine)
{
	if (build_target_image(target, &machine->platform))
		return false;
	*VEC_ADD(&target->images) = (struct target_image){ .machine = *machine };
	return true;
}

static size_t index_of(const struct build_target *target, const struct target_image *image)
{
	return (size_t)(image - target->images.items);
}

/* --- reading --- */

static struct source_lint lint_for(const struct build_target *target,
				   const struct target_image *image)
{
	return (struct source_lint){ .request = target->request,
				     .build_args = &target->build_args,
				     .platform = &image->machine.platform,
				     .build_platform = &target->common->host };
}

/*
 * All that the file alone tells, before anything is asked of a registry. Base images are looked at only when
 * their variables could make good what seems wrong.
 */
static int check_source(struct build_target *target, struct source_lint *lint,
			struct build_source *source, struct err *err)
{
	source_lint(source, lint);
	if (source->diags.errors > 0 && lint->wants_bases) {
		lint->bases = &target->bases.finder;
		source_lint(source, lint);
	}
	if (source->diags.errors == 0)
		return 0;
	source_emit_warnings(source, !lint->wants_bases, target->common->monitor);
	return diags_check(&source->diags, err);
}

static int check_sources(struct build_target *target, struct err *err)
{
	VEC_FOREACH(image, &target->images) {
		struct source_lint lint = lint_for(target, image);
		size_t i = index_of(target, image);

		if (build_sources_is_first(&target->sources, i) &&
		    check_source(target, &lint, target->sources.items[i], err) < 0)
			return -1;
	}
	return 0;
}

/* The machines of the images, as build_sources_read() wants them. */
static int read_sources(struct build_target *target, struct err *err)
{
	AUTO(freep)
	struct build_machine *machines = xcalloc(target->images.len, sizeof(*machines));

	VEC_FOREACH(image, &target->images)
		machines[index_of(target, image)] = image->machine;
	return build_sources_read(target->request, &target->context, machines, target->images.len,
				  &target->sources, err);
}

static int open_files(struct build_target *target, struct err *err)
{
	const struct build_context *context = &target->context;
	const struct build_source *source = target->sources.items[0];
	const struct context_files wanted = { .dir = context->dir,
					      .ignore = source->ignore,
					      .ignore_name = source->ignore_name,
					      .ignore_text = str_span(&source->ignore_text) };

	return context_pool_open(&target->common->contexts, &wanted, context->is_remote,
				 &target->settings.context, err);
}

/* A Dockerfile's problems name their places themselves. */
static int named_error(const struct build_target *target, struct err *err)
{
	if (!target->request->name || !err || err->kind == ERR_CANCELLED)
		return -1;
	return err_wrap(err, "%s", target->request->name);
}

/* One for all platforms: an index has one time, too. */
static int set_epoch(struct build_target *target, struct err *err)
{
	char platform[PLATFORM_TEXT_MAX], build_platform[PLATFORM_TEXT_MAX];
	const struct build_source *source = target->sources.items[0];
	const struct scope_request scope = {
		.build_args = &target->build_args,
		.build_platform = platform_format(&target->common->host, build_platform),
		.target_platform =
			platform_format(&target->images.items[0].machine.platform, platform),
		.target_stage = target->request->target,
		.escape = source->file.tree.escape,
	};

	return source_epoch(target->request, source, &scope, &target->settings.epoch, err);
}

static int read_definition(struct build_target *target, struct err *err)
{
	if (read_sources(target, err) < 0)
		return named_error(target, err);
	if (check_sources(target, err) < 0)
		return -1;
	return set_epoch(target, err);
}

static int open_volumes(struct build_target *target, struct err *err)
{
	const struct build_request *request = target->request;
	const char *context_dir = target->context.is_remote ? NULL : target->context.dir;

	for (size_t i = 0; request->volumes && i < request->volumes->len; i++) {
		const struct build_volume *volume = &request->volumes->items[i];
		const struct sandbox_mount mount = { .kind = SANDBOX_BIND,
						     .source = volume->source,
						     .target = volume->target,
						     .read_only = volume->read_only };

		if (step_volumes_add(&target->volumes, &mount, volume->cache, context_dir,
				     target->common->store, target->common->monitor, err) < 0)
			return -1;
	}
	return 0;
}

int build_target_open(struct build_target *target, struct err *err)
{
	const struct monitor *monitor = target->common->monitor;
	const char *name = target->request->name;
	unsigned step;

	if (secrets_load(target->request->secrets, &target->secrets, err) < 0 ||
	    build_context_open(target->request, &target->common->contexts, &target->context, err) <
		    0)
		return named_error(target, err);
	step = monitor_add_step(monitor, "[%s%sinternal] load build definition", name ? name : "",
				name ? " " : "");
	monitor_step(monitor, step, EVENT_STEP_STARTED);
	if (read_definition(target, err) < 0) {
		monitor_text(monitor, step, EVENT_STEP_FAILED, "%s",
			     err && err->message ? err->message : "failed");
		return -1;
	}
	monitor_step(monitor, step, EVENT_STEP_DONE);
	if (open_files(target, err) < 0 || open_volumes(target, err) < 0)
		return named_error(target, err);
	return 0;
}

/* --- planning --- */

static int plan(struct build_target *target, struct target_image *image, struct err *err)
{
	const struct build_request *request = target->request;
	struct build_common *common = target->common;
	const struct build_machine *machine = &image->machine;
	struct build_source *source = target->sources.items[index_of(target, image)];
	struct plan_request question = {
		.file = &source->file,
		.file_name = source->dockerfile_name,
		.platform = &machine->platform,
		.platform_is_given = request->machine_count > 0,
		.build_platform = &common->host,
		.cpu_model = platform_is_native(&machine->platform) ? NULL : machine->cpu_model,
		.target = request->target,
		.build_args = &target->build_args,
		.settings = &target->settings,
		.show_platform = target->images.len > 1,
		.bases = &target->bases.finder,
		.contexts = request->contexts ? &target->contexts.finder : NULL,
	};

	common->bases.show_platform |= question.show_platform;
	if (plan_image(&common->graph, &question, &image->planned, err) < 0)
		return named_error(target, err);
	if (request->label_vcs &&
	    vcs_labels_set(&target->context, &image->planned.config.labels, err) < 0)
		return named_error(target, err);
	if (request->labels)
		strmap_set_all(&image->planned.config.labels, request->labels);
	return 0;
}

int build_target_plan(struct build_target *target, struct target_image *image, struct err *err)
{
	if (image->state == TARGET_BEING_PLANNED)
		return err_set(err, ERR_INPUT, "'%s' is made from itself", target->request->name);
	if (image->state == TARGET_PLANNED)
		return 0;
	image->state = TARGET_BEING_PLANNED;
	if (plan(target, image, err) < 0)
		return -1;
	image->state = TARGET_PLANNED;
	return 0;
}

/* The images are known now: what the checks say is final. */
static int check_finally(struct build_target *target, const struct target_image *image,
			 bool is_planned, struct err *err)
{
	struct build_source *source = target->sources.items[index_of(target, image)];
	struct source_lint lint = lint_for(target, image);

	if (is_planned) {
		lint.bases = &target->bases.finder;
		lint.contexts = &target->contexts.finder;
		source_lint(source, &lint);
	}
	source_emit_warnings(source, is_planned, target->common->monitor);
	return is_planned ? diags_check(&source->diags, err) : 0;
}

int build_target_check(struct build_target *target, bool is_planned, struct err *err)
{
	int status = 0;

	VEC_FOREACH(image, &target->images) {
		if (build_sources_is_first(&target->sources, index_of(target, image)) &&
		    check_finally(target, image, is_planned, status == 0 ? err : NULL) < 0)
			status = -1;
	}
	return status;
}

/* --- the result --- */

void build_target_mark(struct build_target *target)
{
	bool wants_layers = outputs_want_layers(target->request);

	VEC_FOREACH(image, &target->images) {
		struct vertex *vertex = image->planned.top;

		if (!image->is_wanted)
			continue;
		vertex->is_result = true;
		for (; vertex; vertex = vertex->parent)
			vertex->exported = vertex->exported || wants_layers;
	}
}

static struct platform_steps *steps_of(struct build_result *result, const struct platform *platform)
{
	struct platform_steps *added = NULL;

	VEC_FOREACH(steps, &result->platforms) {
		if (platform_equal(&steps->platform, platform))
			return steps;
	}
	added = VEC_ADD(&result->platforms);
	*added = (struct platform_steps){ .platform = *platform };
	return added;
}

/* A sum of `platforms` for those who do not ask where. */
static void sum_steps(struct build_result *result)
{
	VEC_FOREACH(steps, &result->platforms) {
		result->shared_steps += steps->shared;
		result->executed_steps += steps->executed;
		result->cached_steps += steps->cached;
	}
}

static void count_steps(const struct build_target *target, struct build_result *ret)
{
	VEC_FOREACH(item, &target->common->graph.vertices) {
		const struct vertex *vertex = *item;
		struct platform_steps *steps = NULL;

		if (vertex->settings != &target->settings ||
		    vertex_result(*item)->state == VERTEX_PENDING)
			continue;
		steps = steps_of(ret, &vertex->platform);
		if (vertex->twin)
			steps->shared++;
		else if (vertex->state == VERTEX_DONE)
			steps->executed++;
		else
			steps->cached++;
		if (vertex->emulated)
			ret->emulated_ns += vertex->elapsed_ns;
	}
	sum_steps(ret);
}

static struct output_job output_job_of(const struct build_target *target)
{
	struct output_job job = { .request = target->request, .epoch = target->settings.epoch };

	VEC_FOREACH(image, &target->images) {
		if (image->is_wanted)
			*VEC_ADD(&job.images) = (struct output_image){
				&image->planned, target->sources.items[index_of(target, image)]
			};
	}
	return job;
}

int build_target_write(struct build_target *target, struct build_result *ret, struct err *err)
{
	AUTO(output_job_release) struct output_job job = output_job_of(target);

	count_steps(target, ret);
	return outputs_write(&job, ret, err);
}

int build_target_tag(const struct build_target *target, const struct build_result *result,
		     struct err *err)
{
	return outputs_tag(target->request, result, err);
}
