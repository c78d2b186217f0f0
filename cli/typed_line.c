#include "typed_line.h"
#include "command.h"

#include <string.h>

#include "base/str.h"

static const struct cli_option *find_long(const struct cli_command *command, struct span name)
{
	OPTION_FOREACH(option, command->options) {
		if (option_is_named(option) && span_eq(name, option->name))
			return option;
	}
	return NULL;
}

static const struct cli_option *find_short(const struct cli_command *command, char letter)
{
	OPTION_FOREACH(option, command->options) {
		if (option_is_named(option) && option->short_name == letter)
			return option;
	}
	return NULL;
}

/* The option of `word`, and its value if that is in the same word; NULL = it is in the next one. */
static const struct cli_option *read_option(const struct cli_command *command, const char *word,
					    const char **ret_value)
{
	const char *equals = strchr(word, '=');
	struct span name;

	if (word[1] != '-') {
		*ret_value = word[2] ? word + 2 + (word[2] == '=') : NULL;
		return find_short(command, word[1]);
	}
	name = (struct span){ .ptr = word + 2,
			      .len = (equals ? (size_t)(equals - word) : strlen(word)) - 2 };
	*ret_value = equals ? equals + 1 : NULL;
	return find_long(command, name);
}

/* How many words it took. */
static size_t take_option(const struct cli_command *command, const char *word, const char *next,
			  struct typed_line *line)
{
	const char *value = NULL;
	const struct cli_option *option = read_option(command, word, &value);
	bool is_in_next = option && option_takes_value(option) && !option->bare && !value;

	if (is_in_next)
		value = next;
	if (option && value && str_eq(option->name, "file"))
		strvec_add(&line->files, value);
	return is_in_next && next ? 2 : 1;
}

void typed_line_read(const struct strvec *words, size_t first, struct typed_line *ret)
{
	const struct cli_command *command = NULL;
	size_t name_words = 0;

	if (first >= words->len ||
	    command_require(words->items + first, &command, &name_words, NULL) < 0)
		return;
	ret->command = command;
	for (size_t i = first + name_words; i < words->len;) {
		const char *word = words->items[i], *next = words->items[i + 1];

		if (word[0] == '-' && word[1]) {
			i += take_option(command, word, next, ret);
			continue;
		}
		strvec_add(&ret->operands, word);
		i++;
	}
}

void typed_line_release(struct typed_line *line)
{
	strvec_release(&line->files);
	strvec_release(&line->operands);
}
