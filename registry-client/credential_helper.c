#include "credential_helper.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/proc.h"

#define PREFIX            "docker-credential-"
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

/* What a helper said to one verb. */
struct answer {
	struct str out, talk;
	int status;
};

#define ANSWER_INIT                                \
	{                                          \
		.out = STR_INIT, .talk = STR_INIT, \
	}

static void answer_release(struct answer *answer)
{
	explicit_bzero(answer->out.ptr, answer->out.len);
	str_release(&answer->out);
	str_release(&answer->talk);
}

static int run(const char *program, const char *verb, const char *input,
	       const struct monitor *monitor, struct answer *ret, struct err *err)
{
	const char *const argv[] = { program, verb, NULL };
	const struct proc proc = { .argv = argv };
	struct proc_capture capture = {
		.input = input,
		.input_len = strlen(input),
		.output_limit = LIMIT_HELPER_OUTPUT,
		.timeout_ms = HELPER_TIMEOUT_MS,
		.monitor = monitor,
		.out = &ret->out,
		.err_out = &ret->talk,
	};

	/* The name becomes a program's: a path in it would run anything. */
	if (strchr(program, '/'))
		return err_set(err, ERR_INPUT, "'%s' is not the name of a credential helper",
			       program + strlen(PREFIX));
	return proc_run(&proc, &capture, &ret->status, err);
}

int credential_helper_get(const char *name, const char *server, const struct monitor *monitor,
			  struct credentials *ret, struct err *err)
{
	AUTO(freep) char *program = xasprintf(PREFIX "%s", name);
	AUTO(answer_release) struct answer answer = ANSWER_INIT;

	if (run(program, "get", server, monitor, &answer, err) < 0)
		return -1;
	if (answer.status != 0 && (says_not_found(&answer.out) || says_not_found(&answer.talk)))
		return 0;
	if (check_status(program, answer.status, &answer.out, &answer.talk, err) < 0)
		return -1;
	return parse_answer(&answer.out, program, ret, err);
}

int credential_helper_store(const char *name, const char *server, const char *username,
			    const char *secret, const struct monitor *monitor, struct err *err)
{
	AUTO(freep) char *program = xasprintf(PREFIX "%s", name);
	AUTO(answer_release) struct answer answer = ANSWER_INIT;
	AUTO(str_release) struct str input = STR_INIT;
	json_auto_t *json = json_object();
	int result;

	json_set_string(json, "ServerURL", server);
	json_set_string(json, "Username", username);
	json_set_string(json, "Secret", secret);
	json_write(json, &input);
	result = run(program, "store", input.ptr, monitor, &answer, err);
	explicit_bzero(input.ptr, input.len);
	if (result < 0)
		return -1;
	return check_status(program, answer.status, &answer.out, &answer.talk, err);
}

int credential_helper_erase(const char *name, const char *server, const struct monitor *monitor,
			    struct err *err)
{
	AUTO(freep) char *program = xasprintf(PREFIX "%s", name);
	AUTO(answer_release) struct answer answer = ANSWER_INIT;

	if (run(program, "erase", server, monitor, &answer, err) < 0)
		return -1;
	return check_status(program, answer.status, &answer.out, &answer.talk, err);
}
