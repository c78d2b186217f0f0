/* RUN: flags, and what the heredocs make of the command. */
#include "base/alloc.h"
#include "pasted.h"
#include "reading.h"

enum run_flag { RUN_MOUNT, RUN_NETWORK, RUN_SECURITY };

static void read_mounts(const struct instruction_reading *in, const struct words *values,
			struct run_instruction *ret)
{
	VEC_FOREACH(value, values) {
		AUTO(err_release) struct err err = ERR_INIT;
		struct mount_spec spec = { .from = NULL };

		if (mount_check(in->arena, *value, &spec, &err) < 0)
			problem_err(in, *value, &err);
		else
			*ARENA_ADD(in->arena, &ret->mounts) = spec;
	}
}

/* The position of the value in `names`, 0 when the flag was not given. */
static int read_choice(const struct instruction_reading *in, const struct flag *flag,
		       const char *const *names, const char *known)
{
	struct word value = flag_value(flag);
	const char *nearest = NULL;

	if (!value.text)
		return 0;
	for (int i = 0; names[i]; i++)
		if (str_eq(value.text, names[i]))
			return i;
	nearest = suggest(value.text, names);
	problem(in, value,
		nearest ? xasprintf("did you mean '%s'?", nearest) : xasprintf("write %s", known),
		"--%s cannot be '%s'", flag->name, value.text);
	return 0;
}

static void read_flags(const struct instruction_reading *in, struct run_instruction *ret)
{
	static const char *const networks[] = { [RUN_NETWORK_DEFAULT] = "default",
						[RUN_NETWORK_NONE] = "none",
						[RUN_NETWORK_HOST] = "host",
						NULL };
	static const char *const securities[] = {
		[RUN_SECURITY_SANDBOX] = "sandbox", [RUN_SECURITY_INSECURE] = "insecure", NULL
	};
	struct flag flags[] = {
		[RUN_MOUNT] = { "mount", FLAG_STRINGS, { NULL, 0, 0 } },
		[RUN_NETWORK] = { "network", FLAG_STRING, { NULL, 0, 0 } },
		[RUN_SECURITY] = { "security", FLAG_STRING, { NULL, 0, 0 } },
	};

	flags_read(in, flags, ARRAY_SIZE(flags));
	read_mounts(in, &flags[RUN_MOUNT].values, ret);
	ret->network = (enum run_network)read_choice(in, &flags[RUN_NETWORK], networks,
						     "default, none or host");
	ret->security = (enum run_security)read_choice(in, &flags[RUN_SECURITY], securities,
						       "sandbox or insecure");
}

/* The command with the bodies behind it, as a shell reads them. */
static const char *with_bodies(const struct instruction_reading *in, const char *command)
{
	AUTO(str_release) struct str script = STR_INIT;

	str_add(&script, command);
	VEC_FOREACH(heredoc, &in->node->heredocs) {
		str_addc(&script, '\n');
		str_addn(&script, heredoc->content, heredoc->content_len);
		str_add(&script, heredoc->name);
	}
	return arena_strndup(in->arena, script.ptr, script.len);
}

static void read_script(const struct instruction_reading *in, struct run_instruction *ret)
{
	const struct heredocs *heredocs = &in->node->heredocs;
	const char *command = ret->command.words.len ? ret->command.words.items[0].text : "";
	AUTO(freep) char *body = NULL;
	struct heredoc mark = { 0 };

	ret->form = RUN_SHELL;
	ret->script = command;
	if (!heredocs->len)
		return;
	if (!heredoc_parse_word(in->arena, span_of(command), &mark)) {
		ret->script = with_bodies(in, command);
		return;
	}
	body = heredoc_text(&heredocs->items[0]);
	ret->script = arena_strdup(in->arena, body);
	ret->script_name = heredocs->items[0].name;
	if (str_has_prefix(body, "#!"))
		ret->form = RUN_SCRIPT;
}

/* `RUN ['a', 'b']` runs a shell that looks for a program `[a,`. */
static void warn_of_broken_json(const struct instruction_reading *in,
				const struct run_instruction *run)
{
	struct word text = { .text = "" };
	struct diag *diag = NULL;

	if (run->command.words.len)
		text = run->command.words.items[0];
	if (!looks_like_json(text.text))
		return;
	diag = diags_add(in->diags, DIAG_WARNING, text.line, text.column, text.length,
			 "this is no JSON array, so a shell runs it as it stands");
	diag->hint = xstrdup("a JSON array wants double quotes, and commas between");
}

void read_run(const struct instruction_reading *in, struct instruction *ret)
{
	read_flags(in, &ret->run);
	read_command(in, &in->node->args, &ret->run.command);
	if (in->node->json) {
		ret->run.form = RUN_EXEC;
		return;
	}
	read_script(in, &ret->run);
	warn_of_broken_json(in, &ret->run);
}
