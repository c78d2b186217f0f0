/* Lines that begin with no instruction, and why. */
#include "unknown.h"

#include "base/alloc.h"
#include "kind.h"
#include "pasted.h"

/* A line that looks like the rest of the one before, which lacks its continuation. */
static bool looks_continued(const struct instruction_reading *in)
{
	const char *name = in->node->name.text;
	const struct nodes *nodes = &in->file->tree.nodes;
	enum instruction_kind kind = INSTRUCTION_ADD;

	if (in->node <= nodes->items || in->node >= nodes->items + nodes->len)
		return false;
	return kind_find(span_of(in->node[-1].name.text), &kind) && kind == INSTRUCTION_RUN &&
	       (strchr("&|;-><\"'({[)}]$./", *name) || (*name >= 'a' && *name <= 'z'));
}

/* What somebody wanted who began a line with a command of the shell; NULL = it is none that we know. */
static char *hint_for_command(const char *name)
{
	static const char *const commands[] = {
		"apk",     "apt",   "apt-get", "bash", "cargo", "chmod",  "chown",  "cmake",
		"curl",    "dnf",   "dpkg",    "echo", "git",   "go",     "gcc",    "ln",
		"make",    "mkdir", "mv",      "npm",  "pip",   "pip3",   "pnpm",   "python",
		"python3", "rm",    "sed",     "set",  "sh",    "source", "sudo",   "tar",
		"touch",   "unzip", "useradd", "wget", "yarn",  "yum",    "zypper",
	};

	if (str_eq(name, "cd"))
		return xstrdup("write WORKDIR and the directory");
	if (str_eq(name, "export"))
		return xstrdup("write ENV name=value");
	if (str_eq(name, "cp"))
		return xstrdup("write COPY source ... destination, or RUN cp");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_eq(name, commands[i]))
			return xasprintf("a command of the shell needs RUN: write RUN %s ...",
					 name);
	return NULL;
}

static char *hint_for_character(const char *name)
{
	for (const char *c = name; *c; c++) {
		const char *character = deceptive_character(c);

		if (character && c == name)
			return xasprintf("%s stands before it: remove that", character);
		if (character)
			return xasprintf("%s is in it: type a blank instead", character);
	}
	return NULL;
}

static char *hint_for(const struct instruction_reading *in)
{
	const char *name = in->node->name.text;
	const char *nearest = suggest(name, kind_names());
	char *hint = hint_for_character(name);

	if (hint)
		return hint;
	if (str_eq(name, "services:") || str_eq(name, "version:"))
		return xstrdup("this looks like a compose file, not like a Dockerfile");
	if (looks_continued(in))
		return nearest ? xasprintf("did you mean '%s'? If it continues line %u, end that "
					   "line with '%c'",
					   nearest, in->node[-1].end, in->file->tree.escape)
			       : xasprintf("if it continues line %u, end that line with '%c'",
					   in->node[-1].end, in->file->tree.escape);
	hint = hint_for_command(name);
	if (hint)
		return hint;
	if (nearest)
		return xasprintf("did you mean '%s'?", nearest);
	return xstrdup(
		"a line begins with FROM, RUN, COPY or another instruction; a command needs RUN");
}

void unknown_instruction(const struct instruction_reading *in)
{
	problem(in, in->node->name, hint_for(in), "unknown instruction '%s'", in->node->name.text);
}
