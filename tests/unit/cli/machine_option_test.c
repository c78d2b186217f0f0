#include "command.h"
#include "machine_option.h"

#include "unit.h"

#define WORDS_MAX 4

/* Words of both options, and the platforms with their boards that they mean. */
struct row {
	const char *platforms[WORDS_MAX], *boards[WORDS_MAX];
	const char *want; /* NULL = refused */
};

static const struct row rows[] = {
	{ { NULL }, { NULL }, "" },
	{ { "linux/arm/v7,arm64" }, { NULL }, "linux/arm/v7 linux/arm64" },
	{ { NULL }, { "raspberry-pi2" }, "linux/arm/v7=raspberry-pi2" },
	{ { NULL }, { "rpi2", "rpi5" }, "linux/arm/v7=raspberry-pi2 linux/arm64=raspberrypi5" },
	{ { NULL }, { "rpi2,rpi5" }, "linux/arm/v7=raspberry-pi2 linux/arm64=raspberrypi5" },
	/* a board twice, by two of its names */
	{ { NULL }, { "rpi2,raspberry-pi2" }, "linux/arm/v7=raspberry-pi2" },
	/* two boards of one platform are for the command to judge */
	{ { NULL }, { "rpi4,rpi5" }, "linux/arm64=raspberrypi4-64 linux/arm64=raspberrypi5" },
	/* a platform that a board stands for */
	{ { "arm64,amd64" }, { "rpi4" }, "linux/arm64=raspberrypi4-64 linux/amd64" },
	{ { NULL }, { "rpi44" }, NULL },
	{ { NULL }, { "rpi4," }, NULL },
	{ { NULL }, { "" }, NULL },
	{ { "toaster" }, { "rpi4" }, NULL },
};

static void add_words(const char *const *words, struct strvec *out)
{
	for (; *words; words++)
		strvec_add(out, *words);
}

static void format(const struct machines *machines, struct str *out)
{
	VEC_FOREACH(machine, machines) {
		char platform[PLATFORM_TEXT_MAX];

		str_addf(out, "%s%s", out->len > 0 ? " " : "",
			 platform_format(&machine->platform, platform));
		if (machine->board)
			str_addf(out, "=%s", machine->board->slug);
	}
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(machines_release) struct machines machines = MACHINES_INIT;
		AUTO(strvec_release) struct strvec platforms = STRVEC_INIT;
		AUTO(strvec_release) struct strvec boards = STRVEC_INIT;
		AUTO(err_release) struct err err = ERR_INIT;
		AUTO(str_release) struct str have = STR_INIT;
		const char *name = rows[i].boards[0] ? rows[i].boards[0] : "no board";

		add_words(rows[i].platforms, &platforms);
		add_words(rows[i].boards, &boards);
		if (machines_parse(&platforms, &boards, &machines, &err) < 0) {
			assert_row(!rows[i].want, name);
			assert_int_equal(err.kind, ERR_USAGE);
			continue;
		}
		format(&machines, &have);
		assert_row(rows[i].want != NULL, name);
		assert_string_equal(have.ptr, rows[i].want);
	}
}

/* The catalog costs its time only where a board is named. */
static void test_no_board_loads_no_catalog(void **state)
{
	AUTO(machines_release) struct machines machines = MACHINES_INIT;
	AUTO(strvec_release) struct strvec platforms = STRVEC_INIT;
	AUTO(strvec_release) struct strvec boards = STRVEC_INIT;

	(void)state;
	strvec_add(&platforms, "linux/arm64");
	assert_int_equal(machines_parse(&platforms, &boards, &machines, NULL), 0);
	assert_int_equal(machines.boards.len, 0);
}

/* Whoever knows the name of the board need not know its platform, whatever the command. */
static void test_board_stands_wherever_platform_does(void **state)
{
	(void)state;
	COMMAND_FOREACH(command) {
		bool has_platform = false, has_board = false;

		OPTION_FOREACH(option, command->options) {
			if (!option_is_named(option))
				continue;
			has_platform = has_platform || str_eq(option->name, "platform");
			has_board = has_board || str_eq(option->name, "board");
		}
		assert_row(has_board || !has_platform || command->hidden, command->name);
	}
}

static void test_platforms_of_boards(void **state)
{
	AUTO(strvec_release) struct strvec platforms = STRVEC_INIT;
	AUTO(strvec_release) struct strvec boards = STRVEC_INIT;
	AUTO(freep) struct platform *found = NULL;
	char text[PLATFORM_TEXT_MAX];
	size_t count = 0;

	(void)state;
	strvec_add(&platforms, "linux/arm64");
	strvec_add(&boards, "rpi4,rpi5,rpi2");
	assert_int_equal(machines_parse_platforms(&platforms, &boards, &found, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_string_equal(platform_format(&found[0], text), "linux/arm64");
	assert_string_equal(platform_format(&found[1], text), "linux/arm/v7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_board_loads_no_catalog),
		cmocka_unit_test(test_board_stands_wherever_platform_does),
		cmocka_unit_test(test_platforms_of_boards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
