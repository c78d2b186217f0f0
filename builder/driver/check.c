#include "builder/check.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "image/reference.h"
#include "solve/base_images.h"
#include "source_lint.h"
#include "sources.h"

struct build_check {
	struct build_sources sources; /* by machine */
	bool wants_bases;
};

/* What all machines of one build have in common. */
struct checking {
	const struct build_request *request;
	bool all_stages;
	struct strmap build_args;
	struct build_machine host;
	const struct build_machine *machines;
	size_t count;
	struct base_images bases;
	struct base_names names;
	struct base_finder finder;
	struct strvec silent; /* registries that could not be reached */
};

/* A registry that does not answer is asked once, not for every stage and machine. */
static int find_base(struct base_finder *finder, const char *name, const struct platform *platform,
		     const struct base_image **ret, struct err *err)
{
	struct checking *checking = CONTAINER_OF(finder, struct checking, finder);
	struct base_finder *names = &checking->names.finder;
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	const char *host = image_ref_parse(name, &ref, NULL) == 0 ? ref.host : "";
	bool is_silent = strvec_contains(&checking->silent, host);
	int result;

	checking->bases.registry = is_silent ? NULL : checking->request->registry;
	result = names->find(names, name, platform, ret, err);
	if (result < 0 && is_silent)
		err->kind = ERR_NETWORK; /* that the store lacks it says nothing */
	else if (result < 0 && err->kind == ERR_NETWORK)
		strvec_add(&checking->silent, host);
	return result;
}

static void checking_init(struct checking *checking, const struct build_request *request,
			  bool all_stages)
{
	*checking = (struct checking){ .request = request,
				       .all_stages = all_stages,
				       .machines = request->machines,
				       .count = request->machine_count };
	platform_host(&checking->host.platform);
	if (checking->count == 0) {
		checking->machines = &checking->host;
		checking->count = 1;
	}
	build_args_resolve(request->build_args, &checking->build_args);
	base_images_init(&checking->bases, request->store, request->registry, request->monitor);
	base_names_init(&checking->names, &checking->bases, request->pull, request->contexts);
	checking->bases.any_platform = true;
	checking->finder.find = find_base;
}

static void checking_release(struct checking *checking)
{
	strmap_release(&checking->build_args);
	base_images_release(&checking->bases);
	strvec_release(&checking->silent);
}

static bool is_same(const struct diag *a, const struct diag *b)
{
	return a->level == b->level && a->line == b->line && a->column == b->column &&
	       str_eq(a->rule, b->rule) && str_eq(a->message, b->message);
}

static bool has(const struct diags *diags, const struct diag *wanted)
{
	VEC_FOREACH(diag, diags) {
		if (is_same(diag, wanted))
			return true;
	}
	return false;
}

/* Those that another machine has not brought already. */
static void add_new(struct diags *diags, const struct diags *more)
{
	VEC_FOREACH(diag, more) {
		struct diag *copy;

		if (has(diags, diag))
			continue;
		copy = diags_add(diags, diag->level, diag->line, diag->column, diag->length, "%s",
				 diag->message);
		copy->hint = xstrdup_or_null(diag->hint);
		copy->rule = xstrdup_or_null(diag->rule);
	}
	if (more->dropped > diags->dropped) {
		diags->errors += more->dropped - diags->dropped;
		diags->dropped = more->dropped;
	}
}

static void lint_for(struct checking *checking, struct build_check *check, size_t machine)
{
	const struct build_request *request = checking->request;
	struct build_source *source = check->sources.items[machine];
	struct source_lint lint = { .request = request,
				    .build_args = &checking->build_args,
				    .platform = &checking->machines[machine].platform,
				    .build_platform = &checking->host.platform,
				    .all_stages = checking->all_stages };

	source_lint(source, &lint);
	/* With an error of the file itself, its images are asked only when they could refute it. */
	if (!lint.wants_bases && (source->diags.errors > 0 || !lint.bases_unknown))
		return;
	if (!request->store) {
		check->wants_bases = true;
		return;
	}
	lint.bases = &checking->finder;
	source_lint(source, &lint);
}

/* For each machine that has this source. */
static void lint_source(struct checking *checking, struct build_check *check, size_t first)
{
	struct build_source *source = check->sources.items[first];
	struct diags all = { .items = NULL };

	diags_init(&all, source->diags.file, source->diags.source);
	for (size_t i = first; i < checking->count; i++) {
		if (check->sources.items[i] != source)
			continue;
		lint_for(checking, check, i);
		add_new(&all, &source->diags);
	}
	diags_release(&source->diags);
	source->diags = all;
	diags_sort(&source->diags);
}

int build_check_run(const struct build_request *request, bool all_stages, struct build_check **ret,
		    struct err *err)
{
	AUTO(build_check_freep) struct build_check *check = xcalloc(1, sizeof(*check));
	/* Gone before the answer is, which may outlive the store. */
	AUTO(context_pool_release) struct context_pool pool;
	AUTO(build_context_release) struct build_context context = BUILD_CONTEXT_INIT;
	AUTO(checking_release) struct checking checking;

	context_pool_init(&pool, request->store);
	checking_init(&checking, request, all_stages);
	if (build_context_open(request, &pool, &context, err) < 0 ||
	    build_sources_read(request, &context, checking.machines, checking.count,
			       &check->sources, err) < 0)
		return -1;
	for (size_t i = 0; i < checking.count; i++) {
		check->sources.items[i]->context = NULL;
		if (build_sources_is_first(&check->sources, i))
			lint_source(&checking, check, i);
	}
	*ret = TAKE(check);
	return 0;
}

void build_check_free(struct build_check *check)
{
	if (!check)
		return;
	build_sources_release(&check->sources);
	free(check);
}

static const struct build_source *source_at(const struct build_check *check, size_t index)
{
	for (size_t i = 0; i < check->sources.len; i++) {
		if (build_sources_is_first(&check->sources, i) && index-- == 0)
			return check->sources.items[i];
	}
	return NULL;
}

size_t build_check_count(const struct build_check *check)
{
	size_t count = 0;

	for (size_t i = 0; i < check->sources.len; i++)
		count += build_sources_is_first(&check->sources, i);
	return count;
}

const struct diags *build_check_diags(const struct build_check *check, size_t index)
{
	return &source_at(check, index)->diags;
}

const struct dockerfile *build_check_file(const struct build_check *check, size_t index)
{
	return &source_at(check, index)->file;
}

bool build_check_wants_bases(const struct build_check *check)
{
	return check->wants_bases;
}
