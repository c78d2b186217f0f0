#include "render.h"

#include "events.h"
#include "unit.h"

static struct renderer *plain(void)
{
	return begin(render_plain_new(), SECOND, 24, 80);
}

static void test_steps_in_turn(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = plain();

	(void)state;
	emit(renderer, SECOND, 1, EVENT_STEP_ADDED, "[1/2] FROM debian");
	emit(renderer, SECOND, 2, EVENT_STEP_ADDED, "[2/2] RUN make");
	emit(renderer, SECOND, 1, EVENT_STEP_CACHED, NULL);
	emit(renderer, SECOND, 2, EVENT_STEP_STARTED, NULL);
	emit(renderer, SECOND + SECOND / 2, 2, EVENT_LOG, "one\ntw");
	emit(renderer, 2 * SECOND, 2, EVENT_LOG, "o");
	emit(renderer, 3 * SECOND, 2, EVENT_STEP_DONE, NULL);
	renderer_finish(renderer, NULL, 3 * SECOND);
	assert_string_equal(renderer->out.ptr, "#1 [1/2] FROM debian\n"
					       "#1 CACHED\n"
					       "\n"
					       "#2 [2/2] RUN make\n"
					       "#2 0.500 one\n"
					       "#2 2.000 two\n"
					       "#2 DONE 2.0s\n"
					       "\n");
}

