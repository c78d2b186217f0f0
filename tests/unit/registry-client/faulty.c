#include "faulty.h"

#include <signal.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/vec.h"
#include "unit.h"

static void read_line(int fd, char *line, size_t size)
{
	size_t len = 0;

	while (len + 1 < size && read(fd, line + len, 1) == 1 && line[len] != '\n')
		len++;
	line[len] = '\0';
}

void faulty_start(struct faulty *server, const char *const *options)
{
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT;
	struct proc proc = { .stdin_fd = PROC_NULL, .stderr_fd = PROC_INHERIT };
	int read_end = -1, write_end = -1;
	char line[64];

	strvec_add(&argv, "/usr/bin/python3");
	strvec_add(&argv, FAULTY_REGISTRY);
	strvec_add(&argv, "--log");
	strvec_add(&argv, "requests");
	for (; options && *options; options++)
		strvec_add(&argv, *options);
	assert_ok(fd_pipe(&read_end, &write_end, &err_));
	proc.argv = (const char *const *)strvec_argv(&argv);
	proc.stdout_fd = write_end;
	assert_ok(proc_spawn(&proc, &server->pid, &err_));
	fd_closep(&write_end);
	read_line(read_end, line, sizeof(line));
	fd_closep(&read_end);
	assert_true(str_has_prefix(line, "listening "));
	server->port = (int)strtol(line + strlen("listening "), NULL, 10);
}

void faulty_stop(struct faulty *server)
{
	int status;

	if (server->pid <= 0)
		return;
	kill(server->pid, SIGKILL);
	assert_ok(proc_wait(server->pid, &status, &err_));
	server->pid = 0;
}

void faulty_ref(const struct faulty *server, const char *name, struct image_ref *ret)
{
	AUTO(freep) char *text = xasprintf("127.0.0.1:%d/%s", server->port, name);

	assert_ok(image_ref_parse(text, ret, &err_));
}

unsigned faulty_count(const char *text)
{
	AUTO(str_release) struct str log = STR_INIT;
	struct span rest, line;
	unsigned count = 0;

	assert_ok(fs_read_file(AT_FDCWD, "requests", LIMIT_MIB, &log, &err_));
	rest = str_span(&log);
	while (rest.len > 0) {
		span_cut(&rest, '\n', &line);
		count += memmem(line.ptr, line.len, text, strlen(text)) != NULL;
	}
	return count;
}
