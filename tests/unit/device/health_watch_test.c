#include "health_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"

#define RUNS     "{'Status': 'running', 'StartedAt': '1'}"
#define RUNS_2   "{'Status': 'running', 'StartedAt': '2'}"
#define RUNS_3   "{'Status': 'running', 'StartedAt': '3'}"
#define RUNS_4   "{'Status': 'running', 'StartedAt': '4', 'ExitCode': 7}"
#define STARTING "{'Status': 'running', 'StartedAt': '1', 'Health': {'Status': 'starting'}}"
#define HEALTHY  "{'Status': 'running', 'StartedAt': '1', 'Health': {'Status': 'healthy'}}"
#define NO_CHECK "{'Status': 'running', 'StartedAt': '1', 'Health': {'Status': 'none'}}"
#define RESTARTS "{'Status': 'restarting', 'StartedAt': '1', 'ExitCode': 7}"
#define ENDED    "{'Status': 'exited', 'StartedAt': '1', 'ExitCode': 0}"
#define FAILED   "{'Status': 'exited', 'StartedAt': '1', 'ExitCode': 7}"
#define DEAD     "{'Status': 'dead', 'StartedAt': '1', 'ExitCode': 0}"
#define PAUSED   "{'Status': 'paused', 'StartedAt': '1'}"
#define UNHEALTHY                                                                           \
	"{'Status': 'running', 'StartedAt': '1', 'Health': {'Status': 'unhealthy', 'Log': " \
	"[{'Output': 'old'}, {'Output': 'a\\nno water\\n'}]}}"

#define LOOKS_MAX 6

/* What the engine says, a second apart. */
struct story {
	const char *states[LOOKS_MAX];
	const char *policy;
	int seconds; /* healthy for so long in the end; -1 = it is not; -2 = it will never be */
	const char *said;
};

static const struct story stories[] = {
	{ { RUNS }, "", 0, NULL },
	{ { RUNS, RUNS, RUNS }, "always", 2, NULL },
	{ { NO_CHECK, NO_CHECK }, "", 1, NULL },
	/* a healthcheck */
	{ { STARTING, STARTING }, "", -1, "healthcheck" },
	{ { STARTING, HEALTHY, HEALTHY }, "", 1, NULL },
	{ { HEALTHY, STARTING }, "", -1, "healthcheck" },
	{ { HEALTHY, UNHEALTHY }, "", -2, "its check says: no water" },
	/* what has done its work, and what has not */
	{ { RUNS, ENDED, ENDED }, "no", 2, NULL },
	{ { ENDED }, "", 0, NULL },
	{ { ENDED }, "always", -1, "started again" },
	{ { RUNS, ENDED, ENDED }, "on-failure", 2, NULL },
	{ { RUNS, FAILED }, "on-failure", -1, "started again" },
	{ { RUNS, FAILED }, "no", -2, "ended with status 7" },
	{ { RUNS, FAILED }, "always", -1, "started again" },
	{ { RUNS, DEAD }, "", -2, "ended" },
	{ { RUNS, PAUSED }, "", -1, "does not run" },
	/* started again: its time begins anew; over and over is enough */
	{ { RUNS, RESTARTS }, "always", -1, "does not run" },
	{ { RUNS, RUNS, RUNS_2 }, "always", 0, NULL },
	{ { RUNS, RUNS_2, RUNS_2, RUNS_2 }, "always", 2, NULL },
	{ { RUNS, RUNS_2, RUNS_3, RUNS_4 }, "always", -2, "3 times so far, with status 7" },
};

static json_t *container(const char *state, const char *policy)
{
	AUTO(freep)
	char *text = xasprintf("{'State': %s, 'HostConfig': {'RestartPolicy': {'Name': '%s'}}}",
			       state, policy);
	json_t *json = NULL;

	for (char *c = text; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	assert_int_equal(json_parse(span_of(text), "test", &json, NULL), 0);
	return json;
}

/* Its seconds, as of struct story; `text` is what there is to say. */
static int tell(const struct story *story, struct str *text)
{
	struct health_watch watch = { .has_looked = false };
	AUTO(err_release) struct err err = ERR_INIT;
	uint64_t now = 0;

	for (size_t i = 0; i < LOOKS_MAX && story->states[i]; i++) {
		json_auto_t *json = container(story->states[i], story->policy);
		int status = 0;

		now += 1000;
		status = health_watch_look(&watch, json, now, &err);
		if (status < 0) {
			assert_true(i + 1 == LOOKS_MAX || !story->states[i + 1]);
			assert_int_equal(err.kind, ERR_CHILD);
			str_add(text, err.message);
			return -2;
		}
	}
	str_add(text, watch.waiting_for ? watch.waiting_for : "");
	return watch.healthy_since ? (int)((now - watch.healthy_since) / 1000) : -1;
}

static void watching(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
		AUTO(str_release) struct str text = STR_INIT;

		print_message("story %zu\n", i);
		assert_int_equal(tell(&stories[i], &text), stories[i].seconds);
		if (stories[i].said)
			assert_non_null(strstr(text.ptr, stories[i].said));
		else
			assert_string_equal(text.ptr, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(watching) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
