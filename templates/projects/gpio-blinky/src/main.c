/* Blinks until it is told to stop. With --healthy: is another one of us doing so? */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "led.h"
#include "pattern.h"

#ifndef CHIP
#define CHIP      "/dev/gpiochip0"
#define LINE      17
#define PERIOD_MS 1000
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

	return stat(heartbeat(), &st) == 0 && time(NULL) - st.st_mtime <= 5 + 3 * PERIOD_MS / 1000;
}

static int beat(void)
{
	FILE *file = fopen(heartbeat(), "we");

	if (!file) {
		perror(heartbeat());
		return -1;
	}
	return fclose(file);
}

static void wait_ms(long ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static int blink(struct led *led)
{
	for (unsigned step = 0; !is_stopping; step++) {
		if (led_set(led, pattern_is_on(step)) < 0) {
			perror(CHIP);
			return -1;
		}
		if (step % 4 == 0 && beat() < 0)
			return -1;
		wait_ms(pattern_duration(step, PERIOD_MS));
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct led *led = NULL;
	int result;

	if (argc > 1 && strcmp(argv[1], "--healthy") == 0)
		return !is_healthy();
	setvbuf(stdout, NULL, _IOLBF, 0);
	catch_signals();
	led = led_open(CHIP, LINE);
	if (!led)
		return 1;
	printf("blinking at line %d of " CHIP "\n", LINE);
	result = blink(led);
	led_close(led);
	puts("stopping");
	return result < 0;
}
