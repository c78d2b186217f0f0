#include "generate.h"
#include "help.h"

static const char tail[] =
	"\n"
	"# What edgectl itself knows: names of images, platforms. The kind comes last, behind "
	"what\n"
	"# _arguments has for compadd.\n"
	"_edgectl_ask()\n"
	"{\n"
	"    local -a known\n"
	"    known=(${(f)\"$(edgectl __complete $@[-1] \"$PREFIX\" \"${(@)typed}\" "
	"2>/dev/null)\"})\n"
	"    compadd \"${(@)@[1,-2]}\" -a known\n"
	"}\n"
	"\n"
	"_edgectl()\n"
	"{\n"
	"    local state line\n"
	"    local -a typed=(\"${(@)words[2,CURRENT-1]}\")  # what stands before the word\n"
	"    _arguments -C \\\n"
	"        '(- *)'{-V,--version}'[Print the version]' \\\n"
	"        '(- *)'{-h,--help}'[Show this help]' \\\n"
	"        '1: :_edgectl_commands' \\\n"
	"        '*::word:->words'\n"
	"    [[ $state == words ]] || return\n"
	"    (( $+functions[_edgectl_command_$line[1]] )) && _edgectl_command_$line[1]\n"
	"}\n"
	"\n"
	"if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
	"    _edgectl \"$@\"\n"
	"else\n"
	"    compdef _edgectl edgectl\n"
	"fi\n";

/* Inside single quotes; [, ] and : end parts of a specification. */
static void add_quoted(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			str_add(out, "'\\''");
		else if (strchr("[]:\\", *text))
			str_addf(out, "\\%c", *text);
		else
			str_addc(out, *text);
	}
}

/* ":FILE:_files" */
static void add_action(struct str *out, const struct cli_option *option)
{
	str_addc(out, ':');
	add_quoted(out, option->value_name);
	str_addc(out, ':');
	if (option->kind == VALUE_FILE)
		str_add(out, "_files");
	if (option->kind == VALUE_DIR)
		str_add(out, "_files -/");
	if (option->kind == VALUE_CHOICE) {
		for (size_t i = 0; option->choices[i]; i++)
			str_addf(out, "%s%s", i ? " " : "(", option->choices[i]);
		str_addc(out, ')');
	} else if (value_kind_may_be_dir(option->kind)) {
		str_addf(out, "{_edgectl_ask %s; _files -/}", value_kind_name(option->kind));
	} else if (value_kind_name(option->kind)) {
		str_addf(out, "_edgectl_ask %s", value_kind_name(option->kind));
	}
}

/* What an option excludes: itself in all its forms, unless it may be repeated. */
static void add_exclusion(struct str *out, const struct cli_option *option)
{
	if (option->type == OPTION_TYPE_LIST) {
		str_addc(out, '*');
		return;
	}
	str_addf(out, "(--%s", option->name);
	if (option->short_name)
		str_addf(out, " -%c", option->short_name);
	if (option->type == OPTION_TYPE_SWITCH)
		str_addf(out, " --no-%s", option->name);
	str_addc(out, ')');
}

/*
 * One specification of _arguments for the word `dashes``name`. `equals` is "=" for a long name and
 * "+" for a short one: both may have the value in the same word.
 */
static void add_spec(struct str *out, const struct cli_option *option, const char *dashes,
		     const char *name, const char *equals, const char *help)
{
	str_add(out, " \\\n        '");
	add_exclusion(out, option);
	str_addf(out, "%s%s%s[", dashes, name,
		 option_takes_value(option) ? option->bare ? "=-" : equals : "");
	add_quoted(out, help);
	str_addc(out, ']');
	if (option_takes_value(option))
		add_action(out, option);
	str_addc(out, '\'');
}

static void add_option(struct str *out, const struct cli_option *option)
{
	char letter[] = { option->short_name, '\0' };
	AUTO(freep) char *negative = xasprintf("no-%s", option->name);
	AUTO(freep) char *opposite = xasprintf("The opposite of --%s", option->name);

	if (option->short_name)
		add_spec(out, option, "-", letter, "+", option->help);
	add_spec(out, option, "--", option->name, "=", option->help);
	if (option->type == OPTION_TYPE_SWITCH)
		add_spec(out, option, "--", negative, "=", opposite);
}

static void add_command(struct str *out, const struct cli_command *command)
{
	str_add(out, "\n_edgectl_command_");
	command_add_name(command, '_', out);
	str_add(out, "()\n{\n    _arguments -s -S");
	OPTION_FOREACH(option, command->options) {
		if (option_is_named(option) && !option->hidden)
			add_option(out, option);
		if (option->type != OPTION_TYPE_OPERANDS)
			continue;
		str_addf(out, " \\\n        '%s", option->max == 1 ? "1" : "*");
		add_action(out, option);
		str_addc(out, '\'');
	}
	str_add(out, "\n}\n");
}

static void add_word(struct str *out, const char *word, const char *summary)
{
	str_addf(out, "        '%s:", word);
	add_quoted(out, summary);
	str_add(out, "'\n");
}

/* The second words behind the first, and what belongs to them. */
static void add_topic(struct str *out, const struct cli_topic *topic)
{
	str_addf(out, "\n_edgectl_command_%s()\n{\n    local -a commands\n    commands=(\n",
		 topic->name);
	COMMAND_FOREACH(command) {
		if (!command->hidden && topic_verb(topic, command))
			add_word(out, topic_verb(topic, command), command->summary);
	}
	str_addf(
		out,
		"    )\n    local state line\n    _arguments -C '1: :->command' '*::word:->words'\n"
		"    case $state in\n    command) _describe command commands ;;\n"
		"    words) (( $+functions[_edgectl_command_%s_$line[1]] )) &&\n"
		"        _edgectl_command_%s_$line[1] ;;\n    esac\n}\n",
		topic->name, topic->name);
}

void generate_zsh(struct str *out)
{
	str_add(out, "#compdef edgectl\n"
		     "# zsh completion for edgectl. Generated by 'edgectl __generate zsh'.\n"
		     "\n_edgectl_commands()\n{\n    local -a commands\n    commands=(\n");
	COMMAND_FOREACH(command) {
		if (!command->hidden && !strchr(command->name, ' '))
			add_word(out, command->name, command->summary);
	}
	TOPIC_FOREACH(topic)
		add_word(out, topic->name, topic->summary);
	str_add(out, "    )\n    _describe command commands\n}\n");
	TOPIC_FOREACH(topic)
		add_topic(out, topic);
	COMMAND_FOREACH(command) {
		if (!command->hidden)
			add_command(out, command);
	}
	str_add(out, tail);
}
