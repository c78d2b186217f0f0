#include <stdarg.h>
#include <strings.h>

#include "base/alloc.h"
#include "kind.h"
#include "reading.h"
#include "rune.h"
#include "unknown.h"

void problem(const struct instruction_reading *in, struct word place, char *owned_hint,
	     const char *fmt, ...)
{
	AUTO(str_release) struct str message = STR_INIT;
	struct diag *diag = NULL;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&message, fmt, ap);
	va_end(ap);
	diag = diags_add(in->diags, DIAG_ERROR, place.line, place.column, place.length, "%s",
			 message.ptr);
	diag->hint = owned_hint;
}

struct word word_part(struct arena *arena, struct word word, size_t offset, size_t len)
{
	struct word part = word;

	part.text = arena_strndup(arena, word.text + offset, len);
	if (word.length != strlen(word.text))
		return part;
	part.column += (unsigned)offset;
	part.length = (unsigned)len;
	return part;
}

void problem_err(const struct instruction_reading *in, struct word place, const struct err *err)
{
	size_t len = place.text ? strlen(place.text) : 0;
	unsigned offset = err->span.column ? err->span.column - 1 : 0;

	if (err->span.column && offset + err->span.length <= len)
		place = word_part(in->arena, place, offset, err->span.length);
	problem(in, place, xstrdup_or_null(err->hint), "%s", err->message);
}

static struct word name_of(const struct instruction_reading *in)
{
	return in->node->name;
}

/* An example of how the instruction is used, for hints. */
static const char *example(enum instruction_kind kind)
{
	static const char *const examples[INSTRUCTION_KINDS] = {
		[INSTRUCTION_ADD] = "ADD source ... destination",
		[INSTRUCTION_ARG] = "ARG name=default",
		[INSTRUCTION_CMD] = "CMD [\"program\", \"argument\"]",
		[INSTRUCTION_COPY] = "COPY source ... destination",
		[INSTRUCTION_ENTRYPOINT] = "ENTRYPOINT [\"program\", \"argument\"]",
		[INSTRUCTION_ENV] = "ENV name=value",
		[INSTRUCTION_EXPOSE] = "EXPOSE 80/tcp",
		[INSTRUCTION_FROM] = "FROM image AS name",
		[INSTRUCTION_HEALTHCHECK] = "HEALTHCHECK CMD command",
		[INSTRUCTION_LABEL] = "LABEL name=value",
		[INSTRUCTION_MAINTAINER] = "LABEL org.opencontainers.image.authors=\"name\"",
		[INSTRUCTION_ONBUILD] = "ONBUILD RUN command",
		[INSTRUCTION_RUN] = "RUN command",
		[INSTRUCTION_SHELL] = "SHELL [\"/bin/sh\", \"-c\"]",
		[INSTRUCTION_STOPSIGNAL] = "STOPSIGNAL SIGTERM",
		[INSTRUCTION_USER] = "USER name:group",
		[INSTRUCTION_VOLUME] = "VOLUME /path",
		[INSTRUCTION_WORKDIR] = "WORKDIR /path",
	};

	return examples[kind];
}

static void fail_empty(const struct instruction_reading *in, enum instruction_kind kind)
{
	problem(in, name_of(in), xasprintf("write %s", example(kind)), "%s has no argument",
		instruction_name(kind));
}

static void read_pairs(const struct instruction_reading *in, struct instruction *ret)
{
	const struct words *args = &in->node->args;

	if (!args->len)
		fail_empty(in, ret->kind);
	for (size_t i = 0; i + 2 < args->len; i += 3) {
		struct pair pair = { .name = args->items[i],
				     .value = args->items[i + 1],
				     .legacy = !*args->items[i + 2].text };

		if (!*pair.name.text)
			problem(in, pair.name, xstrdup("write name=value"),
				"the name before '=' is missing");
		*ARENA_ADD(in->arena, &ret->pairs) = pair;
	}
}

