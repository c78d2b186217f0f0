#include "step.h"

#include "unit.h"

static struct step *apply(struct steps *steps, unsigned id, enum event_kind kind, const char *text,
			  uint64_t now)
{
	return steps_apply(steps, &(struct event){ .kind = kind, .step = id, .text = text }, now);
}

static void test_states(void **state)
{
	static const struct {
		enum event_kind events[3];
		enum step_state state;
	} rows[] = {
		{ { EVENT_STEP_ADDED, EVENT_STEP_ADDED, EVENT_STEP_ADDED }, STEP_WAITING },
		{ { EVENT_STEP_ADDED, EVENT_STEP_STARTED, EVENT_STEP_DETAIL }, STEP_RUNNING },
		{ { EVENT_STEP_ADDED, EVENT_STEP_STARTED, EVENT_STEP_DONE }, STEP_DONE },
		{ { EVENT_STEP_ADDED, EVENT_STEP_CACHED, EVENT_STEP_DONE }, STEP_CACHED },
		{ { EVENT_STEP_ADDED, EVENT_STEP_STARTED, EVENT_STEP_FAILED }, STEP_FAILED },
		{ { EVENT_STEP_ADDED, EVENT_STEP_STARTED, EVENT_STEP_CANCELLED }, STEP_CANCELLED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(steps_release) struct steps steps = { .len = 0 };
		struct step *step = NULL;

		for (size_t j = 0; j < ARRAY_SIZE(rows[i].events); j++)
			step = apply(&steps, 1, rows[i].events[j], "text", 1 + j);
		assert_int_equal(step->state, rows[i].state);
		assert_int_equal(steps_count_over(&steps), rows[i].state > STEP_RUNNING);
	}
}

static void test_order_is_that_of_starting(void **state)
{
	AUTO(steps_release) struct steps steps = { .len = 0 };
	static const unsigned wanted[] = { 3, 1, 4, 2, 5 };

	(void)state;
	for (unsigned id = 1; id <= 5; id++)
		apply(&steps, id, EVENT_STEP_ADDED, "x", 1);
	apply(&steps, 3, EVENT_STEP_STARTED, NULL, 2);
	apply(&steps, 1, EVENT_STEP_CACHED, NULL, 3);
	apply(&steps, 3, EVENT_STEP_DONE, NULL, 4);
	apply(&steps, 4, EVENT_STEP_STARTED, NULL, 5);
	for (size_t i = 0; i < steps.len; i++)
		assert_int_equal(steps.items[i]->id, wanted[i]);
	assert_int_equal(steps.started, 3);
}

static void test_step_zero_is_no_step(void **state)
{
	AUTO(steps_release) struct steps steps = { .len = 0 };

	(void)state;
	assert_null(apply(&steps, 0, EVENT_INFO, "hello", 1));
	assert_int_equal(steps.len, 0);
}

static void test_elapsed(void **state)
{
	AUTO(steps_release) struct steps steps = { .len = 0 };
	struct step *step = apply(&steps, 1, EVENT_STEP_ADDED, "x", SECOND);

	(void)state;
	assert_int_equal(step_elapsed(step, 9 * SECOND), 0);
	apply(&steps, 1, EVENT_STEP_STARTED, NULL, 2 * SECOND);
	assert_int_equal(step_elapsed(step, 5 * SECOND), 3 * SECOND);
	apply(&steps, 1, EVENT_STEP_DONE, NULL, 6 * SECOND);
	assert_int_equal(step_elapsed(step, 50 * SECOND), 4 * SECOND);
}

static void test_transfers(void **state)
{
	AUTO(steps_release) struct steps steps = { .len = 0 };
	struct event event = {
		.kind = EVENT_TRANSFER, .step = 1, .item = "a", .verb = "pulling", .done = 1000
	};
	struct transfer *transfer = NULL;
	struct step *step = NULL;

	(void)state;
	event.total = 5000;
	step = steps_apply(&steps, &event, SECOND);
	transfer = step_transfer(step, &event);
	assert_int_equal(transfer_rate(transfer, SECOND + 1), 0);
	event.done = 3000;
	steps_apply(&steps, &event, 2 * SECOND);
	/* The first 1000 were there when it began. */
	assert_int_equal(transfer_rate(transfer, 2 * SECOND), 2000);
	assert_int_equal(transfer->ended, 0);
	event.done = 5000;
	steps_apply(&steps, &event, 3 * SECOND);
	assert_int_equal(transfer->ended, 3 * SECOND);
	/* The same item in another phase is another transfer. */
	event.verb = "extracting";
	event.done = 0;
	steps_apply(&steps, &event, 4 * SECOND);
	assert_int_equal(step->transfers.len, 2);
	/* Without a total only the event says that it is over; its verb need not be repeated. */
	event = (struct event){
		.kind = EVENT_TRANSFER_DONE, .step = 1, .item = "a", .verb = "extracting"
	};
	steps_apply(&steps, &event, 5 * SECOND);
	assert_int_equal(step->transfers.items[1].ended, 5 * SECOND);
}

static void test_item_names(void **state)
{
	static const struct {
		const char *item, *shown;
	} rows[] = {
		{ "sha256:0123456789abcdef0123456789abcdef", "sha256:0123456789ab" },
		{ "context", "context" },
		{ "a/very/long/file/name/that/is/no/digest",
		  "a/very/long/file/name/that/is/no/digest" },
		{ NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str shown = STR_INIT;
		struct transfer transfer = { .item = (char *)(uintptr_t)rows[i].item };

		transfer_format_item(&transfer, &shown);
		assert_string_equal(shown.ptr, rows[i].shown);
	}
}

static void test_failure(void **state)
{
	AUTO(steps_release) struct steps steps = { .len = 0 };
	AUTO(str_release) struct str before = STR_INIT;
	AUTO(str_release) struct str after = STR_INIT;
	struct step *step = apply(&steps, 7, EVENT_STEP_ADDED, "[2/3] RUN make", 1);

	(void)state;
	step_output_add(&step->output, 1, SPAN_LIT("gcc\nboom"), NULL, NULL);
	steps_format_failure(&steps, &before);
	assert_string_equal(before.ptr, "");
	apply(&steps, 7, EVENT_STEP_FAILED, "exit status 1", 2);
	steps_format_failure(&steps, &after);
	assert_string_equal(after.ptr, "------\n > [2/3] RUN make:\ngcc\nboom\n------\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_order_is_that_of_starting),
		cmocka_unit_test(test_step_zero_is_no_step),
		cmocka_unit_test(test_elapsed),
		cmocka_unit_test(test_transfers),
		cmocka_unit_test(test_item_names),
		cmocka_unit_test(test_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
