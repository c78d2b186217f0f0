#include "app.h"
#include "command.h"
#include "container_name.h"
#include "device_option.h"
#include "terminal.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "device/exec.h"

struct exec_args {
	bool interactive, terminal, privileged;
	const char *user, *workdir;
	struct strvec env;
	struct strvec words; /* DEVICE CONTAINER COMMAND... */
};

static int resized_fd = -1;

static void on_resize(int number)
{
	(void)number;
	(void)!write(resized_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
}

static int watch_size(struct err *err)
{
	const struct sigaction action = { .sa_handler = on_resize, .sa_flags = SA_RESTART };

	resized_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (resized_fd < 0 || sigaction(SIGWINCH, &action, NULL) < 0)
		return err_errno(err, "watch the terminal's size");
	return 0;
}

static void size_of_terminal(void *data, unsigned *ret_rows, unsigned *ret_columns)
{
	(void)data;
	terminal_size(STDOUT_FILENO, ret_rows, ret_columns);
}

/* Every key goes to the program on the board, Ctrl-C too. */
static int make_raw(struct termios *ret_before, struct err *err)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, ret_before) < 0) {
		(void)err_set(err, ERR_USAGE, "the standard input is not a terminal");
		return err_hint(err, "leave --tty out");
	}
	raw = *ret_before;
	cfmakeraw(&raw);
	return tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0 ? err_errno(err, "set the terminal up")
							  : 0;
}

static int interact(const struct exec_args *args, struct engine *engine, const char *container,
		    const struct exec_request *request, int *ret_status, struct err *err)
{
	struct exec_terminal streams = { .input_fd = STDIN_FILENO,
					 .output_fd = STDOUT_FILENO,
					 .error_fd = STDERR_FILENO,
					 .resized_fd = -1 };
	struct termios before;
	int status = 0;

	if (!args->terminal)
		return exec_interact(engine, container, request, &streams, ret_status, err);
	if (watch_size(err) < 0 || make_raw(&before, err) < 0)
		return -1;
	streams.resized_fd = resized_fd;
	streams.size = size_of_terminal;
	status = exec_interact(engine, container, request, &streams, ret_status, err);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	/* The program's prompt may stand there. */
	if (status < 0)
		(void)!write(STDERR_FILENO, "\n", 1);
	return status;
}

static int exec_command_run(struct app *app, const void *args_data, struct err *err)
{
	const struct exec_args *args = args_data;
	AUTO(board_session_release) struct board_session board = BOARD_SESSION_INIT;
	/* The words behind DEVICE and CONTAINER; borrowed. */
	const struct strvec argv = { .items = args->words.items + 2, .len = args->words.len - 2 };
	const struct exec_request request = {
		.argv = &argv,
		.env = &args->env,
		.cwd = args->workdir,
		.user = args->user,
		.privileged = args->privileged,
		.terminal = args->terminal,
		.takes_input = args->interactive,
	};
	json_auto_t *container = NULL;
	int status = 0;

	(void)app;
	if (board_session_open(args->words.items[0], &board, err) < 0 ||
	    container_name_resolve(board.engine, args->words.items[1], true, &container, err) < 0 ||
	    interact(args, board.engine, container_name_of(container), &request, &status, err) < 0)
		return -1;
	return status;
}

static const struct cli_option exec_options[] = {
	OPTION_OPERANDS(struct exec_args, words, "DEVICE CONTAINER COMMAND", VALUE_DEVICE, 3, 0,
			.command_at = 3, .kind_count = 1, .kind_behind = VALUE_SERVICE),
	OPTION_FLAG(struct exec_args, interactive, 'i', "interactive",
		    "Give it our standard input"),
	OPTION_FLAG(struct exec_args, terminal, 't', "tty", "Give it a terminal of its own"),
	OPTION_STRING(struct exec_args, user, 'u', "user", "USER[:GROUP]", VALUE_TEXT,
		      "Run it as this user, instead of the container's"),
	OPTION_STRING(struct exec_args, workdir, 'w', "workdir", "DIR", VALUE_TEXT,
		      "Run it in this directory of the container"),
	OPTION_LIST(struct exec_args, env, 'e', "env", "NAME=VALUE", VALUE_TEXT,
		    "A variable of its environment"),
	OPTION_FLAG(struct exec_args, privileged, 0, "privileged", "With all capabilities"),
	OPTION_END,
};

static const struct cli_example exec_examples[] = {
	{ "A shell in a container:", "edgectl device exec -it pi.local app sh" },
	{ "One command, whose exit status becomes ours:",
	  "edgectl device exec pi.local app cat /etc/os-release" },
	{ .text = NULL },
};

const struct cli_command cmd_device_exec = {
	.name = "device exec",
	.group = GROUP_DEVICE,
	.summary = "Run a command in a container of a board",
	.details =
		"CONTAINER is its name or id, or the name of its service where one project alone "
		"has such a service running. Options stand before DEVICE; everything behind "
		"CONTAINER belongs to the command. The exit status is the command's.",
	.options = exec_options,
	.args_size = sizeof(struct exec_args),
	.examples = exec_examples,
	.run = exec_command_run,
};
