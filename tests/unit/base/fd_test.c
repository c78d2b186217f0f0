#include "base/fd.h"

#include "unit.h"

static int open_new(const char *path)
{
	int fd = -1;

	assert_ok(fd_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0600, &fd, &err_));
	return fd;
}

static void close_keeps_errno(void **state)
{
	(void)state;
	int fd = 12345; /* not open: close(2) would say EBADF */

	errno = ENOENT;
	fd_closep(&fd);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fd, -1);
	fd_closep(&fd);
	assert_ok(fd_close(&fd, "none", &err_));
}

static void close_reports(void **state)
{
	(void)state;
	int fd = 12345;

	assert_int_equal(fd_close(&fd, "blob", &err_), -1);
	assert_int_equal(fd, -1);
	assert_string_equal(err_.message, "write 'blob': bad file descriptor");
}

static void everything_is_close_on_exec(void **state)
{
	(void)state;
	AUTO(fd_closep) int fd = open_new("f");
	AUTO(fd_closep) int in = -1;
	AUTO(fd_closep) int out = -1;

	assert_ok(fd_pipe(&in, &out, &err_));
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(in, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(out, F_GETFD) & FD_CLOEXEC);
}

static void reads_to_the_limit(void **state)
{
	(void)state;
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 200000 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		AUTO(fd_closep) int fd = open_new("f");
		AUTO(str_release) struct str s = STR_INIT;
		AUTO(freep) char *data = xmalloc(sizes[i]);

		memset(data, 'x', sizes[i]);
		assert_ok(fd_write_all(fd, data, sizes[i], "f", &err_));
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		str_add(&s, "before ");
		assert_ok(fd_read_to_str(fd, &s, sizes[i], "f", &err_));
		assert_int_equal(s.len, sizes[i] + 7);
		assert_memory_equal(s.ptr + 7, data, sizes[i]);
		assert_int_equal(s.ptr[s.len], '\0');
		if (!sizes[i])
			continue;
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(fd_read_to_str(fd, &s, sizes[i] - 1, "f", &err_), -1);
		assert_int_equal(err_.kind, ERR_LIMIT);
	}
}

static void short_reads_are_finished(void **state)
{
	(void)state;
	AUTO(fd_closep) int in = -1;
	AUTO(fd_closep) int out = -1;
	char buf[8] = "";

	assert_ok(fd_pipe(&in, &out, &err_));
	assert_ok(fd_write_all(out, "abc", 3, "pipe", &err_));
	assert_ok(fd_write_all(out, "def", 3, "pipe", &err_));
	assert_int_equal(fd_read_full(in, buf, 4, "pipe", &err_), 4);
	assert_string_equal(buf, "abcd");
	fd_closep(&out);
	memset(buf, 0, sizeof(buf));
	assert_int_equal(fd_read_full(in, buf, 4, "pipe", &err_), 2);
	assert_string_equal(buf, "ef");
	assert_int_equal(fd_read_full(in, buf, 4, "pipe", &err_), 0);
	assert_int_equal(fd_read_full(-1, buf, 4, "gone", &err_), -1);
	assert_string_equal(err_.message, "read 'gone': bad file descriptor");
}

static void check_copy(int from, int to, const char *expect)
{
	AUTO(str_release) struct str s = STR_INIT;
	uint64_t bytes = 0;

	assert_ok(fd_copy_all(from, to, &bytes, "f", &err_));
	assert_int_equal(bytes, strlen(expect));
	assert_int_equal(lseek(to, 0, SEEK_SET), 0);
	assert_ok(fd_read_to_str(to, &s, 1000, "f", &err_));
	assert_string_equal(s.ptr, expect);
}

static void copies_from_the_offset(void **state)
{
	(void)state;
	AUTO(fd_closep) int from = open_new("from");
	AUTO(fd_closep) int to = open_new("to");

	assert_ok(fd_write_all(from, "0123456789", 10, "from", &err_));
	assert_int_equal(lseek(from, 4, SEEK_SET), 4);
	check_copy(from, to, "456789");
}

/* copy_file_range(2) refuses pipes, and O_APPEND. */
static void copies_what_the_kernel_does_not(void **state)
{
	(void)state;
	AUTO(fd_closep) int to = open_new("to");
	AUTO(fd_closep) int in = -1;
	AUTO(fd_closep) int out = -1;

	assert_ok(fd_pipe(&in, &out, &err_));
	assert_ok(fd_write_all(out, "piped", 5, "pipe", &err_));
	fd_closep(&out);
	check_copy(in, to, "piped");
	assert_int_equal(lseek(to, 0, SEEK_SET), 0);
	AUTO(fd_closep) int append = open("append", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	check_copy(to, append, "piped");
}

/* These have size 0 and yet content. */
static void copies_from_proc(void **state)
{
	(void)state;
	AUTO(fd_closep) int from = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	AUTO(fd_closep) int to = open_new("to");
	uint64_t bytes = 0;

	assert_ok(fd_copy_all(from, to, &bytes, "f", &err_));
	assert_true(bytes > 10);
}

static void nonblocking_can_be_switched(void **state)
{
	(void)state;
	AUTO(fd_closep) int in = -1;
	AUTO(fd_closep) int out = -1;
	char c = 0;

	assert_ok(fd_pipe(&in, &out, &err_));
	assert_ok(fd_set_nonblocking(in, true, &err_));
	assert_int_equal(read(in, &c, 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_ok(fd_set_nonblocking(in, false, &err_));
	assert_false(fcntl(in, F_GETFL) & O_NONBLOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(close_keeps_errno),
		scratch_test(close_reports),
		scratch_test(everything_is_close_on_exec),
		scratch_test(reads_to_the_limit),
		scratch_test(short_reads_are_finished),
		scratch_test(copies_from_the_offset),
		scratch_test(copies_what_the_kernel_does_not),
		scratch_test(copies_from_proc),
		scratch_test(nonblocking_can_be_switched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
