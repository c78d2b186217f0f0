#include "context/ssh_agents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"

#define LIMIT_KEY (100 * LIMIT_KIB) /* as buildx */

/* Says where it listens, and lives until its standard input ends. */
#define KEEP_AGENT                  \
	"trap '' INT TERM HUP\n"    \
	"echo \"$SSH_AUTH_SOCK\"\n" \
	"read -r end\n"             \
	"kill \"$SSH_AGENT_PID\""

static void agent_release(struct ssh_agent *agent)
{
	int status;

	fd_closep(&agent->end_fd);
	if (agent->pid > 0)
		(void)!proc_wait(agent->pid, &status, NULL); /* it is not needed any more */
	free(agent->id);
	free(agent->socket);
	strvec_release(&agent->keys);
}

void ssh_agents_release(struct ssh_agents *agents)
{
	VEC_FOREACH(agent, agents)
		agent_release(agent);
	free(agents->items);
	*agents = (struct ssh_agents)SSH_AGENTS_INIT;
}

static struct ssh_agent *find(const struct ssh_agents *agents, const char *id)
{
	VEC_FOREACH(agent, agents) {
		if (str_eq(agent->id, id))
			return agent;
	}
	return NULL;
}

bool ssh_agents_has(const struct ssh_agents *agents, const char *id)
{
	return agents && find(agents, id);
}

/* --- the option --- */

static int read_key(const char *path, struct str *ret, struct err *err)
{
	if (fs_read_file(AT_FDCWD, path, LIMIT_KEY, ret, err) < 0)
		return -1;
	if (str_has_prefix(ret->ptr, "-----BEGIN ") && strstr(ret->ptr, "PRIVATE KEY-----"))
		return 0;
	(void)err_set(err, ERR_USAGE, "'%s' is not a private key", path);
	return err_hint(err, "give a key's file, such as ~/.ssh/id_ed25519, or the socket of an "
			     "agent");
}

static int add_source(struct ssh_agent *agent, const char *path, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(freep) char *absolute = NULL;
	struct stat st;

	if (fs_realpath(path, &absolute, err) < 0)
		return -1;
	if (agent->socket) {
		(void)err_set(err, ERR_USAGE, "'%s': an agent stands alone", path);
		return err_hint(err, "give one socket, or keys only");
	}
	if (stat(absolute, &st) < 0)
		return err_errno(err, "'%s'", path);
	if (!S_ISSOCK(st.st_mode)) {
		strvec_add(&agent->keys, absolute);
		return read_key(absolute, &text, err);
	}
	if (agent->keys.len > 0) {
		(void)err_set(err, ERR_USAGE, "'%s' is an agent, which has keys of its own", path);
		return err_hint(err, "give one socket, or keys only");
	}
	agent->socket = TAKE(absolute);
	return 0;
}

static int add_users_agent(struct ssh_agent *agent, struct err *err)
{
	const char *path = getenv("SSH_AUTH_SOCK");

	if (path && *path)
		return add_source(agent, path, err) < 0 ? err_wrap(err, "SSH_AUTH_SOCK") : 0;
	(void)err_set(err, ERR_USAGE, "no agent is running: SSH_AUTH_SOCK is not set");
	return err_hint(err,
			"start one (eval \"$(ssh-agent)\" && ssh-add), or give a key: "
			"%s=$HOME/.ssh/id_ed25519",
			agent->id);
}

static int add_sources(struct ssh_agent *agent, struct span list, struct err *err)
{
	struct span path;

	if (span_trim(list).len == 0)
		return add_users_agent(agent, err);
	while (list.len > 0) {
		AUTO(freep) char *name = NULL;

		(void)span_cut(&list, ',', &path);
		name = span_dup(path);
		if (add_source(agent, name, err) < 0)
			return -1;
	}
	return 0;
}

int ssh_agents_add(struct ssh_agents *agents, const char *text, struct err *err)
{
	struct span rest = span_of(text), id;
	struct ssh_agent agent = { .end_fd = -1 };

	(void)span_cut(&rest, '=', &id);
	agent.id = id.len > 0 ? span_dup(id) : xstrdup(SSH_AGENT_DEFAULT);
	if (find(agents, agent.id)) {
		(void)err_set(err, ERR_USAGE, "'%s' is given twice", agent.id);
		agent_release(&agent);
		return -1;
	}
	if (add_sources(&agent, rest, err) < 0) {
		agent_release(&agent);
		return -1;
	}
	*VEC_ADD(agents) = agent;
	return 0;
}

