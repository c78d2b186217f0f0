#include "channel.h"

#include <sys/socket.h>

#include "../base/unit.h"
#include "base/fd.h"

static void descriptors_arrive(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(fd_closep) int file = -1;
	int pair[2];
	int fds[2] = { -1, -1 };
	bool end = true;
	char c = 0;

	write_text("f", "xy");
	assert_ok(fd_open(AT_FDCWD, "f", O_RDONLY, 0, &file, &err_));
	assert_ok(channel_pair(SOCK_SEQPACKET, pair, &err_));
	assert_ok(channel_send(pair[0], SPAN_LIT("two"), (int[]){ file, pair[0] }, 2, &err_));
	assert_ok(channel_receive(pair[1], &text, fds, 2, &end, &err_));
	assert_false(end);
	assert_string_equal(text.ptr, "two");
	assert_int_equal(read(fds[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	for (int i = 0; i < 2; i++) {
		(void)close(fds[i]);
		(void)close(pair[i]);
	}
}

static void another_number_of_descriptors_is_refused(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	int before = dup(0);
	int after = -1;
	int pair[2];
	int fds[3];
	bool end = false;

	(void)close(before);
	assert_ok(channel_pair(SOCK_SEQPACKET, pair, &err_));
	assert_ok(channel_send(pair[0], SPAN_LIT("x"), (int[]){ 0, 1 }, 2, &err_));
	assert_int_equal(channel_receive(pair[1], &text, fds, 3, &end, &err_), -1);
	assert_int_equal(err_.kind, ERR_CHILD);
	err_clear(&err_);
	(void)close(pair[0]);
	(void)close(pair[1]);
	/* The two that came are closed again: the lowest free number is what it was. */
	after = dup(0);
	assert_int_equal(after, before);
	(void)close(after);
}

static void the_end_of_the_peer_is_seen(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	int pair[2];
	int fds[1];
	bool end = false;

	assert_ok(channel_pair(SOCK_SEQPACKET, pair, &err_));
	(void)close(pair[0]);
	assert_ok(channel_receive(pair[1], &text, fds, 1, &end, &err_));
	assert_true(end);
	assert_int_equal(channel_send(pair[1], SPAN_LIT("x"), (int[]){ 0 }, 1, &err_), -1);
	assert_int_equal(err_.kind, ERR_CHILD);
	err_clear(&err_);
	(void)close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(descriptors_arrive),
		cmocka_unit_test(another_number_of_descriptors_is_refused),
		cmocka_unit_test(the_end_of_the_peer_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
