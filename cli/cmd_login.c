#include "app.h"
#include "command.h"
#include "password.h"
#include "registry_option.h"
#include "report.h"
#include "session.h"

#include <string.h>

#include "registry/login.h"

struct login_args {
	struct strvec words;
	const char *username;
	bool password_stdin, insecure, verbose;
};

static int find_host(const struct login_args *args, char **ret, struct err *err)
{
	return login_host_parse(args->words.len > 0 ? args->words.items[0] : "docker.io", ret, err);
}

static int find_username(const struct login_args *args, const char *host, struct str *ret,
			 struct err *err)
{
	AUTO(freep) char *prompt = xasprintf("User name for %s: ", host);

	if (args->username) {
		str_add(ret, args->username);
	} else if (args->password_stdin) {
		return err_set(err, ERR_USAGE, "--password-stdin needs --username");
	} else if (password_ask_name(prompt, ret, err) < 0) {
		return -1;
	}
	/* it ends there in what is sent (RFC 7617 section 2) */
	if (ret->len == 0 || strchr(ret->ptr, ':'))
		return err_set(err, ERR_USAGE, "'%s' is no user name", ret->ptr);
	return 0;
}

static int find_password(const struct login_args *args, const struct str *username, struct str *ret,
			 struct err *err)
{
	AUTO(freep) char *prompt = xasprintf("Password of %s: ", username->ptr);

	if (args->password_stdin)
		return password_read_stdin(ret, err);
	if (password_ask(prompt, ret, err) < 0)
		return -1;
	return ret->len > 0 ? 0 : err_set(err, ERR_USAGE, "the password is empty");
}

static void report(const struct login_request *request, enum login_check check, const char *place)
{
	AUTO(freep) char *line = NULL;

	if (check == LOGIN_ACCEPTED)
		line = xasprintf("logged in at %s as %s; kept in %s", request->host,
				 request->username, place);
	else
		line = xasprintf("%s answers without a login, so the password could not be tried; "
				 "kept in %s",
				 request->host, place);
	report_line(line);
}

static int log_in(struct session *session, const struct login_request *request, struct err *err)
{
	enum login_check check = LOGIN_NOT_ASKED_FOR;
	AUTO(freep) char *place = NULL, *identity = NULL;
	int status;

	if (registry_check_login(session->registry, request, &check, &identity, err) < 0)
		return -1;
	status = credentials_save(request, identity, &session->monitor, &place, err);
	if (identity)
		explicit_bzero(identity, strlen(identity));
	if (status == 0)
		report(request, check, place);
	return status;
}

static int login_run(struct app *app, const void *args_data, struct err *err)
{
	const struct login_args *args = args_data;
	const struct session_options options = {
		.title = "Logging in",
		.progress = PROGRESS_MESSAGES,
		.insecure = args->insecure,
		.verbose = args->verbose,
		.without_store = true,
	};
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(freep) char *host = NULL;
	AUTO(str_release) struct str username = STR_INIT;
	AUTO(password_wipe) struct str password = STR_INIT;
	int status;

	if (find_host(args, &host, err) < 0 || find_username(args, host, &username, err) < 0 ||
	    find_password(args, &username, &password, err) < 0 ||
	    session_open(&options, &session, err) < 0)
		return -1;
	status = log_in(&session,
			&(struct login_request){
				.host = host, .username = username.ptr, .password = password.ptr },
			err);
	return session_finish(&session, app, status, err);
}

static const struct cli_option login_options[] = {
	OPTION_OPERANDS(struct login_args, words, "REGISTRY", VALUE_TEXT, 0, 1),
	OPTION_STRING(struct login_args, username, 'u', "username", "NAME", VALUE_TEXT,
		      "User name; asked for without it"),
	OPTION_FLAG(struct login_args, password_stdin, 0, "password-stdin",
		    "Read the password from the standard input instead of asking for it"),
	OPTION_SWITCH(struct login_args, insecure, 0, "insecure",
		      "Allow plain HTTP, and certificates that cannot be verified"),
	OPTION_FLAG(struct login_args, verbose, 0, "verbose",
		    "Show requests to the registry and its answers, secrets masked"),
	OPTION_END,
};

static const struct cli_example login_examples[] = {
	{ "In a script:",
	  "edgectl login --username ci --password-stdin registry.example.com <token.txt" },
	{ NULL, NULL },
};

const struct cli_command cmd_login = {
	.name = "login",
	.group = GROUP_IMAGE,
	.summary = "Log in to a registry",
	.details =
		"Tries the credentials, and keeps them where docker does: with the credential "
		"helper that ~/.docker/config.json names (credHelpers, credsStore), else in that "
		"file. Where $REGISTRY_AUTH_FILE is set, it is that file; $DOCKER_CONFIG is "
		"respected. A registry that gives an identity token has it kept in place of the "
		"password.\n\n"
		"The password is asked for at the terminal. There is no option for it: other users "
		"could see it in the list of processes. Without REGISTRY, it is Docker Hub.",
	.options = login_options,
	.args_size = sizeof(struct login_args),
	.examples = login_examples,
	.run = login_run,
};
