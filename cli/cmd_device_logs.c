#include "app.h"
#include "command.h"
#include "device_option.h"

#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "device/container.h"
#include "device/stream.h"

#define RECONNECT_PAUSE_MS 1000

struct logs_args {
	bool follow, timestamps;
	const char *tail, *since;
	struct strvec words; /* DEVICE CONTAINER */
};

/* Where the log stands: the time before each line tells from where to go on after a broken connection. */
struct position {
	bool timestamps; /* are shown */
	bool has_terminal;
	struct str stamp;   /* of the last line */
	struct str line[2]; /* begun, by stream */
};

static void position_release(struct position *position)
{
	str_release(&position->stamp);
	str_release(&position->line[0]);
	str_release(&position->line[1]);
}

/* "2026-11-21T01:02:03.000000001Z text". After a reconnection, the last line comes once more. */
static int show_line(struct position *position, int stream, struct err *err)
{
	struct str *line = &position->line[stream - 1];
	struct span text = str_span(line), stamp;
	bool is_known = false;

	(void)span_cut(&text, ' ', &stamp);
	is_known = position->stamp.len == stamp.len &&
		   memcmp(position->stamp.ptr, stamp.ptr, stamp.len) >= 0;
	if (!is_known) {
		str_clear(&position->stamp);
		str_addn(&position->stamp, stamp.ptr, stamp.len);
		if (position->timestamps)
			text = str_span(line);
		if (fd_write_all(stream == 2 ? STDERR_FILENO : STDOUT_FILENO, text.ptr, text.len,
				 "the output", err) < 0)
			return -1;
	}
	str_clear(line);
	return 0;
}

static int take(void *data, int stream, const char *text, size_t len, struct err *err)
{
	struct position *position = data;

	for (size_t i = 0; i < len; i++) {
		str_addc(&position->line[stream - 1], text[i]);
		if (text[i] == '\n' && show_line(position, stream, err) < 0)
			return -1;
	}
	return 0;
}

/* A container's name, or that of its service. */
static int find_container(struct engine *engine, const char *word, char **ret, bool *ret_terminal,
			  struct err *err)
{
	AUTO(freep) char *label = xasprintf("com.docker.compose.service=%s", word);
	AUTO(containers_release) struct containers found = { .items = NULL };
	json_t *json = NULL;

	if (containers_list(engine, label, true, &found, err) < 0)
		return -1;
	*ret = xstrdup(found.len > 0 ? found.items[0].id : word);
	if (container_inspect(engine, *ret, &json, err) < 0) {
		if (err && err->kind == ERR_NOT_FOUND)
			return err_hint(err, "see 'edgectl device ps --all'");
		return -1;
	}
	*ret_terminal = json_is_true(json_object_get(json_get_object(json, "Config"), "Tty"));
	json_decref(json);
	return 0;
}

static int read_log(struct engine *engine, const char *id, const struct logs_args *args,
		    struct position *position, struct err *err)
{
	const struct stream_sink sink = { .write = take, .data = position };
	bool goes_on = position->stamp.len > 0;
	struct log_options options = {
		.follow = args->follow,
		.timestamps = true,
		.since = goes_on ? position->stamp.ptr : args->since,
		.tail = goes_on ? NULL : args->tail,
		.has_terminal = position->has_terminal,
	};

	return container_logs(engine, id, &options, &sink, err);
}

/* Waits for the board to come back; false when the user stopped us meanwhile. */
static bool reconnect(struct board_session *board, struct err *err)
{
	while (!monitor_is_cancelled(&board->monitor)) {
		(void)usleep(RECONNECT_PAUSE_MS * 1000);
		err_clear(err);
		if (engine_reconnect(board->engine, err) == 0)
			return true;
	}
	return false;
}

static int follow(struct board_session *board, const char *id, const struct logs_args *args,
		  struct position *position, struct err *err)
{
	while (read_log(board->engine, id, args, position, err) < 0) {
		if (!args->follow || !err || err->kind != ERR_NETWORK)
			return -1;
		str_clear(&position->line[0]);
		str_clear(&position->line[1]);
		if (!reconnect(board, err))
			return monitor_check(&board->monitor, err);
	}
	return 0;
}

static int logs_run(struct app *app, const void *args_data, struct err *err)
{
	const struct logs_args *args = args_data;
	AUTO(board_session_release) struct board_session board = BOARD_SESSION_INIT;
	AUTO(freep) char *id = NULL;
	AUTO(position_release)
	struct position position = { .timestamps = args->timestamps,
				     .stamp = STR_INIT,
				     .line = { STR_INIT, STR_INIT } };

	(void)app;
	if (board_session_open(args->words.items[0], &board, err) < 0 ||
	    find_container(board.engine, args->words.items[1], &id, &position.has_terminal, err) <
		    0)
		return -1;
	return follow(&board, id, args, &position, err);
}

static const struct cli_option logs_options[] = {
	OPTION_OPERANDS(struct logs_args, words, "DEVICE CONTAINER", VALUE_DEVICE, 2, 2),
	OPTION_FLAG(struct logs_args, follow, 'f', "follow",
		    "Go on with what it prints, also after the connection was lost"),
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
	.details = "CONTAINER is its name or id, or the name of its service.",
	.options = logs_options,
	.args_size = sizeof(struct logs_args),
	.examples = logs_examples,
	.run = logs_run,
};
