/* Layers that are unpacked out of the store, and while they are written. */
#include "image/snapshot_maker.h"

#include "base/limits.h"
#include "image_unit.h"

#define FILE_SIZE ((size_t)1500 * LIMIT_KIB) /* random: the blob is as large */
#define PIECE     ((size_t)16 * LIMIT_KIB)   /* as the network gives them */

/* A layer, its blob's bytes, and an empty store. */
static struct layer layer_;
static struct str bytes_;
static char *content_;

static void make_layer(struct layer *ret)
{
	const struct layer_options options = { .compression = COMPRESSION_GZIP, .clamp_mtime = -1 };
	AUTO(layer_writer_freep) struct layer_writer *w = layer_writer_new(store_, &options, &err_);
	struct layer_entry e = entry_of(LAYER_FILE, "d/random");
	struct layer_sink *sink = layer_writer_sink(w);
	uint32_t x = 1;

	for (size_t i = 0; i < FILE_SIZE; i++) {
		x = x * 1664525 + 1013904223;
		content_[i] = (char)(x >> 24);
	}
	e.size = FILE_SIZE;
	send_entry(sink, LAYER_DIR, "d", NULL);
	assert_ok(sink->entry(sink, &e, &err_));
	assert_ok(sink->data(sink, content_, FILE_SIZE, &err_));
	send_entry(sink, LAYER_SYMLINK, "link", "d/random");
	assert_ok(layer_writer_finish(w, ret, &err_));
}

static int enter(void **state)
{
	if (store_enter(state) < 0)
		return -1;
	content_ = xmalloc(FILE_SIZE);
	str_init(&bytes_, 0);
	make_layer(&layer_);
	assert_ok(store_read_blob(store_, &layer_.blob.digest, 4 * LIMIT_MIB, &bytes_, &err_));
	assert_ok(store_delete_blob(store_, &layer_.blob.digest, &err_));
	return 0;
}

static int leave(void **state)
{
	layer_release(&layer_);
	str_release(&bytes_);
	free(content_);
	return store_leave(state);
}

#define maker_test(f) cmocka_unit_test_setup_teardown(f, enter, leave)

/* Stands for a network: the thread that writes. */
static void write_bytes(struct blob_writer *w, size_t from, size_t to)
{
	for (size_t at = from; at < to; at += PIECE)
		assert_ok(blob_write(w, bytes_.ptr + at, to - at < PIECE ? to - at : PIECE, &err_));
}

static struct blob_writer *begin(struct snapshot_maker *maker, const struct digest *diff_id)
{
	struct blob_writer *w = blob_writer_new(store_, &err_);
	struct blob_feed *feed;

	assert_non_null(w);
	feed = blob_writer_feed(w, &err_);
	assert_non_null(feed);
	snapshot_maker_follow(maker, &layer_.blob, diff_id, feed);
	return w;
}

static bool is_there(void)
{
	char path[SNAPSHOT_PATH_MAX];

	return store_find_snapshot(store_, &layer_.diff_id, path);
}

static void assert_content(void)
{
	AUTO(str_release) struct str text = STR_INIT;
	char path[SNAPSHOT_PATH_MAX], name[SNAPSHOT_PATH_MAX + 32];

	assert_true(store_find_snapshot(store_, &layer_.diff_id, path));
	snprintf(name, sizeof(name), "%s/d/random", path);
	assert_ok(fs_read_file(store_dir_fd(store_), name, FILE_SIZE, &text, &err_));
	assert_int_equal(text.len, FILE_SIZE);
	assert_memory_equal(text.ptr, content_, FILE_SIZE);
	snprintf(name, sizeof(name), "%s/link", path);
	assert_true(fs_exists(store_dir_fd(store_), name));
}

static void assert_directories(const char *expect)
{
	AUTO(str_release) struct str out = STR_INIT;

	shell_read("ls store/snapshots | wc -l | tr -d '\\n '", &out);
	assert_string_equal(out.ptr, expect);
}

/* --- followed --- */

