#include <signal.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "image_unit.h"

#define MIB ((size_t)1 << 20)

static struct layer_options options(enum compression compression, unsigned jobs)
{
	return (struct layer_options){ .compression = compression,
				       .jobs = jobs,
				       .clamp_mtime = -1 };
}

/* Compresses, but not to nothing; the same each time. */
static void fill(char *data, size_t len)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = (char)("abcdefghijklmnop"[x >> 28] + (i % 97 == 0));
	}
}

static void send_big(struct layer_sink *sink, const char *path, const char *data, size_t len)
{
	struct layer_entry e = entry_of(LAYER_FILE, path);

	e.size = len;
	assert_ok(sink->entry(sink, &e, &err_));
	for (size_t at = 0; at < len; at += 70001) /* not in step with the blocks */
		assert_ok(sink->data(sink, data + at, len - at < 70001 ? len - at : 70001, &err_));
}

/* Five and a half MiB, with borders of entries and blocks in all positions. */
static void write_layer(const struct layer_options *opts, struct layer *ret)
{
	AUTO(layer_writer_freep) struct layer_writer *w = layer_writer_new(store_, opts, &err_);
	AUTO(freep) char *data = xmalloc(3 * MIB);
	struct layer_sink *sink;

	assert_non_null(w);
	sink = layer_writer_sink(w);
	fill(data, 3 * MIB);
	send_entry(sink, LAYER_DIR, "d", NULL);
	send_big(sink, "d/a", data, 3 * MIB);
	send_big(sink, "d/b", data, MIB);
	send_big(sink, "d/c", data, MIB + MIB / 2 + 1);
	send_entry(sink, LAYER_SYMLINK, "l", "d/a");
	assert_ok(layer_writer_finish(w, ret, &err_));
}

static void same_bytes_on_any_number_of_threads(void **state)
{
	(void)state;
	static const enum compression kinds[] = { COMPRESSION_NONE, COMPRESSION_GZIP,
						  COMPRESSION_ZSTD };
	static const char *const types[] = { MEDIA_OCI_LAYER, MEDIA_OCI_LAYER_GZIP,
					     MEDIA_OCI_LAYER_ZSTD };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		AUTO(layer_release) struct layer first = { .uncompressed_size = 0 };
		uint64_t size = 0;

		for (unsigned jobs = 0; jobs <= 5; jobs++) {
			AUTO(layer_release) struct layer layer = { .uncompressed_size = 0 };
			struct layer_options opts = options(kinds[i], jobs);

			write_layer(&opts, jobs ? &layer : &first);
			if (jobs) {
				assert_string_equal(layer.blob.digest.text, first.blob.digest.text);
				assert_string_equal(layer.diff_id.text, first.diff_id.text);
			}
		}
		assert_string_equal(first.blob.media_type, types[i]);
		assert_true(store_has_blob(store_, &first.blob.digest, &size));
		assert_int_equal(size, first.blob.size);
		if (kinds[i] == COMPRESSION_NONE)
			assert_string_equal(first.blob.digest.text, first.diff_id.text);
		else
			assert_true(first.blob.size < first.uncompressed_size);
	}
}

static void reads_back(void **state)
{
	(void)state;
	static const enum compression kinds[] = { COMPRESSION_NONE, COMPRESSION_GZIP,
						  COMPRESSION_ZSTD };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		AUTO(layer_release) struct layer layer = { .uncompressed_size = 0 };
		AUTO(descriptor_release) struct descriptor found = { .media_type = NULL };
		AUTO(recorder_release) struct recorder r;
		AUTO(fd_closep) int fd = -1;
		struct layer_options opts = options(kinds[i], 0);
		struct digest diff_id;

		recorder_init(&r);
		write_layer(&opts, &layer);
		assert_ok(store_open_blob(store_, &layer.blob.digest, &fd, &err_));
		assert_ok(layer_read(fd, true, &r.sink, &diff_id, &err_));
		assert_string_equal(diff_id.text, layer.diff_id.text);
		assert_non_null(strstr(r.text.ptr, "file d/c 644 1000000000 1572865\n"));
		assert_non_null(strstr(r.text.ptr, "symlink l -> d/a "));
		/* and it is known as that content */
		assert_ok(store_find_layer(store_, &layer.diff_id, &found, &err_));
	}
}

