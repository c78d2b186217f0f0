#include "git_ssh.h"

#include <stdlib.h>

#include "base/str.h"
#include "unit.h"

static char *command_for(const char *url)
{
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT;

	err_clear(&err_);
	return git_ssh_command(url, false, &argv, &err_) < 0 ? NULL : strvec_join(&argv, "|");
}

static int set_up(void **state)
{
	unsetenv("GIT_SSH");
	unsetenv("GIT_SSH_COMMAND");
	unsetenv("HOME");
	setenv("USER", "me", 1);
	return scratch_enter(state);
}

static void addresses_become_commands(void **state)
{
	static const struct {
		const char *url, *want;
	} rows[] = {
		{ "git@h:o/r.git", "ssh|-o|BatchMode=yes|-l|git|h|git-upload-pack 'o/r.git'" },
		{ "ssh://h/srv/r", "ssh|-o|BatchMode=yes|-l|me|h|git-upload-pack '/srv/r'" },
		{ "ssh://a@h:22/r", "ssh|-o|BatchMode=yes|-p|22|-l|a|h|git-upload-pack '/r'" },
		{ "ssh://a:secret@h/r", "ssh|-o|BatchMode=yes|-l|a|h|git-upload-pack '/r'" },
		{ "ssh://a@[::1]:22/r",
		  "ssh|-o|BatchMode=yes|-p|22|-l|a|::1|git-upload-pack '/r'" },
		{ "ssh://a@h/~b/r", "ssh|-o|BatchMode=yes|-l|a|h|git-upload-pack '~b/r'" },
		/* one word for the remote shell, whatever is in it */
		{ "a@h:x';reboot;'", "ssh|-o|BatchMode=yes|-l|a|h|"
				     "git-upload-pack 'x'\\'';reboot;'\\'''" },
		/* no options for ssh */
		{ "ssh://-oProxyCommand=reboot/r", NULL },
		{ "ssh://-oProxyCommand=reboot@h/r", NULL },
		{ "ssh:///r", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *command = command_for(rows[i].url);

		if (!str_eq(command, rows[i].want))
			fail_msg("row '%s': %s", rows[i].url, command ? command : err_.message);
	}
}

static void the_users_own_command_goes_first(void **state)
{
	AUTO(freep) char *program = NULL, *line = NULL;

	(void)state;
	setenv("GIT_SSH", "/opt/ssh", 1);
	program = command_for("a@h:r");
	assert_string_equal(program, "/opt/ssh|-o|BatchMode=yes|-l|a|h|git-upload-pack 'r'");
	setenv("GIT_SSH_COMMAND", "ssh -i key", 1);
	line = command_for("a@h:r");
	assert_string_equal(line, "/bin/sh|-c|ssh -i key \"$@\"|ssh -i key|-o|BatchMode=yes|-l|a|h|"
				  "git-upload-pack 'r'");
}

/* As root of a user namespace ssh(1) would look into the real root's home. */
static void files_of_a_home_that_is_not_the_users(void **state)
{
	AUTO(freep) char *home = NULL, *want = NULL, *command = NULL;

	(void)state;
	assert_ok(fs_realpath(".", &home, &err_));
	setenv("HOME", home, 1);
	assert_int_equal(mkdir(".ssh", 0700), 0);
	write_text(".ssh/config", "");
	write_text(".ssh/known_hosts", "");
	write_text(".ssh/id_ed25519", "");
	command = command_for("a@h:r");
	want = xasprintf("ssh|-F|%s/.ssh/config|-o|UserKnownHostsFile=%s/.ssh/known_hosts|-o|"
			 "IdentityFile=%s/.ssh/id_ed25519|-o|BatchMode=yes|-l|a|h|"
			 "git-upload-pack 'r'",
			 home, home, home);
	assert_string_equal(command, want);
}

/* For a Dockerfile's address: not even the command that the user has set. */
static void only_an_agent(void **state)
{
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT;
	AUTO(freep) char *home = NULL, *want = NULL, *command = NULL;

	(void)state;
	assert_ok(fs_realpath(".", &home, &err_));
	setenv("HOME", home, 1);
	setenv("GIT_SSH_COMMAND", "ssh -i key", 1);
	assert_int_equal(mkdir(".ssh", 0700), 0);
	write_text(".ssh/config", "");
	write_text(".ssh/known_hosts", "");
	write_text(".ssh/id_ed25519", "");
	assert_ok(git_ssh_command("a@h:r", true, &argv, &err_));
	command = strvec_join(&argv, "|");
	want = xasprintf("ssh|-F|/dev/null|-o|IdentityFile=none|-o|"
			 "PreferredAuthentications=publickey|-o|StrictHostKeyChecking=yes|-o|"
			 "UserKnownHostsFile=%s/.ssh/known_hosts|-o|BatchMode=yes|-l|a|h|"
			 "git-upload-pack 'r'",
			 home);
	assert_string_equal(command, want);
}

#define ssh_test(f) cmocka_unit_test_setup_teardown(f, set_up, scratch_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ssh_test(addresses_become_commands),
		ssh_test(the_users_own_command_goes_first),
		ssh_test(files_of_a_home_that_is_not_the_users),
		ssh_test(only_an_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
