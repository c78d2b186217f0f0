#include "build_plan.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/str.h"

static int plan_names(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	VEC_FOREACH(text, &args->result.tags) {
		struct image_ref *name = VEC_ADD(&plan->names);

		if (image_option_parse(*text, name, err) < 0)
			return err_wrap(err, "option '--tag'");
		strvec_take(&plan->tags, image_ref_format(name));
	}
	return 0;
}

static int plan_volumes(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	AUTO(freep) char *here = NULL;

	if (args->run.volumes.len > 0 && fs_realpath(".", &here, err) < 0)
		return -1;
	VEC_FOREACH(text, &args->run.volumes) {
		if (build_volume_parse(*text, here, VEC_ADD(&plan->volumes), err) < 0)
			return err_wrap(err, "option '--volume'");
	}
	return 0;
}

static int plan_contexts(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	VEC_FOREACH(text, &args->source.named_contexts) {
		if (named_contexts_add(&plan->contexts, *text, err) < 0)
			return err_wrap(err, "option '--build-context'");
	}
	return 0;
}

static int plan_secrets(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	VEC_FOREACH(text, &args->run.secrets) {
		if (build_secrets_add(&plan->secrets, *text, err) < 0)
			return err_wrap(err, "option '--secret'");
	}
	return 0;
}

/* An option whose words go to the steps' options one by one. */
struct step_option {
	const char *name;
	const struct strvec *words;
	int (*add)(struct step_options *options, const char *text, struct err *err);
};

static int plan_steps(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	const struct build_run_args *run = &args->run;
	const struct step_option lists[] = {
		{ "ulimit", &run->limits, step_options_add_limit },
		{ "add-host", &run->hosts, step_options_add_host },
		{ "dns", &run->dns, step_options_add_dns },
		{ "allow", &run->allowed, step_options_allow },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		VEC_FOREACH(text, lists[i].words) {
			if (lists[i].add(&plan->steps, *text, err) < 0)
				return err_wrap(err, "option '--%s'", lists[i].name);
		}
	}
	if (run->shm_size && step_options_set_shm_size(&plan->steps, run->shm_size, err) < 0)
		return err_wrap(err, "option '--shm-size'");
	if (run->network && step_options_set_network(&plan->steps, run->network, err) < 0)
		return err_wrap(err, "option '--network'");
	return 0;
}

static int plan_ssh(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	VEC_FOREACH(text, &args->run.ssh) {
		if (ssh_agents_add(&plan->ssh, *text, err) < 0)
			return err_wrap(err, "option '--ssh'");
	}
	return 0;
}

/* As buildx takes them: --no-cache-filter a,b. */
static void plan_no_cache_stages(const struct build_args *args, struct build_plan *plan)
{
	VEC_FOREACH(text, &args->cache.no_cache_stages) {
		struct span rest = span_of(*text), name;

		while (rest.len > 0) {
			(void)span_cut(&rest, ',', &name);
			strvec_addn(&plan->no_cache_stages, name.ptr, name.len);
		}
	}
}

/* As with buildx, BUILDKIT_INLINE_CACHE=1 is --cache-to type=inline. */
static int plan_caches(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	const char *is_inline = strmap_get(&plan->build_args, "BUILDKIT_INLINE_CACHE");

	VEC_FOREACH(text, &args->cache.from) {
		if (cache_place_parse_source(*text, VEC_ADD(&plan->cache_from), err) < 0)
			return err_wrap(err, "option '--cache-from'");
	}
	VEC_FOREACH(text, &args->cache.to) {
		if (cache_place_parse_destination(*text, VEC_ADD(&plan->cache_to), err) < 0)
			return err_wrap(err, "option '--cache-to'");
	}
	if (str_eq(is_inline, "1") &&
	    cache_place_parse_destination("type=inline", VEC_ADD(&plan->cache_to), err) < 0)
		return -1;
	return 0;
}

static void plan_pairs(const struct build_args *args, struct build_plan *plan)
{
	VEC_FOREACH(pair, &args->source.build_args)
		strmap_set_pair(&plan->build_args, *pair);
	VEC_FOREACH(pair, &args->result.labels) {
		strmap_set_pair(&plan->labels, *pair);
		/* "--label NAME" is an empty label, not one from the environment. */
		if (!strchr(*pair, '='))
			strmap_set(&plan->labels, *pair, "");
	}
}

/*
 * reproducible-builds.org/specs/source-date-epoch; as a build argument it goes before the
 * environment, as with buildx, for which the environment's is a build argument as well.
 */
