#include "context/image_layout.h"

#include "base/limits.h"
#include "base/proc.h"
#include "unit.h"

static struct store *store;

/* A layout `dir` as Python's standard library makes it; `script` adds images by add() and finish()es. */
static void make_layout(const char *script)
{
	AUTO(freep)
	char *whole = xasprintf(
		"import json, sys\nsys.path.insert(0, '%s')\nimport oci_layout as o\n"
		"layout = o.Layout('dir')\n"
		"def write(tagged):\n"
		"    open('dir/oci-layout', 'w').write('{\"imageLayoutVersion\": \"1.0.0\"}')\n"
		"    for tag, image in tagged:\n"
		"        if tag: image['annotations'] = {'org.opencontainers.image.ref.name': "
		"tag}\n"
		"    json.dump({'schemaVersion': 2, 'manifests': [x for _, x in tagged]},\n"
		"              open('dir/index.json', 'w'))\n"
		"%s",
		FIXTURES, script);
	const char *const argv[] = { "/usr/bin/python3", "-B", "-c", whole, NULL };

	assert_ok(proc_check(argv, NULL, &err_));
}

static int set_up(void **state)
{
	return scratch_enter(state) < 0 ? -1 : store_open("store", &store, &err_);
}

static int tear_down(void **state)
{
	store_closep(&store);
	return scratch_leave(state);
}

static int import(const char *tag, const char *digest, const char *platform, struct descriptor *ret)
{
	struct platform wanted;
	const struct image_layout_request request = {
		.dir = "dir",
		.tag = tag,
		.digest = digest,
		.platform = &wanted,
		.store = store,
	};

	err_clear(&err_);
	assert_ok(platform_parse(platform, &wanted, &err_));
	return image_layout_import(&request, ret, &err_);
}

/* Everything that the platform's image is made of. */
static void assert_is_whole(const struct descriptor *target, const char *arch)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(str_release) struct str text = STR_INIT, config = STR_INIT;

	assert_ok(store_read_blob(store, &target->digest, LIMIT_MANIFEST, &text, &err_));
	assert_ok(manifest_parse(str_span(&text), target->media_type, &manifest, &err_));
	assert_ok(store_read_blob(store, &manifest.config.digest, LIMIT_CONFIG, &config, &err_));
	assert_non_null(strstr(config.ptr, arch));
	VEC_FOREACH(layer, &manifest.layers)
		assert_true(store_has_blob(store, &layer->digest, NULL));
}

static void an_image_for_several_platforms(void **state)
{
	AUTO(descriptor_release) struct descriptor image = { .media_type = NULL };
	AUTO(index_release) struct index index = { .media_type = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	(void)state;
	make_layout("layout.add('linux/arm64', b'a' * 1024, [])\n"
		    "layout.add('linux/arm/v7', b'b' * 1024, [])\n"
		    "layout.finish('v1')\n");
	assert_ok(import("v1", NULL, "linux/arm/v7", &image));
	assert_ok(store_read_blob(store, &image.digest, LIMIT_MANIFEST, &text, &err_));
	assert_ok(index_parse(str_span(&text), NULL, &index, &err_));
	assert_is_whole(&index.manifests.items[1], "\"v7\"");
	/* the other platform's stays where it is */
	assert_false(store_has_blob(store, &index.manifests.items[0].digest, NULL));
}

static void which_image_is_meant(void **state)
{
	static const struct {
		const char *name, *script, *tag, *arch; /* arch NULL = not found */
	} rows[] = {
		{ "only one", "write([('v1', layout.manifests[0])])", NULL, "arm64" },
		{ "latest of several",
		  "write([('v1', layout.manifests[0]), ('latest', layout.manifests[1])])", NULL,
		  "amd64" },
		{ "several and no latest",
		  "write([('v1', layout.manifests[0]), ('v2', layout.manifests[1])])", NULL, NULL },
		{ "by its tag", "write([('v1', layout.manifests[0]), ('v2', layout.manifests[1])])",
		  "v2", "amd64" },
		{ "by a whole reference", "write([('reg/app:v1', layout.manifests[0])])", "v1",
		  "arm64" },
		{ "no such tag", "write([('v1', layout.manifests[0])])", "v3", NULL },
		{ "one per platform without tags",
		  "write([(None, layout.manifests[0]), (None, layout.manifests[1])])", NULL,
		  "amd64" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(descriptor_release) struct descriptor image = { .media_type = NULL };
		AUTO(freep)
		char *script = xasprintf("layout.add('linux/arm64', b'a' * 1024, [])\n"
					 "layout.add('linux/amd64', b'b' * 1024, [])\n%s\n",
					 rows[i].script);
		int result;

		make_layout(script);
		result = import(rows[i].tag, NULL, "linux/amd64", &image);
		assert_row((result == 0) == (rows[i].arch != NULL), rows[i].name);
		if (result == 0)
			assert_is_whole(&image, rows[i].arch);
		else
			assert_row(err_.kind == ERR_NOT_FOUND && err_.hint, rows[i].name);
	}
}

static void by_digest(void **state)
{
	AUTO(descriptor_release) struct descriptor image = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor same = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor other = { .media_type = NULL };
	static const char unknown[] =
		"sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

	(void)state;
	make_layout("layout.add('linux/arm64', b'a' * 1024, [])\n"
		    "write([('v1', layout.manifests[0])])\n");
	assert_ok(import("v1", NULL, "linux/arm64", &image));
	assert_ok(import(NULL, image.digest.text, "linux/arm64", &same));
	assert_true(digest_equal(&image.digest, &same.digest));
	assert_int_equal(import(NULL, unknown, "linux/arm64", &other), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
	assert_int_equal(import("v1", unknown, "linux/arm64", &other), -1);
	assert_int_equal(err_.kind, ERR_DIGEST);
}

static void refuses_what_is_broken(void **state)
{
	static const struct {
		const char *name, *command;
		enum err_kind kind;
	} rows[] = {
		{ "no layout", "rm dir/index.json", ERR_NOT_FOUND },
		{ "garbage", "echo x > dir/index.json", ERR_INPUT },
		{ "a blob is missing", "rm dir/blobs/sha256/*", ERR_NOT_FOUND },
		{ "a blob is another", "for f in dir/blobs/sha256/*; do echo x > $f; done",
		  ERR_DIGEST },
		{ "a blob leads out", "for f in dir/blobs/sha256/*; do ln -sf /etc/passwd $f; done",
		  ERR_NOT_FOUND },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(descriptor_release) struct descriptor image = { .media_type = NULL };
		const char *const argv[] = { "/bin/sh", "-ec", rows[i].command, NULL };

		make_layout("layout.add('linux/arm64', b'a' * 1024, [])\n"
			    "write([('v1', layout.manifests[0])])\n");
		assert_ok(proc_check(argv, NULL, &err_));
		assert_row(import(NULL, NULL, "linux/arm64", &image) < 0, rows[i].name);
		if (err_.kind != rows[i].kind)
			fail_msg("row '%s': %s", rows[i].name, err_.message);
		assert_ok(fs_remove_all(AT_FDCWD, "dir", &err_));
	}
}

#define store_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(an_image_for_several_platforms),
		store_test(which_image_is_meant),
		store_test(by_digest),
		store_test(refuses_what_is_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
