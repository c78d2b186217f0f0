#include "base/sparse.h"

#include "unit.h"

#define SIZE (4 << 20)

/* Pieces of data in a file that is otherwise a hole. */
struct piece {
	off_t at;
	size_t len;
};

static void make_file(const struct piece *pieces, size_t count, off_t size)
{
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
	static char text[70000];

	memset(text, 'x', sizeof(text));
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(pwrite(fd, text, pieces[i].len, pieces[i].at), pieces[i].len);
	close(fd);
}

/* What sparse_read() gives is what read(2) gives; *ret_holes = bytes that were not read. */
static void assert_same(off_t size, uint64_t *ret_holes)
{
	static char expect[SIZE], buf[100000];
	struct sparse_reader reader;
	struct stat st;
	uint64_t at = 0;
	const void *data;
	ssize_t n;
	int fd = open("file", O_RDONLY);

	assert_int_equal(read(fd, expect, sizeof(expect)), size);
	assert_int_equal(fstat(fd, &st), 0);
	sparse_reader_init(&reader, fd, &st);
	*ret_holes = 0;
	while ((n = sparse_read(&reader, buf, sizeof(buf), "file", &data, &err_)) > 0) {
		assert_memory_equal(data, expect + at, n);
		*ret_holes += data == buf ? 0 : (uint64_t)n;
		at += (uint64_t)n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(at, size);
	close(fd);
}

static void reads_what_is_there(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		struct piece pieces[3];
		size_t count;
		off_t size;
	} rows[] = {
		{ "empty", { { 0, 0 } }, 0, 0 },
		{ "only a hole", { { 0, 0 } }, 0, SIZE },
		{ "data first", { { 0, 5000 } }, 1, SIZE },
		{ "data last", { { SIZE - 100, 100 } }, 1, SIZE },
		{ "data between", { { 1 << 20, 70000 }, { 3 << 20, 1 } }, 2, SIZE },
		{ "no hole", { { 0, 70000 } }, 1, 70000 },
	};
	uint64_t holes;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		make_file(rows[i].pieces, rows[i].count, rows[i].size);
		assert_same(rows[i].size, &holes);
		assert_row(holes <= (uint64_t)rows[i].size, rows[i].name);
	}
	make_file(rows[4].pieces, rows[4].count, rows[4].size);
	assert_same(rows[4].size, &holes);
	assert_true(holes > SIZE / 2);
}

static void zeros(void **state)
{
	(void)state;
	char data[300] = { 0 };

	assert_true(is_zero(data, 0));
	assert_true(is_zero(data, sizeof(data)));
	for (size_t at = 0; at < sizeof(data); at += 13) {
		data[at] = 1;
		assert_false(is_zero(data, sizeof(data)));
		data[at] = 0;
	}
	data[299] = 1;
	assert_false(is_zero(data, 300));
	assert_true(is_zero(data, 299));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_what_is_there, scratch_enter, scratch_leave),
		cmocka_unit_test(zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
