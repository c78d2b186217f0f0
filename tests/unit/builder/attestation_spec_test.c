/* The values of --attest, --provenance and --sbom. */
#include "builder/attestation.h"

#include "base/str.h"
#include "base/vec.h"
#include "unit.h"

typedef int add_fn(struct build_attestations *attestations, const char *text, struct err *err);

static void values(void **state)
{
	static const struct {
		add_fn *add;
		const char *text;
		bool provenance, is_max, sbom;
		const char *builder_id;
	} rows[] = {
		{ attestations_set_provenance, "true", true, false, false, NULL },
		{ attestations_set_provenance, "false", false, false, false, NULL },
		{ attestations_set_provenance, "mode=min", true, false, false, NULL },
		{ attestations_set_provenance, "mode=max,builder-id=https://ci", true, true, false,
		  "https://ci" },
		{ attestations_set_sbom, "true", false, false, true, NULL },
		{ attestations_set_sbom, "0", false, false, false, NULL },
		{ attestations_add, "type=provenance,mode=max", true, true, false, NULL },
		{ attestations_add, "type=provenance,disabled=true", false, false, false, NULL },
		{ attestations_add, "type=sbom", false, false, true, NULL },
		{ attestations_add, "type=provenance,version=v0.2", true, false, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(attestations_release) struct build_attestations have = { .sbom = false };

		assert_ok(rows[i].add(&have, rows[i].text, &err_));
		assert_row(have.provenance == rows[i].provenance, rows[i].text);
		assert_row(have.is_max == rows[i].is_max, rows[i].text);
		assert_row(have.sbom == rows[i].sbom, rows[i].text);
		assert_row(str_eq(have.builder_id, rows[i].builder_id), rows[i].text);
	}
}

static void mistakes(void **state)
{
	static const struct {
		add_fn *add;
		const char *text;
	} rows[] = {
		{ attestations_set_provenance, "maybe" },
		{ attestations_set_provenance, "mode=medium" },
		{ attestations_set_provenance, "version=v1" },
		{ attestations_set_provenance, "color=red" },
		{ attestations_set_sbom, "generator=scanner" },
		{ attestations_add, "mode=max" },
		{ attestations_add, "type=seal" },
		{ attestations_add, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(attestations_release) struct build_attestations have = { .sbom = false };

		assert_row(rows[i].add(&have, rows[i].text, &err_) < 0, rows[i].text);
		err_clear(&err_);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
