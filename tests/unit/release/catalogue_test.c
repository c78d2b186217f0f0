#include "release/catalogue.h"

#include <stdlib.h>
#include <time.h>

#include "../base/unit.h"
#include "base/str.h"
#include "catalogue_order.h"

/* The digest of "v1" is that of the text "v1". */
static struct published *add(struct catalogue *catalogue, const char *version, const char *created,
			     const char *parent)
{
	struct published *published = VEC_ADD(catalogue);

	*published = (struct published){ .has_version_tag = true };
	published->release.version = xstrdup(version);
	published->release.created = xstrdup_or_null(created);
	digest_of(version, strlen(version), &published->release.digest);
	if (parent)
		digest_of(parent, strlen(parent), &published->release.parent);
	return published;
}

static char *order_of(const struct catalogue *catalogue)
{
	AUTO(strvec_release) struct strvec versions = STRVEC_INIT;

	VEC_FOREACH(published, catalogue)
		strvec_add(&versions, published->release.version);
	return strvec_join(&versions, " ");
}

static void sorted(void **state)
{
	static const struct {
		const char *name;
		struct {
			const char *version, *created, *parent;
		} releases[5];
		const char *expected;
	} rows[] = {
		{ "nothing", { { NULL } }, "" },
		{ "by time",
		  { { "a", "01", NULL }, { "b", "03", NULL }, { "c", "02", NULL } },
		  "b c a" },
		{ "without a time last", { { "a", NULL, NULL }, { "b", "01", NULL } }, "b a" },
		{ "a chain in time",
		  { { "a", "01", NULL }, { "c", "03", "b" }, { "b", "02", "a" } },
		  "c b a" },
		{ "clocks that go wrong",
		  { { "a", "09", NULL }, { "b", "02", "a" }, { "c", "03", "b" } },
		  "c b a" },
		{ "a parent that is gone", { { "a", "01", "x" }, { "b", "02", "a" } }, "b a" },
		{ "two children",
		  { { "a", "09", NULL },
		    { "b", "02", "a" },
		    { "c", "03", "a" },
		    { "d", "05", NULL } },
		  "c b a d" },
		{ "its own parent", { { "a", "01", "a" }, { "b", "02", NULL } }, "b a" },
		{ "a circle", { { "a", "01", "b" }, { "b", "02", "a" } }, "a b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct catalogue catalogue = CATALOGUE_INIT;
		AUTO(freep) char *order = NULL;

		for (size_t j = 0; rows[i].releases[j].version; j++)
			add(&catalogue, rows[i].releases[j].version, rows[i].releases[j].created,
			    rows[i].releases[j].parent);
		catalogue_sort(&catalogue);
		order = order_of(&catalogue);
		if (strcmp(order, rows[i].expected) != 0)
			fail_msg("%s: %s, not %s", rows[i].name, order, rows[i].expected);
		catalogue_release(&catalogue);
	}
}

/* As many as a fleet makes in years, their clocks all wrong: every one before its parent. */
static void many_are_sorted(void **state)
{
	const size_t count = 50000;
	struct catalogue catalogue = CATALOGUE_INIT;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		AUTO(freep) char *version = xasprintf("v%zu", i);
		AUTO(freep) char *parent = i ? xasprintf("v%zu", i - 1) : NULL;
		AUTO(freep) char *created = xasprintf("%09zu", i * 7919 % count);

		add(&catalogue, version, created, parent);
	}
	catalogue_sort(&catalogue);
	assert_int_equal(catalogue.len, count);
	for (size_t i = 1; i < count; i++)
		assert_true(digest_equal(&catalogue.items[i - 1].release.parent,
					 &catalogue.items[i].release.digest));
	catalogue_release(&catalogue);
}

static void found(void **state)
{
	struct catalogue catalogue = CATALOGUE_INIT;
	struct published *one = NULL;
	static const struct {
		const char *word, *version; /* NULL = there is none */
	} rows[] = {
		{ "v1", "v1" },       { "stable", "v2" },  { "3bfc2695", "v1" },
		{ "3bfc2", NULL },    { "v4", NULL },      { "", NULL },
		{ "twice", "twice" }, { "sha256:", NULL }, { "candidate", "v1" },
	};

	(void)state;
	add(&catalogue, "v1", "2026-01", NULL);
	add(&catalogue, "v2", "2026-02", "v1");
	strvec_add(&catalogue.items[1].channels, "stable");
	strvec_add(&catalogue.items[0].channels, "candidate");
	/* one that only claims to be what the other is */
	add(&catalogue, "other", NULL, NULL)->has_version_tag = false;
	free(catalogue.items[2].release.version);
	catalogue.items[2].release.version = xstrdup("twice");
	add(&catalogue, "twice", NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int status;

		err_clear(&err_);
		status = catalogue_find(&catalogue, rows[i].word, &one, &err_);
		assert_row((status == 0) == (rows[i].version != NULL), rows[i].word);
		assert_row(status < 0 || str_eq(one->release.version, rows[i].version),
			   rows[i].word);
		assert_row(status == 0 || err_.kind == ERR_NOT_FOUND, rows[i].word);
	}
	assert_ok(catalogue_find(&catalogue, "twice", &one, &err_));
	assert_true(one->has_version_tag);
	assert_ok(catalogue_find(&catalogue, catalogue.items[1].release.digest.text, &one, &err_));
	assert_string_equal(one->release.version, "v2");
	err_clear(&err_);
	assert_int_equal(catalogue_find(&catalogue, "stabel", &one, &err_), -1);
	assert_non_null(strstr(err_.hint, "did you mean 'stable'"));
	catalogue_release(&catalogue);
}

/* As it was noted; what the channel has now does not count; else the parent. */
static void previous(void **state)
{
	struct catalogue catalogue = CATALOGUE_INIT;

	(void)state;
	add(&catalogue, "v1", "2026-01", NULL);
	add(&catalogue, "v2", "2026-02", "v1");
	add(&catalogue, "v3", "2026-03", "v2");
	assert_null(catalogue_previous(&catalogue, "stable"));
	strvec_add(&catalogue.items[2].channels, "stable");
	assert_string_equal(catalogue_previous(&catalogue, "stable")->release.version, "v2");
	strvec_add(&catalogue.items[0].previous_of, "stable");
	assert_string_equal(catalogue_previous(&catalogue, "stable")->release.version, "v1");
	strvec_clear(&catalogue.items[0].previous_of);
	strvec_add(&catalogue.items[2].previous_of, "stable");
	assert_string_equal(catalogue_previous(&catalogue, "stable")->release.version, "v2");
	catalogue_release(&catalogue);
}

static void channels(void **state)
{
	struct catalogue catalogue = CATALOGUE_INIT;

	(void)state;
	add(&catalogue, "v1", NULL, NULL);
	assert_ok(catalogue_check_channel(&catalogue, "stable", &err_));
	assert_int_equal(catalogue_check_channel(&catalogue, "v1", &err_), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	err_clear(&err_);
	assert_int_equal(catalogue_check_channel(&catalogue, "draft.v2", &err_), -1);
	catalogue_release(&catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted),   cmocka_unit_test(many_are_sorted),
		cmocka_unit_test(found),    cmocka_unit_test(previous),
		cmocka_unit_test(channels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