/* What is shown must not be a step late: a reader of a log file wants to know what runs now. */
static void test_header_comes_at_once(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = plain();

	(void)state;
	emit(renderer, SECOND, 1, EVENT_STEP_ADDED, "RUN sleep 1000");
	assert_string_equal(renderer->out.ptr, "");
	emit(renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	assert_string_equal(renderer->out.ptr, "#1 RUN sleep 1000\n");
}

static void start_two(struct renderer *renderer)
{
	emit(renderer, SECOND, 1, EVENT_STEP_ADDED, "A");
	emit(renderer, SECOND, 2, EVENT_STEP_ADDED, "B");
	emit(renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	emit(renderer, SECOND, 2, EVENT_STEP_STARTED, NULL);
}

static void test_lines_of_two_steps_do_not_mix(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = plain();

	(void)state;
	start_two(renderer);
	emit(renderer, SECOND, 1, EVENT_LOG, "a1\n");
	emit(renderer, SECOND, 2, EVENT_LOG, "b1\n");
	emit(renderer, SECOND, 1, EVENT_LOG, "a2\n");
	emit(renderer, 2 * SECOND, 1, EVENT_STEP_DONE, NULL);
	emit(renderer, 2 * SECOND, 2, EVENT_STEP_DONE, NULL);
	assert_string_equal(renderer->out.ptr, "#1 A\n#1 0.000 a1\n#1 0.000 a2\n#1 DONE 1.0s\n\n"
					       "#2 B\n#2 0.000 b1\n#2 DONE 1.0s\n\n");
}

static void test_patience_has_an_end(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = plain();

	(void)state;
	start_two(renderer);
	emit(renderer, SECOND, 2, EVENT_LOG, "b1\n");
	renderer_tick(renderer, SECOND + SECOND);
	assert_string_equal(renderer->out.ptr, "#1 A\n");
	renderer_tick(renderer, 4 * SECOND);
	assert_string_equal(renderer->out.ptr, "#1 A\n#1 ...\n\n#2 B\n#2 0.000 b1\n");
}

static void test_silent_step_is_shown_when_the_other_ends(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = plain();

	(void)state;
	start_two(renderer);
	emit(renderer, 2 * SECOND, 1, EVENT_STEP_DONE, NULL);
	assert_string_equal(renderer->out.ptr, "#1 A\n#1 DONE 1.0s\n\n#2 B\n");
}

static void test_transfers(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = plain();

	(void)state;
	emit(renderer, SECOND, 1, EVENT_STEP_ADDED, "FROM debian");
	emit(renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	emit_transfer(renderer, SECOND, 1, 0, 50000000);
	emit_transfer(renderer, 3 * SECOND, 1, 10000000, 50000000);
	emit_transfer(renderer, 7 * SECOND, 1, 20000000, 50000000);
	emit_transfer(renderer, 8 * SECOND, 1, 50000000, 50000000);
	emit_transfer(renderer, 8 * SECOND, 1, 50000000, 50000000);
	assert_string_equal(renderer->out.ptr,
			    "#1 FROM debian\n"
			    "#1 pulling sha256:0123456789ab 20.0MB / 50.0MB 6.0s, 9.0s left\n"
			    "#1 pulling sha256:0123456789ab 50.0MB / 50.0MB 7.0s done\n");
}

static void test_failure(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = plain();
	AUTO(err_release) struct err err = ERR_INIT;

	(void)state;
	(void)err_set(&err, ERR_CHILD, "it failed");
	emit(renderer, SECOND, 1, EVENT_STEP_ADDED, "RUN false");
	emit(renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	emit(renderer, SECOND, 1, EVENT_LOG, "boom\n");
	emit(renderer, 2 * SECOND, 1, EVENT_STEP_FAILED, "exit status 1");
	renderer_finish(renderer, &err, 2 * SECOND);
	assert_string_equal(renderer->out.ptr,
			    "#1 RUN false\n#1 0.000 boom\n#1 ERROR: exit status 1\n\n"
			    "------\n > RUN false:\nboom\n------\n");
}

static void test_messages(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = plain();

	(void)state;
	emit(renderer, SECOND, 0, EVENT_INFO, "hello");
	emit(renderer, SECOND, 0, EVENT_WARNING, "careful");
	assert_string_equal(renderer->out.ptr, "hello\nwarning: careful\n");
}

static void test_warnings_about_files_come_last(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = plain();

	(void)state;
	emit_file_warning(renderer, SECOND, "JSONArgsRecommended", "use JSON\033[2J");
	emit_file_warning(renderer, SECOND, NULL, "odd");
	emit(renderer, SECOND, 1, EVENT_STEP_ADDED, "RUN true");
	emit(renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	emit(renderer, SECOND, 1, EVENT_STEP_DONE, NULL);
	renderer_finish(renderer, NULL, 2 * SECOND);
	assert_string_equal(renderer->out.ptr,
			    "#1 RUN true\n#1 DONE 0.0s\n\n"
			    "2 warnings found (--check shows where):\n"
			    " - Dockerfile:3: JSONArgsRecommended: use JSON?[2J\n"
			    " - Dockerfile:3: odd\n");
}

static void test_warnings_stand_before_the_excerpt_of_an_error(void **state)
{
	AUTO(renderer_freep) struct renderer *renderer = plain();
	AUTO(err_release) struct err err = ERR_INIT;

	(void)state;
	(void)err_set(&err, ERR_CHILD, "it failed");
	emit_file_warning(renderer, SECOND, "StageNameCasing", "lower case");
	emit(renderer, SECOND, 1, EVENT_STEP_ADDED, "RUN false");
	emit(renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	emit(renderer, SECOND, 1, EVENT_LOG, "boom\n");
	emit(renderer, SECOND, 1, EVENT_STEP_FAILED, "exit status 1");
	renderer_finish(renderer, &err, SECOND);
	assert_string_equal(renderer->out.ptr,
			    "#1 RUN false\n#1 0.000 boom\n#1 ERROR: exit status 1\n\n"
			    "------\n > RUN false:\nboom\n------\n"
			    "1 warning found (--check shows where):\n"
			    " - Dockerfile:3: StageNameCasing: lower case\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps_in_turn),
		cmocka_unit_test(test_header_comes_at_once),
		cmocka_unit_test(test_lines_of_two_steps_do_not_mix),
		cmocka_unit_test(test_patience_has_an_end),
		cmocka_unit_test(test_silent_step_is_shown_when_the_other_ends),
		cmocka_unit_test(test_transfers),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_warnings_about_files_come_last),
		cmocka_unit_test(test_warnings_stand_before_the_excerpt_of_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
