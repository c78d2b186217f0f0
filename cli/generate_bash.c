#include "generate.h"
#include "help.h"

/*
 * Bash splits words at COMP_WORDBREAKS, among them ':' and '=', which image names and
 * --option=value are full of. The script splits at blanks itself, and takes what stands before the
 * last such character off the answers.
 */
static const char head[] =
	"\n"
	"_edgectl_answer()\n"
	"{\n"
	"    local cut=${cur%\"${cur##*[:=]}\"} i\n"
	"    [[ $COMP_WORDBREAKS == *:* ]] || cut=${cut%\"${cut##*=}\"}\n"
	"    [[ -z $quote ]] || cut=${cur:0:quoted_from}\n"
	"    for i in \"${!COMPREPLY[@]}\"; do\n"
	"        COMPREPLY[i]=${COMPREPLY[i]#\"$cut\"}\n"
	"    done\n"
	"}\n"
	"\n"
	"_edgectl_take()\n"
	"{\n"
	"    mapfile -t COMPREPLY < <(compgen \"$@\")\n"
	"}\n"
	"\n"
	"# Not by compgen -W, which expands what it is given: these are other people's words.\n"
	"_edgectl_ask()\n"
	"{\n"
	"    local i\n"
	"    mapfile -t COMPREPLY < <(edgectl __complete \"$1\" \"$value\" \"${typed[@]}\" "
	"2>/dev/null)\n"
	"    for i in \"${!COMPREPLY[@]}\"; do\n"
	"        COMPREPLY[i]=$before${COMPREPLY[i]}\n"
	"    done\n"
	"}\n"
	"\n"
	"# Words for the value in $value: a list, what edgectl itself knows, files, directories.\n"
	"_edgectl_value()\n"
	"{\n"
	"    local before=${cur%\"$value\"}\n"
	"    local -a known\n"
	"    case $1 in\n"
	"    words) _edgectl_take -P \"$before\" -W \"$2\" -- \"$value\" ;;\n"
	"    ask) _edgectl_ask \"$2\" ;;\n"
	"    ask-or-dir)\n"
	"        compopt -o filenames\n"
	"        _edgectl_ask \"$2\"\n"
	"        known=(\"${COMPREPLY[@]}\")\n"
	"        _edgectl_take -P \"$before\" -d -- \"$value\"\n"
	"        COMPREPLY+=(\"${known[@]}\")\n"
	"        ;;\n"
	"    dir) compopt -o filenames; _edgectl_take -P \"$before\" -d -- \"$value\" ;;\n"
	"    file) compopt -o filenames; _edgectl_take -P \"$before\" -f -- \"$value\" ;;\n"
	"    esac\n"
	"    _edgectl_answer\n"
	"}\n"
	"\n"
	"# What is typed, as words: the last one, which may be empty, is the one to complete; "
	"$quote is open in it since $quoted_from.\n"
	"_edgectl_split()\n"
	"{\n"
	"    local line=${COMP_LINE:0:COMP_POINT} word='' begun='' char i\n"
	"    for ((i = 0; i < ${#line}; i++)); do\n"
	"        char=${line:i:1}\n"
	"        if [[ -n $quote && $char == \"$quote\" ]]; then\n"
	"            quote=''\n"
	"        elif [[ $char == \\\\ && $quote != \\' ]]; then\n"
	"            ((++i))\n"
	"            word+=${line:i:1} begun=yes\n"
	"        elif [[ -z $quote && $char == [\\'\\\"] ]]; then\n"
	"            quote=$char quoted_from=${#word} begun=yes\n"
	"        elif [[ -z $quote && $char == [[:space:]] ]]; then\n"
	"            [[ -z $begun ]] || words+=(\"$word\")\n"
	"            word='' begun=''\n"
	"        else\n"
	"            word+=$char begun=yes\n"
	"        fi\n"
	"    done\n"
	"    words+=(\"$word\")\n"
	"}\n"
	"\n"
	"_edgectl()\n"
	"{\n"
	"    local cur value previous='' command='' options='' quote='' quoted_from=0 i\n"
	"    local -a words=()\n"
	"    local -a typed  # what stands before the word, for those who ask\n"
	"    _edgectl_split\n"
	"    [[ -n $quote && $COMP_LINE == *\\$* ]] && return  # readline would quote the dollar\n"
	"    cur=${words[${#words[@]} - 1]}\n"
	"    value=$cur\n"
	"    typed=(\"${words[@]:1:${#words[@]} - 2}\")\n"
	"    for ((i = 1; i < ${#words[@]} - 1; i++)); do\n"
	"        previous=${words[i]}\n"
	"        [[ $previous == -* ]] && continue\n"
	"        [[ $command != *' '* && $_edgectl_topics == *\" $command \"* ]] && command+=\" "
	"$previous\"\n"
	"        [[ -z $command ]] && command=$previous\n"
	"    done\n"
	"    if [[ $cur == --*=* ]]; then\n"
	"        previous=${cur%%=*}\n"
	"        value=${cur#*=}\n"
	"    fi\n"
	"    case $command in\n";

