/*
 * Variables in text, as compose files and dotenv files write them: $NAME, ${NAME}, and ${NAME-word}
 * with the operators - :- ? :? + :+ of the shell. $$ gives one '$'; a '$' before anything else
 * stays. Words are expanded themselves, only when they are used.
 *
 * Source: compose-spec 12-interpolation.md. Unlike the reference, a word may hold newlines.
 */
#ifndef COMPOSE_TEMPLATE_H
#define COMPOSE_TEMPLATE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct template_scope {
	/* The value, borrowed until the next call; NULL = not set. */
	const char *(*lookup)(void *arg, const char *name);
	/* Told about every variable that is not set and has no default; may be NULL. */
	void (*unset)(void *arg, const char *name);
	void *arg;
};

/*
 * Appends the expanded text. ERR_INPUT for a malformed "${"; ERR_NOT_FOUND for a variable that is
 * required (? and :?) and has no value, with the text's own message.
 */
WARN_UNUSED int template_expand(const char *text, const struct template_scope *scope,
				struct str *out, struct err *err);

/* A variable that a text uses. */
struct template_variable {
	const char *name;     /* all borrowed for the call */
	const char *fallback; /* - and :-, not expanded; NULL = none */
	const char *presence; /* + and :+; NULL = none */
	bool required;        /* ? and :? */
};

/* Calls `visit` for each, also for those within words. Malformed parts are passed over. */
void template_variables(const char *text,
			void (*visit)(void *arg, const struct template_variable *variable),
			void *arg);

#endif
