/* A list of words that live in an arena, as data files have them. */
#ifndef TEMPLATES_WORD_LIST_H
#define TEMPLATES_WORD_LIST_H

#include <stddef.h>

struct word_list {
	const char **items;
	size_t len, cap;
};

#endif
