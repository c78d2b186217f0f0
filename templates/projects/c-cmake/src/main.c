/* Prints how the board does until it is told to stop. With --healthy: is another one of us doing so? */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "status.h"

#ifndef INTERVAL
#define INTERVAL 10
#endif

static volatile sig_atomic_t is_stopping;

static void stop(int signal)
{
	(void)signal;
	is_stopping = 1;
}

/* Process 1 gets no signal that it has not asked for. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

static const char *heartbeat(void)
{
	const char *path = getenv("HEARTBEAT");

	return path ? path : "/tmp/heartbeat";
}

static int is_healthy(void)
{
	struct stat st;

	return stat(heartbeat(), &st) == 0 && time(NULL) - st.st_mtime <= 3 * INTERVAL;
}

static int beat(void)
{
	FILE *file = fopen(heartbeat(), "we");

	if (!file) {
		perror(heartbeat());
		return -1;
	}
	fprintf(file, "%lld\n", (long long)time(NULL));
	return fclose(file);
}

static int report(void)
{
	struct status status;
	char line[128];

	if (status_now(&status) < 0) {
		fprintf(stderr, "/proc is not what it should be\n");
		return -1;
	}
	status_format(&status, line, sizeof(line));
	puts(line);
	return beat();
}

int main(int argc, char **argv)
{
	struct utsname machine;

	if (argc > 1 && strcmp(argv[1], "--healthy") == 0)
		return !is_healthy();
	setvbuf(stdout, NULL, _IOLBF, 0);
	catch_signals();
	if (uname(&machine) == 0)
		printf("service of %s has started\n", machine.machine);
	while (!is_stopping) {
		if (report() < 0)
			return 1;
		sleep(INTERVAL);
	}
	puts("stopping");
	return 0;
}
