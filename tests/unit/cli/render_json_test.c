#include "render.h"

#include <jansson.h>

#include "events.h"
#include "unit.h"

/* The one line that was written, parsed; the caller releases it. */
static json_t *take_line(struct renderer *renderer)
{
	char *end = strchr(renderer->out.ptr, '\n');
	json_t *object = NULL;

	assert_non_null(end);
	assert_int_equal(end[1], '\0');
	object = json_loads(renderer->out.ptr, 0, NULL);
	assert_non_null(object);
	str_clear(&renderer->out);
	return object;
}

static void assert_member(const json_t *object, const char *key, const char *value)
{
	const char *got = json_string_value(json_object_get(object, key));

	assert_non_null(got);
	assert_string_equal(got, value);
}

static void test_every_kind_has_a_name(void **state)
{
	static const struct {
		enum event_kind kind;
		const char *name;
	} rows[] = {
		{ EVENT_STEP_ADDED, "step-added" },
		{ EVENT_STEP_STARTED, "step-started" },
		{ EVENT_STEP_CACHED, "step-cached" },
		{ EVENT_STEP_DONE, "step-done" },
		{ EVENT_STEP_FAILED, "step-failed" },
		{ EVENT_STEP_CANCELLED, "step-cancelled" },
		{ EVENT_STEP_DETAIL, "step-detail" },
		{ EVENT_TRANSFER, "transfer" },
		{ EVENT_TRANSFER_DONE, "transfer-done" },
		{ EVENT_LOG, "log" },
		{ EVENT_WARNING, "warning" },
		{ EVENT_INFO, "info" },
	};
	AUTO(renderer_freep) struct renderer *renderer = begin(render_json_new(), SECOND, 24, 80);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_auto_t *object = NULL;

		emit(renderer, SECOND + 250000000, 4, rows[i].kind, "text");
		object = take_line(renderer);
		assert_member(object, "event", rows[i].name);
		assert_member(object, "text", "text");
		assert_int_equal(json_integer_value(json_object_get(object, "step")), 4);
		assert_int_equal(json_integer_value(json_object_get(object, "time_ms")), 250);
	}
}

static void test_transfer(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = begin(render_json_new(), SECOND, 24, 80);
	json_auto_t *object = NULL;

	(void)state;
	emit_transfer(renderer, SECOND, 1, 5, 9);
	object = take_line(renderer);
	assert_member(object, "item", "sha256:0123456789abcdef");
	assert_member(object, "verb", "pulling");
	assert_int_equal(json_integer_value(json_object_get(object, "done")), 5);
	assert_int_equal(json_integer_value(json_object_get(object, "total")), 9);
}

static void test_error(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = begin(render_json_new(), SECOND, 24, 80);
	AUTO(err_release) struct err err = ERR_INIT;
	json_auto_t *object = NULL;

	(void)state;
	(void)err_set(&err, ERR_CHILD, "it failed");
	(void)err_hint(&err, "try harder");
	(void)err_at(&err, "Dockerfile", 3, 1, 9);
	err.child_status = 7;
	renderer_finish(renderer, &err, 2 * SECOND);
	object = take_line(renderer);
	assert_member(object, "event", "error");
	assert_member(object, "kind", "child");
	assert_member(object, "text", "it failed");
	assert_member(object, "hint", "try harder");
	assert_member(object, "file", "Dockerfile");
	assert_int_equal(json_integer_value(json_object_get(object, "status")), 7);
	assert_int_equal(json_integer_value(json_object_get(object, "line")), 3);
}

static void test_success_says_nothing(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = begin(render_json_new(), SECOND, 24, 80);

	(void)state;
	renderer_finish(renderer, NULL, 2 * SECOND);
	assert_string_equal(renderer->out.ptr, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_has_a_name),
		cmocka_unit_test(test_transfer),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_success_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
