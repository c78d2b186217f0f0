#include "image/image_convert.h"

#include "image/image_content.h"
#include "image_unit.h"

static void make_layer(const char *text, enum compression compression, struct layer *ret)
{
	const struct layer_options options = { .compression = compression, .clamp_mtime = -1 };
	struct layer_writer *w = layer_writer_new(store_, &options, &err_);

	assert_non_null(w);
	send_entry(layer_writer_sink(w), LAYER_FILE, "file", text);
	assert_ok(layer_writer_finish(w, ret, &err_));
	layer_writer_freep(&w);
}

/* An image with one layer for each compression, and with what Docker's form has no place for. */
static void make_image(struct descriptor *ret)
{
	AUTO(manifest_release)
	struct manifest m = { .media_type = xstrdup(MEDIA_OCI_MANIFEST) };
	AUTO(image_config_release) struct image_config config;
	AUTO(str_release) struct str config_text = STR_INIT;

	image_config_init(&config);
	platform_set(&config.platform, "linux", "arm64", NULL);
	for (int i = COMPRESSION_NONE; i <= COMPRESSION_ZSTD; i++) {
		AUTO(layer_release) struct layer layer = { .uncompressed_size = 0 };

		make_layer(i == COMPRESSION_NONE ? "one" : "two", (enum compression)i, &layer);
		*VEC_ADD(&config.diff_ids) = layer.diff_id;
		descriptor_copy(VEC_ADD(&m.layers), &layer.blob);
	}
	image_config_write(&config, &config_text);
	m.config.media_type = xstrdup(MEDIA_OCI_CONFIG);
	m.config.size = config_text.len;
	assert_ok(
		store_put_blob(store_, config_text.ptr, config_text.len, &m.config.digest, &err_));
	strmap_set(&m.annotations, "a", "b");
	assert_ok(image_content_put_manifest(store_, &m, ret, &err_));
}

static void convert(const struct descriptor *from, enum image_dialect dialect,
		    struct descriptor *ret)
{
	assert_ok(image_convert(store_, from, dialect, NULL, ret, &err_));
}

static void to_docker(void **state)
{
	(void)state;
	AUTO(descriptor_release) struct descriptor oci = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor docker = { .media_type = NULL };
	AUTO(manifest_release) struct manifest before = { .media_type = NULL };
	AUTO(manifest_release) struct manifest after = { .media_type = NULL };
	AUTO(image_config_release) struct image_config config;

	make_image(&oci);
	convert(&oci, DIALECT_DOCKER, &docker);
	assert_string_equal(docker.media_type, MEDIA_DOCKER_MANIFEST);
	assert_ok(image_content_read_manifest(store_, &oci, &before, &err_));
	assert_ok(image_content_read_manifest(store_, &docker, &after, &err_));
	assert_string_equal(after.config.media_type, MEDIA_DOCKER_CONFIG);
	assert_true(digest_equal(&after.config.digest, &before.config.digest));
	assert_int_equal(after.annotations.len, 0);
	assert_ok(image_content_read_config(store_, &after.config, &config, &err_));
	for (size_t i = 0; i < after.layers.len; i++) {
		struct recorder recorder;
		AUTO(fd_closep) int fd = -1;
		struct digest diff_id;

		assert_string_equal(after.layers.items[i].media_type, MEDIA_DOCKER_LAYER);
		assert_ok(store_open_blob(store_, &after.layers.items[i].digest, &fd, &err_));
		recorder_init(&recorder);
		assert_ok(layer_read(fd, true, &recorder.sink, &diff_id, &err_));
		assert_true(digest_equal(&diff_id, &config.diff_ids.items[i]));
		recorder_release(&recorder);
	}
	/* the one that was gzip stays what it was, and zstd's content is its twin */
	assert_true(digest_equal(&after.layers.items[1].digest, &before.layers.items[1].digest));
	assert_true(digest_equal(&after.layers.items[2].digest, &before.layers.items[1].digest));
}

static void there_and_back(void **state)
{
	(void)state;
	AUTO(descriptor_release) struct descriptor oci = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor docker = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor back = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor again = { .media_type = NULL };

	make_image(&oci);
	convert(&oci, DIALECT_DOCKER, &docker);
	convert(&docker, DIALECT_OCI, &back);
	convert(&back, DIALECT_DOCKER, &again);
	assert_string_equal(back.media_type, MEDIA_OCI_MANIFEST);
	assert_true(digest_equal(&docker.digest, &again.digest));
}

static void same_dialect_changes_nothing(void **state)
{
	(void)state;
	AUTO(descriptor_release) struct descriptor oci = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor kept = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor same = { .media_type = NULL };

	make_image(&oci);
	convert(&oci, DIALECT_KEPT, &kept);
	convert(&oci, DIALECT_OCI, &same);
	assert_true(digest_equal(&oci.digest, &kept.digest));
	assert_true(digest_equal(&oci.digest, &same.digest));
}

/* Platforms stay, attestations and members that are not here go. */
static void index_to_docker(void **state)
{
	(void)state;
	AUTO(index_release) struct index index = { .media_type = xstrdup(MEDIA_OCI_INDEX) };
	AUTO(index_release) struct index after = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor oci = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor docker = { .media_type = NULL };
	struct descriptor *member;

	make_image(VEC_ADD(&index.manifests));
	platform_set(&index.manifests.items[0].platform, "linux", "arm64", NULL);
	descriptor_copy(VEC_ADD(&index.manifests), &index.manifests.items[0]);
	member = &index.manifests.items[1];
	strmap_set(&member->annotations, "vnd.docker.reference.type", "attestation-manifest");
	descriptor_copy(VEC_ADD(&index.manifests), &index.manifests.items[0]);
	digest_of("not here", 8, &index.manifests.items[2].digest);
	assert_ok(image_content_put_index(store_, &index, &oci, &err_));
	convert(&oci, DIALECT_DOCKER, &docker);
	assert_ok(image_content_read_index(store_, &docker, &after, &err_));
	assert_string_equal(after.media_type, MEDIA_DOCKER_LIST);
	assert_int_equal(after.manifests.len, 1);
	assert_string_equal(after.manifests.items[0].platform.arch, "arm64");
	assert_string_equal(after.manifests.items[0].media_type, MEDIA_DOCKER_MANIFEST);
}

static void artifacts_have_no_other_form(void **state)
{
	(void)state;
	AUTO(manifest_release)
	struct manifest m = { .media_type = xstrdup(MEDIA_OCI_MANIFEST) };
	AUTO(descriptor_release) struct descriptor oci = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor docker = { .media_type = NULL };

	m.config.media_type = xstrdup("application/vnd.oci.empty.v1+json");
	m.config.size = 2;
	assert_ok(store_put_blob(store_, "{}", 2, &m.config.digest, &err_));
	assert_ok(image_content_put_manifest(store_, &m, &oci, &err_));
	assert_fails(image_convert(store_, &oci, DIALECT_DOCKER, NULL, &docker, &err_),
		     ERR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(to_docker),
		store_test(there_and_back),
		store_test(same_dialect_changes_nothing),
		store_test(index_to_docker),
		store_test(artifacts_have_no_other_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
