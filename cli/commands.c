#include "command.h"

#include <string.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/str.h"

/* In the order of the overview. */
#define COMMANDS(X)         \
	X(build)            \
	X(push)             \
	X(pull)             \
	X(images)           \
	X(inspect)          \
	X(tag)              \
	X(rm)               \
	X(copy)             \
	X(save)             \
	X(load)             \
	X(tags)             \
	X(attach)           \
	X(referrers)        \
	X(login)            \
	X(logout)           \
	X(df)               \
	X(prune)            \
	X(init)             \
	X(template_ls)      \
	X(template_show)    \
	X(template_add)     \
	X(template_update)  \
	X(template_rm)      \
	X(board_ls)         \
	X(board_show)       \
	X(compose_config)   \
	X(config_show)      \
	X(config_schema)    \
	X(deploy)           \
	X(livepush)         \
	X(device_scan)      \
	X(device_add)       \
	X(device_ls)        \
	X(device_rm)        \
	X(device_info)      \
	X(device_ps)        \
	X(device_logs)      \
	X(device_exec)      \
	X(device_ssh)       \
	X(fleet_ls)         \
	X(fleet_show)       \
	X(fleet_check)      \
	X(fleet_init)       \
	X(release_ls)       \
	X(release_show)     \
	X(release_diff)     \
	X(release_promote)  \
	X(release_rollback) \
	X(release_finalize) \
	X(release_rm)       \
	X(rollout)          \
	X(doctor)           \
	X(completion)       \
	X(version)          \
	X(help)             \
	X(complete)         \
	X(generate)         \
	X(parse)            \
	X(expand)           \
	X(ignore)           \
	X(check)

#define DECLARE(name) extern const struct cli_command cmd_##name;
#define LIST(name)    &cmd_##name,

COMMANDS(DECLARE)

const struct cli_command *const cli_commands[] = { COMMANDS(LIST) NULL };

const struct cli_topic cli_topics[] = {
	{ "board", "What edgectl knows about boards" },
	{ "compose", "Projects of several services" },
	{ "config", "What edgectl is configured to do" },
	{ "device", "Boards on the network" },
	{ "fleet", "Boards that run the same releases" },
	{ "release", "What was released to a fleet" },
	{ "template", "What projects can be made from" },
	{ .name = NULL },
};

const char *command_group_title(enum command_group group)
{
	static const char *const titles[GROUP_COUNT] = {
		[GROUP_BUILD] = "Build",      [GROUP_IMAGE] = "Images",
		[GROUP_PROJECT] = "Projects", [GROUP_DEVICE] = "Boards on the network",
		[GROUP_FLEET] = "Fleets",     [GROUP_OTHER] = "Other",
	};

	return titles[group];
}

const struct cli_command *command_find(const char *name)
{
	COMMAND_FOREACH(command) {
		if (str_eq(command->name, name))
			return command;
	}
	return NULL;
}

const struct cli_topic *topic_find(const char *name)
{
	TOPIC_FOREACH(topic) {
		if (str_eq(topic->name, name))
			return topic;
	}
	return NULL;
}

const char *topic_verb(const struct cli_topic *topic, const struct cli_command *command)
{
	size_t len = strlen(topic->name);

	if (!str_has_prefix(command->name, topic->name) || command->name[len] != ' ')
		return NULL;
	return command->name + len + 1;
}

void command_add_name(const struct cli_command *command, char separator, struct str *out)
{
	for (const char *c = command->name; *c; c++)
		str_addc(out, *c == ' ' ? separator : *c);
}

static int unknown_command(const char *name, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *nearest = NULL;

	COMMAND_FOREACH(command) {
		if (!command->hidden)
			strvec_add(&names, command->name);
	}
	TOPIC_FOREACH(topic)
		strvec_add(&names, topic->name);
	(void)err_set(err, ERR_USAGE, "unknown command '%s'", name);
	nearest = suggest(name, (const char *const *)strvec_argv(&names));
	if (nearest)
		return err_hint(err, "did you mean '%s'? See 'edgectl --help'", nearest);
	return err_hint(err, "see 'edgectl --help'");
}

/* Does an option of some command of the topic want the next word? */
static bool wants_next_word(const struct cli_topic *topic, const char *word)
{
	COMMAND_FOREACH(command) {
		if (!topic_verb(topic, command))
			continue;
		OPTION_FOREACH(option, command->options) {
			bool is_long = str_has_prefix(word, "--") && str_eq(word + 2, option->name);
			bool is_short = word[1] == option->short_name && word[1] && !word[2];

			if (option_is_named(option) && option_takes_value(option) &&
			    !option->bare && (is_long || is_short))
				return true;
		}
	}
	return false;
}

/*
 * "compose -f FILE config" means "compose config -f FILE": docker compose takes some options before
 * the verb. Moves the verb to the front.
 */
static void advance_verb(const struct cli_topic *topic, char **words)
{
	size_t at = 1;
	char *verb = NULL;

	while (words[at] && words[at][0] == '-' && words[at][1])
		at += wants_next_word(topic, words[at]) && words[at + 1] ? 2 : 1;
	verb = words[at];
	if (!verb)
		return;
	memmove(words + 2, words + 1, (at - 1) * sizeof(*words));
	words[1] = verb;
}

int command_require(char **words, const struct cli_command **ret, size_t *ret_count,
		    struct err *err)
{
	const struct cli_topic *topic = topic_find(words[0]);
	bool is_topic = words[1] && topic;
	AUTO(freep) char *name = NULL;

	if (is_topic)
		advance_verb(topic, words);
	name = is_topic ? xasprintf("%s %s", words[0], words[1]) : xstrdup(words[0]);
	*ret = command_find(name);
	*ret_count = is_topic ? 2 : 1;
	return *ret ? 0 : unknown_command(name, err);
}

void command_synopsis(const struct cli_command *command, struct str *out)
{
	const struct cli_option *operands = option_operands(command->options);

	str_addf(out, "edgectl %s [OPTION]...", command->name);
	if (!operands)
		return;
	str_addf(out, operands->min > 0 ? " %s" : " [%s]", operands->value_name);
	if (option_repeats(operands))
		str_add(out, "...");
}
