#include "credential_helper.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/proc.h"

#define HELPER_TIMEOUT_MS 30000

/* What every helper says for "no such entry" (docker-credential-helpers, credentials/error.go). */
static bool says_not_found(const struct str *text)
{
	return strstr(text->ptr, "credentials not found in native keychain") != NULL;
}

static int parse_answer(const struct str *answer, const char *program, struct credentials *ret,
			struct err *err)
{
	json_auto_t *json = NULL;
	const char *username, *secret;

	if (json_parse(str_span(answer), program, &json, err) < 0)
		return -1;
	username = json_get_string(json, "Username");
	secret = json_get_string(json, "Secret");
	if (!username || !secret)
		return err_set(err, ERR_PROTOCOL, "the answer of '%s' lacks Username or Secret",
			       program);
	if (strcmp(username, "<token>") == 0) {
		ret->identity_token = xstrdup(secret);
	} else {
		ret->username = xstrdup(username);
		ret->password = xstrdup(secret);
	}
	ret->origin = xstrdup(program);
	return 0;
}

static int check_status(const char *program, int status, const struct str *out,
			const struct str *talk, struct err *err)
{
	const struct str *text = out->len > 0 ? out : talk;
	struct span line, rest = span_trim(str_span(text));

	if (status == 0)
		return 0;
	span_cut(&rest, '\n', &line);
	if (line.len == 0)
		return err_set(err, ERR_CHILD, "'%s' failed with status %d", program, status);
	return err_set(err, ERR_CHILD, "'%s' failed: %.*s", program, SPAN_FMT(line));
}

int credential_helper_get(const char *name, const char *server, const struct monitor *monitor,
			  struct credentials *ret, struct err *err)
{
	AUTO(freep) char *program = xasprintf("docker-credential-%s", name);
	AUTO(str_release) struct str out = STR_INIT;
	AUTO(str_release) struct str talk = STR_INIT;
	const char *const argv[] = { program, "get", NULL };
	const struct proc proc = { .argv = argv };
	struct proc_capture capture = {
		.input = server,
		.input_len = strlen(server),
		.output_limit = LIMIT_HELPER_OUTPUT,
		.timeout_ms = HELPER_TIMEOUT_MS,
		.monitor = monitor,
		.out = &out,
		.err_out = &talk,
	};
	int status = 0;

	/* The name becomes a program's: a path in it would run anything. */
	if (strchr(name, '/'))
		return err_set(err, ERR_INPUT, "'%s' is not the name of a credential helper", name);
	if (proc_run(&proc, &capture, &status, err) < 0)
		return -1;
	if (status != 0 && (says_not_found(&out) || says_not_found(&talk)))
		return 0;
	if (check_status(program, status, &out, &talk, err) < 0)
		return -1;
	return parse_answer(&out, program, ret, err);
}
