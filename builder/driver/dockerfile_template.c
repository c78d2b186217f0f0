#include "dockerfile_template.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/vec.h"
#include "builder/board.h"

#define MARK "%%"

struct expansion {
	const struct strmap *values;
	struct diags diags;
	struct str *out;
	unsigned line;
};

/* The name between two marks, of which the first begins at `at`; its length, 0 = there is none. */
static size_t name_len(struct span line, size_t at)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t start = at + strlen(MARK), len = 0;

	while (start + len < line.len && line.ptr[start + len] &&
	       (strchr(first, line.ptr[start + len]) || (len > 0 && line.ptr[start + len] == '_')))
		len++;
	if (len < 2 || start + len + strlen(MARK) > line.len ||
	    memcmp(line.ptr + start + len, MARK, strlen(MARK)) != 0)
		return 0;
	return len;
}

static void report_unknown(struct expansion *expansion, const char *name, size_t at)
{
	AUTO(strvec_release) struct strvec known = STRVEC_INIT;
	const char *near;
	struct diag *diag = diags_add(&expansion->diags, DIAG_ERROR, expansion->line,
				      (unsigned)at + 1, (unsigned)(strlen(name) + 2 * strlen(MARK)),
				      "unknown template variable '%s'", name);

	for (size_t i = 0; i < expansion->values->len; i++)
		strvec_add(&known, expansion->values->items[i].key);
	near = suggest(name, (const char *const *)strvec_argv(&known));
	diag->hint = near ? xasprintf("did you mean '%s'?", near) : NULL;
}

static void expand_line(struct expansion *expansion, struct span line)
{
	size_t done = 0;

	for (size_t at = 0; at + strlen(MARK) < line.len; at++) {
		size_t len =
			memcmp(line.ptr + at, MARK, strlen(MARK)) == 0 ? name_len(line, at) : 0;
		AUTO(freep) char *name = NULL;
		const char *value;

		if (len == 0)
			continue;
		name = xstrndup(line.ptr + at + strlen(MARK), len);
		value = strmap_get(expansion->values, name);
		if (!value)
			report_unknown(expansion, name, at);
		str_addn(expansion->out, line.ptr + done, at - done);
		str_add(expansion->out, value ? value : "");
		done = at + len + 2 * strlen(MARK);
		at = done - 1;
	}
	str_addn(expansion->out, line.ptr + done, line.len - done);
}

int dockerfile_template_expand(struct span text, const char *name, const struct strmap *values,
			       struct str *ret, struct err *err)
{
	struct expansion expansion = { .values = values, .out = ret };
	struct span line;
	int result;

	diags_init(&expansion.diags, name, text);
	while (text.len > 0) {
		bool ended = span_cut(&text, '\n', &line);

		expansion.line++;
		if (line.len > 0 && *line.ptr == '#')
			str_addn(ret, line.ptr, line.len);
		else
			expand_line(&expansion, line);
		if (ended)
			str_addc(ret, '\n');
	}
	result = diags_check(&expansion.diags, err);
	diags_release(&expansion.diags);
	return result;
}

/* --- what they are for balena --- */

static void set_both(struct strmap *values, const char *name, const char *value)
{
	static const char *const prefixes[] = { "BALENA_", "RESIN_" };

	for (size_t i = 0; value && i < ARRAY_SIZE(prefixes); i++) {
		AUTO(freep) char *key = xasprintf("%s%s", prefixes[i], name);

		strmap_set(values, key, value);
	}
}

void build_board_template_values(const struct build_board *board, struct strmap *ret)
{
	set_both(ret, "ARCH", board->arch);
	set_both(ret, "MACHINE_NAME", board->slug);
	set_both(ret, "SERVICE_NAME", board->service ? board->service : "main");
	set_both(ret, "APP_NAME", board->app);
	set_both(ret, "RELEASE_HASH", board->release ? board->release : "unavailable");
}
