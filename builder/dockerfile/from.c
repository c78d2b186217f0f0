/* FROM, and the names of stages. */
#include <ctype.h>
#include <strings.h>

#include "base/alloc.h"
#include "reading.h"

static bool is_stage_name(const char *name)
{
	if (!isalpha((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("-_.", *name))
			return false;
	return true;
}

static void read_name(const struct instruction_reading *in, struct from_instruction *from)
{
	const struct words *args = &in->node->args;

	from->as = args->items[1];
	from->name = args->items[2];
	if (!is_stage_name(from->name.text))
		problem(in, from->name,
			xstrdup("begin with a letter; letters, digits, '-', '_' and '.' may "
				"follow"),
			"'%s' cannot be the name of a stage", from->name.text);
}

static void fail_words(const struct instruction_reading *in)
{
	const struct words *args = &in->node->args;

	if (!args->len) {
		problem(in, in->node->name, xstrdup("write FROM image, or FROM scratch"),
			"FROM has no image");
		return;
	}
	if (args->len == 2 && strcasecmp(args->items[1].text, "as") == 0) {
		problem(in, args->items[1], xstrdup("write FROM image AS name"),
			"the name behind '%s' is missing", args->items[1].text);
		return;
	}
	problem(in, args->items[args->len > 3 ? 3 : 1],
		xstrdup("write FROM image, or FROM image AS name; comments need a line of their "
			"own"),
		"FROM wants one word, or three with AS, but has %zu", args->len);
}

void read_from(const struct instruction_reading *in, struct instruction *ret)
{
	struct flag platform = { "platform", FLAG_STRING, { NULL, 0, 0 } };
	const struct words *args = &in->node->args;

	flags_read(in, &platform, 1);
	ret->from.platform = flag_value(&platform);
	if (args->len)
		ret->from.image = args->items[0];
	if (args->len == 3 && strcasecmp(args->items[1].text, "as") == 0)
		read_name(in, &ret->from);
	else if (args->len != 1)
		fail_words(in);
}
