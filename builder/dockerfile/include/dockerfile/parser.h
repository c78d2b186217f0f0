/*
 * First pass over a Dockerfile: text to lines of words, without knowing what they mean (BuildKit's `parser` package).
 * Comments, continuations, parser directives, flags, JSON and shell form, heredocs are resolved here; unknown
 * instructions and wrong flags are left to dockerfile/dockerfile.h.
 *
 *	AUTO(syntax_tree_release) struct syntax_tree tree = SYNTAX_TREE_INIT;
 *
 *	if (syntax_tree_parse(text, &tree, &diags) < 0)
 *		return diags_check(&diags, err);
 *	syntax_tree_dump(&tree, &out);
 *
 * Everything in the tree lives in its arena and is independent of the text.
 */
#ifndef DOCKERFILE_PARSER_H
#define DOCKERFILE_PARSER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "base/vec.h"

/* A piece of text with the place where it begins; lines and columns (bytes) count from 1. */
struct word {
	const char *text;
	unsigned line, column;
	unsigned length; /* in bytes of the file, up to the end of its first line */
};

struct words {
	struct word *items;
	size_t len, cap;
};

/* `<<name`, `3<<-"name"`: a body on the lines behind the instruction. */
struct heredoc {
	const char *name;
	unsigned fd;         /* the digits before `<<`; 0 = none */
	bool expand;         /* false when the delimiter was quoted */
	bool chomp;          /* `<<-`: heredoc_text() drops leading tabs */
	const char *content; /* as in the file, with its line ends */
	size_t content_len;
	unsigned line; /* of the first line of the body */
};

struct heredocs {
	struct heredoc *items;
	size_t len, cap;
};

struct node {
	struct word name; /* the instruction as written */
	struct words args;
	struct words flags; /* "--name" or "--name=value", quotes removed */
	bool json;          /* the arguments were a JSON array */
	struct heredocs heredocs;
	unsigned start, end;      /* lines, both inclusive; heredoc bodies included */
	const char *original;     /* the logical line: continuations joined, comments dropped */
	struct words comments;    /* the comment lines directly above, without `#` */
	struct node *sub;         /* ONBUILD: its instruction, NULL when it has none */
	const char *sub_original; /* ONBUILD: the text behind the word */
};

struct nodes {
	struct node *items;
	size_t len, cap;
};

/* `# name=value` at the top of the file. */
struct directive {
	const char *value;             /* NULL = absent */
	unsigned line, column, length; /* of the value */
};

struct syntax_tree {
	struct arena *arena;
	struct nodes nodes;
	char escape; /* '\\' or '`' */
	struct directive syntax, check, escape_directive;
	struct words
		empty_continuations; /* per instruction with a blank line inside; `line` is its last line */
};

#define SYNTAX_TREE_INIT       \
	{                      \
		.escape = '\\' \
	}

/*
 * Adds the problems of the text to `diags` (diags_init() with the same text as source) and goes on behind each of them;
 * -1 when there was an error. Limits: LIMIT_DOCKERFILE, LIMIT_DOCKERFILE_LINE; no NUL bytes.
 */
WARN_UNUSED int syntax_tree_parse(struct span text, struct syntax_tree *ret, struct diags *diags);
void syntax_tree_release(struct syntax_tree *tree);

/* One s-expression per instruction, `(name ["--flag"] "arg" ...)`: stable, documented in docs/. */
void syntax_tree_dump(const struct syntax_tree *tree, struct str *out);
/* The whole tree; members as `ast` of the conformance data. The caller releases. */
json_t *syntax_tree_to_json(const struct syntax_tree *tree);

/* The body without the leading tabs that `<<-` drops; the caller frees. */
char *heredoc_text(const struct heredoc *heredoc);
/*
 * Is this word, as a shell lexes it, a heredoc mark? `body` of the result is empty. False for `<<<x`, `a<<b`, `"<<x"`.
 */
bool heredoc_parse_word(struct arena *arena, struct span word, struct heredoc *ret);

enum json_array_result {
	JSON_ARRAY_STRINGS,     /* *ret holds the elements */
	JSON_ARRAY_INVALID,     /* not JSON, or not an array: shell form */
	JSON_ARRAY_NOT_STRINGS, /* valid, but an element is not a string: an error of the user's */
};

/* Positions of the elements are byte offsets into `text`, in `column` (from 1). */
enum json_array_result json_array_parse(struct arena *arena, struct span text, struct words *ret);

/*
 * Finds one directive the way a builder looks for `syntax` before it chooses a frontend: a `#!` first line is skipped.
 * With `any_comment_style` also `// name=value` and a JSON object with that member. `ret->value` is the whole value; false when there
 * is none.
 */
bool directive_detect(struct arena *arena, struct span text, const char *name,
		      bool any_comment_style, struct directive *ret);

#endif
