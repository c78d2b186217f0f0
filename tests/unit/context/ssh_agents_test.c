#include "context/ssh_agents.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/proc.h"
#include "base/str.h"
#include "unit.h"

static int set_up(void **state)
{
	unsetenv("SSH_AUTH_SOCK");
	return scratch_enter(state);
}

static void make_key(const char *path, const char *passphrase)
{
	const char *const argv[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N",
				     passphrase,   "-f", path, NULL };

	assert_ok(proc_check(argv, NULL, &err_));
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(close(fd), 0);
}

static void values_that_make_no_sense(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "default", "SSH_AUTH_SOCK is not set" },
		{ "default=", "SSH_AUTH_SOCK is not set" },
		{ "a=missing", "missing" },
		{ "a=key.pub", "key.pub' is not a private key" },
		{ "a=.", "." },
		{ "a=socket,socket", "an agent stands alone" },
		{ "a=socket,key", "an agent stands alone" },
		{ "a=key,socket", "which has keys of its own" },
		{ "twice=key", "'twice' is given twice" },
	};
	AUTO(ssh_agents_release) struct ssh_agents agents = SSH_AGENTS_INIT;

	(void)state;
	make_key("key", "");
	make_socket("socket");
	assert_ok(ssh_agents_add(&agents, "twice=key", &err_));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		err_clear(&err_);
		assert_row(ssh_agents_add(&agents, rows[i].text, &err_) < 0, rows[i].text);
		assert_row(strstr(err_.message, rows[i].message), rows[i].text);
	}
	assert_int_equal(agents.len, 1);
}

static void the_users_agent(void **state)
{
	AUTO(ssh_agents_release) struct ssh_agents agents = SSH_AGENTS_INIT;
	AUTO(freep) char *want = NULL;
	const char *socket;

	(void)state;
	make_socket("socket");
	make_socket("other");
	setenv("SSH_AUTH_SOCK", "socket", 1);
	assert_ok(ssh_agents_add(&agents, "default", &err_));
	assert_ok(ssh_agents_add(&agents, "lab=other", &err_));
	assert_true(ssh_agents_has(&agents, SSH_AGENT_DEFAULT));
	assert_true(ssh_agents_has(&agents, "lab"));
	assert_false(ssh_agents_has(&agents, "lab2"));
	assert_false(ssh_agents_has(NULL, "lab"));
	assert_ok(ssh_agents_socket(&agents, SSH_AGENT_DEFAULT, &socket, &err_));
	assert_ok(fs_realpath("socket", &want, &err_));
	assert_string_equal(socket, want);
	assert_ok(ssh_agents_socket(&agents, "lab", &socket, &err_));
	assert_true(str_has_suffix(socket, "/other"));
}

/* What `ssh-add -L` prints of the agent there. */
static char *keys_at(const char *socket)
{
	const char *const argv[] = { "ssh-add", "-L", NULL };
	struct str out = STR_INIT;

	setenv("SSH_AUTH_SOCK", socket, 1);
	assert_ok(proc_check(argv, &out, &err_));
	return str_detach(&out);
}

static void assert_holds(const char *keys, const char *public_file)
{
	AUTO(str_release) struct str public = STR_INIT;

	assert_ok(fs_read_file(AT_FDCWD, public_file, 10000, &public, &err_));
	*strrchr(public.ptr, ' ') = '\0'; /* the comment */
	assert_non_null(strstr(keys, public.ptr));
}

static void keys_get_an_agent_that_ends_with_us(void **state)
{
	struct ssh_agents agents = SSH_AGENTS_INIT;
	AUTO(freep) char *keys = NULL, *path = NULL;
	const char *socket, *again;

	(void)state;
	make_key("a", "");
	make_key("b", "");
	assert_int_equal(chmod("a", 0644), 0); /* the build does not mind */
	assert_ok(ssh_agents_add(&agents, "default=a,b", &err_));
	assert_ok(ssh_agents_socket(&agents, SSH_AGENT_DEFAULT, &socket, &err_));
	keys = keys_at(socket);
	assert_holds(keys, "a.pub");
	assert_holds(keys, "b.pub");
	assert_ok(ssh_agents_socket(&agents, SSH_AGENT_DEFAULT, &again, &err_));
	assert_ptr_equal(socket, again);
	path = xstrdup(socket);
	ssh_agents_release(&agents);
	/* It has been told to end; that its socket goes shows that it did. */
	for (int i = 0; i < 1000 && access(path, F_OK) == 0; i++)
		usleep(10000);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void a_passphrase_is_not_asked_for(void **state)
{
	AUTO(ssh_agents_release) struct ssh_agents agents = SSH_AGENTS_INIT;
	const char *socket;

	(void)state;
	make_key("locked", "secret");
	assert_ok(ssh_agents_add(&agents, "x=locked", &err_));
	for (int i = 0; i < 2; i++) {
		err_clear(&err_);
		assert_int_equal(ssh_agents_socket(&agents, "x", &socket, &err_), -1);
		assert_non_null(strstr(err_.message, "locked' cannot be used"));
		assert_non_null(strstr(err_.hint, "passphrase"));
	}
}

#define ssh_test(f) cmocka_unit_test_setup_teardown(f, set_up, scratch_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ssh_test(values_that_make_no_sense),
		ssh_test(the_users_agent),
		ssh_test(keys_get_an_agent_that_ends_with_us),
		ssh_test(a_passphrase_is_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
