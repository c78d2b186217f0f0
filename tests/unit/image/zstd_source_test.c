#include "zstd_source.h"

#include <pthread.h>

#include "base/alloc.h"
#include "image_unit.h"

/* A source that gives `step` bytes at a time. */
struct bytes {
	struct layer_source source;
	struct span left;
	size_t step;
};

static ssize_t give(struct layer_source *source, void *buf, size_t len, struct err *err)
{
	struct bytes *b = CONTAINER_OF(source, struct bytes, source);

	(void)err;
	len = len < b->step ? len : b->step;
	len = len < b->left.len ? len : b->left.len;
	memcpy(buf, b->left.ptr, len);
	b->left.ptr += len;
	b->left.len -= len;
	return (ssize_t)len;
}

/* What comes out; -1 with `err`. `out` begins empty. */
static int read_out(struct span in, size_t step, struct str *out, bool *ret_is_zstd,
		    struct err *err)
{
	struct bytes bytes = { .source = { .read = give }, .left = in, .step = step };
	AUTO(zstd_source_freep) struct zstd_source *z = zstd_source_new(&bytes.source);
	char buffer[7];
	ssize_t got;

	while ((got = zstd_source_read(z, buffer, sizeof(buffer), err)) > 0)
		str_addn(out, buffer, (size_t)got);
	*ret_is_zstd = zstd_source_is_zstd(z);
	return (int)got;
}

/* A frame of one raw block that asks for a window of 2^log bytes (RFC 8878, 3.1.1.1.2 and 3.1.1.2). */
static void add_frame(struct str *s, unsigned log, const char *text)
{
	size_t len = strlen(text);
	const char head[] = { '\x28',
			      '\xb5',
			      '\x2f',
			      '\xfd',
			      0,
			      (char)((log - 10) << 3),
			      (char)(1 | len << 3),
			      (char)(len >> 5),
			      0 };

	str_addn(s, head, sizeof(head));
	str_add(s, text);
}

static const size_t steps[] = { 1, 5, 100000 };

static void frames_are_unpacked_one_after_the_other(void **state)
{
	AUTO(str_release) struct str in = STR_INIT;

	(void)state;
	str_addn(&in, "\x52\x2a\x4d\x18\x03\0\0\0abc", 11); /* one to be skipped (3.1.2) */
	add_frame(&in, 10, "small, ");
	add_frame(&in, 27, "large, ");
	add_frame(&in, 23, "small again, ");
	add_frame(&in, 24, "large again");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		AUTO(str_release) struct str out = STR_INIT;
		bool is_zstd = false;

		assert_int_equal(read_out(str_span(&in), steps[i], &out, &is_zstd, &err_), 0);
		assert_string_equal(out.ptr, "small, large, small again, large again");
		assert_true(is_zstd);
	}
}

static void a_window_that_is_too_large_is_refused(void **state)
{
	AUTO(str_release) struct str in = STR_INIT, out = STR_INIT;
	bool is_zstd = false;

	(void)state;
	add_frame(&in, 27, "fine");
	add_frame(&in, 28, "too much");
	assert_int_equal(read_out(str_span(&in), 9, &out, &is_zstd, &err_), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
	assert_non_null(strstr(err_.message, "128 MiB"));
	assert_string_equal(out.ptr, "fine");
}

static void the_rest_passes_as_it_is(void **state)
{
	static const char *const rows[] = { "", "x", "\x28\xb5\x2f",
					    "a text of more than one header's length" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows) * ARRAY_SIZE(steps); i++) {
		const char *text = rows[i / ARRAY_SIZE(steps)];
		AUTO(str_release) struct str out = STR_INIT;
		bool is_zstd = true;

		assert_int_equal(read_out(span_of(text), steps[i % ARRAY_SIZE(steps)], &out,
					  &is_zstd, &err_),
				 0);
		assert_string_equal(out.ptr, text);
		assert_false(is_zstd);
	}
}

/* Except between frames, the end is none. */
static void a_cut_is_noticed_anywhere(void **state)
{
	AUTO(str_release) struct str in = STR_INIT;
	size_t first;

	(void)state;
	add_frame(&in, 20, "the first");
	first = in.len;
	add_frame(&in, 25, "the second");
	for (size_t len = 4; len < in.len; len++) {
		AUTO(str_release) struct str out = STR_INIT;
		bool is_zstd = false;
		int result = read_out((struct span){ in.ptr, len }, 3, &out, &is_zstd, &err_);

		assert_int_equal(result, len == first ? 0 : -1);
		if (result < 0)
			assert_int_equal(err_.kind, ERR_INPUT);
		err_clear(&err_);
	}
}

static void *read_many(void *data)
{
	const struct str *in = data;
	size_t *count = xcalloc(1, sizeof(*count));

	for (size_t i = 0; i < 50; i++) {
		AUTO(str_release) struct str out = STR_INIT;
		AUTO(err_release) struct err err = ERR_INIT;
		bool is_zstd = false;

		*count += read_out(str_span(in), i + 1, &out, &is_zstd, &err) == 0 && out.len == 6;
	}
	return count;
}

/* Large frames of several threads, some of which give up in the middle, take turns. */
static void large_frames_take_turns(void **state)
{
	AUTO(str_release) struct str whole = STR_INIT, cut = STR_INIT;
	pthread_t threads[6];

	(void)state;
	add_frame(&whole, 26, "large,");
	add_frame(&cut, 26, "large,");
	cut.len--;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, read_many, i % 3 == 2 ? &cut : &whole),
			0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		void *count;

		assert_int_equal(pthread_join(threads[i], &count), 0);
		assert_int_equal(*(size_t *)count, i % 3 == 2 ? 0 : 50);
		free(count);
	}
}

/* One thread that reads two archives at once does not wait for itself. */
static void two_at_once(void **state)
{
	AUTO(str_release) struct str in = STR_INIT;
	struct bytes a = { .source = { .read = give }, .step = 100 }, b = a;
	AUTO(zstd_source_freep) struct zstd_source *of_a = zstd_source_new(&a.source);
	AUTO(zstd_source_freep) struct zstd_source *of_b = zstd_source_new(&b.source);
	char buffer[2];

	(void)state;
	add_frame(&in, 27, "text");
	a.left = b.left = str_span(&in);
	assert_int_equal(zstd_source_read(of_a, buffer, 2, &err_), 2);
	assert_int_equal(zstd_source_read(of_b, buffer, 2, &err_), 2);
	assert_memory_equal(buffer, "te", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(frames_are_unpacked_one_after_the_other),
		scratch_test(a_window_that_is_too_large_is_refused),
		scratch_test(the_rest_passes_as_it_is),
		scratch_test(a_cut_is_noticed_anywhere),
		scratch_test(large_frames_take_turns),
		scratch_test(two_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