/* --- an agent for keys --- */

/* One line: where it listens. */
static int read_socket(int fd, char **ret, struct err *err)
{
	AUTO(str_release) struct str line = STR_INIT;
	char c;

	while (fd_read_full(fd, &c, 1, "ssh-agent", err) == 1 && c != '\n')
		str_addc(&line, c);
	if (line.len == 0)
		return err_set(err, ERR_CHILD, "ssh-agent could not be started");
	*ret = str_detach(&line);
	return 0;
}

static int start(struct ssh_agent *agent, struct err *err)
{
	static const char *const argv[] = { "ssh-agent", "/bin/sh", "-c", KEEP_AGENT, NULL };
	AUTO(fd_closep) int their_end = -1, answer = -1, their_answer = -1;
	struct proc proc = { .argv = argv };

	if (fd_pipe(&their_end, &agent->end_fd, err) < 0 ||
	    fd_pipe(&answer, &their_answer, err) < 0)
		return -1;
	proc.stdin_fd = their_end;
	proc.stdout_fd = their_answer;
	if (proc_spawn(&proc, &agent->pid, err) < 0)
		return err_hint(err, "install the package 'openssh-client'");
	fd_closep(&their_answer);
	return read_socket(answer, &agent->socket, err);
}

void ssh_agents_environment(const char *socket, struct strvec *ret)
{
	static const char *const replaced[] = { "SSH_AUTH_SOCK=", "SSH_ASKPASS=",
						"SSH_ASKPASS_REQUIRE=" };

	for (char **item = environ; *item; item++) {
		bool is_replaced = false;

		for (size_t i = 0; i < ARRAY_SIZE(replaced); i++)
			is_replaced |= str_has_prefix(*item, replaced[i]);
		if (!is_replaced)
			strvec_add(ret, *item);
	}
	strvec_addf(ret, "SSH_AUTH_SOCK=%s", socket);
	strvec_add(ret, "SSH_ASKPASS=/bin/false");
	strvec_add(ret, "SSH_ASKPASS_REQUIRE=force");
}

/* Through its standard input, so that it does not mind who else may read the file. */
static int add_key(const struct ssh_agent *agent, const char *path, struct err *err)
{
	static const char *const argv[] = { "ssh-add", "-q", "-", NULL };
	AUTO(strvec_release) struct strvec env = STRVEC_INIT;
	AUTO(str_release) struct str key = STR_INIT;
	struct proc proc = { .argv = argv };
	int status = 0;

	ssh_agents_environment(agent->socket, &env);
	proc.env = (const char *const *)strvec_argv(&env);
	if (read_key(path, &key, err) < 0 ||
	    proc_run(&proc, &(struct proc_capture){ .input = key.ptr, .input_len = key.len },
		     &status, err) < 0)
		return -1;
	if (status == 0)
		return 0;
	(void)err_set(err, ERR_INPUT, "the key '%s' cannot be used", path);
	return err_hint(err,
			"a key with a passphrase has to be in an agent: 'ssh-add %s', and "
			"--ssh %s",
			path, agent->id);
}

static int start_with_keys(struct ssh_agent *agent, struct err *err)
{
	if (start(agent, err) < 0)
		return -1;
	VEC_FOREACH(key, &agent->keys) {
		if (add_key(agent, *key, err) < 0)
			return -1;
	}
	return 0;
}

/* One that lacks a key is no agent. */
static void stop(struct ssh_agent *agent)
{
	struct ssh_agent rest = { .end_fd = agent->end_fd,
				  .pid = agent->pid,
				  .socket = agent->socket };

	agent->end_fd = -1;
	agent->pid = 0;
	agent->socket = NULL;
	agent_release(&rest);
}

int ssh_agents_socket(struct ssh_agents *agents, const char *id, const char **ret, struct err *err)
{
	struct ssh_agent *agent = find(agents, id);
	int result = 0;

	if (!agent)
		return err_set(err, ERR_INPUT, "--ssh lends no '%s'", id);
	pthread_mutex_lock(&agents->lock);
	if (!agent->socket)
		result = start_with_keys(agent, err);
	if (result < 0)
		stop(agent);
	*ret = agent->socket;
	pthread_mutex_unlock(&agents->lock);
	return result < 0 ? err_wrap(err, "--ssh %s", id) : 0;
}
