#include "builder/check.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "solve/base_images.h"
#include "source.h"
#include "source_lint.h"

struct build_check {
	struct build_source source;
	bool wants_bases;
};

static void lint(const struct build_request *request, bool all_stages, struct build_check *check)
{
	AUTO(strmap_release) struct strmap build_args = STRMAP_INIT;
	AUTO(base_images_release) struct base_images bases = { .store = NULL };
	struct base_names names;
	struct platform host;
	struct source_lint options = { .request = request,
				       .build_args = &build_args,
				       .platform = &host,
				       .build_platform = &host,
				       .all_stages = all_stages };

	platform_host(&host);
	if (request->machine_count > 0)
		options.platform = &request->machines[0].platform;
	build_args_resolve(request->build_args, &build_args);
	source_lint(&check->source, &options);
	if (options.wants_bases && request->store) {
		base_images_init(&bases, request->store, request->registry, request->monitor);
		base_names_init(&names, &bases, request->pull, request->contexts);
		options.bases = &names.finder;
		source_lint(&check->source, &options);
	}
	check->wants_bases = options.wants_bases && !request->store;
	diags_sort(&check->source.diags);
}

int build_check_run(const struct build_request *request, bool all_stages, struct build_check **ret,
		    struct err *err)
{
	AUTO(build_check_freep) struct build_check *check = xcalloc(1, sizeof(*check));
	/* Gone before the answer is, which may outlive the store. */
	AUTO(context_pool_release) struct context_pool pool;
	AUTO(build_context_release) struct build_context context = BUILD_CONTEXT_INIT;

	context_pool_init(&pool, request->store);
	build_source_init(&check->source);
	if (build_context_open(request, &pool, &context, err) < 0 ||
	    build_source_read(request, &context,
			      request->machine_count > 0 ? request->machines->board : NULL,
			      &check->source, err) < 0)
		return -1;
	check->source.context = NULL;
	lint(request, all_stages, check);
	*ret = TAKE(check);
	return 0;
}

void build_check_free(struct build_check *check)
{
	if (!check)
		return;
	build_source_release(&check->source);
	free(check);
}

const struct diags *build_check_diags(const struct build_check *check)
{
	return &check->source.diags;
}

const struct dockerfile *build_check_file(const struct build_check *check)
{
	return &check->source.file;
}

bool build_check_wants_bases(const struct build_check *check)
{
	return check->wants_bases;
}
