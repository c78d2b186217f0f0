#include "image/image_subset.h"

#include "image/image_content.h"
#include "image_unit.h"

static struct platform platform_of(const char *text)
{
	struct platform platform;

	assert_ok(platform_parse(text, &platform, &err_));
	return platform;
}

/* A manifest's stand-in: its digest is all that an index knows of it. */
static struct descriptor *add_member(struct index *index, const char *platform, bool is_here)
{
	struct descriptor *member = VEC_ADD(&index->manifests);
	AUTO(freep) char *text = xasprintf("manifest %zu", index->manifests.len);

	*member = (struct descriptor){ .media_type = xstrdup(MEDIA_OCI_MANIFEST),
				       .size = strlen(text) };
	if (is_here)
		assert_ok(store_put_blob(store_, text, strlen(text), &member->digest, &err_));
	else
		digest_of(text, strlen(text), &member->digest);
	if (platform)
		member->platform = platform_of(platform);
	else
		platform_set(&member->platform, "unknown", "unknown", NULL);
	return member;
}

static void attest(struct index *index, size_t about, bool is_here)
{
	AUTO(freep) char *digest = xstrdup(index->manifests.items[about].digest.text);
	struct descriptor *member = add_member(index, NULL, is_here);

	strmap_set(&member->annotations, "vnd.docker.reference.type", "attestation-manifest");
	strmap_set(&member->annotations, "vnd.docker.reference.digest", digest);
}

/* Members 0 to 2 are images, 3 and 4 attest 0 and 1, 5 would attest 2 but is not in the store. */
static void make_index(struct descriptor *ret)
{
	AUTO(index_release) struct index index = { .media_type = xstrdup(MEDIA_OCI_INDEX) };

	add_member(&index, "linux/amd64", true);
	add_member(&index, "linux/arm/v7", true);
	add_member(&index, "linux/arm64", true);
	attest(&index, 0, true);
	attest(&index, 1, true);
	attest(&index, 2, false);
	strmap_set(&index.annotations, "a", "b");
	index.unknown = json_pack("{s:s}", "vendor", "x");
	assert_ok(image_content_put_index(store_, &index, ret, &err_));
}

static const struct {
	const char *platforms[4];
	const char *kept; /* numbers of the members; NULL = an error; "" = a single image */
} rows[] = {
	{ { NULL }, "012345" },
	{ { "linux/arm64", NULL }, "" },
	{ { "linux/arm64", "linux/arm/v7", NULL }, "124" },
	{ { "linux/arm64", "linux/amd64", NULL }, "023" },
	{ { "linux/amd64", "linux/amd64", NULL }, "03" },
	{ { "linux/arm64", "linux/arm/v7", "linux/amd64", NULL }, "01234" },
	{ { "linux/arm64", "linux/s390x", NULL }, NULL },
	{ { "linux/s390x", NULL }, NULL },
};

static void assert_members(const struct descriptor *subset, const struct index *whole,
			   const char *kept)
{
	AUTO(index_release) struct index index = { .media_type = NULL };

	assert_string_equal(subset->media_type, MEDIA_OCI_INDEX);
	assert_ok(image_content_read_index(store_, subset, &index, &err_));
	assert_int_equal(index.manifests.len, strlen(kept));
	for (size_t i = 0; kept[i]; i++)
		assert_true(digest_equal(&index.manifests.items[i].digest,
					 &whole->manifests.items[kept[i] - '0'].digest));
	assert_string_equal(strmap_get(&index.annotations, "a"), "b");
	assert_non_null(json_object_get(index.unknown, "vendor"));
}

static void keeps_what_is_wanted(void **state)
{
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	AUTO(index_release) struct index whole = { .media_type = NULL };

	(void)state;
	make_index(&target);
	assert_ok(image_content_read_index(store_, &target, &whole, &err_));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(descriptor_release) struct descriptor subset = { .media_type = NULL };
		struct platform platforms[4];
		size_t count = 0;

		for (; rows[i].platforms[count]; count++)
			platforms[count] = platform_of(rows[i].platforms[count]);
		if (!rows[i].kept) {
			assert_int_equal(image_subset_make(store_, &target, platforms, count,
							   &subset, &err_),
					 -1);
			assert_int_equal(err_.kind, ERR_NOT_FOUND);
			err_clear(&err_);
			continue;
		}
		assert_ok(image_subset_make(store_, &target, platforms, count, &subset, &err_));
		if (*rows[i].kept)
			assert_members(&subset, &whole, rows[i].kept);
		else
			assert_true(digest_equal(&subset.digest, &whole.manifests.items[2].digest));
	}
}

/* For arm64, with a config of that media type. */
static void make_image(const char *config_type, const char *config, struct descriptor *ret)
{
	AUTO(manifest_release)
	struct manifest manifest = { .media_type = xstrdup(MEDIA_OCI_MANIFEST) };

	manifest.config.media_type = xstrdup(config_type);
	manifest.config.size = strlen(config);
	assert_ok(store_put_blob(store_, config, strlen(config), &manifest.config.digest, &err_));
	assert_ok(image_content_put_manifest(store_, &manifest, ret, &err_));
}

static void a_single_image_is_its_own(void **state)
{
	static const char config[] = "{\"os\":\"linux\",\"architecture\":\"arm64\","
				     "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";
	AUTO(descriptor_release) struct descriptor image = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor artifact = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor subset = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor same = { .media_type = NULL };
	struct platform platforms[2] = { platform_of("linux/amd64"), platform_of("linux/arm64") };

	(void)state;
	make_image(MEDIA_OCI_CONFIG, config, &image);
	assert_ok(image_subset_make(store_, &image, platforms, 2, &subset, &err_));
	assert_true(digest_equal(&subset.digest, &image.digest));
	assert_int_equal(image_subset_make(store_, &image, platforms, 1, &same, &err_), -1);
	assert_string_equal(err_.message, "it is for linux/arm64 and cannot serve linux/amd64");
	err_clear(&err_);
	make_image("application/vnd.oci.empty.v1+json", "{}", &artifact);
	assert_ok(image_subset_make(store_, &artifact, platforms, 1, &same, &err_));
	assert_true(digest_equal(&same.digest, &artifact.digest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(keeps_what_is_wanted),
		store_test(a_single_image_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
