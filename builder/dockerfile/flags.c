#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "reading.h"

static struct flag *find(struct flag *flags, size_t count, struct span name)
{
	for (size_t i = 0; i < count; i++)
		if (span_eq(name, flags[i].name))
			return &flags[i];
	return NULL;
}

static void fail_unknown(const struct instruction_reading *in, struct word word, struct span name,
			 const struct flag *flags, size_t count)
{
	AUTO(freep) char *text = span_dup(name);
	AUTO(strvec_release) struct strvec candidates = STRVEC_INIT;
	const char *nearest = NULL;
	char *hint = NULL;

	for (size_t i = 0; i < count; i++)
		strvec_add(&candidates, flags[i].name);
	nearest = suggest(text, (const char *const *)strvec_argv(&candidates));
	if (nearest)
		hint = xasprintf("did you mean '--%s'?", nearest);
	else if (count) {
		AUTO(freep) char *known = strvec_join(&candidates, ", --");

		hint = xasprintf("%s has --%s", in->node->name.text, known);
	}
	if (!hint)
		hint = xasprintf("%s has no flags", in->node->name.text);
	problem(in, word, hint, "unknown flag '--%s'", text);
}

/* Where the value stands; the whole flag when there is none. */
static struct word value_of(const struct instruction_reading *in, struct word word,
			    const char *equals)
{
	if (!equals)
		return word;
	return word_part(in->arena, word, (size_t)(equals + 1 - word.text), strlen(equals + 1));
}

static bool check_bool(const struct instruction_reading *in, const struct flag *flag,
		       bool has_value, struct word *value)
{
	if (!has_value) {
		value->text = "true";
		return true;
	}
	if (strcasecmp(value->text, "true") == 0 || strcasecmp(value->text, "false") == 0)
		return true;
	problem(in, *value,
		xasprintf("write --%s, --%s=true or --%s=false", flag->name, flag->name,
			  flag->name),
		"the flag '--%s' wants true or false, not '%s'", flag->name, value->text);
	return false;
}

static bool check_string(const struct instruction_reading *in, const struct flag *flag,
			 bool has_value, struct word word)
{
	if (has_value)
		return true;
	problem(in, word, xasprintf("write --%s=VALUE, with no blank around the '='", flag->name),
		"the flag '--%s' has no value", flag->name);
	return false;
}

static void read_flag(const struct instruction_reading *in, struct word word, struct flag *flags,
		      size_t count)
{
	const char *equals = strchr(word.text, '=');
	struct span name = span_of(word.text + 2);
	struct word value = value_of(in, word, equals);
	struct flag *flag = NULL;

	if (equals)
		name.len = (size_t)(equals - name.ptr);
	flag = find(flags, count, name);
	if (!flag) {
		fail_unknown(in, word, name, flags, count);
		return;
	}
	if (flag->type != FLAG_STRINGS && flag->values.len) {
		problem(in, word, xstrdup("remove one of them"), "the flag '--%s' is given twice",
			flag->name);
		return;
	}
	if (flag->type == FLAG_BOOL ? check_bool(in, flag, equals, &value)
				    : check_string(in, flag, equals, word))
		*ARENA_ADD(in->arena, &flag->values) = value;
}

void flags_read(const struct instruction_reading *in, struct flag *flags, size_t count)
{
	VEC_FOREACH(word, &in->node->flags)
		read_flag(in, *word, flags, count);
}

struct word flag_value(const struct flag *flag)
{
	if (!flag->values.len)
		return (struct word){ .text = NULL };
	return flag->values.items[flag->values.len - 1];
}

bool flag_is_true(const struct flag *flag)
{
	const char *value = flag_value(flag).text;

	return value && strcasecmp(value, "true") == 0;
}