static void empty_layer(void **state)
{
	(void)state;
	struct layer_options opts = options(COMPRESSION_NONE, 1);
	AUTO(layer_writer_freep) struct layer_writer *w = layer_writer_new(store_, &opts, &err_);
	AUTO(layer_release) struct layer layer = { .uncompressed_size = 0 };

	assert_ok(layer_writer_finish(w, &layer, &err_));
	assert_int_equal(layer.uncompressed_size, 1024);
	/* of 1024 zeros, as every tool makes it */
	assert_string_equal(
		layer.diff_id.text,
		"sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
}

static void clamps_times(void **state)
{
	(void)state;
	struct layer_options opts = options(COMPRESSION_NONE, 1);
	AUTO(layer_writer_freep) struct layer_writer *w = NULL;
	AUTO(layer_release) struct layer layer = { .uncompressed_size = 0 };
	AUTO(recorder_release) struct recorder r;
	AUTO(fd_closep) int fd = -1;
	struct layer_entry e = entry_of(LAYER_DIR, "old");

	recorder_init(&r);
	opts.clamp_mtime = 500;
	w = layer_writer_new(store_, &opts, &err_);
	e.mtime = (struct timespec){ 400, 999999999 };
	assert_ok(layer_writer_sink(w)->entry(layer_writer_sink(w), &e, &err_));
	send_entry(layer_writer_sink(w), LAYER_DIR, "young", NULL);
	assert_ok(layer_writer_finish(w, &layer, &err_));
	assert_ok(store_open_blob(store_, &layer.blob.digest, &fd, &err_));
	assert_ok(layer_read(fd, true, &r.sink, NULL, &err_));
	assert_string_equal(r.text.ptr, "dir old 755 400\ndir young 755 500\n");
}

static void refuses(void **state)
{
	(void)state;
	struct layer_options opts = options(COMPRESSION_GZIP, 1);
	AUTO(layer_writer_freep) struct layer_writer *w = layer_writer_new(store_, &opts, &err_);
	struct layer_sink *sink = layer_writer_sink(w);
	struct layer_entry e = entry_of(LAYER_FILE, "f");
	struct layer layer;

	e.size = 3;
	assert_ok(sink->entry(sink, &e, &err_));
	assert_fails(sink->data(sink, "1234", 4, &err_), ERR_INPUT);
	assert_string_equal(err_.message, "'f' became longer while it was read");
	assert_ok(sink->data(sink, "12", 2, &err_));
	assert_fails(sink->entry(sink, &e, &err_), ERR_INPUT);
	assert_string_equal(err_.message, "'f' became shorter while it was read");
	assert_fails(layer_writer_finish(w, &layer, &err_), ERR_INPUT);
	assert_ok(sink->data(sink, "3", 1, &err_));
	e.path = "a/.wh.b";
	assert_fails(sink->entry(sink, &e, &err_), ERR_UNSUPPORTED);
	opts.level = 13;
	assert_null(layer_writer_new(store_, &opts, &err_));
	opts.level = -1;
	assert_null(layer_writer_new(store_, &opts, &err_));
}

/* Given up in the middle, with threads under way. */
static void given_up(void **state)
{
	(void)state;
	struct layer_options opts = options(COMPRESSION_GZIP, 2);
	AUTO(layer_writer_freep) struct layer_writer *w = layer_writer_new(store_, &opts, &err_);
	AUTO(freep) char *data = xmalloc(3 * MIB);

	fill(data, 3 * MIB);
	send_big(layer_writer_sink(w), "f", data, 3 * MIB);
	layer_writer_freep(&w);
	assert_int_equal(rmdir("store/ingest"), 0); /* nothing is in it */
}

/* A sparse file costs a step nothing; its zeros would fill the machine's time and disk. */
static void refuses_what_cannot_be_read_back(void **state)
{
	(void)state;
	struct layer_options opts = options(COMPRESSION_GZIP, 1);
	/* blocks for the pax header, its record of the size, the header, and two for the end */
	const uint64_t overhead = (uint64_t)5 * 512;
	const struct {
		uint64_t size;
		bool fits;
	} rows[] = {
		{ LIMIT_LAYER_SIZE - overhead, true },
		{ LIMIT_LAYER_SIZE - overhead + 1, false },
		{ (uint64_t)1 << 60, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(layer_writer_freep)
		struct layer_writer *w = layer_writer_new(store_, &opts, &err_);
		struct layer_sink *sink = layer_writer_sink(w);
		struct layer_entry e = entry_of(LAYER_FILE, "sparse");
		struct err err = ERR_INIT;

		e.size = rows[i].size;
		assert_int_equal(sink->entry(sink, &e, &err), rows[i].fits ? 0 : -1);
		assert_int_equal(err.kind, rows[i].fits ? ERR_NONE : ERR_LIMIT);
		err_release(&err);
	}
}

static bool write_over_limit(void *data)
{
	struct rlimit limit = { .rlim_cur = MIB, .rlim_max = MIB };
	struct layer_options opts = options(COMPRESSION_NONE, 1);
	struct layer_writer *w = layer_writer_new(store_, &opts, NULL);
	struct layer_entry e = entry_of(LAYER_FILE, "f");
	struct layer_sink *sink = layer_writer_sink(w);
	struct err err = ERR_INIT;

	(void)data;
	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return false;
	e.size = 20 * MIB;
	char *block = xcalloc(1, MIB);
	if (sink->entry(sink, &e, &err) < 0)
		return false;
	for (int i = 0; i < 20; i++)
		if (sink->data(sink, block, MIB, &err) < 0) {
			layer_writer_freep(&w);
			return err.errnum == EFBIG && err.message;
		}
	return false;
}

/* The error of a write on another thread reaches the caller. */
static void failing_disk(void **state)
{
	(void)state;

	run_child(write_over_limit, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(same_bytes_on_any_number_of_threads),
		store_test(reads_back),
		store_test(empty_layer),
		store_test(clamps_times),
		store_test(refuses),
		store_test(given_up),
		store_test(failing_disk),
		store_test(refuses_what_cannot_be_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
