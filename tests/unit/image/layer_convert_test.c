/* A layer compressed otherwise, and with its times clamped. */
#include "image/layer_convert.h"

#include "image_unit.h"

static const struct layer_options plain = { .compression = COMPRESSION_NONE, .clamp_mtime = -1 };

static struct layer make_layer(enum compression compression)
{
	const struct layer_options options = { .compression = compression, .clamp_mtime = -1 };
	AUTO(layer_writer_freep)
	struct layer_writer *writer = layer_writer_new(store_, &options, &err_);
	struct layer layer = { .uncompressed_size = 0 };

	assert_non_null(writer);
	send_entry(layer_writer_sink(writer), LAYER_DIR, "dir", NULL);
	send_entry(layer_writer_sink(writer), LAYER_FILE, "dir/file", "content");
	assert_ok(layer_writer_finish(writer, &layer, &err_));
	return layer;
}

static void convert(const struct layer *from, const struct layer_options *options,
		    struct layer *ret)
{
	assert_ok(layer_convert(store_, &from->blob, &from->diff_id, options, NULL, ret, &err_));
}

/* What it holds, by its entries, and the digest of it all. */
static void assert_holds(const struct layer *layer, const char *want)
{
	AUTO(recorder_release) struct recorder recorder;
	AUTO(fd_closep) int fd = -1;
	struct digest diff_id;

	recorder_init(&recorder);
	assert_ok(store_open_blob(store_, &layer->blob.digest, &fd, &err_));
	assert_ok(layer_read(fd, true, &recorder.sink, &diff_id, &err_));
	assert_string_equal(recorder.text.ptr, want);
	assert_string_equal(diff_id.text, layer->diff_id.text);
}

static void compression_changes_the_blob_only(void **state)
{
	static const enum compression all[] = { COMPRESSION_NONE, COMPRESSION_GZIP,
						COMPRESSION_ZSTD };
	static const char *const types[] = { MEDIA_OCI_LAYER, MEDIA_OCI_LAYER_GZIP,
					     MEDIA_OCI_LAYER_ZSTD };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(all); j++) {
			const struct layer_options options = { .compression = all[j],
							       .clamp_mtime = -1 };
			AUTO(layer_release) struct layer from = make_layer(all[i]);
			AUTO(layer_release) struct layer direct = make_layer(all[j]);
			AUTO(layer_release) struct layer to = { .uncompressed_size = 0 };

			convert(&from, &options, &to);
			assert_string_equal(to.blob.media_type, types[j]);
			assert_string_equal(to.diff_id.text, from.diff_id.text);
			assert_string_equal(to.blob.digest.text, direct.blob.digest.text);
			assert_int_equal(to.blob.size, direct.blob.size);
			assert_holds(&to, "dir dir 755 1000000000\n"
					  "file dir/file 644 1000000000 7\ncontent\n");
		}
	}
}

static void clamping_lowers_times_and_raises_none(void **state)
{
	static const struct {
		int64_t clamp;
		const char *want;
	} rows[] = {
		{ 999999999, "dir dir 755 999999999\nfile dir/file 644 999999999 7\ncontent\n" },
		{ 1000000001, "dir dir 755 1000000000\nfile dir/file 644 1000000000 7\ncontent\n" },
		{ 0, "dir dir 755 0\nfile dir/file 644 0 7\ncontent\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct layer_options options = { .compression = COMPRESSION_GZIP,
						       .clamp_mtime = rows[i].clamp };
		AUTO(layer_release) struct layer from = make_layer(COMPRESSION_GZIP);
		AUTO(layer_release) struct layer to = { .uncompressed_size = 0 };

		convert(&from, &options, &to);
		assert_holds(&to, rows[i].want);
		assert_int_equal(digest_equal(&to.diff_id, &from.diff_id), i == 1);
	}
}

/* The second time, the blob it was made from is not needed any more. */
static void a_conversion_is_remembered(void **state)
{
	AUTO(layer_release) struct layer from = make_layer(COMPRESSION_GZIP);
	AUTO(layer_release) struct layer first = { .uncompressed_size = 0 };
	AUTO(layer_release) struct layer second = { .uncompressed_size = 0 };

	(void)state;
	convert(&from, &plain, &first);
	assert_ok(store_delete_blob(store_, &from.blob.digest, &err_));
	convert(&from, &plain, &second);
	assert_string_equal(second.blob.digest.text, first.blob.digest.text);
	assert_string_equal(second.blob.media_type, first.blob.media_type);
	assert_int_equal(second.blob.size, first.blob.size);
	assert_ok(store_delete_blob(store_, &first.blob.digest, &err_));
	assert_fails(layer_convert(store_, &from.blob, &from.diff_id, &plain, NULL, &second, &err_),
		     ERR_NOT_FOUND);
}

static void content_is_checked(void **state)
{
	AUTO(layer_release) struct layer from = make_layer(COMPRESSION_GZIP);
	struct layer to = { .uncompressed_size = 0 };
	struct digest other;

	(void)state;
	digest_of("other", 5, &other);
	assert_fails(layer_convert(store_, &from.blob, &other, &plain, NULL, &to, &err_),
		     ERR_DIGEST);
}

static void media_types(void **state)
{
	static const struct {
		const char *type;
		int want; /* -1 = no layer */
	} rows[] = {
		{ MEDIA_OCI_LAYER, COMPRESSION_NONE },
		{ MEDIA_OCI_LAYER_GZIP, COMPRESSION_GZIP },
		{ MEDIA_OCI_LAYER_ZSTD, COMPRESSION_ZSTD },
		{ MEDIA_DOCKER_LAYER, COMPRESSION_GZIP },
		{ MEDIA_OCI_CONFIG, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum compression compression = COMPRESSION_NONE;
		bool is_layer = compression_of_media_type(rows[i].type, &compression);

		assert_row(is_layer ? (int)compression == rows[i].want : rows[i].want < 0,
			   rows[i].type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(compression_changes_the_blob_only),
		store_test(clamping_lowers_times_and_raises_none),
		store_test(a_conversion_is_remembered),
		store_test(content_is_checked),
		cmocka_unit_test(media_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