static void is_made_while_its_blob_comes(void **state)
{
	(void)state;
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(store_, NULL, 0);
	AUTO(blob_writer_freep) struct blob_writer *w = begin(maker, &layer_.diff_id);

	write_bytes(w, 0, bytes_.len);
	/* all of it is written, but nobody has said that it is right */
	assert_false(is_there());
	assert_ok(blob_writer_commit(w, &layer_.blob.digest, NULL, &err_));
	assert_ok(snapshot_maker_finish(maker, &err_));
	assert_content();
	assert_directories("1");
}

static void takes_the_diff_id_that_comes_out(void **state)
{
	(void)state;
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(store_, NULL, 0);
	AUTO(blob_writer_freep) struct blob_writer *w = begin(maker, NULL);

	write_bytes(w, 0, bytes_.len);
	assert_ok(blob_writer_commit(w, &layer_.blob.digest, NULL, &err_));
	assert_ok(snapshot_maker_finish(maker, &err_));
	assert_content();
}

static void is_dropped_when_its_blob_ends_early(void **state)
{
	(void)state;
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(store_, NULL, 0);
	static const size_t parts[] = { 0, 1, 100000, 1000000 };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		AUTO(blob_writer_freep) struct blob_writer *w = begin(maker, &layer_.diff_id);

		write_bytes(w, 0, parts[i]);
		blob_writer_freep(&w);
		assert_ok(snapshot_maker_finish(maker, &err_));
		assert_false(is_there());
		assert_directories("0");
	}
}

/* All of a layer has come, but not under its name: what came with it does not count. */
static void is_dropped_when_its_blob_is_another(void **state)
{
	(void)state;
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(store_, NULL, 0);
	AUTO(blob_writer_freep) struct blob_writer *w = begin(maker, &layer_.diff_id);
	struct digest other;

	digest_of("other", 5, &other);
	write_bytes(w, 0, bytes_.len);
	assert_fails(blob_writer_commit(w, &other, NULL, &err_), ERR_DIGEST);
	blob_writer_freep(&w);
	assert_ok(snapshot_maker_finish(maker, &err_));
	assert_false(is_there());
	assert_directories("0");
}

static void begins_anew_with_its_blob(void **state)
{
	(void)state;
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(store_, NULL, 0);
	AUTO(blob_writer_freep) struct blob_writer *w = begin(maker, &layer_.diff_id);
	struct blob_feed *feed;

	write_bytes(w, 0, 1000000);
	assert_ok(blob_writer_restart(w, &err_));
	feed = blob_writer_feed(w, &err_);
	assert_non_null(feed);
	snapshot_maker_follow(maker, &layer_.blob, &layer_.diff_id, feed);
	write_bytes(w, 0, bytes_.len);
	assert_ok(blob_writer_commit(w, &layer_.blob.digest, NULL, &err_));
	assert_ok(snapshot_maker_finish(maker, &err_));
	assert_content();
	assert_directories("1");
}

static void begins_with_what_an_earlier_run_left(void **state)
{
	(void)state;
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(store_, NULL, 0);
	AUTO(blob_writer_freep) struct blob_writer *w = NULL;
	struct blob_feed *feed;

	w = blob_writer_resume(store_, &layer_.blob.digest, &err_);
	assert_non_null(w);
	write_bytes(w, 0, 700000);
	blob_writer_freep(&w);
	w = blob_writer_resume(store_, &layer_.blob.digest, &err_);
	assert_non_null(w);
	assert_int_equal(blob_writer_size(w), 700000);
	feed = blob_writer_feed(w, &err_);
	assert_non_null(feed);
	snapshot_maker_follow(maker, &layer_.blob, &layer_.diff_id, feed);
	write_bytes(w, 700000, bytes_.len);
	assert_ok(blob_writer_commit(w, &layer_.blob.digest, NULL, &err_));
	blob_writer_freep(&w);
	assert_ok(snapshot_maker_finish(maker, &err_));
	assert_content();
}

