#include "ssh_forward.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "unit.h"

/* An agent that answers whatever it is asked with the same frame, and keeps what it was asked. */
struct agent {
	pthread_t thread;
	int listen_fd;
	unsigned char asked[16];
	size_t asked_count;
};

static int unix_socket(const char *path, bool listening)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (listening) {
		assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
		assert_int_equal(listen(fd, 8), 0);
	} else {
		assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	}
	return fd;
}

static void *agent_main(void *data)
{
	static const unsigned char answer[] = { 0, 0, 0, 2, 12, 0 };
	struct agent *agent = data;
	int fd = -1;

	while ((fd = accept(agent->listen_fd, NULL, NULL)) >= 0) {
		unsigned char frame[64];

		while (fd_read_full(fd, frame, 4, "request", NULL) == 4 && frame[3] < 60 &&
		       fd_read_full(fd, frame + 4, frame[3], "request", NULL) == frame[3]) {
			agent->asked[agent->asked_count++] = frame[4];
			(void)!write(fd, answer, sizeof(answer));
		}
		(void)close(fd);
	}
	return NULL;
}

static void agent_start(struct agent *agent)
{
	*agent = (struct agent){ .listen_fd = unix_socket("agent.sock", true) };
	assert_int_equal(pthread_create(&agent->thread, NULL, agent_main, agent), 0);
}

static void agent_stop(struct agent *agent)
{
	(void)shutdown(agent->listen_fd, SHUT_RDWR);
	(void)pthread_join(agent->thread, NULL);
	(void)close(agent->listen_fd);
}

static struct ssh_forward *forward_start(int *ret_dir_fd)
{
	struct ssh_forward_request request = {
		.agent = "agent.sock", .mode = 0640, .uid = geteuid(), .gid = getegid()
	};
	struct ssh_forward *forward = NULL;

	assert_int_equal(mkdir("dir", 0755), 0);
	assert_ok(fd_open(AT_FDCWD, "dir", O_RDONLY | O_DIRECTORY, 0, ret_dir_fd, &err_));
	request.dir_fd = *ret_dir_fd;
	assert_ok(ssh_forward_start(&request, &forward, &err_));
	return forward;
}

/* The type of the answer to a request of this type, sent in two pieces. */
static int ask(int fd, unsigned char type)
{
	const unsigned char request[] = { 0, 0, 0, 1, type };
	unsigned char answer[16];

	assert_int_equal(write(fd, request, 2), 2);
	assert_int_equal(write(fd, request + 2, 3), 3);
	assert_int_equal(fd_read_full(fd, answer, 4, "answer", &err_), 4);
	assert_int_equal(fd_read_full(fd, answer + 4, answer[3], "answer", &err_), answer[3]);
	return answer[4];
}

static void only_listing_and_signing_reach_the_agent(void **state)
{
	(void)state;
	struct agent agent;
	AUTO(fd_closep) int dir_fd = -1;
	struct ssh_forward *forward = NULL;
	int client = -1;

	agent_start(&agent);
	forward = forward_start(&dir_fd);
	client = unix_socket("dir/agent", false);
	assert_int_equal(ask(client, 11), 12);
	assert_int_equal(ask(client, 13), 12);
	/* Adding, removing one, removing all, locking, extensions. */
	assert_int_equal(ask(client, 17), 5);
	assert_int_equal(ask(client, 18), 5);
	assert_int_equal(ask(client, 19), 5);
	assert_int_equal(ask(client, 22), 5);
	assert_int_equal(ask(client, 27), 5);
	(void)close(client);
	ssh_forward_free(forward);
	agent_stop(&agent);
	assert_int_equal(agent.asked_count, 2);
	assert_int_equal(agent.asked[0], 11);
	assert_int_equal(agent.asked[1], 13);
}

static void the_socket_is_as_it_was_asked_for(void **state)
{
	(void)state;
	struct agent agent;
	AUTO(fd_closep) int dir_fd = -1;
	struct ssh_forward *forward = NULL;
	struct stat st;

	agent_start(&agent);
	forward = forward_start(&dir_fd);
	assert_int_equal(stat("dir/agent", &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0640);
	ssh_forward_free(forward);
	agent_stop(&agent);
}

/* A client that says nothing, one that sends half a request, and one whose request is absurd. */
static void clients_do_not_keep_it_from_ending(void **state)
{
	(void)state;
	static const unsigned char absurd[] = { 0xff, 0xff, 0xff, 0xff };
	struct agent agent;
	AUTO(fd_closep) int dir_fd = -1;
	struct ssh_forward *forward = NULL;
	int clients[3];
	char byte;

	agent_start(&agent);
	forward = forward_start(&dir_fd);
	for (int i = 0; i < 3; i++)
		clients[i] = unix_socket("dir/agent", false);
	assert_int_equal(write(clients[1], "\0\0", 2), 2);
	assert_int_equal(write(clients[2], absurd, 4), 4);
	assert_int_equal(read(clients[2], &byte, 1), 0); /* it was shown the door */
	assert_int_equal(ask(clients[0], 11), 12);
	ssh_forward_free(forward);
	for (int i = 0; i < 3; i++)
		(void)close(clients[i]);
	agent_stop(&agent);
}

static void an_agent_that_is_gone_is_named(void **state)
{
	(void)state;
	struct ssh_forward_request request = { .agent = "nope.sock", .dir_fd = AT_FDCWD };
	struct ssh_forward *forward = NULL;

	assert_int_equal(ssh_forward_start(&request, &forward, &err_), -1);
	assert_non_null(strstr(err_.message, "'nope.sock'"));
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(only_listing_and_signing_reach_the_agent),
		scratch_test(the_socket_is_as_it_was_asked_for),
		scratch_test(clients_do_not_keep_it_from_ending),
		scratch_test(an_agent_that_is_gone_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
