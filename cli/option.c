#include "option.h"

#include <string.h>

#include "base/diag.h"
#include "base/str.h"

bool option_is_named(const struct cli_option *option)
{
	return option->type != OPTION_TYPE_HEADING && option->type != OPTION_TYPE_OPERANDS;
}

bool option_takes_value(const struct cli_option *option)
{
	switch (option->type) {
	case OPTION_TYPE_STRING:
	case OPTION_TYPE_INT:
	case OPTION_TYPE_CHOICE:
	case OPTION_TYPE_LIST: return true;
	case OPTION_TYPE_END:
	case OPTION_TYPE_HEADING:
	case OPTION_TYPE_FLAG:
	case OPTION_TYPE_SWITCH:
	case OPTION_TYPE_OPERANDS:
	case OPTION_TYPE_HELP: break;
	}
	return false;
}

const struct cli_option *option_operands(const struct cli_option *table)
{
	OPTION_FOREACH(option, table) {
		if (option->type == OPTION_TYPE_OPERANDS)
			return option;
	}
	return NULL;
}

bool option_repeats(const struct cli_option *operands)
{
	int words = 1;

	for (const char *at = operands->value_name; (at = strchr(at, ' ')); at++)
		words++;
	return operands->max == 0 || operands->max > words;
}

static void *field_of(const struct option_parser *parser, const struct cli_option *option)
{
	return (char *)parser->args + option->offset;
}

static void mark_said(struct option_parser *parser, const struct cli_option *option)
{
	parser->said[option - parser->options] = true;
	if (option->said)
		*(bool *)((char *)parser->args + option->said) = true;
}

/* The one hint line of every usage error. */
static int usage_hint(const struct option_parser *parser, const char *nearest, struct err *err)
{
	if (nearest)
		return err_hint(err, "did you mean '%s'? See '%s --help'", nearest,
				parser->command);
	return err_hint(err, "see '%s --help'", parser->command);
}

/* --- finding --- */

static const struct cli_option *find_short(const struct option_parser *parser, char letter)
{
	OPTION_FOREACH(option, parser->options) {
		if (option_is_named(option) && option->short_name == letter)
			return option;
	}
	return NULL;
}

/* *ret_on is false for the --no-NAME of a switch. */
static const struct cli_option *find_long(const struct option_parser *parser, struct span name,
					  bool *ret_on)
{
	OPTION_FOREACH(option, parser->options) {
		if (!option_is_named(option))
			continue;
		*ret_on = true;
		if (span_eq(name, option->name))
			return option;
		*ret_on = false;
		if (option->type == OPTION_TYPE_SWITCH && span_has_prefix(name, "no-") &&
		    span_eq((struct span){ .ptr = name.ptr + 3, .len = name.len - 3 },
			    option->name))
			return option;
	}
	return NULL;
}

static int unknown_long(const struct option_parser *parser, struct span name, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	AUTO(freep) char *word = xasprintf("--%.*s", SPAN_FMT(name));

	OPTION_FOREACH(option, parser->options) {
		if (!option_is_named(option) || option->hidden)
			continue;
		strvec_addf(&names, "--%s", option->name);
		if (option->type == OPTION_TYPE_SWITCH)
			strvec_addf(&names, "--no-%s", option->name);
	}
	(void)err_set(err, ERR_USAGE, "unknown option '%s'", word);
	return usage_hint(parser, suggest(word, (const char *const *)strvec_argv(&names)), err);
}

/* --- values --- */

static int bad_value(const struct option_parser *parser, const char *nearest, struct err *err,
		     const char *fmt, ...) PRINTF_LIKE(4, 5);
static int bad_value(const struct option_parser *parser, const char *nearest, struct err *err,
		     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)err_setv(err, ERR_USAGE, fmt, ap);
	va_end(ap);
	return usage_hint(parser, nearest, err);
}

static int set_int(const struct option_parser *parser, const struct cli_option *option,
		   const char *source, const char *value, struct err *err)
{
	bool negative = value[0] == '-';
	unsigned long long magnitude = 0;
	long long number = 0;

	if (span_to_u64(span_of(value + negative), 1ULL << 31, &magnitude)) {
		number = negative ? -(long long)magnitude : (long long)magnitude;
		if (number >= option->min && number <= option->max) {
			*(int *)field_of(parser, option) = (int)number;
			return 0;
		}
	}
	return bad_value(parser, NULL, err, "%s: '%s' is not a number from %d to %d", source, value,
			 option->min, option->max);
}

/* Index among the choices; -1 with err filled. */
static int find_choice(const struct option_parser *parser, const struct cli_option *option,
		       const char *source, const char *value, struct err *err)
{
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;
	AUTO(freep) char *all = NULL;

	for (int i = 0; option->choices[i]; i++) {
		if (str_eq(option->choices[i], value))
			return i;
		strvec_add(&words, option->choices[i]);
	}
	all = strvec_join(&words, ", ");
	return bad_value(parser, suggest(value, option->choices), err, "%s: '%s' is not one of %s",
			 source, value, all);
}

