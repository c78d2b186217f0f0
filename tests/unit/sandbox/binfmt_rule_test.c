#include "binfmt_rule.h"

#include <elf.h>

#include "../base/unit.h"

static const struct emulated_cpu arm = { .arch = "arm", .qemu = "arm", .machine = EM_ARM };
static const struct emulated_cpu aarch64 = {
	.arch = "arm64", .qemu = "aarch64", .machine = EM_AARCH64, .wide = true
};
static const struct emulated_cpu s390x = {
	.arch = "s390x", .qemu = "s390x", .machine = EM_S390, .wide = true, .big_endian = true
};

/* As QEMU's own scripts/qemu-binfmt-conf.sh has them. */
static void writes_rules(void **state)
{
	(void)state;
	static const struct {
		const struct emulated_cpu *cpu;
		const char *rule;
	} rows[] = {
		{ &arm, ":qemu-arm:M:"
			":\\x7f\\x45\\x4c\\x46\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x"
			"00\\x00\\x02\\x00\\x28\\x00"
			":\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\x"
			"ff\\xff\\xfe\\xff\\xff\\xff"
			":/q:PCF" },
		{ &aarch64, ":qemu-aarch64:M:"
			    ":\\x7f\\x45\\x4c\\x46\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x0"
			    "0\\x00\\x00\\x02\\x00\\xb7\\x00"
			    ":\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xf"
			    "f\\xff\\xff\\xfe\\xff\\xff\\xff"
			    ":/q:PCF" },
		{ &s390x, ":qemu-s390x:M:"
			  ":\\x7f\\x45\\x4c\\x46\\x02\\x02\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
			  "\\x00\\x00\\x00\\x02\\x00\\x16"
			  ":\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff"
			  "\\xff\\xff\\xff\\xfe\\xff\\xff"
			  ":/q:PCF" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str rule = STR_INIT;

		binfmt_rule_write(rows[i].cpu, "/q", &rule);
		assert_string_equal(rule.ptr, rows[i].rule);
	}
}

#define ARM_MAGIC "magic 7f454c4601010100000000000000000002002800\n"
#define ARM_MASK  "mask ffffffffffffff00fffffffffffffffffeffffff\n"

static void reads_entries(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool entry, enabled, fixed, credentials, serves;
	} rows[] = {
		{ "enabled\ninterpreter /usr/bin/qemu-arm\nflags: POCF\noffset 0\n" ARM_MAGIC
			  ARM_MASK,
		  true, true, true, true, true },
		{ "disabled\ninterpreter /q\nflags: F\noffset 0\n" ARM_MAGIC ARM_MASK, true, false,
		  true, false, true },
		{ "enabled\ninterpreter /q\nflags: \noffset 0\n" ARM_MAGIC ARM_MASK, true, true,
		  false, false, true },
		/* Without a mask every bit counts; ours is ET_EXEC, as the magic is. */
		{ "enabled\ninterpreter /q\nflags: F\noffset 0\n" ARM_MAGIC, true, true, true,
		  false, true },
		/* aarch64 */
		{ "enabled\ninterpreter /q\nflags: F\noffset 0\n"
		  "magic 7f454c460201010000000000000000000200b700\n" ARM_MASK,
		  true, true, true, false, false },
		/* Too short to tell one processor from another. */
		{ "enabled\ninterpreter /q\nflags: F\noffset 0\nmagic 7f454c46\n", true, true, true,
		  false, false },
		{ "enabled\ninterpreter /q\nflags: F\noffset 4\n" ARM_MAGIC ARM_MASK, true, true,
		  true, false, false },
		{ "enabled\ninterpreter /q\nflags: F\noffset 0\nmagic 7f4\n", true, true, true,
		  false, false },
		/* By file name extension. */
		{ "enabled\ninterpreter /usr/bin/python3.11\nflags: \nextension .pyc\n", false,
		  false, false, false, false },
		{ "", false, false, false, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(binfmt_entry_release) struct binfmt_entry entry = { .interpreter = NULL };

		assert_row(binfmt_entry_parse(span_of(rows[i].text), &arm, &entry) == rows[i].entry,
			   rows[i].text);
		assert_row(entry.enabled == rows[i].enabled, rows[i].text);
		assert_row(entry.fixed == rows[i].fixed, rows[i].text);
		assert_row(entry.credentials == rows[i].credentials, rows[i].text);
		assert_row(entry.serves == rows[i].serves, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_rules),
		cmocka_unit_test(reads_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
