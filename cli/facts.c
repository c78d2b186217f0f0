#include "facts.h"

#include "base/json.h"
#include "format.h"

#define LABEL_WIDTH 13 /* of "Peripherals" and its like */

void facts_add_word(struct str *out, const char *word)
{
	str_addf(out, "%s%s", out->len > 0 ? ", " : "", word);
}

void facts_add_words(struct str *out, const struct word_list *words)
{
	VEC_FOREACH(word, words)
		facts_add_word(out, *word);
}

void facts_add_line(struct str *out, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	str_addf(out, "%-*s", LABEL_WIDTH, label);
	format_wrapped(out, text, LABEL_WIDTH, LABEL_WIDTH, FACTS_WIDTH);
}

void facts_add_words_line(struct str *out, const char *label, const struct word_list *words)
{
	AUTO(str_release) struct str text = STR_INIT;

	facts_add_words(&text, words);
	facts_add_line(out, label, text.ptr);
}

json_t *facts_json_of_words(const struct word_list *words)
{
	json_t *array = json_array();

	VEC_FOREACH(word, words)
		json_array_append_new(array, json_string(*word));
	return array;
}

void facts_json_set(json_t *object, const char *key, const char *text)
{
	if (text)
		json_set_string(object, key, text);
}