static int set_choice(const struct option_parser *parser, const struct cli_option *option,
		      const char *source, const char *value, struct err *err)
{
	int index = find_choice(parser, option, source, value, err);

	if (index < 0)
		return -1;
	*(int *)field_of(parser, option) = index;
	return 0;
}

static int set_bool(const struct option_parser *parser, const struct cli_option *option,
		    const char *source, const char *value, struct err *err)
{
	static const char *const words[] = { "true", "1", "t", "yes", "false", "0", "f", "no" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (span_eq_nocase(span_of(value), words[i])) {
			*(bool *)field_of(parser, option) = i < ARRAY_SIZE(words) / 2;
			return 0;
		}
	}
	return bad_value(parser, NULL, err, "%s: '%s' is neither true nor false", source, value);
}

/* `source` is where the value stands, for messages: "option '--jobs'". */
static int set_value(struct option_parser *parser, const struct cli_option *option,
		     const char *source, const char *value, struct err *err)
{
	switch (option->type) {
	case OPTION_TYPE_FLAG:
	case OPTION_TYPE_SWITCH: return set_bool(parser, option, source, value, err);
	case OPTION_TYPE_INT: return set_int(parser, option, source, value, err);
	case OPTION_TYPE_CHOICE: return set_choice(parser, option, source, value, err);
	case OPTION_TYPE_STRING: *(const char **)field_of(parser, option) = value; return 0;
	case OPTION_TYPE_LIST:
	case OPTION_TYPE_OPERANDS: strvec_add(field_of(parser, option), value); return 0;
	case OPTION_TYPE_HELP: parser->help_wanted = true; return 0;
	case OPTION_TYPE_END:
	case OPTION_TYPE_HEADING: break;
	}
	return bad_value(parser, NULL, err, "%s takes no value", source);
}

/* An option given without a value. */
static int set_present(struct option_parser *parser, const struct cli_option *option, bool on)
{
	if (option->type == OPTION_TYPE_HELP)
		parser->help_wanted = true;
	else
		*(bool *)field_of(parser, option) = on;
	return 0;
}

static bool is_said(const struct option_parser *parser, const char *name)
{
	OPTION_FOREACH(option, parser->options) {
		if (option_is_named(option) && str_eq(option->name, name))
			return parser->said[option - parser->options];
	}
	return false;
}

static int find_default(const struct option_parser *parser, const struct cli_option *option,
			struct option_default *ret, struct err *err)
{
	*ret = (struct option_default){ .count = 0 };
	if (!parser->find_default)
		return 0;
	return parser->find_default(parser->context, option, ret, err);
}

static int set_default(struct option_parser *parser, const struct cli_option *option,
		       struct err *err)
{
	struct option_default found;

	if (find_default(parser, option, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found.count; i++) {
		if (set_value(parser, option, found.source, found.words[i], err) < 0)
			return -1;
	}
	if (found.count == 0 && option->fallback)
		return set_value(parser, option, option->name, option->fallback, err);
	return 0;
}

/* What the words did not say. */
static int set_unsaid(struct option_parser *parser, struct err *err)
{
	OPTION_FOREACH(option, parser->options) {
		bool is_set = !option_is_named(option) || parser->said[option - parser->options] ||
			      (option->yields_to && is_said(parser, option->yields_to));

		if (!is_set && set_default(parser, option, err) < 0)
			return -1;
	}
	return 0;
}

/* --- words --- */

static int missing_value(const struct option_parser *parser, const struct cli_option *option,
			 const char *source, struct err *err)
{
	return bad_value(parser, NULL, err, "%s needs a value: %s", source, option->value_name);
}

/*
 * "--name", "--name=value", "--name value", "--no-name". Returns the next word to look at through
 * *words.
 */
static int parse_long(struct option_parser *parser, char ***words, struct err *err)
{
	struct span value = span_of(**words + 2), name;
	bool has_value = span_cut(&value, '=', &name);
	bool on = true;
	const struct cli_option *option = find_long(parser, name, &on);
	AUTO(freep) char *source = xasprintf("option '--%.*s'", SPAN_FMT(name));

	if (!option)
		return unknown_long(parser, name, err);
	(*words)++;
	mark_said(parser, option);
	if (has_value && (!on || option->type == OPTION_TYPE_HELP))
		return bad_value(parser, NULL, err, "%s takes no value", source);
	if (!has_value && !option_takes_value(option))
		return set_present(parser, option, on);
	if (!has_value && option->bare)
		return set_value(parser, option, source, option->bare, err);
	if (!has_value && !**words)
		return missing_value(parser, option, source, err);
	return set_value(parser, option, source, has_value ? value.ptr : *(*words)++, err);
}

/* "-q", "-qf FILE", "-fFILE", and "-f=FILE" as Docker reads it. */
static int parse_short(struct option_parser *parser, char ***words, struct err *err)
{
	for (const char *letter = *(*words)++ + 1; *letter; letter++) {
		const struct cli_option *option = find_short(parser, *letter);
		AUTO(freep) char *source = xasprintf("option '-%c'", *letter);

		if (!option)
			return bad_value(parser, NULL, err, "unknown option '-%c'", *letter);
		mark_said(parser, option);
		if (!option_takes_value(option)) {
			if (set_present(parser, option, true) < 0)
				return -1;
			continue;
		}
		if (letter[1])
			return set_value(parser, option, source,
					 letter + (letter[1] == '=' ? 2 : 1), err);
		if (!**words)
			return missing_value(parser, option, source, err);
		return set_value(parser, option, source, *(*words)++, err);
	}
	return 0;
}

static const char *skip_words(const char *text, size_t count)
{
	for (; count > 0; count--) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return text;
}

/* "DESTINATION" of "SOURCE DESTINATION" when one was given; what may be left out is not missing. */
static int missing_operands(const struct option_parser *parser, const struct cli_option *operands,
			    size_t given, struct err *err)
{
	const char *names = operands->value_name, *first = skip_words(names, given);
	const char *end = skip_words(names, (size_t)operands->min);
	AUTO(freep) char *missing = NULL;

	/* one word that stands for several, or a choice between words */
	if (end <= first || strchr(names, '|'))
		return bad_value(parser, NULL, err, "missing %s", names);
	missing = span_dup(span_trim((struct span){ .ptr = first, .len = (size_t)(end - first) }));
	return bad_value(parser, NULL, err, "missing %s", missing);
}

static int check_operands(const struct option_parser *parser, const struct strvec *words,
			  struct err *err)
{
	const struct cli_option *operands = option_operands(parser->options);
	size_t max = operands ? (size_t)operands->max : 0;

