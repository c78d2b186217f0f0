#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "device/log_position.h"

/* A time within one minute: "SS.FFFFFFFFF". */
#define AT(time) "2026-11-21T01:02:" time "Z "

struct seen {
	struct str text[2];
};

static int see(void *data, int stream, struct span stamp, struct span text, struct err *err)
{
	struct seen *seen = data;

	(void)stamp;
	(void)err;
	str_addn(&seen->text[stream - 1], text.ptr, text.len);
	return 0;
}

static void seen_release(struct seen *seen)
{
	str_release(&seen->text[0]);
	str_release(&seen->text[1]);
}

static void take(struct log_position *position, int stream, const char *text)
{
	assert_int_equal(log_position_take(position, stream, text, strlen(text), NULL), 0);
}

static void assert_since(struct log_position *position, const char *since)
{
	AUTO(freep) char *said = log_position_resume(position);

	if (since)
		assert_string_equal(said, since);
	else
		assert_null(said);
}

#define BEGIN(seen, position)                                                     \
	AUTO(seen_release) struct seen seen = { .text = { STR_INIT, STR_INIT } }; \
	AUTO(log_position_release) struct log_position position;                  \
	log_position_init(&(position), see, &(seen));

/* The lines of one stream are late beside those of the other, before and after a new connection. */
static void streams_interleave(void **state)
{
	(void)state;
	BEGIN(seen, position)
	assert_since(&position, NULL);
	take(&position, 1, AT("03.000000002") "out 2\n");
	take(&position, 2, AT("03.000000001") "err 1\n");
	take(&position, 1, AT("03.000000005") "out 5\n");
	assert_since(&position, "2026-11-21T01:02:03.000000001Z");
	take(&position, 2, AT("03.000000001") "err 1\n");
	take(&position, 1, AT("03.000000002") "out 2\n");
	take(&position, 2, AT("03.000000003") "err 3\n");
	take(&position, 1, AT("03.000000005") "out 5\n");
	take(&position, 1, AT("03.000000006") "out 6\n");
	take(&position, 2, AT("03.000000004") "err 4\n");
	assert_string_equal(seen.text[0].ptr, "out 2\nout 5\nout 6\n");
	assert_string_equal(seen.text[1].ptr, "err 1\nerr 3\nerr 4\n");
}

/* Some clocks are coarse: of lines with one stamp, those that are known are left out, by their number. */
static void lines_of_the_same_time(void **state)
{
	(void)state;
	BEGIN(seen, position)
	assert_since(&position, NULL);
	take(&position, 1, AT("03.000000002") "a\n" AT("03.000000002") "b\n");
	take(&position, 1, AT("03.000000002") "begun");
	assert_since(&position, "2026-11-21T01:02:03.000000002Z");
	take(&position, 1,
	     AT("03.000000002") "a\n" AT("03.000000002") "b\n" AT("03.000000002") "c\n");
	assert_since(&position, "2026-11-21T01:02:03.000000002Z");
	take(&position, 1,
	     AT("03.000000002") "a\n" AT("03.000000002") "b\n" AT("03.000000002") "c\n");
	take(&position, 1, AT("03.000000003") "d\n");
	assert_string_equal(seen.text[0].ptr, "a\nb\nc\nd\n");
}

/* A board without a battery starts in the past, and its clock may be set back later. */
static void clock_set_back(void **state)
{
	(void)state;
	BEGIN(seen, position)
	assert_since(&position, NULL);
	take(&position, 1, AT("30.000000000") "a\n" AT("03.000000000") "b\n");
	assert_since(&position, "2026-11-21T01:02:03.000000000Z");
	take(&position, 1,
	     AT("03.000000000") "b\n" AT("04.000000000") "c\n" AT("02.000000000") "d\n");
	assert_string_equal(seen.text[0].ptr, "a\nb\nc\nd\n");
}

/* One that has been silent for long does not bring back all of the other's. */
static void silent_stream(void **state)
{
	(void)state;
	BEGIN(seen, position)
	take(&position, 2, AT("03.000000000") "err\n");
	take(&position, 1, AT("40.000000000") "out\n");
	assert_since(&position, "1795222955"); /* 01:02:35Z */
}

static void long_lines_and_the_last(void **state)
{
	AUTO(str_release) struct str line = STR_INIT;

	(void)state;
	BEGIN(seen, position)
	str_add(&line, AT("03.000000000"));
	for (size_t i = 0; i < 70000; i++)
		str_addc(&line, (char)('a' + i % 26));
	str_addc(&line, '\n');
	take(&position, 1, line.ptr);
	assert_string_equal(seen.text[0].ptr, strchr(line.ptr, ' ') + 1);
	take(&position, 1, AT("04.000000000") "no end");
	assert_null(strstr(seen.text[0].ptr, "no end"));
	assert_int_equal(log_position_end(&position, NULL), 0);
	assert_non_null(strstr(seen.text[0].ptr, "no end"));
}

/* An engine that says no times: everything is passed on as it is. */
static void no_stamps(void **state)
{
	AUTO(str_release) struct str line = STR_INIT;

	(void)state;
	BEGIN(seen, position)
	for (size_t i = 0; i < 200000; i++)
		str_addc(&line, 'x');
	str_add(&line, "\nb\n");
	take(&position, 1, line.ptr);
	assert_string_equal(seen.text[0].ptr, line.ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_interleave),      cmocka_unit_test(lines_of_the_same_time),
		cmocka_unit_test(clock_set_back),          cmocka_unit_test(silent_stream),
		cmocka_unit_test(long_lines_and_the_last), cmocka_unit_test(no_stamps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
