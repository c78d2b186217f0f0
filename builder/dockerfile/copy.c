/* COPY and ADD. */
#include "base/alloc.h"
#include "reading.h"

enum copy_flag {
	COPY_FROM,
	COPY_CHOWN,
	COPY_CHMOD,
	COPY_LINK,
	COPY_PARENTS,
	COPY_EXCLUDE,
};

enum add_flag {
	ADD_CHOWN,
	ADD_CHMOD,
	ADD_LINK,
	ADD_KEEP_GIT_DIR,
	ADD_CHECKSUM,
	ADD_UNPACK,
	ADD_EXCLUDE,
};

static void read_copy_flags(const struct instruction_reading *in, struct copy_instruction *ret)
{
	struct flag flags[] = {
		[COPY_FROM] = { "from", FLAG_STRING, { NULL, 0, 0 } },
		[COPY_CHOWN] = { "chown", FLAG_STRING, { NULL, 0, 0 } },
		[COPY_CHMOD] = { "chmod", FLAG_STRING, { NULL, 0, 0 } },
		[COPY_LINK] = { "link", FLAG_BOOL, { NULL, 0, 0 } },
		[COPY_PARENTS] = { "parents", FLAG_BOOL, { NULL, 0, 0 } },
		[COPY_EXCLUDE] = { "exclude", FLAG_STRINGS, { NULL, 0, 0 } },
	};

	flags_read(in, flags, ARRAY_SIZE(flags));
	ret->from = flag_value(&flags[COPY_FROM]);
	ret->chown = flag_value(&flags[COPY_CHOWN]);
	ret->chmod = flag_value(&flags[COPY_CHMOD]);
	ret->link = flag_is_true(&flags[COPY_LINK]);
	ret->parents = flag_is_true(&flags[COPY_PARENTS]);
	ret->excludes = flags[COPY_EXCLUDE].values;
}

static void read_add_flags(const struct instruction_reading *in, struct copy_instruction *ret)
{
	struct flag flags[] = {
		[ADD_CHOWN] = { "chown", FLAG_STRING, { NULL, 0, 0 } },
		[ADD_CHMOD] = { "chmod", FLAG_STRING, { NULL, 0, 0 } },
		[ADD_LINK] = { "link", FLAG_BOOL, { NULL, 0, 0 } },
		[ADD_KEEP_GIT_DIR] = { "keep-git-dir", FLAG_BOOL, { NULL, 0, 0 } },
		[ADD_CHECKSUM] = { "checksum", FLAG_STRING, { NULL, 0, 0 } },
		[ADD_UNPACK] = { "unpack", FLAG_BOOL, { NULL, 0, 0 } },
		[ADD_EXCLUDE] = { "exclude", FLAG_STRINGS, { NULL, 0, 0 } },
	};

	flags_read(in, flags, ARRAY_SIZE(flags));
	ret->chown = flag_value(&flags[ADD_CHOWN]);
	ret->chmod = flag_value(&flags[ADD_CHMOD]);
	ret->link = flag_is_true(&flags[ADD_LINK]);
	ret->keep_git_dir = flag_is_true(&flags[ADD_KEEP_GIT_DIR]);
	ret->keep_git_dir_set = flags[ADD_KEEP_GIT_DIR].values.len > 0;
	ret->checksum = flag_value(&flags[ADD_CHECKSUM]);
	if (flags[ADD_UNPACK].values.len)
		ret->unpack =
			flag_is_true(&flags[ADD_UNPACK]) ? COPY_UNPACK_ALWAYS : COPY_UNPACK_NEVER;
	ret->excludes = flags[ADD_EXCLUDE].values;
}

/* The body that belongs to a word `<<name`; NULL when the word is a path. */
static const struct heredoc *find_heredoc(const struct instruction_reading *in, struct word word)
{
	struct heredoc mark = { 0 };

	if (in->node->json || !heredoc_parse_word(in->arena, span_of(word.text), &mark))
		return NULL;
	VEC_FOREACH(heredoc, &in->node->heredocs)
		if (str_eq(heredoc->name, mark.name))
			return heredoc;
	return NULL;
}

static void read_paths(const struct instruction_reading *in, struct copy_instruction *ret)
{
	const struct words *args = &in->node->args;

	for (size_t i = 0; i + 1 < args->len; i++)
		*ARENA_ADD(in->arena, &ret->sources) =
			(struct copy_source){ .path = args->items[i],
					      .heredoc = find_heredoc(in, args->items[i]) };
	ret->dest = args->items[args->len - 1];
	if (find_heredoc(in, ret->dest))
		problem(in, ret->dest, xstrdup("write the path of a file or directory last"),
			"a heredoc cannot be the destination");
}

/* `--chown app file /` reads as a flag without a value: the error for that is enough. */
static bool has_bare_flag(const struct node *node)
{
	VEC_FOREACH(flag, &node->flags)
		if (!strchr(flag->text, '='))
			return true;
	return false;
}

void read_copy(const struct instruction_reading *in, struct instruction *ret)
{
	const struct words *args = &in->node->args;
	const char *name = instruction_name(ret->kind);
	size_t errors_before = in->diags->errors;

	if (ret->kind == INSTRUCTION_COPY)
		read_copy_flags(in, &ret->copy);
	else
		read_add_flags(in, &ret->copy);
	if (args->len >= 2)
		read_paths(in, &ret->copy);
	else if (in->diags->errors == errors_before || !has_bare_flag(in->node))
		problem(in, args->len ? args->items[0] : in->node->name,
			xasprintf("write %s source ... destination", name),
			args->len ? "%s has a source but no destination" : "%s has no argument",
			name);
}