	if (operands && words->len < (size_t)operands->min)
		return missing_operands(parser, operands, words->len, err);
	if ((!operands && words->len > 0) || (max > 0 && words->len > max))
		return bad_value(parser, NULL, err, "unexpected word '%s'", words->items[max]);
	for (size_t i = 0; operands && operands->choices && i < words->len; i++) {
		if (find_choice(parser, operands, operands->value_name, words->items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int parse_words(struct option_parser *parser, char **words, struct strvec *operands,
		       struct err *err)
{
	const struct cli_option *table = option_operands(parser->options);
	size_t command_at = table ? (size_t)table->command_at : 0;
	bool only_operands = false;

	while (*words && !parser->help_wanted) {
		const char *word = *words;
		int status = 0;

		if (only_operands || word[0] != '-' || !word[1]) {
			if (parser->stop_at_operand)
				break;
			strvec_add(operands, *words++);
			only_operands |= command_at > 0 && operands->len >= command_at;
		} else if (str_eq(word, "--")) {
			only_operands = true;
			words++;
		} else {
			status = word[1] == '-' ? parse_long(parser, &words, err)
						: parse_short(parser, &words, err);
		}
		if (status < 0)
			return -1;
	}
	parser->rest = words;
	return 0;
}

static int add_default_operands(struct option_parser *parser, const struct cli_option *table,
				struct strvec *operands, struct err *err)
{
	struct option_default found;

	if (find_default(parser, table, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found.count; i++)
		strvec_add(operands, found.words[i]);
	return 0;
}

size_t options_count(const struct cli_option *options)
{
	size_t count = 0;

	OPTION_FOREACH(option, options)
		count++;
	return count;
}

static int parse(struct option_parser *parser, char **words, struct err *err)
{
	const struct cli_option *table = option_operands(parser->options);
	AUTO(strvec_release) struct strvec operands = STRVEC_INIT;

	if (parse_words(parser, words, &operands, err) < 0)
		return -1;
	if (parser->help_wanted)
		return 0;
	if (set_unsaid(parser, err) < 0)
		return -1;
	if (parser->stop_at_operand)
		return 0;
	if (table && operands.len == 0 && add_default_operands(parser, table, &operands, err) < 0)
		return -1;
	if (!parser->ignore_operands && check_operands(parser, &operands, err) < 0)
		return -1;
	if (table)
		strvec_add_all(field_of(parser, table), &operands);
	return 0;
}

int options_parse(struct option_parser *parser, char **words, struct err *err)
{
	AUTO(freep) bool *own = NULL;
	int status;

	if (parser->said)
		return parse(parser, words, err);
	own = xcalloc(options_count(parser->options) + 1, sizeof(*own));
	parser->said = own;
	status = parse(parser, words, err);
	parser->said = NULL;
	return status;
}

void options_release(const struct cli_option *options, void *args)
{
	OPTION_FOREACH(option, options) {
		if (option->type == OPTION_TYPE_LIST || option->type == OPTION_TYPE_OPERANDS)
			strvec_release((void *)((char *)args + option->offset));
	}
}
