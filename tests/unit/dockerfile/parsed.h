/* A Dockerfile in a test: parsed from a literal, with its problems. */
#ifndef PARSED_H
#define PARSED_H

#include "base/diag.h"
#include "dockerfile/dockerfile.h"
#include "unit.h"

struct parsed {
	struct dockerfile file;
	struct diags diags;
	int result;
};

static inline void parse(struct parsed *parsed, const char *text)
{
	diags_init(&parsed->diags, "Dockerfile", span_of(text));
	parsed->result = dockerfile_parse(span_of(text), &parsed->file, &parsed->diags);
	diags_sort(&parsed->diags);
}

static inline void parsed_release(struct parsed *parsed)
{
	dockerfile_release(&parsed->file);
	diags_release(&parsed->diags);
}

/* The instruction of that number in the file, from 0, FROM included. */
static inline const struct instruction *nth(const struct parsed *parsed, size_t n)
{
	assert_true(n < parsed->file.all.len);
	return &parsed->file.all.items[n];
}

#endif
