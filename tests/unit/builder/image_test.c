/* The image that comes out: times, history, media types. */
#include "image.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "unit.h"

static const struct image_form oci;

/* A graph by hand: an image with one layer, one step on top of it. */
struct hand {
	struct store *store;
	struct base_image base;
	struct vertex bottom, top;
	struct planned_image planned;
};

static void add_line(struct hand *hand, const char *created_by, struct vertex *vertex)
{
	*VEC_ADD(&hand->planned.lines) = (struct planned_line){
		.created_by = xstrdup(created_by),
		.vertex = vertex,
	};
}

static void hand_init(struct hand *hand, const char *base_media_type)
{
	struct descriptor *layer;

	memset(hand, 0, sizeof(*hand));
	assert_ok(store_open("store", &hand->store, &err_));
	image_config_init(&hand->base.config);
	hand->base.config.created = xstrdup("2020-01-01T00:00:00Z");
	layer = VEC_ADD(&hand->base.layers);
	layer->media_type = xstrdup(base_media_type);
	digest_of("base", 4, &layer->digest);
	*VEC_ADD(&hand->base.config.diff_ids) = layer->digest;
	image_config_add_history(&hand->base.config, "2020-01-01T00:00:00Z", "base", NULL, false);
	hand->bottom = (struct vertex){ .kind = VERTEX_IMAGE, .image = &hand->base };
	hand->top = (struct vertex){ .kind = VERTEX_RUN, .parent = &hand->bottom };
	hand->top.created = 1700000000; /* 2023-11-14T22:13:20Z */
	hand->top.layer.blob.media_type = xstrdup(MEDIA_OCI_LAYER_GZIP);
	digest_of("top", 3, &hand->top.layer.blob.digest);
	hand->top.layer.diff_id = hand->top.layer.blob.digest;
	image_config_copy(&hand->planned.config, &hand->base.config);
	platform_set(&hand->planned.config.platform, "linux", "arm", "v7");
	hand->planned.top = &hand->top;
	add_line(hand, "ENV before", NULL);
	add_line(hand, "RUN", &hand->top);
	add_line(hand, "ENV behind", NULL);
}

static void hand_release(struct hand *hand)
{
	planned_image_release(&hand->planned);
	layer_release(&hand->top.layer);
	base_image_release(&hand->base);
	store_closep(&hand->store);
}

static json_t *blob_json(struct store *store, const struct digest *digest)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_t *json = NULL;

	assert_ok(store_read_blob(store, digest, LIMIT_CONFIG, &text, &err_));
	assert_ok(json_parse(str_span(&text), "blob", &json, &err_));
	return json;
}

static void assert_history(struct hand *hand, int64_t epoch, const char *const want[4],
			   const char *created)
{
	const struct image_request request = { .store = hand->store, .epoch = epoch, .form = &oci };
	AUTO(descriptor_release) struct descriptor manifest = { .media_type = NULL };
	struct digest config;
	json_t *json, *history;

	assert_ok(image_write(&request, &hand->planned, &manifest, &config, &err_));
	json = blob_json(hand->store, &config);
	history = json_get_array(json, "history");
	assert_int_equal(json_array_size(history), 4);
	for (size_t i = 0; i < 4; i++) {
		json_t *entry = json_array_get(history, i);

		assert_string_equal(json_get_string(entry, "created"), want[i]);
		assert_int_equal(json_is_true(json_object_get(entry, "empty_layer")),
				 i == 1 || i == 3);
	}
	assert_string_equal(json_get_string(json, "created"), created);
	json_decref(json);
}

static void times_are_those_of_the_layers(void **state)
{
	static const char *const want[4] = { "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z",
					     "2023-11-14T22:13:20Z", "2023-11-14T22:13:20Z" };
	AUTO(hand_release) struct hand hand;

	(void)state;
	hand_init(&hand, MEDIA_OCI_LAYER_GZIP);
	assert_history(&hand, -1, want, "2023-11-14T22:13:20Z");
}

/* The base's own entries stay as they are. */
static void an_epoch_sets_all_that_is_new(void **state)
{
	static const char *const want[4] = { "2020-01-01T00:00:00Z", "2001-09-09T01:46:40Z",
					     "2001-09-09T01:46:40Z", "2001-09-09T01:46:40Z" };
	AUTO(hand_release) struct hand hand;

	(void)state;
	hand_init(&hand, MEDIA_OCI_LAYER_GZIP);
	assert_history(&hand, 1000000000, want, "2001-09-09T01:46:40Z");
}