/* More than there are threads, each twice: whoever is second finds it made. */
static void follows_many(void **state)
{
	(void)state;
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(store_, NULL, 0);
	struct blob_writer *writers[12];

	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		writers[i] = begin(maker, &layer_.diff_id);
		write_bytes(writers[i], 0, bytes_.len);
	}
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		assert_ok(blob_writer_commit(writers[i], &layer_.blob.digest, NULL, &err_));
		blob_writer_freep(&writers[i]);
	}
	assert_ok(snapshot_maker_finish(maker, &err_));
	assert_content();
	assert_directories("1");
}

/* --- what is wrong --- */

static void content_must_be_what_the_image_says(void **state)
{
	(void)state;
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(store_, NULL, 0);
	AUTO(blob_writer_freep) struct blob_writer *w = NULL;
	struct digest other;

	digest_of("other", 5, &other);
	w = begin(maker, &other);
	write_bytes(w, 0, bytes_.len);
	assert_ok(blob_writer_commit(w, &layer_.blob.digest, NULL, &err_));
	assert_fails(snapshot_maker_finish(maker, &err_), ERR_DIGEST);
	assert_non_null(strstr(err_.message, layer_.blob.digest.text));
	assert_false(is_there());
	assert_directories("0");
	/* and out of the store */
	snapshot_maker_add(maker, &layer_.blob, &other);
	assert_fails(snapshot_maker_finish(maker, &err_), ERR_DIGEST);
	assert_directories("0");
	snapshot_maker_add(maker, &layer_.blob, &layer_.diff_id);
	assert_ok(snapshot_maker_finish(maker, &err_));
	assert_content();
}

static void blob_that_is_no_layer(void **state)
{
	(void)state;
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(store_, NULL, 0);
	AUTO(blob_writer_freep) struct blob_writer *w = begin(maker, NULL);
	struct digest digest;

	write_bytes(w, 1000, 500000); /* without gzip's header */
	assert_ok(blob_writer_commit(w, NULL, &digest, &err_));
	assert_fails(snapshot_maker_finish(maker, &err_), ERR_INPUT);
	assert_directories("0");
	snapshot_maker_add(maker, &layer_.blob, &layer_.diff_id);
	assert_fails(snapshot_maker_finish(maker, &err_), ERR_NOT_FOUND);
	assert_directories("0");
}

static void is_cancelled(void **state)
{
	(void)state;
	int fds[2];
	struct monitor monitor = MONITOR_SILENT;
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(store_, &monitor, 0);
	AUTO(blob_writer_freep) struct blob_writer *w = NULL;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	monitor.cancel_fd = fds[0];
	w = begin(maker, &layer_.diff_id);
	write_bytes(w, 0, bytes_.len);
	assert_int_equal(write(fds[1], "x", 1), 1);
	snapshot_maker_follow(maker, &layer_.blob, &layer_.diff_id, blob_writer_feed(w, &err_));
	assert_ok(blob_writer_commit(w, &layer_.blob.digest, NULL, &err_));
	assert_fails(snapshot_maker_finish(maker, &err_), ERR_CANCELLED);
	assert_false(is_there());
	assert_directories("0");
	close(fds[0]);
	close(fds[1]);
}

/* A command that failed elsewhere does not wait for the rest. */
static void is_given_up(void **state)
{
	(void)state;
	AUTO(snapshot_maker_freep)
	struct snapshot_maker *maker = snapshot_maker_new(store_, NULL, 0);
	struct blob_writer *writers[8];

	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		writers[i] = begin(maker, &layer_.diff_id);
		write_bytes(writers[i], 0, 400000);
	}
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++)
		blob_writer_freep(&writers[i]);
	snapshot_maker_freep(&maker);
	assert_directories("0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		maker_test(is_made_while_its_blob_comes),
		maker_test(takes_the_diff_id_that_comes_out),
		maker_test(is_dropped_when_its_blob_ends_early),
		maker_test(is_dropped_when_its_blob_is_another),
		maker_test(begins_anew_with_its_blob),
		maker_test(begins_with_what_an_earlier_run_left),
		maker_test(follows_many),
		maker_test(content_must_be_what_the_image_says),
		maker_test(blob_that_is_no_layer),
		maker_test(is_cancelled),
		maker_test(is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
