#include "git_line.h"

#include <errno.h>
#include <poll.h>

#include "base/attr.h"
#include "base/clock.h"

#define STALL_MS          30000U
#define ANSWER_MS         300000U
#define STALL_BYTES_PER_S 1000

static unsigned stall_ms(const struct git_line *line)
{
	return line->stall_ms ? line->stall_ms : STALL_MS;
}

static unsigned patience_ms(const struct git_line *line)
{
	if (line->is_answered)
		return stall_ms(line);
	return line->answer_ms ? line->answer_ms : ANSWER_MS;
}

static void start_clock(struct git_line *line)
{
	line->bytes = 0;
	line->waited_ms = 0;
}

void git_line_begin(struct git_line *line)
{
	line->brings_pack = line->is_answered = line->is_stalled = false;
	start_clock(line);
}

/* 1 = ready, 0 = not in that time, -1 = cancelled. */
static int wait_for(const struct git_line *line, int fd, short events, uint64_t ms)
{
	uint64_t deadline = monotonic_ms() + ms;
	struct pollfd fds[] = {
		{ .fd = fd, .events = events },
		{ .fd = line->monitor ? line->monitor->cancel_fd : -1, .events = POLLIN },
	};

	for (;;) {
		int ready = poll(fds, ARRAY_SIZE(fds), monotonic_ms_until(deadline));

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0 || fds[1].revents)
			return -1;
		return fds[0].revents != 0;
	}
}

int git_line_wait(struct git_line *line, int fd, short events)
{
	uint64_t limit = patience_ms(line), before = monotonic_ms();
	int ready = 0;

	if (line->is_stalled)
		return -1;
	if (line->waited_ms < limit)
		ready = wait_for(line, fd, events, limit - line->waited_ms);
	line->waited_ms += monotonic_ms() - before;
	line->is_stalled = ready == 0;
	return ready > 0 ? 0 : -1;
}

int git_line_wait_connected(struct git_line *line, int fd)
{
	int ready = wait_for(line, fd, POLLOUT, stall_ms(line));

	if (ready == 0)
		errno = ETIMEDOUT;
	return ready > 0 ? 0 : -1;
}

void git_line_received(struct git_line *line, size_t bytes)
{
	uint64_t enough =
		line->brings_pack ? (uint64_t)STALL_BYTES_PER_S * stall_ms(line) / 1000 : 1;

	line->is_answered = true;
	line->bytes += bytes;
	if (line->bytes >= enough)
		start_clock(line);
}

void git_line_sent(struct git_line *line)
{
	line->is_answered = false;
	start_clock(line);
}

int git_line_check(const struct git_line *line, struct err *err)
{
	if (!line->is_stalled)
		return 0;
	if (line->brings_pack)
		err_set(err, ERR_NETWORK, "the server has sent less than 1 kB/s for %u s",
			patience_ms(line) / 1000);
	else
		err_set(err, ERR_NETWORK, "the server has sent nothing for %u s",
			patience_ms(line) / 1000);
	return err_hint(err, "try again; is the line, or the server, overloaded?");
}
