#include "run_log.h"

#include "unit.h"

struct seen {
	struct str out, err_out;
};

static void collect(void *data, const struct event *event)
{
	struct seen *seen = data;

	str_addn(event->stream == 1 ? &seen->out : &seen->err_out, event->text, event->text_len);
}

static void seen_release(struct seen *seen)
{
	str_release(&seen->out);
	str_release(&seen->err_out);
}

static void say(const struct run_log *log, int stream, const char *text)
{
	struct event event = { .kind = EVENT_LOG,
			       .step = 1,
			       .stream = stream,
			       .text = text,
			       .text_len = strlen(text) };

	monitor_emit(&log->monitor, &event);
}

static void streams_are_masked_apart(void **state)
{
	(void)state;
	AUTO(secret_mask_release) struct secret_mask mask = SECRET_MASK_INIT;
	AUTO(seen_release) struct seen seen = { STR_INIT, STR_INIT };
	struct monitor shown = { collect, &seen, -1 };
	struct run_log log;

	secret_mask_add(&mask, SPAN_LIT("hunter2"));
	run_log_begin(&log, &shown, &mask);
	say(&log, 1, "a hun");
	say(&log, 2, "b hunter2\n");
	say(&log, 1, "ter2\nhunt");
	run_log_end(&log);
	assert_string_equal(seen.out.ptr, "a ***\nhunt");
	assert_string_equal(seen.err_out.ptr, "b ***\n");
}

static void a_full_disk_is_noticed(void **state)
{
	(void)state;
	static const struct {
		const char *pieces[2];
		bool expected;
	} rows[] = {
		{ { "dd: error writing '/out/large': No space left on device\n" }, true },
		{ { "NNo space left", " on device" }, true },
		{ { "No space left\n", " on device\n" }, false },
		{ { "No space", "\n" }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct secret_mask none = SECRET_MASK_INIT;
		struct run_log log;

		run_log_begin(&log, NULL, &none);
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].pieces) && rows[i].pieces[j]; j++)
			say(&log, 2, rows[i].pieces[j]);
		run_log_end(&log);
		assert_row(log.said_full == rows[i].expected, rows[i].pieces[0]);
	}
}

static void crashes_under_qemu_are_noticed(void **state)
{
	(void)state;
	static const struct {
		const char *pieces[3];
		int expected;
	} rows[] = {
		{ { "qemu: uncaught target signal 11 (Segmentation fault) - core dumped\n" }, 11 },
		{ { "qemu: uncaught tar", "get signal ", "4 (Illegal instruction)\n" }, 4 },
		{ { "qqemu: uncaught target signal 6 (Aborted)\n" }, 6 },
		{ { "qemu: uncaught target signal 11 (x)\nqemu: uncaught target signal 6 (y)\n" },
		  6 },
		{ { "qemu: uncaught target sign\n", "al 11\n" }, 0 },
		{ { "all is well\n" }, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(seen_release) struct seen seen = { STR_INIT, STR_INIT };
		struct monitor shown = { collect, &seen, -1 };
		struct secret_mask none = SECRET_MASK_INIT;
		struct run_log log;

		run_log_begin(&log, &shown, &none);
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].pieces) && rows[i].pieces[j]; j++)
			say(&log, 2, rows[i].pieces[j]);
		run_log_end(&log);
		assert_row(log.crash_signal == rows[i].expected, rows[i].pieces[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_masked_apart),
		cmocka_unit_test(a_full_disk_is_noticed),
		cmocka_unit_test(crashes_under_qemu_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
