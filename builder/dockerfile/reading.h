/* The second pass, private: one node to one typed instruction. */
#ifndef READING_H
#define READING_H

#include "dockerfile/dockerfile.h"

struct instruction_reading {
	struct dockerfile *file;
	struct arena *arena;
	const struct node *node;
	struct diags *diags;
};

/* An error under `place`; its hint says what to write instead. Takes `owned_hint`, which may be NULL. */
void problem(const struct instruction_reading *in, struct word place, char *owned_hint,
	     const char *fmt, ...) PRINTF_LIKE(4, 5);
/* One from `err`, placed within `place` where err's span tells the column. */
void problem_err(const struct instruction_reading *in, struct word place, const struct err *err);

/* The part of `word` from `offset` on; the whole word's place where the file's text differs from the word's. */
struct word word_part(struct arena *arena, struct word word, size_t offset, size_t len);

enum flag_type { FLAG_BOOL, FLAG_STRING, FLAG_STRINGS };

struct flag {
	const char *name;
	enum flag_type type;
	struct words values; /* as given; of a bool "true" or "false" */
};

/* Sorts the node's flags into `flags`; problems with unknown, repeated and malformed ones. */
void flags_read(const struct instruction_reading *in, struct flag *flags, size_t count);
/* The last value; text NULL when the flag was not given. */
struct word flag_value(const struct flag *flag);
bool flag_is_true(const struct flag *flag);

/* Each fills `ret` as far as it could be read; problems go to in->diags. */
void read_command(const struct instruction_reading *in, const struct words *args,
		  struct command *ret);
void read_copy(const struct instruction_reading *in, struct instruction *ret);
void read_from(const struct instruction_reading *in, struct instruction *ret);
void read_healthcheck(const struct instruction_reading *in, struct instruction *ret);
void read_onbuild(const struct instruction_reading *in, struct instruction *ret);
void read_run(const struct instruction_reading *in, struct instruction *ret);

/* False when the node got an error. */
bool instruction_read(struct dockerfile *file, const struct node *node, struct instruction *ret,
		      struct diags *diags);

#endif
