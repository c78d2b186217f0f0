#include "builder/live_build.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "build_state.h"
#include "output.h"

struct live_build {
	struct build build;
	struct copied_files *files;
	size_t restart_layers;
};

void live_build_free(struct live_build *live)
{
	if (!live)
		return;
	copied_files_free(live->files);
	build_release(&live->build);
	free(live);
}

struct copied_files *live_build_files(struct live_build *live)
{
	return live->files;
}

size_t live_build_restart_layers(const struct live_build *live)
{
	return live->restart_layers;
}

/* Earlier stages stand above it as well. */
static size_t count_restart_layers(const struct build_target *target)
{
	unsigned line = target->sources.items[0]->live_line;
	const struct vertex *vertex = target->images.items[0].planned.top;

	if (line == 0)
		return SIZE_MAX;
	while (vertex->parent && vertex->instruction->name.line > line)
		vertex = vertex->parent;
	return vertex->depth;
}

static bool needs_others(const struct build_request *request)
{
	for (size_t i = 0; request->contexts && i < request->contexts->len; i++) {
		if (request->contexts->items[i].kind == NAMED_TARGET)
			return true;
	}
	return false;
}

static int run(struct live_build *live, const struct build_request *requests, size_t count,
	       size_t index, struct build_result *ret, struct err *err)
{
	AUTO(freep) struct build_result *results = xcalloc(count, sizeof(*results));
	int status = build_carry_out(&live->build, requests, count, results, err);

	for (size_t i = 0; i < count; i++) {
		if (i != index || status < 0)
			build_result_release(&results[i]);
	}
	if (status == 0)
		*ret = results[index];
	return status;
}

/* Without them each change is built: slower, and just as right. */
static int open_files(struct live_build *live, size_t index, struct err *err)
{
	const struct build_target *target = &live->build.targets[index];
	AUTO(err_release) struct err reason = ERR_INIT;

	live->restart_layers = count_restart_layers(target);
	if (target->images.len != 1 || !outputs_want_layers(target->request))
		return 0;
	if (copied_files_open(&live->build.solver, target->images.items[0].planned.top,
			      &live->files, &reason) == 0)
		return 0;
	if (reason.kind == ERR_CANCELLED) {
		err_move(err, &reason);
		return -1;
	}
	log_debug("builder", "files are not followed: %s", reason.message);
	return 0;
}

int live_build_run(const struct build_request *requests, size_t count, size_t index,
		   struct live_build **ret, struct build_result *ret_result, struct err *err)
{
	struct live_build *live = xcalloc(1, sizeof(*live));
	bool alone = !needs_others(&requests[index]);

	if (run(live, alone ? &requests[index] : requests, alone ? 1 : count, alone ? 0 : index,
		ret_result, err) < 0) {
		live_build_free(live);
		return -1;
	}
	if (open_files(live, alone ? 0 : index, err) < 0) {
		build_result_release(ret_result);
		*ret_result = (struct build_result)BUILD_RESULT_INIT;
		live_build_free(live);
		return -1;
	}
	*ret = live;
	return 0;
}
