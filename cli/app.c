#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/alloc.h"
#include "command.h"
#include "exit_code.h"
#include "help.h"
#include "report.h"
#include "setting.h"
#include "terminal.h"
#include "version.h"

static void do_nothing(int signal_number)
{
	(void)signal_number;
}

/*
 * A broken pipe or connection is an error of the call that writes, with a message. A handler rather
 * than SIG_IGN, which the programs of RUN steps would inherit.
 */
static void disarm_sigpipe(void)
{
	struct sigaction action = { .sa_handler = do_nothing };

	(void)sigaction(SIGPIPE, &action, NULL); /* cannot fail for this signal */
}

/*
 * A caller may have closed some of them (`edgectl build 2>&-`). The next file that is opened would
 * take the number, and messages would be written into it.
 */
static int fill_standard_fds(struct err *err)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* The lowest free number is taken, and those below are in use. */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return err_errno(err, "open '/dev/null'");
	}
	return 0;
}

static void NORETURN die_of_sigpipe(void)
{
	(void)signal(SIGPIPE, SIG_DFL);
	(void)raise(SIGPIPE);
	_exit(EXIT_CODE_FAILED);
}

int app_print(const struct str *text, struct err *err)
{
	for (size_t done = 0; done < text->len;) {
		ssize_t len = write(STDOUT_FILENO, text->ptr + done, text->len - done);

		if (len >= 0)
			done += (size_t)len;
		else if (errno == EPIPE)
			die_of_sigpipe();
		else if (errno != EINTR)
			return err_errno(err, "write to the standard output");
	}
	return 0;
}

static void warn_of_skipped(const struct config *config)
{
	const char *path = config_skipped_file(config);
	AUTO(freep)
	char *text = xasprintf("'%s' belongs to somebody else than this directory, ignoring",
			       path ? path : "");
	AUTO(str_release) struct str line = STR_INIT;

	if (!path)
		return;
	report_format_warning(text, NULL, terminal_has_colour(STDERR_FILENO), &line);
	(void)!write(STDERR_FILENO, line.ptr, line.len);
}

int app_config(struct app *app, struct config **ret, struct err *err)
{
	if (!app->config) {
		if (config_load(&app->config, err) < 0)
			return -1;
		warn_of_skipped(app->config);
	}
	*ret = app->config;
	return 0;
}

static int print_help(const struct cli_command *command, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (command)
		help_command(command, &text);
	else
		help_overview(&text);
	return app_print(&text, err);
}

static int print_topic(const struct cli_topic *topic, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	help_topic(topic, &text);
	return app_print(&text, err);
}

/* The first word alone, or with --help, is a question what there is. */
static const struct cli_topic *topic_asked_for(char *const *words)
{
	bool is_question = !words[1] || str_eq(words[1], "--help") || str_eq(words[1], "-h");

	return is_question ? topic_find(words[0]) : NULL;
}

static int run_command(struct app *app, const struct cli_command *command, char **words,
		       struct err *err)
{
	AUTO(freep) char *name = xasprintf("edgectl %s", command->name);
	AUTO(freep) void *args = xcalloc(1, command->args_size);
	struct option_parser parser = { .options = command->options,
					.args = args,
					.command = name };
	struct setting_finder finder = { .app = app, .command = command };
	int status;

	if (!command->ignores_config)
		setting_finder_attach(&finder, &parser);
	status = options_parse(&parser, words, err);
	if (status == 0 && !parser.help_wanted && !command->ignores_config)
		status = settings_export(app, err);
	if (status == 0 && parser.help_wanted)
		status = print_help(command, err);
	else if (status == 0)
		status = command->run(app, args, err);
	options_release(command->options, args);
	return status;
}

static int run(struct app *app, char **words, struct err *err)
{
	struct global_args global = { .version = false };
	struct option_parser parser = { .options = global_options,
					.args = &global,
					.command = "edgectl",
					.stop_at_operand = true };
	const struct cli_command *command = NULL;
	const struct cli_topic *topic = NULL;
	size_t count = 0;

	if (options_parse(&parser, words, err) < 0)
		return -1;
	if (parser.help_wanted)
		return print_help(NULL, err);
	if (global.version)
		return version_print(err);
	if (!parser.rest[0])
		return print_help(NULL, err);
	topic = topic_asked_for(parser.rest);
	if (topic)
		return print_topic(topic, err);
	if (command_require(parser.rest, &command, &count, err) < 0)
		return -1;
	return run_command(app, command, parser.rest + count, err);
}

/* Somebody had read enough, as `head` has: that is no mishap to report. */
static bool is_output_unwanted(const struct err *err)
{
	struct pollfd output = { .fd = STDOUT_FILENO };

	return err->errnum == EPIPE && poll(&output, 1, 0) == 1 && (output.revents & POLLERR);
}

static enum exit_code exit_code_of(const struct err *err)
{
	if (err->kind == ERR_USAGE)
		return EXIT_CODE_USAGE;
	return err->kind == ERR_CANCELLED ? EXIT_CODE_INTERRUPTED : EXIT_CODE_FAILED;
}

int app_main(int argc, char **argv)
{
	AUTO(err_release) struct err err = ERR_INIT;
	struct app app = { .error_is_shown = false };
	int status = 0;

	disarm_sigpipe();
	status = fill_standard_fds(&err);
	if (status == 0)
		status = run(&app, argv + (argc > 0), &err);
	config_free(app.config);
	if (status >= 0)
		return status;
	if (is_output_unwanted(&err))
		die_of_sigpipe();
	if (!app.error_is_shown)
		report_error(&err);
	return (int)exit_code_of(&err);
}
