#include "progress.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "unit.h"

#define THREADS 4
#define LINES   500

/* Standard error goes to a file for the time of a test. */
struct capture {
	int saved;
};

static void capture_begin(struct capture *capture)
{
	int fd = open("stderr", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	capture->saved = dup(STDERR_FILENO);
	assert_true(fd >= 0 && capture->saved >= 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
}

static void capture_end(struct capture *capture, struct str *ret)
{
	assert_int_equal(dup2(capture->saved, STDERR_FILENO), STDERR_FILENO);
	close(capture->saved);
	assert_int_equal(fs_read_file(AT_FDCWD, "stderr", LIMIT_MIB, ret, NULL), 0);
	assert_int_equal(unlink("stderr"), 0);
}

static void *emit_lines(void *data)
{
	const struct monitor *monitor = data;
	unsigned step = progress_begin(monitor, "RUN make");

	for (int i = 0; i < LINES; i++)
		monitor_text(monitor, step, EVENT_LOG, "a whole line\n");
	progress_end(monitor, step, 0, NULL);
	return NULL;
}

static size_t count(const struct str *text, const char *word)
{
	size_t found = 0;

	for (const char *at = text->ptr; (at = strstr(at, word)) != NULL; at++)
		found++;
	return found;
}

/* Every line of every thread arrives whole, whatever the renderer. */
static void test_many_threads(void **state)
{
	static const enum progress_mode modes[] = { PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_TTY };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		AUTO(str_release) struct str text = STR_INIT;
		struct capture capture;
		struct progress *progress = NULL;
		struct monitor monitor;
		pthread_t threads[THREADS];

		capture_begin(&capture);
		progress = progress_new(modes[i], "Building");
		monitor = progress_monitor(progress, -1);
		for (size_t j = 0; j < THREADS; j++)
			assert_int_equal(pthread_create(&threads[j], NULL, emit_lines, &monitor),
					 0);
		for (size_t j = 0; j < THREADS; j++)
			pthread_join(threads[j], NULL);
		progress_finish(progress, NULL);
		progress_freep(&progress);
		capture_end(&capture, &text);
		if (modes[i] == PROGRESS_TTY)
			assert_non_null(strstr(text.ptr, "(4/4) FINISHED"));
		else
			assert_int_equal(count(&text, " a whole line\n") +
						 count(&text, "\"a whole line\\n\""),
					 THREADS * LINES);
	}
}

static void finish_with_summary(enum progress_mode mode, struct str *ret)
{
	struct capture capture;
	struct progress *progress = NULL;
	struct monitor monitor;

	capture_begin(&capture);
	progress = progress_new(mode, "Pushing");
	monitor = progress_monitor(progress, -1);
	progress_summary(progress, "pushed %s", "app:1");
	progress_end(&monitor, progress_begin(&monitor, "pushing"), 0, NULL);
	progress_freep(&progress);
	capture_end(&capture, ret);
}

static void test_summary_comes_last(void **state)
{
	AUTO(str_release) struct str plain = STR_INIT;
	AUTO(str_release) struct str quiet = STR_INIT;
	AUTO(str_release) struct str json = STR_INIT;

	(void)state;
	/* A file is no terminal: AUTO is plain. */
	finish_with_summary(PROGRESS_AUTO, &plain);
	assert_true(str_has_suffix(plain.ptr, "DONE 0.0s\n\npushed app:1\n"));
	finish_with_summary(PROGRESS_QUIET, &quiet);
	assert_string_equal(quiet.ptr, "");
	finish_with_summary(PROGRESS_JSON, &json);
	assert_non_null(strstr(json.ptr, "\"event\":\"info\""));
}

/* What comes late must not be drawn over what the shell prints by then. */
static void test_nothing_after_the_end(void **state)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct capture capture;
	struct progress *progress = NULL;
	struct monitor monitor;

	(void)state;
	capture_begin(&capture);
	progress = progress_new(PROGRESS_PLAIN, "Pushing");
	monitor = progress_monitor(progress, -1);
	progress_finish(progress, NULL);
	monitor_text(&monitor, 0, EVENT_INFO, "too late");
	progress_freep(&progress);
	capture_end(&capture, &text);
	assert_string_equal(text.ptr, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_threads),
		cmocka_unit_test(test_summary_comes_last),
		cmocka_unit_test(test_nothing_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