static void read_args(const struct instruction_reading *in, struct instruction *ret)
{
	if (!in->node->args.len)
		fail_empty(in, ret->kind);
	VEC_FOREACH(word, &in->node->args) {
		const char *equals = strchr(word->text, '=');
		size_t len = equals ? (size_t)(equals - word->text) : strlen(word->text);
		struct arg arg = { .name = word_part(in->arena, *word, 0, len) };

		if (!len)
			problem(in, *word, xstrdup("write ARG name=default"),
				"the name before '=' is missing");
		if (equals)
			arg.value = word_part(in->arena, *word, len + 1, strlen(equals + 1));
		*ARENA_ADD(in->arena, &ret->args) = arg;
	}
}

static void read_word(const struct instruction_reading *in, struct instruction *ret)
{
	if (!in->node->args.len)
		fail_empty(in, ret->kind);
	else
		ret->word = in->node->args.items[0];
}

static void read_words(const struct instruction_reading *in, struct instruction *ret)
{
	if (!in->node->args.len)
		fail_empty(in, ret->kind);
	ret->words = in->node->args;
	if (ret->kind != INSTRUCTION_VOLUME)
		return;
	VEC_FOREACH(word, &ret->words) {
		struct span text = span_of(word->text), trimmed = rune_trim(text);

		if (!trimmed.len)
			problem(in, *word, xstrdup("name a directory of the image"),
				"a VOLUME cannot be empty");
		else if (trimmed.len < text.len)
			word->text = arena_strndup(in->arena, trimmed.ptr, trimmed.len);
	}
}

void read_command(const struct instruction_reading *in, const struct words *args,
		  struct command *ret)
{
	ret->exec_form = in->node->json;
	ret->words = *args;
}

static void read_shell(const struct instruction_reading *in, struct instruction *ret)
{
	read_command(in, &in->node->args, &ret->command);
	if (!in->node->args.len)
		fail_empty(in, ret->kind);
	else if (!in->node->json)
		problem(in, in->node->args.items[0],
			xstrdup("write SHELL [\"/bin/bash\", \"-c\"], with double quotes"),
			"SHELL wants a JSON array of strings");
}

/* ARG and STOPSIGNAL never look at flags, and HEALTHCHECK NONE does not either: so does BuildKit. */
static void refuse_flags(const struct instruction_reading *in)
{
	flags_read(in, NULL, 0);
}

static void read_by_kind(const struct instruction_reading *in, struct instruction *ret)
{
	switch (ret->kind) {
	case INSTRUCTION_ADD:
	case INSTRUCTION_COPY: read_copy(in, ret); return;
	case INSTRUCTION_ARG: read_args(in, ret); return;
	case INSTRUCTION_FROM: read_from(in, ret); return;
	case INSTRUCTION_HEALTHCHECK: read_healthcheck(in, ret); return;
	case INSTRUCTION_RUN: read_run(in, ret); return;
	case INSTRUCTION_STOPSIGNAL: read_word(in, ret); return;
	case INSTRUCTION_CMD:
	case INSTRUCTION_ENTRYPOINT: read_command(in, &in->node->args, &ret->command); break;
	case INSTRUCTION_ENV:
	case INSTRUCTION_LABEL: read_pairs(in, ret); break;
	case INSTRUCTION_EXPOSE:
	case INSTRUCTION_VOLUME: read_words(in, ret); break;
	case INSTRUCTION_MAINTAINER:
	case INSTRUCTION_USER:
	case INSTRUCTION_WORKDIR: read_word(in, ret); break;
	case INSTRUCTION_ONBUILD: read_onbuild(in, ret); break;
	case INSTRUCTION_SHELL: read_shell(in, ret); break;
	}
	refuse_flags(in);
}

bool instruction_read(struct dockerfile *file, const struct node *node, struct instruction *ret,
		      struct diags *diags)
{
	struct instruction_reading in = {
		.file = file, .arena = file->tree.arena, .node = node, .diags = diags
	};
	size_t errors_before = diags->errors;

	*ret = (struct instruction){
		.name = node->name, .node = node, .start = node->start, .end = node->end
	};
	if (!kind_find(span_of(node->name.text), &ret->kind)) {
		unknown_instruction(&in);
		return false;
	}
	read_by_kind(&in, ret);
	return diags->errors == errors_before;
}
