#include "record.h"

#include "unit.h"

/* A step on another one, and reading a third. */
struct fixture {
	struct store *store;
	struct solver solver;
	struct step_settings settings;
	struct vertex scratch, parent, input, step;
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
	*VEC_ADD(&fixture->step.inputs) = &fixture->input;
	digest_of("key", 3, &fixture->step.key);
	set_layer(&fixture->parent, "parent");
	set_layer(&fixture->input, "input");
	set_layer(&fixture->step, "step");
	fixture->step.layer.blob.media_type = xstrdup("application/x");
	assert_ok(
		store_put_blob(fixture->store, "blob", 4, &fixture->step.layer.blob.digest, &err_));
	assert_ok(record_put(&fixture->solver, &fixture->step, &err_));
}

static void release(struct fixture *fixture)
{
	layer_release(&fixture->step.layer);
	free(fixture->step.inputs.items);
	store_closep(&fixture->store);
}

static bool is_found(struct fixture *fixture)
{
	bool found = false;

	layer_release(&fixture->step.layer);
	fixture->step.layer = (struct layer){ .uncompressed_size = 0 };
	assert_ok(record_find(&fixture->solver, &fixture->step, &found, &err_));
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

/* The parent was executed again since, and came out differently. */
static void a_record_holds_only_on_the_files_it_was_made_on(void **state)
{
	AUTO(release) struct fixture fixture;

	(void)state;
	init(&fixture);
	set_layer(&fixture.parent, "another");
	assert_false(is_found(&fixture));
	set_layer(&fixture.parent, "parent");
	set_layer(&fixture.input, "another");
	assert_false(is_found(&fixture));
	set_layer(&fixture.input, "input");
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
		scratch_test(a_record_holds_only_on_the_files_it_was_made_on),
		scratch_test(a_record_without_its_blob_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
