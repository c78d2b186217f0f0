#include "shipment.h"

#include "../image/image_unit.h"
#include "image/image_content.h"

/* An image of so many layers, whose config speaks of so many; nobody looks for what is in them. */
static void make_image(size_t layers, size_t diff_ids, struct descriptor *ret)
{
	AUTO(manifest_release)
	struct manifest m = { .media_type = xstrdup(MEDIA_OCI_MANIFEST) };
	AUTO(image_config_release) struct image_config config;
	AUTO(str_release) struct str text = STR_INIT;

	image_config_init(&config);
	platform_set(&config.platform, "linux", "arm64", NULL);
	for (size_t i = 0; i < diff_ids; i++)
		digest_of("x", 1, VEC_ADD(&config.diff_ids));
	for (size_t i = 0; i < layers; i++) {
		struct descriptor *layer = VEC_ADD(&m.layers);

		*layer = (struct descriptor){ .media_type = xstrdup(MEDIA_OCI_LAYER_ZSTD),
					      .size = 10 };
		digest_of("y", 1, &layer->digest);
	}
	image_config_write(&config, &text);
	m.config.media_type = xstrdup(MEDIA_OCI_CONFIG);
	m.config.size = text.len;
	assert_ok(store_put_blob(store_, text.ptr, text.len, &m.config.digest, &err_));
	assert_ok(image_content_put_manifest(store_, &m, ret, &err_));
}

/* A registry's image may say anything, and a layer is found in its config by its number. */
static void layers_and_config(void **state)
{
	static const struct {
		size_t layers, diff_ids;
		bool is_good;
	} rows[] = {
		{ 2, 2, true }, { 0, 0, true }, { 3, 1, false }, { 1, 0, false }, { 1, 2, false }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
		AUTO(shipment_release)
		struct shipment shipment = { .store = store_, .target = &target, .name = "i" };

		make_image(rows[i].layers, rows[i].diff_ids, &target);
		if (rows[i].is_good)
			assert_ok(shipment_open(&shipment, &err_));
		else
			assert_fails(shipment_open(&shipment, &err_), ERR_INPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { store_test(layers_and_config) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
