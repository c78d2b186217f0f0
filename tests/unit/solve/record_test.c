#include "record.h"

#include "unit.h"

/* A step on another one, and reading a third. */
struct fixture {
	struct store *store;
	struct solver solver;
	struct step_settings settings;
	struct vertex scratch, parent, input, step;
	struct digest key;
};

static void set_layer(struct vertex *vertex, const char *content)
{
	digest_of(content, strlen(content), &vertex->layer.diff_id);
}

static void init(struct fixture *fixture)
{
	*fixture = (struct fixture){ .scratch = { .kind = VERTEX_SCRATCH } };
	assert_ok(store_open("store", &fixture->store, &err_));
	fixture->solver.store = fixture->store;
	fixture->parent = (struct vertex){ .kind = VERTEX_RUN, .parent = &fixture->scratch };
	fixture->input = fixture->parent;
	fixture->step = (struct vertex){ .kind = VERTEX_COPY,
					 .parent = &fixture->parent,
					 .settings = &fixture->settings };
	fixture->step.copy.from = &fixture->input;
	digest_of("key", 3, &fixture->key);
	digest_of("chain", 5, &fixture->input.chain);
	set_layer(&fixture->parent, "parent");
	set_layer(&fixture->input, "input");
	set_layer(&fixture->step, "step");
	fixture->step.layer.blob.media_type = xstrdup("application/x");
	assert_ok(
		store_put_blob(fixture->store, "blob", 4, &fixture->step.layer.blob.digest, &err_));
	assert_ok(record_put(&fixture->solver, &fixture->step, &fixture->key, &err_));
}

static void release(struct fixture *fixture)
{
	layer_release(&fixture->step.layer);
	strvec_release(&fixture->step.assumed);
	store_closep(&fixture->store);
}

static bool is_found(struct fixture *fixture)
{
	bool found = false;

	layer_release(&fixture->step.layer);
	fixture->step.layer = (struct layer){ .uncompressed_size = 0 };
	assert_ok(record_find(&fixture->solver, &fixture->step, &fixture->key, &found, &err_));
	return found;
}

static void what_was_recorded_is_found(void **state)
{
	AUTO(release) struct fixture fixture;
	struct digest expected;

	(void)state;
	init(&fixture);
	digest_of("step", 4, &expected);
	assert_true(is_found(&fixture));
	assert_string_equal(fixture.step.layer.diff_id.text, expected.text);
	assert_string_equal(fixture.step.layer.blob.media_type, "application/x");
}

static void a_record_says_what_its_layer_was_read_from(void **state)
{
	AUTO(release) struct fixture fixture;

	(void)state;
	init(&fixture);
	assert_true(is_found(&fixture));
	assert_int_equal(fixture.step.assumed.len, 1);
	assert_string_equal(fixture.step.assumed.items[0], fixture.input.chain.text);
}

static void another_key_is_another_record(void **state)
{
	AUTO(release) struct fixture fixture;

	(void)state;
	init(&fixture);
	digest_of("other", 5, &fixture.key);
	assert_false(is_found(&fixture));
}

static void compression_does_not_count(void **state)
{
	AUTO(release) struct fixture fixture;

	(void)state;
	init(&fixture);
	fixture.settings.layers.compression = COMPRESSION_ZSTD;
	fixture.settings.layers.level = 9;
	assert_true(is_found(&fixture));
}

static void a_record_without_its_blob_is_none(void **state)
{
	AUTO(release) struct fixture fixture;

	(void)state;
	init(&fixture);
	assert_ok(store_delete_blob(fixture.store, &fixture.step.layer.blob.digest, &err_));
	assert_false(is_found(&fixture));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(what_was_recorded_is_found),
		scratch_test(a_record_says_what_its_layer_was_read_from),
		scratch_test(another_key_is_another_record),
		scratch_test(compression_does_not_count),
		scratch_test(a_record_without_its_blob_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
