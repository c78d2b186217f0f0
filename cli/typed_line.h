/*
 * The words of a command line that somebody is still typing, as far as completing the next one needs them: what is wrong
 * or not known yet is passed over.
 */
#ifndef CLI_TYPED_LINE_H
#define CLI_TYPED_LINE_H

#include "base/vec.h"

struct cli_command;

struct typed_line {
	const struct cli_command *command; /* NULL = not known yet */
	struct strvec files;               /* of --file */
	struct strvec operands;            /* behind the command's name */
};

#define TYPED_LINE_INIT         \
	{                       \
		.command = NULL \
	}

/* `words` from `first` on: without edgectl's own name, and without the one that is being typed. */
void typed_line_read(const struct strvec *words, size_t first, struct typed_line *ret);
void typed_line_release(struct typed_line *line);

#endif
