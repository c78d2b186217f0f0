#include "image/store_check.h"
#include "pruning_unit.h"

static size_t count(const struct store_findings *findings, bool damage)
{
	size_t n = 0;

	VEC_FOREACH(finding, findings)
		n += finding->is_damage == damage;
	return n;
}

/* How much damage there is, and what is said first. */
static size_t check(bool repair, struct str *text)
{
	AUTO(store_findings_release) struct store_findings findings = { .items = NULL };

	str_clear(text);
	assert_ok(store_check(store_, repair, &MONITOR_SILENT, &findings, &err_));
	VEC_FOREACH(finding, &findings)
		str_addf(text, "%s%s\n", finding->is_repaired ? "repaired: " : "", finding->text);
	return count(&findings, true);
}

static void sound_store(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	struct stocked s = stock();

	(void)s;
	assert_int_equal(check(false, &text), 0);
	assert_string_equal(text.ptr, "");
}

static void damaged_blob(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	struct stocked s = stock();
	AUTO(freep) char *path = xasprintf("store/blobs/sha256/%s", digest_hex(&s.cached));

	write_text(path, "something else");
	assert_int_equal(check(false, &text), 1);
	assert_non_null(strstr(text.ptr, s.cached.text));
	assert_non_null(strstr(text.ptr, "is damaged"));
	assert_true(blob_is_there(&s.cached));
	assert_int_equal(check(true, &text), 1);
	assert_non_null(strstr(text.ptr, "repaired: "));
	assert_false(blob_is_there(&s.cached));
	assert_int_equal(check(false, &text), 0);
}

static void missing_manifest(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	struct stocked s = stock();

	assert_ok(store_delete_blob(store_, &s.manifest, &err_));
	assert_int_equal(check(false, &text), 1);
	assert_non_null(strstr(text.ptr, "docker.io/library/app:1"));
}

/* As it is with a base image whose layers no step has needed yet. */
static void missing_layer_is_no_damage(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	static const char manifest[] =
		"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"" MEDIA_OCI_CONFIG
		"\",\"size\":1,\"digest\":\"sha256:"
		"1111111111111111111111111111111111111111111111111111111111111111\"},"
		"\"layers\":[{\"mediaType\":\"" MEDIA_OCI_LAYER "\",\"size\":1,\"digest\":\"sha256:"
		"2222222222222222222222222222222222222222222222222222222222222222\"}]}";
	struct descriptor target = { .media_type = (char *)MEDIA_OCI_MANIFEST,
				     .size = strlen(manifest) };

	target.digest = put(manifest);
	assert_ok(store_tag(store_, "docker.io/library/base:1", &target, &err_));
	assert_int_equal(check(false, &text), 0);
	assert_non_null(strstr(text.ptr, "1 of 1 layers"));
}

static void missing_snapshot(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	struct stocked s = stock();
	char path[SNAPSHOT_PATH_MAX];

	shell("rm -r store/snapshots/1");
	assert_int_equal(check(false, &text), 1);
	assert_int_equal(check(true, &text), 1);
	assert_int_equal(check(false, &text), 0);
	assert_false(store_find_snapshot(store_, &s.layer, path));
}

static void leftovers(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;

	shell("mkdir -p store/trash && echo x >store/trash/1 && echo y "
	      ">store/blobs/sha256/no-digest");
	assert_int_equal(check(false, &text), 0);
	assert_non_null(strstr(text.ptr, "2 leftovers"));
	assert_int_equal(check(true, &text), 0);
	assert_int_equal(check(false, &text), 0);
	assert_string_equal(text.ptr, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(sound_store),      store_test(damaged_blob),
		store_test(missing_manifest), store_test(missing_layer_is_no_damage),
		store_test(missing_snapshot), store_test(leftovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
