/* The tree as s-expressions and as JSON. */
#include <utf8proc.h>

#include "dockerfile/parser.h"
#include "dockerfile/quote.h"
#include "rune.h"

static void add_lower(const char *text, struct str *out)
{
	const char *end = text + strlen(text);
	size_t len = 0;

	for (; text < end; text += len) {
		int32_t rune = rune_decode(text, end, &len);

		if (rune >= RUNE_BYTE(0))
			str_addn(out, text, len);
		else
			str_add_codepoint(out, (unsigned)utf8proc_tolower(rune));
	}
}

static void dump_node(const struct node *node, struct str *out)
{
	str_addc(out, '(');
	add_lower(node->name.text, out);
	VEC_FOREACH(flag, &node->flags) {
		str_add(out, flag == node->flags.items ? " [" : " ");
		quote_go(flag->text, out);
	}
	if (node->flags.len)
		str_addc(out, ']');
	if (node->sub) {
		str_addc(out, ' ');
		dump_node(node->sub, out);
	}
	VEC_FOREACH(arg, &node->args) {
		if (*node->name.text || arg > node->args.items)
			str_addc(out, ' ');
		quote_go(arg->text, out);
	}
	str_addc(out, ')');
}

void syntax_tree_dump(const struct syntax_tree *tree, struct str *out)
{
	VEC_FOREACH(node, &tree->nodes) {
		dump_node(node, out);
		str_addc(out, '\n');
	}
}

/* Bytes that are not UTF-8 become U+FFFD. */
static json_t *text_to_json(const char *text)
{
	AUTO(str_release) struct str out = STR_INIT;
	const char *end = text + strlen(text);
	size_t len = 0;

	for (; text < end; text += len) {
		int32_t rune = rune_decode(text, end, &len);

		if (strncmp(text, NUL_BYTES, 2) == 0) {
			str_addc(&out, '\0');
			len = 2;
		} else {
			str_add_codepoint(&out, rune >= RUNE_BYTE(0) ? 0xfffd : (unsigned)rune);
		}
	}
	return json_stringn(out.ptr, out.len);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text_to_json(text));
}

/* Empty lists are left out. */
static void set_words(json_t *object, const char *key, const struct words *words)
{
	json_t *array = NULL;

	if (!words->len)
		return;
	array = json_array();
	VEC_FOREACH(word, words)
		json_array_append_new(array, text_to_json(word->text));
	json_object_set_new(object, key, array);
}

static json_t *heredoc_to_json(const struct heredoc *heredoc)
{
	json_t *object = json_object();

	set_text(object, "name", heredoc->name);
	json_object_set_new(object, "fd", json_integer(heredoc->fd));
	json_object_set_new(object, "expand", json_boolean(heredoc->expand));
	json_object_set_new(object, "chomp", json_boolean(heredoc->chomp));
	set_text(object, "content", heredoc->content);
	return object;
}

static json_t *body_to_json(const struct node *node, bool lower);

static json_t *sub_to_json(const struct node *node)
{
	json_t *object = json_object();
	json_t *array = json_array();

	json_object_set_new(object, "sub", body_to_json(node->sub, true));
	set_text(object, "sub_original", node->sub_original);
	json_array_append_new(array, object);
	return array;
}

static json_t *body_to_json(const struct node *node, bool lower)
{
	AUTO(str_release) struct str name = STR_INIT;
	json_t *object = json_object();

	if (lower)
		add_lower(node->name.text, &name);
	else
		str_add(&name, node->name.text);
	set_text(object, "value", name.ptr);
	if (node->sub)
		json_object_set_new(object, "args", sub_to_json(node));
	else
		set_words(object, "args", &node->args);
	set_words(object, "flags", &node->flags);
	if (node->json)
		json_object_set_new(object, "json", json_true());
	return object;
}

static json_t *node_to_json(const struct node *node)
{
	json_t *object = body_to_json(node, false);

	if (node->heredocs.len) {
		json_t *heredocs = json_array();

		VEC_FOREACH(heredoc, &node->heredocs)
			json_array_append_new(heredocs, heredoc_to_json(heredoc));
		json_object_set_new(object, "heredocs", heredocs);
	}
	json_object_set_new(object, "start", json_integer(node->start));
	json_object_set_new(object, "end", json_integer(node->end));
	if (*node->original)
		set_text(object, "original", node->original);
	set_words(object, "comments", &node->comments);
	return object;
}

static void set_warnings(json_t *object, const struct syntax_tree *tree)
{
	json_t *array = NULL;

	if (!tree->empty_continuations.len)
		return;
	array = json_array();
	VEC_FOREACH(line, &tree->empty_continuations) {
		AUTO(str_release) struct str message = STR_INIT;
		json_t *warning = json_object();

		str_addf(&message, "Empty continuation line found in: %s", line->text);
		json_object_set_new(warning, "line", json_integer(line->line));
		set_text(warning, "message", message.ptr);
		json_array_append_new(array, warning);
	}
	json_object_set_new(object, "warnings", array);
}

json_t *syntax_tree_to_json(const struct syntax_tree *tree)
{
	char escape[] = { tree->escape, '\0' };
	json_t *object = json_object();
	json_t *nodes = json_array();

	set_text(object, "escape", escape);
	set_warnings(object, tree);
	VEC_FOREACH(node, &tree->nodes)
		json_array_append_new(nodes, node_to_json(node));
	json_object_set_new(object, "nodes", nodes);
	return object;
}