static const char tail[] = "    *) return ;;\n"
			   "    esac\n"
			   "    [[ $cur == -* ]] || return\n"
			   "    _edgectl_take -W \"$options\" -- \"$cur\"\n"
			   "    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then\n"
			   "        compopt -o nospace\n"
			   "    fi\n"
			   "}\n"
			   "\n"
			   "complete -F _edgectl edgectl\n";

/* The call that completes a value. */
static void add_value_call(struct str *out, const struct cli_option *option)
{
	if (option->kind == VALUE_FILE || option->kind == VALUE_DIR) {
		str_addf(out, "_edgectl_value %s", option->kind == VALUE_DIR ? "dir" : "file");
	} else if (option->kind == VALUE_CHOICE) {
		str_add(out, "_edgectl_value words '");
		for (size_t i = 0; option->choices[i]; i++)
			str_addf(out, "%s%s", i ? " " : "", option->choices[i]);
		str_addc(out, '\'');
	} else if (value_kind_may_be_dir(option->kind)) {
		str_addf(out, "_edgectl_value ask-or-dir %s", value_kind_name(option->kind));
	} else if (value_kind_name(option->kind)) {
		str_addf(out, "_edgectl_value ask %s", value_kind_name(option->kind));
	} else {
		str_add(out, ":");
	}
}

static void add_option_words(struct str *out, const struct cli_option *options)
{
	const char *separator = "";

	OPTION_FOREACH(option, options) {
		if (!option_is_named(option) || option->hidden)
			continue;
		str_addf(out, "%s--%s%s", separator, option->name,
			 option_takes_value(option) ? "=" : "");
		if (option->type == OPTION_TYPE_SWITCH)
			str_addf(out, " --no-%s", option->name);
		separator = " ";
	}
}

static void add_command(struct str *out, const struct cli_command *command)
{
	const struct cli_option *operands = option_operands(command->options);

	str_addf(out, "    '%s')\n        options='", command->name);
	add_option_words(out, command->options);
	str_add(out, "'\n        case $previous in\n");
	OPTION_FOREACH(option, command->options) {
		if (!option_takes_value(option) || option->hidden)
			continue;
		str_add(out, "        ");
		if (option->short_name)
			str_addf(out, "-%c | ", option->short_name);
		str_addf(out, "--%s) ", option->name);
		add_value_call(out, option);
		str_add(out, "; return ;;\n");
	}
	str_add(out, "        esac\n");
	if (operands) {
		str_add(out, "        [[ $cur == -* ]] || { ");
		add_value_call(out, operands);
		str_add(out, "; return; }\n");
	}
	str_add(out, "        ;;\n");
}

/* The first of two words: the second comes next. */
static void add_topic(struct str *out, const struct cli_topic *topic)
{
	const char *separator = "";

	str_addf(out,
		 "    '%s')\n        options='--help'\n"
		 "        [[ $cur == -* ]] || { _edgectl_value words '",
		 topic->name);
	COMMAND_FOREACH(command) {
		const char *verb = topic_verb(topic, command);

		if (command->hidden || !verb)
			continue;
		str_addf(out, "%s%s", separator, verb);
		separator = " ";
	}
	str_add(out, "'; return; }\n        ;;\n");
}

void generate_bash(struct str *out)
{
	str_add(out, "# bash completion for edgectl. Generated by 'edgectl __generate bash'.\n"
		     "\n# Commands of two words, by the first.\n_edgectl_topics=' ");
	TOPIC_FOREACH(topic)
		str_addf(out, "%s ", topic->name);
	str_add(out, "'\n");
	str_add(out, head);
	TOPIC_FOREACH(topic)
		add_topic(out, topic);
	COMMAND_FOREACH(command) {
		if (!command->hidden)
			add_command(out, command);
	}
	str_add(out, "    '')\n        options='");
	add_option_words(out, global_options);
	str_add(out, "'\n        [[ $cur == -* ]] || { _edgectl_value ask command; return; }\n     "
		     "   ;;\n");
	str_add(out, tail);
}
