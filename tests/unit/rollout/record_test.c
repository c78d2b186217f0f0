#include "rollout/record.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"

#define FLEET     "registry.example.com/team/greenhouse"
#define FILE_NAME "home/rollouts/registry.example.com+team+greenhouse"

static struct digest one, two;

static int set_up(void **state)
{
	(void)state;
	digest_of("one", 3, &one);
	digest_of("two", 3, &two);
	(void)!fs_remove_all(AT_FDCWD, "home", NULL);
	return setenv("EDGECTL_ROOT", "home", 1);
}

static struct rollout_record *open_it(const struct digest *release, bool again)
{
	const struct record_about about = {
		.fleet = FLEET, .release = release, .version = "v1", .again = again
	};
	struct rollout_record *record = NULL;

	assert_int_equal(record_open(&about, &record, NULL), 0);
	return record;
}

static void fill(void)
{
	AUTO(record_freep) struct rollout_record *record = open_it(&one, false);

	assert_int_equal(record_add(record, "a", BOARD_DONE, NULL, NULL), 0);
	assert_int_equal(record_add(record, "b", BOARD_FAILED, "service 'app': \"ended\"\n", NULL),
			 0);
	assert_int_equal(record_add(record, "c", BOARD_FAILED, "first", NULL), 0);
	assert_int_equal(record_add(record, "c", BOARD_DONE, NULL, NULL), 0);
}

/* Every bit: "abcd" are the boards. */
static void check(struct rollout_record *record, const char *done)
{
	static const char *const boards[] = { "a", "b", "c", "d" };

	for (size_t i = 0; i < ARRAY_SIZE(boards); i++)
		assert_int_equal(record_is_done(record, boards[i]),
				 strchr(done, *boards[i]) != NULL);
	record_free(record);
}

static void taken_up(void **state)
{
	(void)state;
	fill();
	check(open_it(&one, false), "ac");
	/* and what was there stays */
	check(open_it(&one, false), "ac");
}

static void another_release_begins_anew(void **state)
{
	(void)state;
	fill();
	check(open_it(&two, false), "");
	check(open_it(&one, false), "");
}

static void again(void **state)
{
	(void)state;
	fill();
	check(open_it(&one, true), "");
	check(open_it(&one, false), "");
}

static void finished(void **state)
{
	struct rollout_record *record = NULL;

	(void)state;
	fill();
	record = open_it(&one, false);
	assert_int_equal(record_finish(record, NULL), 0);
	record_free(record);
	check(open_it(&one, false), "");
}

/* By kill -9 or a loss of power, at any byte. */
static void cut_off(void **state)
{
	AUTO(str_release) struct str text = STR_INIT;

	(void)state;
	fill();
	assert_int_equal(fs_read_file(AT_FDCWD, FILE_NAME, 10000, &text, NULL), 0);
	for (size_t len = 0; len <= text.len; len += text.len - len < 80 ? 1 : 7) {
		const char *done = "";
		AUTO(freep) char *whole = xstrndup(text.ptr, len);

		assert_int_equal(
			fs_write_file_atomic(AT_FDCWD, FILE_NAME, text.ptr, len, 0600, NULL), 0);
		if (strstr(whole, "\"a\",\"state\":\"done\"}\n"))
			done = "a";
		if (strstr(whole, "\"c\",\"state\":\"done\"}\n"))
			done = "ac";
		check(open_it(&one, false), done);
	}
}

static void one_at_a_time(void **state)
{
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(record_freep) struct rollout_record *first = open_it(&one, false);
	AUTO(freep) char *process = xasprintf("process %d on ", (int)getpid());
	const struct record_about about = { .fleet = FLEET, .release = &two, .version = "v2" };
	const struct record_about other = { .fleet = FLEET "house",
					    .release = &two,
					    .version = "v2" };
	struct rollout_record *second = NULL;

	(void)state;
	assert_int_equal(record_open(&about, &second, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_non_null(strstr(err.message, process));
	assert_int_equal(record_open(&other, &second, NULL), 0);
	record_free(second);
	record_freep(&first);
	record_free(open_it(&two, false));
}

/* A repository may have 255 characters, and its registry's name some, too; each has its own file. */
static void long_names(void **state)
{
	AUTO(freep) char *name = xasprintf("%s%0300d", "registry.example.com/team/", 1);
	struct record_about about = { .fleet = name, .release = &one, .version = "v1" };
	AUTO(record_freep) struct rollout_record *first = NULL;
	AUTO(record_freep) struct rollout_record *other = NULL;

	(void)state;
	assert_int_equal(record_open(&about, &first, NULL), 0);
	assert_int_equal(record_add(first, "a", BOARD_DONE, NULL, NULL), 0);
	name[strlen(name) - 1] = '2';
	assert_int_equal(record_open(&about, &other, NULL), 0);
	assert_false(record_is_done(other, "a"));
	record_freep(&first);
	name[strlen(name) - 1] = '1';
	assert_int_equal(record_open(&about, &first, NULL), 0);
	assert_true(record_is_done(first, "a"));
}

#define TAIL(bytes)                      \
	{                                \
		bytes, sizeof(bytes) - 1 \
	}

/* What a file system leaves of a write that a loss of power cut off: the length, and zeros; or what was there before. */
static void damaged(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} tails[] = {
		TAIL("\0\0\0\0\0\0\0\0"),
		TAIL("{\"board\":\"d\",\"state\":\"do\0\0\0\0"),
		TAIL("\xff\xfe\n{\"board\":\"b\""),
		TAIL("[\"board\",\"state\"]\n{\"board\":5,\"state\":\"done\"}\n"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		AUTO(str_release) struct str text = STR_INIT;

		fill();
		assert_int_equal(fs_read_file(AT_FDCWD, FILE_NAME, 10000, &text, NULL), 0);
		str_addn(&text, tails[i].text, tails[i].len);
		assert_int_equal(
			fs_write_file_atomic(AT_FDCWD, FILE_NAME, text.ptr, text.len, 0600, NULL),
			0);
		check(open_it(&one, false), "ac");
		/* what comes behind it is read again */
		{
			AUTO(record_freep) struct rollout_record *record = open_it(&one, false);

			assert_int_equal(record_add(record, "d", BOARD_DONE, NULL, NULL), 0);
		}
		check(open_it(&one, false), "acd");
		(void)set_up(NULL);
	}
}

static void peeking(void **state)
{
	AUTO(strmap_release) struct strmap states = STRMAP_INIT, none = STRMAP_INIT;
	struct record_about about = { .fleet = FLEET, .release = &one, .version = "v1" };

	(void)state;
	assert_int_equal(record_peek(&about, &none, NULL), 0);
	assert_int_equal(none.len, 0);
	assert_false(fs_exists(AT_FDCWD, "home"));
	fill();
	assert_int_equal(record_peek(&about, &states, NULL), 0);
	assert_int_equal(states.len, 3);
	assert_string_equal(strmap_get(&states, "b"), "failed");
	about.release = &two;
	assert_int_equal(record_peek(&about, &none, NULL), 0);
	assert_int_equal(none.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(taken_up, set_up),
		cmocka_unit_test_setup(another_release_begins_anew, set_up),
		cmocka_unit_test_setup(again, set_up),
		cmocka_unit_test_setup(finished, set_up),
		cmocka_unit_test_setup(cut_off, set_up),
		cmocka_unit_test_setup(one_at_a_time, set_up),
		cmocka_unit_test_setup(long_names, set_up),
		cmocka_unit_test_setup(damaged, set_up),
		cmocka_unit_test_setup(peeking, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
