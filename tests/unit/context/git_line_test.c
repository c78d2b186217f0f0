#include "git_line.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/str.h"
#include "git_fetch.h"
#include "git_leaks.h"
#include "unit.h"
#include "web_server.h"

#define LONG_MS  60000
#define SHORT_MS 200

/* --- the clock --- */

struct ends {
	int near, far;
};

static void ends_release(struct ends *ends)
{
	fd_closep(&ends->near);
	fd_closep(&ends->far);
}

static struct ends make_ends(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	return (struct ends){ pair[0], pair[1] };
}

/* `count` times some bytes, each awaited; -1 as soon as one is not. */
static int receive(struct git_line *line, const struct ends *ends, unsigned count, size_t bytes)
{
	for (unsigned i = 0; i < count; i++) {
		char text[1];

		assert_int_equal(write(ends->far, "x", 1), 1);
		if (git_line_wait(line, ends->near, POLLIN) < 0)
			return -1;
		assert_int_equal(read(ends->near, text, 1), 1);
		git_line_received(line, bytes);
	}
	return 0;
}

static void gives_up_a_server_that_is_silent(void **state)
{
	static const struct {
		const char *when;
		unsigned stall_ms, answer_ms;
		bool is_answered, brings_pack;
		const char *message;
	} rows[] = {
		{ "before the answer", LONG_MS, SHORT_MS, false, false, "sent nothing" },
		{ "in the middle", SHORT_MS, LONG_MS, true, false, "sent nothing" },
		{ "in the pack", SHORT_MS, LONG_MS, true, true, "less than 1 kB/s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(ends_release) struct ends ends = make_ends();
		struct git_line line = { .stall_ms = rows[i].stall_ms,
					 .answer_ms = rows[i].answer_ms };

		err_clear(&err_);
		git_line_begin(&line);
		git_line_sent(&line);
		if (rows[i].is_answered)
			assert_row(receive(&line, &ends, 1, 1) == 0, rows[i].when);
		line.brings_pack = rows[i].brings_pack;
		assert_row(git_line_check(&line, &err_) == 0, rows[i].when);
		assert_row(git_line_wait(&line, ends.near, POLLIN) < 0, rows[i].when);
		assert_row(git_line_check(&line, &err_) < 0, rows[i].when);
		assert_row(strstr(err_.message, rows[i].message), rows[i].when);
		/* and is not waited for again, however it ends */
		assert_row(git_line_wait(&line, ends.near, POLLOUT) < 0, rows[i].when);
		git_line_begin(&line);
		assert_row(git_line_wait(&line, ends.near, POLLOUT) == 0, rows[i].when);
	}
}

/* Some bytes every 20 ms. */
static void *trickle(void *data)
{
	const struct ends *ends = data;

	while (send(ends->far, "x", 1, MSG_NOSIGNAL) == 1)
		(void)poll(NULL, 0, 20);
	return NULL;
}

static int drain(struct git_line *line, int fd, uint64_t ms, size_t worth)
{
	uint64_t end = monotonic_ms() + ms;

	while (monotonic_ms() < end) {
		char text[64];

		if (git_line_wait(line, fd, POLLIN) < 0)
			return -1;
		if (read(fd, text, sizeof(text)) <= 0)
			return -1;
		git_line_received(line, worth);
	}
	return 0;
}

/* While a server prepares, it says little; of a pack it has to bring something. */
static void a_trickle_is_enough_before_the_pack(void **state)
{
	static const struct {
		const char *what;
		bool brings_pack;
		size_t worth;
		int want;
	} rows[] = {
		{ "messages", false, 1, 0 },
		{ "a trickle of the pack", true, 1, -1 },
		{ "a pack", true, 4096, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ends ends = make_ends();
		struct git_line line = { .stall_ms = 800 };
		pthread_t writer;
		int got;

		assert_int_equal(pthread_create(&writer, NULL, trickle, &ends), 0);
		git_line_begin(&line);
		git_line_received(&line, 1);
		line.brings_pack = rows[i].brings_pack;
		got = drain(&line, ends.near, 1500, rows[i].worth);
		fd_closep(&ends.near);
		pthread_join(writer, NULL);
		ends_release(&ends);
		assert_row(got == rows[i].want, rows[i].what);
		assert_row(line.is_stalled == (got < 0), rows[i].what);
	}
}

/* We unpacked in the meantime, and it could not send. */
static void our_own_time_does_not_count(void **state)
{
	AUTO(ends_release) struct ends ends = make_ends();
	struct git_line line = { .stall_ms = SHORT_MS, .brings_pack = true };

	(void)state;
	git_line_received(&line, 1);
	for (unsigned i = 0; i < 3; i++) {
		(void)poll(NULL, 0, SHORT_MS);
		assert_int_equal(receive(&line, &ends, 1, 1), 0);
	}
}

static void ends_when_it_is_told_to(void **state)
{
	AUTO(ends_release) struct ends ends = make_ends();
	AUTO(fd_closep) int cancel = eventfd(1, EFD_CLOEXEC);
	const struct monitor monitor = { .cancel_fd = cancel };
	struct git_line line = { .monitor = &monitor };

	(void)state;
	assert_int_equal(git_line_wait(&line, ends.near, POLLIN), -1);
	assert_int_equal(git_line_wait_connected(&line, ends.near), -1);
	assert_int_equal(git_line_check(&line, &err_), 0);
}

/* --- a fetch --- */

static void make_repository(void)
{
	const char *const argv[] = {
		"/bin/sh", "-ec",
		"mkdir files; cd files; git init -q -b main app; cd app; head -c 300000 "
		"/dev/urandom > "
		"file; git add .; git -c user.name=a -c user.email=a@b commit -qm 1",
		NULL
	};
	AUTO(str_release) struct str out = STR_INIT;

	assert_ok(proc_check(argv, &out, &err_));
}

static void a_fetch_that_stops_in_the_middle_ends(void **state)
{
	struct web_server server = { .pid = 0 };
	AUTO(freep) char *url = NULL;
	AUTO(git_repository_freep) git_repository *repository = NULL;
	AUTO(git_commit_freep) git_commit *commit = NULL;
	const struct git_revision revision = { .ref = (char[]){ "refs/heads/main" } };
	const struct git_keys keys = { .lent = NULL };
	struct git_talk talk = { .keys = &keys, .line = { .stall_ms = SHORT_MS } };

	(void)state;
	unsetenv("http_proxy");
	make_repository();
	web_server_start(&server, "files");
	url = web_server_url(&server, "stalled/app");
	talk.remote = talk.shown = url;
	git_library_init();
	assert_int_equal(libgit2.repository_init(&repository, "copy", 0), 0);
	assert_int_equal(git_fetch_revision(repository, &talk, &revision, &commit, &err_), -1);
	assert_int_equal(err_.kind, ERR_NETWORK);
	assert_true(strstr(err_.message, "the server has sent "));
	web_server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_up_a_server_that_is_silent),
		cmocka_unit_test(a_trickle_is_enough_before_the_pack),
		cmocka_unit_test(our_own_time_does_not_count),
		cmocka_unit_test(ends_when_it_is_told_to),
		cmocka_unit_test_setup_teardown(a_fetch_that_stops_in_the_middle_ends,
						scratch_enter, scratch_leave),
	};

	return cmocka_run_group_tests_name("git_line", tests, NULL, NULL);
}