static int plan_epoch(struct build_plan *plan, struct err *err)
{
	const char *text = strmap_get(&plan->build_args, "SOURCE_DATE_EPOCH");
	const char *inherited = getenv("SOURCE_DATE_EPOCH");
	unsigned long long seconds = 0;

	plan->request.source_date_epoch = text && !*text ? BUILD_EPOCH_NONE : -1;
	if (!text && inherited && *inherited) {
		strmap_set(&plan->build_args, "SOURCE_DATE_EPOCH", inherited);
		text = inherited;
	}
	if (!text || !*text)
		return 0;
	if (!span_to_u64(span_of(text), BUILD_EPOCH_MAX, &seconds))
		return err_set(
			err, ERR_USAGE,
			"SOURCE_DATE_EPOCH: '%s' is no number of seconds before the year 10000",
			text);
	plan->request.source_date_epoch = (int64_t)seconds;
	return 0;
}

/* An index has one image for a platform. */
static int check_distinct(const struct machines *machines, const struct machine *machine,
			  struct err *err)
{
	char platform[PLATFORM_TEXT_MAX];

	for (const struct machine *other = machines->items; other < machine; other++) {
		if (!platform_equal(&other->platform, &machine->platform))
			continue;
		(void)err_set(err, ERR_USAGE, "boards '%s' and '%s' are both %s",
			      other->board->slug, machine->board->slug,
			      platform_format(&machine->platform, platform));
		return err_hint(err, "an image cannot hold both: build for one of them, or with "
				     "--platform for all of its kind");
	}
	return 0;
}

static int plan_machines(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	const struct machines *machines = &plan->machines;

	if (machines_parse(&args->source.platforms, &args->source.boards, &plan->machines, err) < 0)
		return -1;
	plan->wanted = xcalloc(machines->len + 1, sizeof(*plan->wanted));
	plan->boards = xcalloc(machines->len + 1, sizeof(*plan->boards));
	for (size_t i = 0; i < machines->len; i++) {
		const struct machine *machine = &machines->items[i];
		const struct board *board = machine->board;

		if (check_distinct(machines, machine, err) < 0)
			return -1;
		plan->wanted[i].platform = machine->platform;
		if (!board)
			continue;
		plan->boards[i] = (struct build_board){ .slug = board->slug, .arch = board->arch };
		plan->wanted[i].board = &plan->boards[i];
		plan->wanted[i].cpu_model = board->cpu.qemu;
	}
	return 0;
}

/* --push and --load are outputs of their own, unless one of the kind is there already. */
static void add_short_forms(const struct build_args *args, struct build_outputs *outputs)
{
	struct build_output *image = NULL;
	bool has_docker = false;

	VEC_FOREACH(output, outputs) {
		if (output->type == OUTPUT_IMAGE && !image)
			image = output;
		has_docker = has_docker || output->type == OUTPUT_DOCKER;
	}
	if (!image && (args->result.push || outputs->len == 0)) {
		image = VEC_ADD(outputs);
		build_output_default(image);
	}
	if (args->result.push)
		image->push = true;
	if (args->result.load && !has_docker) {
		struct build_output *docker = VEC_ADD(outputs);

		build_output_default(docker);
		docker->type = OUTPUT_DOCKER;
		docker->form.docker_types = true;
	}
}

static int check_names(const struct build_plan *plan, struct err *err)
{
	VEC_FOREACH(output, &plan->outputs) {
		if (!output->push || output->names.len > 0 || plan->tags.len > 0)
			continue;
		(void)err_set(err, ERR_USAGE, "--push needs a name to push to");
		return err_hint(err, "give one with --tag REGISTRY/NAME:TAG");
	}
	return 0;
}

/* Two archives, or an archive and the id of --quiet, would be one after the other. */
static int check_stdout(const struct build_args *args, const struct build_plan *plan,
			struct err *err)
{
	size_t count = args->how.quiet;

	VEC_FOREACH(output, &plan->outputs) {
		if (!str_eq(output->dest, "-"))
			continue;
		count++;
		if (isatty(STDOUT_FILENO)) {
			(void)err_set(err, ERR_USAGE, "an archive is not for a terminal");
			return err_hint(err, "write it to a file, dest=FILE, or into a pipe");
		}
	}
	return count > 1 ? err_set(err, ERR_USAGE, "only one thing can go to the standard output")
			 : 0;
}

/* --compression, of those that do not say their own. Docker's archives are for engines of any age. */
static void set_compression(const struct build_args *args, struct build_outputs *outputs)
{
	VEC_FOREACH(output, outputs) {
		bool is_open = output->type == OUTPUT_IMAGE || output->type == OUTPUT_OCI;

		if (args->result.compression == 0 || !is_open || output->form.has_compression ||
		    output->form.level != 0)
			continue;
		output->form.has_compression = true;
		output->form.compression = (enum compression)(args->result.compression - 1);
	}
}

