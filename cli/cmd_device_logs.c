#include "app.h"
#include "command.h"
#include "container_name.h"
#include "device_option.h"
#include "report.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "device/container.h"
#include "device/log_position.h"
#include "device/stream.h"

#define RECONNECT_PAUSE_MS 1000
#define RESTART_PAUSE_MS   400
#define RESTART_LOOKS      6

struct logs_args {
	bool follow, timestamps;
	const char *tail, *since;
	struct strvec words; /* DEVICE CONTAINER */
};

static int show_line(void *data, int stream, struct span stamp, struct span text, struct err *err)
{
	const struct logs_args *args = data;
	AUTO(str_release) struct str line = STR_INIT;

	if (args->timestamps)
		str_addf(&line, "%.*s ", SPAN_FMT(stamp));
	str_addn(&line, text.ptr, text.len);
	return fd_write_all(stream == 2 ? STDERR_FILENO : STDOUT_FILENO, line.ptr, line.len,
			    "the output", err);
}

static int find_container(struct engine *engine, const char *word, char **ret, bool *ret_terminal,
			  struct err *err)
{
	json_auto_t *json = NULL;

	if (container_name_resolve(engine, word, false, &json, err) < 0)
		return -1;
	*ret = xstrdup(json_get_string(json, "Id") ?: word);
	*ret_terminal = json_is_true(json_object_get(json_get_object(json, "Config"), "Tty"));
	return 0;
}

/* A container and what is wanted of its log. */
struct log_read {
	char *id;
	bool has_terminal;
	const struct logs_args *args;
	struct log_position position;
};

static void log_read_release(struct log_read *log)
{
	free(log->id);
	log_position_release(&log->position);
}

static int read_on(struct engine *engine, struct log_read *log, struct err *err)
{
	const struct stream_sink sink = { .write = log_position_take, .data = &log->position };
	AUTO(freep) char *since = log_position_resume(&log->position);
	struct log_options options = {
		.follow = log->args->follow,
		.timestamps = true,
		.since = since ?: log->args->since,
		.tail = since ? NULL : log->args->tail,
		.has_terminal = log->has_terminal,
	};

	if (container_logs(engine, log->id, &options, &sink, err) < 0)
		return -1;
	return log_position_end(&log->position, err);
}

/* Waits for the board to come back; false when the user stopped us meanwhile. */
static bool reconnect(struct board_session *board, struct err *err)
{
	AUTO(freep) char *lost = xasprintf("%s; waiting for it", err->message);
	AUTO(freep) char *back = xasprintf("board '%s' is back", engine_name(board->engine));

	report_line(lost);
	while (!monitor_is_cancelled(&board->monitor)) {
		(void)usleep(RECONNECT_PAUSE_MS * 1000);
		err_clear(err);
		if (engine_reconnect(board->engine, err) < 0)
			continue;
		report_line(back);
		return true;
	}
	return false;
}

/* A container that is started again is stopped for a moment; and a board that is switched off stops its containers first. */
static int look_whether_it_runs(struct board_session *board, const struct log_read *log, bool *ret,
				struct err *err)
{
	*ret = false;
	for (unsigned i = 0; i < RESTART_LOOKS && !*ret; i++) {
		json_auto_t *container = NULL;
		const char *status = NULL;

		if (i > 0)
			(void)usleep(RESTART_PAUSE_MS * 1000);
		if (monitor_check(&board->monitor, err) < 0 ||
		    container_inspect(board->engine, log->id, &container, err) < 0)
			return -1;
		status = json_get_string(json_get_object(container, "State"), "Status");
		*ret = str_eq(status, "running") || str_eq(status, "restarting");
	}
	return 0;
}

static int read_and_look(struct board_session *board, struct log_read *log, bool *ret_goes_on,
			 struct err *err)
{
	*ret_goes_on = false;
	if (read_on(board->engine, log, err) < 0)
		return -1;
	if (!log->args->follow || look_whether_it_runs(board, log, ret_goes_on, err) == 0)
		return 0;
	/* It was removed. */
	if (!err || err->kind != ERR_NOT_FOUND)
		return -1;
	err_clear(err);
	return 0;
}

static int follow(struct board_session *board, struct log_read *log, struct err *err)
{
	bool goes_on = true;

	while (goes_on) {
		if (read_and_look(board, log, &goes_on, err) == 0)
			continue;
		if (!log->args->follow || !err || err->kind != ERR_NETWORK)
			return -1;
		if (!reconnect(board, err))
			return monitor_check(&board->monitor, err);
		goes_on = true;
	}
	return 0;
}

static int logs_run(struct app *app, const void *args_data, struct err *err)
{
	const struct logs_args *args = args_data;
	AUTO(board_session_release) struct board_session board = BOARD_SESSION_INIT;
	AUTO(log_read_release) struct log_read log = { .args = args };

	(void)app;
	log_position_init(&log.position, show_line, (void *)args);
	if (board_session_open(args->words.items[0], &board, err) < 0 ||
	    find_container(board.engine, args->words.items[1], &log.id, &log.has_terminal, err) < 0)
		return -1;
	return follow(&board, &log, err);
}

static const struct cli_option logs_options[] = {
	OPTION_OPERANDS(struct logs_args, words, "DEVICE CONTAINER", VALUE_DEVICE, 2, 2,
			.kind_count = 1, .kind_behind = VALUE_SERVICE),
	OPTION_FLAG(struct logs_args, follow, 'f', "follow",
		    "Go on with what it prints, also after a restart or a lost connection"),
	OPTION_STRING(struct logs_args, tail, 'n', "tail", "LINES", VALUE_TEXT,
		      "Begin with so many of the last lines, or all", .fallback = "all"),
	OPTION_STRING(struct logs_args, since, 0, "since", "TIME", VALUE_TEXT,
		      "Begin at a time: 2026-01-31T15:00:00Z, or seconds since 1970"),
	OPTION_FLAG(struct logs_args, timestamps, 't', "timestamps", "The time before every line"),
	OPTION_END,
};

static const struct cli_example logs_examples[] = {
	{ "The last ten lines, and what comes:", "edgectl device logs -f -n 10 pi.local app" },
	{ .text = NULL },
};

const struct cli_command cmd_device_logs = {
	.name = "device logs",
	.group = GROUP_DEVICE,
	.summary = "Show what a container of a board prints",
	.details =
		"CONTAINER is its name or id, or the name of its service where one project alone "
		"has such a service.",
	.options = logs_options,
	.args_size = sizeof(struct logs_args),
	.examples = logs_examples,
	.run = logs_run,
};