static void a_docker_base_becomes_an_oci_image(void **state)
{
	AUTO(hand_release) struct hand hand;
	AUTO(descriptor_release) struct descriptor manifest = { .media_type = NULL };
	struct image_request request;
	struct digest config;
	json_t *json, *layers;

	(void)state;
	hand_init(&hand, MEDIA_DOCKER_LAYER);
	request = (struct image_request){ .store = hand.store, .epoch = -1, .form = &oci };
	assert_ok(image_write(&request, &hand.planned, &manifest, &config, &err_));
	assert_string_equal(manifest.media_type, MEDIA_OCI_MANIFEST);
	json = blob_json(hand.store, &manifest.digest);
	layers = json_get_array(json, "layers");
	assert_int_equal(json_array_size(layers), 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(json_get_string(json_array_get(layers, i), "mediaType"),
				    MEDIA_OCI_LAYER_GZIP);
	assert_string_equal(json_get_string(json_array_get(layers, 0), "digest"),
			    hand.base.layers.items[0].digest.text);
	json_decref(json);
}

/* A real layer, whose file was written in 2001, in place of the one by hand. */
static void make_top_layer(struct hand *hand)
{
	static const struct layer_options options = { .compression = COMPRESSION_GZIP,
						      .clamp_mtime = -1 };
	const struct layer_entry entry = {
		.type = LAYER_DIR, .path = "dir", .mode = 0755, .mtime = { .tv_sec = 1000000000 }
	};
	AUTO(layer_writer_freep)
	struct layer_writer *writer = layer_writer_new(hand->store, &options, &err_);
	struct layer_sink *sink = layer_writer_sink(writer);

	layer_release(&hand->top.layer);
	assert_ok(sink->entry(sink, &entry, &err_));
	assert_ok(layer_writer_finish(writer, &hand->top.layer, &err_));
}

/* Writes it in that form; the caller frees. */
static json_t *write_in_form(struct hand *hand, const struct image_form *form, int64_t epoch,
			     struct digest *ret_config)
{
	const struct image_request request = { .store = hand->store, .epoch = epoch, .form = form };
	AUTO(descriptor_release) struct descriptor manifest = { .media_type = NULL };

	assert_ok(image_write(&request, &hand->planned, &manifest, ret_config, &err_));
	return blob_json(hand->store, &manifest.digest);
}

static const char *layer_member(json_t *manifest, size_t layer, const char *key)
{
	return json_get_string(json_array_get(json_get_array(manifest, "layers"), layer), key);
}

static void docker_types(void **state)
{
	static const struct image_form form = { .docker_types = true };
	AUTO(hand_release) struct hand hand;
	struct digest config;
	json_t *json;

	(void)state;
	hand_init(&hand, MEDIA_OCI_LAYER_GZIP);
	json = write_in_form(&hand, &form, -1, &config);
	assert_string_equal(json_get_string(json, "mediaType"), MEDIA_DOCKER_MANIFEST);
	assert_string_equal(json_get_string(json_get_object(json, "config"), "mediaType"),
			    MEDIA_DOCKER_CONFIG);
	assert_string_equal(layer_member(json, 0, "mediaType"), MEDIA_DOCKER_LAYER);
	assert_string_equal(layer_member(json, 1, "mediaType"), MEDIA_DOCKER_LAYER);
	json_decref(json);
}

/* The base's layer is not touched: its blob is not even there. */
static void compression_of_what_is_new(void **state)
{
	static const struct image_form form = { .has_compression = true,
						.compression = COMPRESSION_ZSTD };
	AUTO(hand_release) struct hand hand;
	struct digest config;
	json_t *json;

	(void)state;
	hand_init(&hand, MEDIA_OCI_LAYER_GZIP);
	make_top_layer(&hand);
	json = write_in_form(&hand, &form, -1, &config);
	assert_string_equal(layer_member(json, 0, "mediaType"), MEDIA_OCI_LAYER_GZIP);
	assert_string_equal(layer_member(json, 1, "mediaType"), MEDIA_OCI_LAYER_ZSTD);
	json_decref(json);
}

static void assert_diff_id(struct hand *hand, const struct digest *config, size_t layer,
			   const struct digest *want, bool is_equal)
{
	json_t *json = blob_json(hand->store, config);
	json_t *diff_ids = json_get_array(json_get_object(json, "rootfs"), "diff_ids");

	assert_int_equal(json_array_size(diff_ids), 2);
	assert_int_equal(strcmp(json_string_value(json_array_get(diff_ids, layer)), want->text) ==
				 0,
			 is_equal);
	json_decref(json);
}

/* A time that is above the epoch makes another layer of it; one below stays. Without an epoch nothing happens. */
static void timestamps_of_what_is_new(void **state)
{
	static const struct image_form form = { .rewrite_timestamp = true };
	static const struct {
		int64_t epoch;
		bool is_equal;
	} rows[] = {
		{ -1, true }, { 1000000000, true }, { 1000000001, true }, { 999999999, false }
	};
	AUTO(hand_release) struct hand hand;

	(void)state;
	hand_init(&hand, MEDIA_OCI_LAYER_GZIP);
	make_top_layer(&hand);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct digest config;
		json_t *json = write_in_form(&hand, &form, rows[i].epoch, &config);

		json_decref(json);
		assert_diff_id(&hand, &config, 0, &hand.base.config.diff_ids.items[0], true);
		assert_diff_id(&hand, &config, 1, &hand.top.layer.diff_id, rows[i].is_equal);
	}
}

static void annotations_of_an_index_need_one(void **state)
{
	AUTO(annotations_release) struct annotations annotations = { .items = NULL };
	struct image_form form = { .docker_types = false };

	(void)state;
	assert_ok(annotations_add(&annotations, "index:a=b", &err_));
	form.annotations = annotations;
	assert_ok(image_check_annotations(&form, true, &err_));
	assert_int_equal(image_check_annotations(&form, false, &err_), -1);
	err_clear(&err_);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(times_are_those_of_the_layers),
		scratch_test(an_epoch_sets_all_that_is_new),
		scratch_test(a_docker_base_becomes_an_oci_image),
		scratch_test(docker_types),
		scratch_test(compression_of_what_is_new),
		scratch_test(timestamps_of_what_is_new),
		scratch_test(annotations_of_an_index_need_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
