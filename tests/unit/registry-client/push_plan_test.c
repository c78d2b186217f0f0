#include "push_plan.h"

#include "unit.h"

static void put(struct store *store, const char *text, const char *media_type,
		struct descriptor *ret)
{
	*ret = (struct descriptor){ .media_type = (char *)media_type, .size = strlen(text) };
	assert_ok(store_put_blob(store, text, strlen(text), &ret->digest, &err_));
}

/* A manifest of a config and layers, each a digest; the blobs need not be there. */
static void put_manifest(struct store *store, const struct digest *config,
			 const struct digest *layers, size_t count, struct descriptor *ret)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_addf(&text,
		 "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_MANIFEST
		 "\",\"config\":{\"mediaType\":\"" MEDIA_OCI_CONFIG
		 "\",\"digest\":\"%s\",\"size\":2},\"layers\":[",
		 config->text);
	for (size_t i = 0; i < count; i++)
		str_addf(&text,
			 "%s{\"mediaType\":\"" MEDIA_OCI_LAYER "\",\"digest\":\"%s\",\"size\":3}",
			 i > 0 ? "," : "", layers[i].text);
	str_add(&text, "]}");
	put(store, text.ptr, MEDIA_OCI_MANIFEST, ret);
}

static void put_index(struct store *store, const struct descriptor *members, size_t count,
		      struct descriptor *ret)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text,
		"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX "\",\"manifests\":[");
	for (size_t i = 0; i < count; i++)
		str_addf(&text, "%s{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%llu}",
			 i > 0 ? "," : "", members[i].media_type, members[i].digest.text,
			 (unsigned long long)members[i].size);
	str_add(&text, "]}");
	put(store, text.ptr, MEDIA_OCI_INDEX, ret);
}

static struct digest digest_of_text(const char *text)
{
	struct digest digest;

	digest_of(text, strlen(text), &digest);
	return digest;
}

static void plans_each_blob_once_and_children_first(void **state)
{
	(void)state;
	AUTO(store_closep) struct store *store = NULL;
	AUTO(push_plan_release) struct push_plan plan = { .blobs = { .items = NULL } };
	const struct digest configs[] = { digest_of_text("c1"), digest_of_text("c2") };
	const struct digest layers[] = { digest_of_text("shared"), digest_of_text("l1"),
					 digest_of_text("l2") };
	const struct digest second[] = { layers[0], layers[2] };
	struct descriptor members[3], inner, target;

	assert_ok(store_open("store", &store, &err_));
	put_manifest(store, &configs[0], layers, 2, &members[0]);
	put_manifest(store, &configs[1], second, 2, &members[1]);
	members[2] = members[0]; /* twice in the index */
	put_index(store, members, 2, &inner);
	members[1] = inner;
	put_index(store, members, 3, &target);
	assert_ok(push_plan_make(store, &target, &plan, &err_));
	assert_int_equal(plan.blobs.len, 5);
	assert_int_equal(plan.manifests.len, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(plan.manifests.items[i].body.len ==
			    plan.manifests.items[i].descriptor.size);
	assert_int_equal(plan.manifests.items[0].height, 0);
	assert_int_equal(plan.manifests.items[1].height, 0);
	assert_int_equal(plan.manifests.items[2].height, 1);
	assert_true(digest_equal(&plan.manifests.items[3].descriptor.digest, &target.digest));
	assert_int_equal(plan.manifests.items[3].height, 2);
}

static void members_that_were_not_pulled_have_no_text(void **state)
{
	(void)state;
	AUTO(store_closep) struct store *store = NULL;
	AUTO(push_plan_release) struct push_plan plan = { .blobs = { .items = NULL } };
	const struct digest config = digest_of_text("c1");
	struct descriptor members[2], target;

	assert_ok(store_open("store", &store, &err_));
	put_manifest(store, &config, NULL, 0, &members[0]);
	members[1] = members[0];
	members[1].digest = digest_of_text("elsewhere");
	put_index(store, members, 2, &target);
	assert_ok(push_plan_make(store, &target, &plan, &err_));
	assert_int_equal(plan.manifests.len, 3);
	assert_int_equal(plan.manifests.items[1].body.len, 0);
}

static void a_missing_target_is_an_error(void **state)
{
	(void)state;
	AUTO(store_closep) struct store *store = NULL;
	struct push_plan plan;
	struct descriptor target = { .media_type = (char *)MEDIA_OCI_INDEX,
				     .digest = digest_of_text("none") };

	assert_ok(store_open("store", &store, &err_));
	assert_int_equal(push_plan_make(store, &target, &plan, &err_), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
}

static void nesting_is_limited(void **state)
{
	(void)state;
	AUTO(store_closep) struct store *store = NULL;
	struct push_plan plan;
	struct descriptor target;

	assert_ok(store_open("store", &store, &err_));
	put_index(store, NULL, 0, &target);
	for (int i = 0; i < 6; i++) {
		struct descriptor inner = target;

		put_index(store, &inner, 1, &target);
	}
	assert_int_equal(push_plan_make(store, &target, &plan, &err_), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(plans_each_blob_once_and_children_first),
		scratch_test(members_that_were_not_pulled_have_no_text),
		scratch_test(a_missing_target_is_an_error),
		scratch_test(nesting_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
