/* The ways in which the text behind an instruction falls into words. All words are placed in the file. */
#ifndef SPLIT_H
#define SPLIT_H

#include "dockerfile/parser.h"
#include "line.h"

/* What the functions below work on. */
struct splitting {
	struct arena *arena;
	const struct logical_line *line;
	char escape;
};

/* The word that `part` of the logical line is. */
struct word split_word(const struct splitting *splitting, struct span part);
/* Leading `--flag` words; *rest moves behind them. */
void split_flags(const struct splitting *splitting, struct span *rest, struct words *ret);
/* At blanks, quotes or not. */
void split_blanks(const struct splitting *splitting, struct span text, struct words *ret);
/* At blanks outside quotes; quotes and escapes stay. */
void split_quoted(const struct splitting *splitting, struct span text, struct words *ret);

#endif
