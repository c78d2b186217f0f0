#include "dockerfile/dockerfile.h"

#include <ctype.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "reading.h"

/* Of a file that has more errors, the rest is not looked at: it is no Dockerfile. */
#define ERRORS_MAX 1000

struct assembly {
	struct dockerfile *file;
	struct diags *diags;
	bool told_no_stage;
};

static const char *lower(struct arena *arena, const char *text)
{
	AUTO(freep) char *copy = xstrdup(text);

	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return arena_strdup(arena, copy);
}

static void begin_stage(struct assembly *assembly, const struct instruction *from)
{
	struct dockerfile *file = assembly->file;
	struct arena *arena = file->tree.arena;
	struct stage *stage = ARENA_ADD(arena, &file->stages);

	*stage = (struct stage){ .index = (unsigned)file->stages.len - 1, .from = *from };
	if (from->from.name.text)
		stage->name = lower(arena, from->from.name.text);
}

static void fail_no_stage(struct assembly *assembly, const struct instruction *instruction)
{
	struct diag *diag = NULL;

	if (assembly->told_no_stage)
		return;
	assembly->told_no_stage = true;
	diag = diags_add(assembly->diags, DIAG_ERROR, instruction->name.line,
			 instruction->name.column, instruction->name.length,
			 "%s before the first FROM", instruction_name(instruction->kind));
	diag->hint = xstrdup("begin with FROM and an image; only ARG may stand before it");
}

static void place(struct assembly *assembly, const struct instruction *instruction)
{
	struct dockerfile *file = assembly->file;
	struct arena *arena = file->tree.arena;

	if (instruction->kind == INSTRUCTION_FROM)
		begin_stage(assembly, instruction);
	else if (file->stages.len)
		*ARENA_ADD(arena, &file->stages.items[file->stages.len - 1].instructions) =
			*instruction;
	else if (instruction->kind == INSTRUCTION_ARG)
		*ARENA_ADD(arena, &file->global_args) = *instruction;
	else
		fail_no_stage(assembly, instruction);
}

/* Is it one of the names of Dockerfile's own frontend? */
static bool is_own_syntax(const char *value)
{
	static const char *const names[] = { "docker/dockerfile", "docker.io/docker/dockerfile" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *rest = value + strlen(names[i]);

		if (!str_has_prefix(value, names[i]))
			continue;
		rest += str_has_prefix(rest, "-upstream") ? strlen("-upstream") : 0;
		return *rest == '\0' || strchr(":@ ", *rest);
	}
	return false;
}

static void check_syntax(const struct syntax_tree *tree, struct diags *diags)
{
	const struct directive *syntax = &tree->syntax;

	if (!syntax->value || is_own_syntax(syntax->value))
		return;
	diags_add(diags, DIAG_WARNING, syntax->line, syntax->column, syntax->length,
		  "the frontend '%s' is not used", syntax->value)
		->hint = xstrdup("the file is read as docker/dockerfile:1 would read it");
}

static void read_node(struct assembly *assembly, const struct node *node)
{
	struct instruction instruction;
	bool good = instruction_read(assembly->file, node, &instruction, assembly->diags);

	/* A wrong FROM still begins a stage, or all that follows would be wrong. */
	if (!good && (instruction.kind != INSTRUCTION_FROM || !instruction.from.image.text))
		return;
	*ARENA_ADD(assembly->file->tree.arena, &assembly->file->all) = instruction;
	place(assembly, &instruction);
}

static void fail_too_many(const struct node *from, struct diags *diags)
{
	diags_add(diags, DIAG_ERROR, from->start, 0, 0, "the file has more than %d stages",
		  LIMIT_STAGES)
		->hint = xstrdup("build them from several files");
}

int dockerfile_parse(struct span text, struct dockerfile *ret, struct diags *diags)
{
	struct assembly assembly = { .file = ret, .diags = diags };
	size_t errors_before = diags->errors;
	int result = 0;

	*ret = (struct dockerfile)DOCKERFILE_INIT;
	result = syntax_tree_parse(text, &ret->tree, diags);
	check_syntax(&ret->tree, diags);
	VEC_FOREACH(node, &ret->tree.nodes) {
		if (diags->errors - errors_before > ERRORS_MAX)
			break;
		if (ret->stages.len == LIMIT_STAGES && strcasecmp(node->name.text, "FROM") == 0) {
			fail_too_many(node, diags);
			break;
		}
		read_node(&assembly, node);
	}
	return diags->errors > errors_before ? -1 : result;
}

void dockerfile_release(struct dockerfile *file)
{
	syntax_tree_release(&file->tree);
	*file = (struct dockerfile)DOCKERFILE_INIT;
}
