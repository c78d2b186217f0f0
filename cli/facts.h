/* What is known about a board or a template, for people and as JSON. */
#ifndef CLI_FACTS_H
#define CLI_FACTS_H

#include <jansson.h>

#include "base/str.h"
#include "templates/word_list.h"

#define FACTS_WIDTH 80 /* of the lines */

/* Behind a comma unless it is the first. */
void facts_add_word(struct str *out, const char *word);
void facts_add_words(struct str *out, const struct word_list *words);
/* "Processor    4x Cortex-A72", wrapped; nothing for an empty text, or NULL. */
void facts_add_line(struct str *out, const char *label, const char *text);
void facts_add_words_line(struct str *out, const char *label, const struct word_list *words);

json_t *facts_json_of_words(const struct word_list *words);
/* The member is left out when `text` is NULL. */
void facts_json_set(json_t *object, const char *key, const char *text);

#endif
