#include "question.h"

#include <errno.h>
#include <unistd.h>

#include "base/fd.h"

#define ANSWER_MAX ((size_t)4096) /* what a terminal gives in one line */

bool question_can_be_asked(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* False at the end of the input. */
static int read_answer(struct str *ret, bool *ret_ended, struct err *err)
{
	char c = 0;

	*ret_ended = false;
	while (c != '\n' && ret->len < ANSWER_MAX) {
		ssize_t got = read(STDIN_FILENO, &c, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, "read from the terminal");
		*ret_ended = got == 0;
		if (got == 0)
			return 0;
		str_addc(ret, c);
	}
	return 0;
}

static int ask_once(const char *prompt, struct str *ret, struct err *err)
{
	AUTO(str_release) struct str line = STR_INIT;
	struct span answer;
	bool has_ended;

	if (fd_write_all(STDERR_FILENO, prompt, strlen(prompt), "the terminal", err) < 0 ||
	    read_answer(&line, &has_ended, err) < 0)
		return -1;
	if (has_ended)
		return err_set(err, ERR_CANCELLED, "the questions were not answered");
	answer = span_trim(str_span(&line));
	str_clear(ret);
	str_addn(ret, answer.ptr, answer.len);
	return 0;
}

int question_ask(const char *text, const char *fallback, struct str *ret, struct err *err)
{
	AUTO(str_release) struct str prompt = STR_INIT;

	str_add(&prompt, text);
	if (fallback && *fallback)
		str_addf(&prompt, " [%s]", fallback);
	str_add(&prompt, ": ");
	do {
		if (ask_once(prompt.ptr, ret, err) < 0)
			return -1;
	} while (ret->len == 0 && !fallback);
	if (ret->len == 0)
		str_add(ret, fallback);
	return 0;
}
