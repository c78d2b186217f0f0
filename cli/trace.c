#include "trace.h"

#include <stdlib.h>

#include "base/json.h"

#define NS_PER_US 1000

enum process { PROCESS_STEPS = 1, PROCESS_TRANSFERS = 2 };

/* Something that took time. */
struct slice {
	enum process process;
	uint64_t started, ended;
	size_t order; /* as they were found: what began at the same time stays in order */
	const struct step *step;
	const struct transfer *transfer; /* NULL = the step itself */
};

struct slices {
	struct slice *items;
	size_t len, cap;
};

/* When each lane of a process is free again. */
struct lanes {
	uint64_t *items;
	size_t len, cap;
};

static int compare_slices(const void *a, const void *b)
{
	const struct slice *left = a, *right = b;

	if (left->started != right->started)
		return left->started < right->started ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

static void add(struct slices *slices, const struct slice *slice)
{
	struct slice *added = VEC_ADD(slices);

	*added = *slice;
	added->order = slices->len;
}

static void find_slices(const struct steps *steps, uint64_t now, struct slices *ret)
{
	VEC_FOREACH(item, steps) {
		const struct step *step = *item;

		if (!step->started)
			continue;
		add(ret, &(struct slice){ .process = PROCESS_STEPS,
					  .started = step->started,
					  .ended = step->ended ? step->ended : now,
					  .step = step });
		VEC_FOREACH(transfer, &step->transfers)
			add(ret, &(struct slice){ .process = PROCESS_TRANSFERS,
						  .started = transfer->started,
						  .ended = transfer->ended ? transfer->ended : now,
						  .step = step,
						  .transfer = transfer });
	}
	if (ret->len > 1)
		qsort(ret->items, ret->len, sizeof(*ret->items), compare_slices);
}

/* The first one that is free; counted from 1. */
static size_t take_lane(struct lanes *lanes, const struct slice *slice)
{
	size_t i = 0;

	while (i < lanes->len && lanes->items[i] > slice->started)
		i++;
	if (i == lanes->len)
		(void)VEC_ADD(lanes);
	lanes->items[i] = slice->ended;
	return i + 1;
}

static const char *state_name(enum step_state state)
{
	switch (state) {
	case STEP_WAITING: return "waiting";
	case STEP_RUNNING: return "running";
	case STEP_CACHED: return "cached";
	case STEP_DONE: return "done";
	case STEP_FAILED: return "failed";
	case STEP_CANCELLED: return "canceled";
	}
	return "unknown";
}

static json_t *step_args(const struct step *step)
{
	json_t *args = json_object();

	json_set_string(args, "state", state_name(step->state));
	json_object_set_new(args, "cached", json_boolean(step->state == STEP_CACHED));
	json_object_set_new(args, "emulated", json_boolean(step->is_emulated));
	if (step->platform)
		json_set_string(args, "platform", step->platform);
	return args;
}

static json_t *transfer_args(const struct slice *slice)
{
	json_t *args = json_object();

	json_object_set_new(args, "bytes", json_integer((json_int_t)slice->transfer->done));
	json_set_string(args, "step", slice->step->name);
	return args;
}

static void set_name(json_t *event, const struct slice *slice)
{
	AUTO(str_release) struct str name = STR_INIT;

	if (!slice->transfer) {
		json_set_string(event, "name", slice->step->name);
		return;
	}
	if (slice->transfer->verb)
		str_addf(&name, "%s ", slice->transfer->verb);
	transfer_format_item(slice->transfer, &name);
	json_set_string(event, "name", name.ptr);
}

static json_t *describe(const struct slice *slice, uint64_t started, size_t lane)
{
	json_t *event = json_object();
	uint64_t begin = slice->started > started ? slice->started - started : 0;

	set_name(event, slice);
	json_set_string(event, "cat", slice->transfer ? "transfer" : "step");
	json_set_string(event, "ph", "X");
	json_object_set_new(event, "ts", json_integer((json_int_t)(begin / NS_PER_US)));
	json_object_set_new(
		event, "dur",
		json_integer((json_int_t)((slice->ended - slice->started) / NS_PER_US)));
	json_object_set_new(event, "pid", json_integer(slice->process));
	json_object_set_new(event, "tid", json_integer((json_int_t)lane));
	json_object_set_new(event, "args",
			    slice->transfer ? transfer_args(slice) : step_args(slice->step));
	return event;
}

void trace_format(const struct steps *steps, uint64_t started, uint64_t now, struct str *out)
{
	struct slices slices = { .items = NULL };
	struct lanes lanes[PROCESS_TRANSFERS + 1] = { { .items = NULL } };

	find_slices(steps, now, &slices);
	str_add(out, "[");
	VEC_FOREACH(slice, &slices) {
		json_t *event = describe(slice, started, take_lane(&lanes[slice->process], slice));

		str_add(out, slice == slices.items ? "\n" : ",\n");
		json_write(event, out);
		json_decref(event);
	}
	str_add(out, "\n]\n");
	free(slices.items);
	for (size_t i = 0; i < ARRAY_SIZE(lanes); i++)
		free(lanes[i].items);
}
