/* The boards that are compiled in, what the reader refuses, and what is made of a board. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "image/reference.h"
#include "templates/board.h"

#define assert_board(condition, board)                                         \
	do {                                                                   \
		if (!(condition))                                              \
			fail_msg("board '%s': %s", (board)->slug, #condition); \
	} while (0)

struct fixture {
	struct board_catalog boards;
	struct err err;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	*state = f;
	if (board_catalog_load(&f->boards, &f->err) == 0)
		return 0;
	print_error("%s\n", f->err.message);
	return -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	board_catalog_release(&f->boards);
	err_release(&f->err);
	free(f);
	return 0;
}

/* --- the data --- */

static void test_every_file_is_compiled_in(void **state)
{
	struct fixture *f = *state;
	glob_t files = { .gl_pathc = 0 };

	assert_int_equal(glob(BOARDS_DIR "/*.yaml", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		AUTO(board_catalog_release) struct board_catalog again = BOARD_CATALOG_INIT;
		AUTO(str_release) struct str text = STR_INIT;
		if (fs_read_file(AT_FDCWD, files.gl_pathv[i], LIMIT_YAML, &text, &f->err) < 0)
			fail_msg("%s", f->err.message);
		if (board_catalog_add(&again, files.gl_pathv[i], str_span(&text), &f->err) < 0)
			fail_msg("%s", f->err.message);
		assert_true(again.len > 0);
		VEC_FOREACH(board, &again) {
			assert_board(board_lookup(&f->boards, board->slug), board);
		}
	}
	globfree(&files);
}

static void test_there_are_many_in_order(void **state)
{
	struct fixture *f = *state;

	assert_true(f->boards.len >= 60);
	for (size_t i = 1; i < f->boards.len; i++)
		assert_board(strcmp(f->boards.items[i - 1].slug, f->boards.items[i].slug) < 0,
			     &f->boards.items[i]);
}

/* What the files say of a platform fits the name that Dockerfile.<arch> has for it. */
static void test_arch_and_platform_agree(void **state)
{
	static const struct {
		const char *arch, *platform;
	} pairs[] = {
		{ "rpi", "linux/arm/v6" },    { "armv7hf", "linux/arm/v7" },
		{ "aarch64", "linux/arm64" }, { "amd64", "linux/amd64" },
		{ "i386", "linux/386" },      { "i386-nlp", "linux/386" },
	};
	struct fixture *f = *state;

	VEC_FOREACH(board, &f->boards) {
		char platform[PLATFORM_TEXT_MAX];
		bool found = false;

		platform_format(&board->platform, platform);
		for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
			found = found || (str_eq(pairs[i].arch, board->arch) &&
					  str_eq(pairs[i].platform, platform));
		assert_board(found, board);
	}
}

/* `qemu-arm -cpu help`, `qemu-aarch64 -cpu help` of QEMU 7.2. */
static void test_qemu_knows_the_processors(void **state)
{
	static const struct {
		const char *arch, *models;
	} known[] = {
		{ "rpi", " arm1176 " },
		{ "armv7hf", " cortex-a7 cortex-a8 cortex-a9 cortex-a15 " },
		{ "aarch64", " cortex-a35 cortex-a53 cortex-a57 cortex-a72 cortex-a76 " },
	};
	struct fixture *f = *state;

	VEC_FOREACH(board, &f->boards) {
		AUTO(freep) char *word = xasprintf(" %s ", board->cpu.qemu ? board->cpu.qemu : "");
		bool found = !board->cpu.qemu;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			found = found || (str_eq(known[i].arch, board->arch) &&
					  strstr(known[i].models, word));
		assert_board(found, board);
	}
}

/* The model that QEMU imitates is one of the board's cores. */
static void test_qemu_imitates_a_core(void **state)
{
	struct fixture *f = *state;

	VEC_FOREACH(board, &f->boards) {
		bool found =
			!board->cpu.qemu || board->cpu.cores.len == 0 || str_eq(board->arch, "rpi");

		VEC_FOREACH(core, &board->cpu.cores)
			found = found || strcasecmp(core->model, board->cpu.qemu) == 0;
		assert_board(found, board);
	}
}

static void test_peripherals_say_what_they_need(void **state)
{
	struct fixture *f = *state;

	VEC_FOREACH(board, &f->boards) {
		VEC_FOREACH(peripheral, &board->peripherals) {
			assert_board(peripheral->devices.len + peripheral->interfaces.len +
						     peripheral->settings.len >
					     0,
				     board);
			assert_board(peripheral->interfaces.len == 0 ||
					     peripheral->kind == PERIPHERAL_CAN,
				     board);
			VEC_FOREACH(device, &peripheral->devices)
				assert_board(str_has_prefix(*device, "/dev/"), board);
		}
	}
}

static void test_images_are_names(void **state)
{
	struct fixture *f = *state;

	VEC_FOREACH(board, &f->boards) {
		assert_board(board->images.len > 0, board);
		VEC_FOREACH(image, &board->images) {
			AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

			assert_board(image_ref_parse(*image, &ref, NULL) == 0, board);
		}
	}
}

static void test_well_known_boards(void **state)
{
	static const struct {
		const char *name, *slug, *platform, *qemu;
	} rows[] = {
		{ "raspberry-pi", "raspberry-pi", "linux/arm/v6", "arm1176" },
		{ "raspberrypi", "raspberry-pi", "linux/arm/v6", "arm1176" },
		{ "raspberrypi2", "raspberry-pi2", "linux/arm/v7", "cortex-a7" },
		{ "raspberrypi3", "raspberrypi3", "linux/arm/v7", NULL },
		{ "raspberrypi4-64", "raspberrypi4-64", "linux/arm64", "cortex-a72" },
		{ "rpi5", "raspberrypi5", "linux/arm64", "cortex-a76" },
		{ "nuc", "intel-nuc", "linux/amd64", NULL },
		{ "beaglebone", "beaglebone-black", "linux/arm/v7", "cortex-a8" },
		{ "apalis-imx6", "apalis-imx6q", "linux/arm/v7", "cortex-a9" },
		{ "colibri-imx6", "colibri-imx6dl", "linux/arm/v7", "cortex-a9" },
		{ "cubox-i", "hummingboard", "linux/arm/v7", "cortex-a9" },
		{ "hummingboard2", "hummingboard", "linux/arm/v7", "cortex-a9" },
		{ "edison", "intel-edison", "linux/386", NULL },
		{ "vab820-quad", "via-vab820-quad", "linux/arm/v7", "cortex-a9" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct board *board = board_lookup(&f->boards, rows[i].name);
		char platform[PLATFORM_TEXT_MAX];

		assert_non_null(board);
		assert_string_equal(board->slug, rows[i].slug);
		assert_string_equal(platform_format(&board->platform, platform), rows[i].platform);
		assert_board(str_eq(board->cpu.qemu, rows[i].qemu), board);
	}
}

/* --- looking for one --- */

static void test_find_suggests(void **state)
{
	struct fixture *f = *state;
	const struct board *board = NULL;

	assert_int_equal(board_find(&f->boards, "rasberrypi5", &board, &f->err), -1);
	assert_int_equal(f->err.kind, ERR_NOT_FOUND);
	assert_string_equal(f->err.message, "unknown board 'rasberrypi5'");
	assert_string_equal(f->err.hint,
			    "did you mean 'raspberrypi5'? 'edgectl board ls' lists them");
	err_clear(&f->err);
	assert_int_equal(board_find(&f->boards, "toaster", &board, &f->err), -1);
	assert_string_equal(f->err.hint, "'edgectl board ls' lists the boards");
}

static void test_words(void **state)
{
	static const struct {
		const char *slug, *word;
		bool expected;
	} rows[] = {
		{ "jetson-nano", "NANO", true },  /* slug, in any case */
		{ "jetson-nano", "tegra", true }, /* processor */
		{ "jetson-nano", "cortex-a57", true },
		{ "jetson-nano", "nvidia", true },    /* vendor */
		{ "raspberrypi4-64", "rpi4", true },  /* alias */
		{ "raspberrypi4-64", "64bit", true }, /* name */
		{ "raspberrypi4-64", "i2c", true },   /* peripheral */
		{ "raspberrypi4-64", "can", false },
		{ "beaglebone-black", "can", true },
		{ "generic-amd64", "i2", false },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct board *board = board_lookup(&f->boards, rows[i].slug);

		if (board_has_word(board, rows[i].word) != rows[i].expected)
			fail_msg("'%s' in '%s'", rows[i].word, rows[i].slug);
	}
}

/* --- reading --- */

#define HEAD "vendor: V\nboards:\n  b:\n    name: B\n    arch: aarch64\n    platform: linux/arm64\n"

static void test_a_whole_board(void **state)
{
	static const char text[] =
		HEAD "    aliases: [c, d+]\n    soc: S\n"
		     "    cpu: { cores: [2x Cortex-A72, 4x Cortex-A53], features: [asimd], qemu: "
		     "cortex-a72 }\n"
		     "    memory: [512 MiB, 4 GiB]\n    images: [debian, alpine]\n"
		     "    link: https://example.com/b\n"
		     "    peripherals:\n      i2c: { devices: [/dev/i2c-1], note: Pins. }\n";
	AUTO(board_catalog_release) struct board_catalog boards = BOARD_CATALOG_INIT;
	const struct board *board = NULL;
	const struct board_peripheral *i2c = NULL;

	(void)state;
	assert_int_equal(board_catalog_add(&boards, "b.yaml", span_of(text), NULL), 0);
	assert_int_equal(boards.len, 1);
	board = board_lookup(&boards, "d+");
	assert_ptr_equal(board, boards.items);
	assert_string_equal(board->vendor, "V");
	assert_string_equal(board->soc, "S");
	assert_int_equal(board->cpu.cores.len, 2);
	assert_int_equal(board->cpu.cores.items[1].count, 4);
	assert_string_equal(board->cpu.cores.items[1].model, "Cortex-A53");
	assert_string_equal(board->cpu.features.items[0], "asimd");
	assert_string_equal(board->cpu.qemu, "cortex-a72");
	assert_int_equal(board->memory.len, 2);
	assert_int_equal(board->memory.items[0], 512);
	assert_int_equal(board->memory.items[1], 4096);
	assert_string_equal(board->images.items[1], "alpine");
	assert_string_equal(board->link, "https://example.com/b");
	i2c = board_peripheral(board, PERIPHERAL_I2C);
	assert_string_equal(i2c->devices.items[0], "/dev/i2c-1");
	assert_string_equal(i2c->note, "Pins.");
	assert_null(board_peripheral(board, PERIPHERAL_SPI));
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "boards: {}\n", "'vendor' is missing" },
		{ "vendor: V\nbords: {}\n", "did you mean 'boards'?" },
		{ "vendor: V\nboards: []\n", "this is a list, but must be a map" },
		{ "vendor: V\nboards: { b: { name: B, arch: rpi } }\n", "'platform' is missing" },
		{ "vendor: V\nboards: { B: { name: B, arch: rpi, platform: linux/arm/v6 } }\n",
		  "'B' is no name" },
		{ HEAD "    colour: red\n", "unknown key 'colour'" },
		{ HEAD "    soc: ''\n", "must not be empty" },
		{ HEAD "    soc: 3288\n", "this is an integer, but must be a string" },
		{ HEAD "    aliases: [b]\n", "'b' is an alias of itself" },
		{ HEAD "    aliases: [a/b]\n", "'a/b' is no name" },
		{ HEAD "  c:\n    name: C\n    arch: rpi\n    platform: linux/arm/v6\n"
		       "    aliases: [b]\n",
		  "'b' is the name of 'b' already" },
		{ "vendor: V\nboards: { b: { name: B, arch: x, platform: linux/toaster } }\n",
		  "toaster" },
		{ HEAD "    memory: [1 GB]\n", "'1 GB' is no size" },
		{ HEAD "    memory: [0 MiB]\n", "'0 MiB' is no size" },
		{ HEAD "    memory: [2 GiB, 1 GiB]\n", "sizes must ascend" },
		{ HEAD "    cpu: { cores: [Cortex-A53] }\n", "is not like '4x Cortex-A53'" },
		{ HEAD "    cpu: { cores: [0x Cortex-A53] }\n", "is not like '4x Cortex-A53'" },
		{ HEAD "    cpu: { core: [] }\n", "did you mean 'cores'?" },
		{ HEAD "    link: example.com\n", "is no web address" },
		{ HEAD "    peripherals: { gpi: {} }\n", "did you mean 'gpio'?" },
		{ HEAD "    peripherals: { gpio: { devices: [gpiochip0] } }\n",
		  "'gpiochip0' is no path below /dev" },
		{ HEAD "    peripherals: { gpu: { compose: { runtime: a b } } }\n",
		  "only words of letters" },
		{ HEAD "    peripherals: { gpu: { compose: { runtime: 'a:' } } }\n",
		  "only words of letters" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(board_catalog_release) struct board_catalog boards = BOARD_CATALOG_INIT;
		AUTO(err_release) struct err err = ERR_INIT;

		if (board_catalog_add(&boards, "b.yaml", span_of(rows[i].text), &err) == 0)
			fail_msg("not refused:\n%s", rows[i].text);
		assert_int_equal(err.kind, ERR_INPUT);
		if (!strstr(err.message, rows[i].message))
			fail_msg("no '%s' in:\n%s", rows[i].message, err.message);
	}
}

/* All problems of a file at once, each with its place. */
static void test_problems_are_collected(void **state)
{
	static const char text[] = HEAD "    memory: [1 GB]\n    link: x\n";
	AUTO(board_catalog_release) struct board_catalog boards = BOARD_CATALOG_INIT;
	AUTO(err_release) struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(board_catalog_add(&boards, "b.yaml", span_of(text), &err), -1);
	assert_non_null(strstr(err.message, "b.yaml:7:14: error: '1 GB'"));
	assert_non_null(strstr(err.message, "b.yaml:8:11: error: 'x'"));
}

/* --- compose --- */

static void test_compose(void **state)
{
	static const char text[] = HEAD
		"    peripherals:\n"
		"      gpio: { devices: [/dev/gpiochip0] }\n"
		"      uart: { devices: [/dev/ttyS0, /dev/gpiochip0] }\n"
		"      can: { compose: { network_mode: host, cap_add: [NET_ADMIN, SYS_RAWIO] } }\n"
		"      gpu: { compose: { cap_add: [SYS_RAWIO, SYS_NICE], network_mode: none, "
		"privileged: true } }\n";
	AUTO(board_catalog_release) struct board_catalog boards = BOARD_CATALOG_INIT;
	AUTO(str_release) struct str all = STR_INIT;
	AUTO(str_release) struct str some = STR_INIT;

	(void)state;
	assert_int_equal(board_catalog_add(&boards, "b.yaml", span_of(text), NULL), 0);
	board_format_compose(boards.items, PERIPHERAL_ALL, 4, &all);
	assert_string_equal(all.ptr, "    devices:\n"
				     "      - /dev/gpiochip0:/dev/gpiochip0\n"
				     "      - /dev/ttyS0:/dev/ttyS0\n"
				     "    network_mode: none\n"
				     "    cap_add:\n"
				     "      - NET_ADMIN\n"
				     "      - SYS_RAWIO\n"
				     "      - SYS_NICE\n"
				     "    privileged: true\n");
	board_format_compose(boards.items, PERIPHERAL_BIT(PERIPHERAL_UART), 0, &some);
	assert_string_equal(some.ptr, "devices:\n"
				      "  - /dev/ttyS0:/dev/ttyS0\n"
				      "  - /dev/gpiochip0:/dev/gpiochip0\n");
	str_clear(&some);
	board_format_compose(boards.items, PERIPHERAL_BIT(PERIPHERAL_SPI), 0, &some);
	assert_string_equal(some.ptr, "");
}

#define with_boards(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_boards(test_every_file_is_compiled_in),
		with_boards(test_there_are_many_in_order),
		with_boards(test_arch_and_platform_agree),
		with_boards(test_qemu_knows_the_processors),
		with_boards(test_qemu_imitates_a_core),
		with_boards(test_peripherals_say_what_they_need),
		with_boards(test_images_are_names),
		with_boards(test_well_known_boards),
		with_boards(test_find_suggests),
		with_boards(test_words),
		cmocka_unit_test(test_a_whole_board),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_problems_are_collected),
		cmocka_unit_test(test_compose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
