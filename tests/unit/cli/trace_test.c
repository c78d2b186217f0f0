/* The timeline: what becomes of steps and transfers. */
#include "trace.h"

#include "base/json.h"
#include "unit.h"

#define US 1000 /* nanoseconds */

static void apply(struct steps *steps, uint64_t us, const struct event *event)
{
	(void)steps_apply(steps, event, us * US);
}

static void step_event(struct steps *steps, uint64_t us, unsigned id, enum event_kind kind)
{
	apply(steps, us, &(struct event){ .kind = kind, .step = id, .text = "a step" });
}

static void transfer_event(struct steps *steps, uint64_t us, unsigned id, const char *item,
			   uint64_t done)
{
	apply(steps, us,
	      &(struct event){ .kind = EVENT_TRANSFER,
			       .step = id,
			       .item = item,
			       .verb = "pulling",
			       .done = done,
			       .total = 10 });
}

static json_t *trace_of(const struct steps *steps, uint64_t now_us)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_t *json = NULL;

	trace_format(steps, 100 * US, now_us * US, &text);
	assert_int_equal(json_parse(str_span(&text), "trace", &json, NULL), 0);
	assert_true(json_is_array(json));
	return json;
}

static void assert_slice(const json_t *trace, size_t i, long long ts, long long dur, int pid,
			 int tid)
{
	const json_t *event = json_array_get(trace, i);

	assert_string_equal(json_get_string(event, "ph"), "X");
	assert_int_equal(json_get_int(event, "ts", -1), ts);
	assert_int_equal(json_get_int(event, "dur", -1), dur);
	assert_int_equal(json_get_int(event, "pid", -1), pid);
	assert_int_equal(json_get_int(event, "tid", -1), tid);
}

/* 1 runs from 110 to 150, 2 from 120 to 130, 3 from 130 to 160: two lanes are enough. */
static void lanes_are_used_again(void **state)
{
	AUTO(steps_release) struct steps steps = { .len = 0 };
	json_t *trace;

	(void)state;
	step_event(&steps, 110, 1, EVENT_STEP_STARTED);
	step_event(&steps, 120, 2, EVENT_STEP_STARTED);
	step_event(&steps, 130, 2, EVENT_STEP_DONE);
	step_event(&steps, 130, 3, EVENT_STEP_STARTED);
	step_event(&steps, 150, 1, EVENT_STEP_DONE);
	step_event(&steps, 160, 3, EVENT_STEP_DONE);
	trace = trace_of(&steps, 200);
	assert_int_equal(json_array_size(trace), 3);
	assert_slice(trace, 0, 10, 40, 1, 1);
	assert_slice(trace, 1, 20, 10, 1, 2);
	assert_slice(trace, 2, 30, 30, 1, 2);
	json_decref(trace);
}

static void what_is_known_of_a_step(void **state)
{
	static const struct {
		enum event_kind end;
		const char *state;
		bool cached;
	} rows[] = {
		{ EVENT_STEP_DONE, "done", false },
		{ EVENT_STEP_CACHED, "cached", true },
		{ EVENT_STEP_FAILED, "failed", false },
		{ EVENT_STEP_CANCELLED, "canceled", false },
		{ EVENT_STEP_DETAIL, "running", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(steps_release) struct steps steps = { .len = 0 };
		const json_t *event, *args;
		json_t *trace;

		step_event(&steps, 110, 1, EVENT_STEP_ADDED);
		apply(&steps, 110,
		      &(struct event){ .kind = EVENT_STEP_PLATFORM,
				       .step = 1,
				       .item = "linux/arm64",
				       .verb = "emulated" });
		step_event(&steps, 110, 1, EVENT_STEP_STARTED);
		step_event(&steps, 115, 1, rows[i].end);
		trace = trace_of(&steps, 120);
		event = json_array_get(trace, 0);
		args = json_object_get(event, "args");
		assert_string_equal(json_get_string(event, "name"), "a step");
		assert_string_equal(json_get_string(event, "cat"), "step");
		assert_string_equal(json_get_string(args, "state"), rows[i].state);
		assert_int_equal(json_is_true(json_object_get(args, "cached")), rows[i].cached);
		assert_true(json_is_true(json_object_get(args, "emulated")));
		assert_string_equal(json_get_string(args, "platform"), "linux/arm64");
		assert_int_equal(json_get_int(event, "dur", -1),
				 rows[i].end == EVENT_STEP_DETAIL ? 10 : 5);
		json_decref(trace);
	}
}

static void transfers_have_lanes_of_their_own(void **state)
{
	AUTO(steps_release) struct steps steps = { .len = 0 };
	json_t *trace;
	const json_t *event;

	(void)state;
	step_event(&steps, 110, 1, EVENT_STEP_STARTED);
	transfer_event(&steps, 120, 1, "one", 0);
	transfer_event(&steps, 130, 1, "two", 5);
	transfer_event(&steps, 140, 1, "one", 10);
	trace = trace_of(&steps, 150);
	assert_slice(trace, 0, 10, 40, 1, 1);
	assert_slice(trace, 1, 20, 20, 2, 1);
	assert_slice(trace, 2, 30, 20, 2, 2);
	event = json_array_get(trace, 1);
	assert_string_equal(json_get_string(event, "name"), "pulling one");
	assert_string_equal(json_get_string(event, "cat"), "transfer");
	assert_int_equal(json_get_int(json_object_get(event, "args"), "bytes", -1), 10);
	json_decref(trace);
}

static void what_has_not_started_is_not_there(void **state)
{
	AUTO(steps_release) struct steps steps = { .len = 0 };
	json_t *trace;

	(void)state;
	step_event(&steps, 110, 1, EVENT_STEP_ADDED);
	trace = trace_of(&steps, 120);
	assert_int_equal(json_array_size(trace), 0);
	json_decref(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lanes_are_used_again),
		cmocka_unit_test(what_is_known_of_a_step),
		cmocka_unit_test(transfers_have_lanes_of_their_own),
		cmocka_unit_test(what_has_not_started_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