static int plan_outputs(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	AUTO(annotations_release) struct annotations annotations = { .items = NULL };

	VEC_FOREACH(text, &args->result.annotations) {
		if (annotations_add(&annotations, *text, err) < 0)
			return err_wrap(err, "option '--annotation'");
	}
	VEC_FOREACH(text, &args->result.outputs) {
		if (build_output_parse(*text, VEC_ADD(&plan->outputs), err) < 0)
			return err_wrap(err, "option '--output'");
	}
	add_short_forms(args, &plan->outputs);
	set_compression(args, &plan->outputs);
	VEC_FOREACH(output, &plan->outputs)
		annotations_add_all(&output->form.annotations, &annotations);
	plan->request.outputs = &plan->outputs;
	plan->request.stdout_fd = STDOUT_FILENO;
	return check_names(plan, err) < 0 ? -1 : check_stdout(args, plan, err);
}

static int plan_attestations(const struct build_args *args, struct build_plan *plan,
			     struct err *err)
{
	const struct build_result_args *result = &args->result;

	VEC_FOREACH(text, &result->attestations) {
		if (attestations_add(&plan->attestations, *text, err) < 0)
			return err_wrap(err, "option '--attest'");
	}
	if (result->provenance &&
	    attestations_set_provenance(&plan->attestations, result->provenance, err) < 0)
		return err_wrap(err, "option '--provenance'");
	if (result->sbom && attestations_set_sbom(&plan->attestations, result->sbom, err) < 0)
		return err_wrap(err, "option '--sbom'");
	plan->request.attestations = &plan->attestations;
	plan->request.label_vcs = result->label_vcs;
	return 0;
}

/* Layers are compressed at once as the first output that says it wants them. */
static void plan_layers(struct build_plan *plan)
{
	plan->request.layers =
		(struct layer_options){ .compression = COMPRESSION_GZIP, .clamp_mtime = -1 };
	VEC_FOREACH(output, &plan->outputs) {
		if (!output->form.has_compression)
			continue;
		plan->request.layers.compression = output->form.compression;
		plan->request.layers.level = output->form.level;
		return;
	}
}

int build_plan(const struct build_args *args, struct build_plan *plan, struct err *err)
{
	struct build_request *request = &plan->request;
	const struct strvec *files = &args->source.files;

	if (plan_machines(args, plan, err) < 0 || plan_names(args, plan, err) < 0 ||
	    plan_volumes(args, plan, err) < 0 || plan_contexts(args, plan, err) < 0 ||
	    plan_outputs(args, plan, err) < 0 || plan_attestations(args, plan, err) < 0 ||
	    plan_ssh(args, plan, err) < 0 || plan_secrets(args, plan, err) < 0 ||
	    plan_steps(args, plan, err) < 0)
		return -1;
	plan_pairs(args, plan);
	plan_no_cache_stages(args, plan);
	request->context_dir = args->operands.len > 0 ? args->operands.items[0] : ".";
	request->dockerfile = files->len > 0 ? files->items[files->len - 1] : NULL;
	request->dockerfile_text = args->source.dockerfile_text;
	request->machines = plan->wanted;
	request->machine_count = plan->machines.len;
	request->target = args->source.target;
	request->build_args = &plan->build_args;
	request->labels = &plan->labels;
	request->volumes = &plan->volumes;
	request->contexts = &plan->contexts;
	request->ssh = &plan->ssh;
	request->secrets = &plan->secrets;
	request->steps = &plan->steps;
	request->tags = &plan->tags;
	request->no_cache = args->cache.no_cache;
	request->no_cache_stages = &plan->no_cache_stages;
	request->explain = args->cache.explain;
	request->cache_from = &plan->cache_from;
	request->cache_to = &plan->cache_to;
	request->jobs = (unsigned)args->how.jobs;
	request->pull = args->how.pull;
	plan_layers(plan);
	return plan_caches(args, plan, err) < 0 ? -1 : plan_epoch(plan, err);
}

void build_plan_release(struct build_plan *plan)
{
	machines_release(&plan->machines);
	free(plan->wanted);
	free(plan->boards);
	strmap_release(&plan->build_args);
	strmap_release(&plan->labels);
	build_volumes_release(&plan->volumes);
	named_contexts_release(&plan->contexts);
	ssh_agents_release(&plan->ssh);
	build_secrets_release(&plan->secrets);
	step_options_release(&plan->steps);
	image_refs_release(&plan->names);
	strvec_release(&plan->tags);
	strvec_release(&plan->no_cache_stages);
	cache_places_release(&plan->cache_from);
	cache_places_release(&plan->cache_to);
	build_outputs_release(&plan->outputs);
	attestations_release(&plan->attestations);
}
