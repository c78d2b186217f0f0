/* The model as YAML or JSON. */
#include <ctype.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "print.h"
#include "tree.h"

static const char *const sections[] = { "name",    "services", "networks", "volumes",
					"secrets", "configs",  "models" };

/* The order of the sections; the rest, extensions, comes behind them by name. */
static size_t section_rank(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (!strcmp(key, sections[i]))
			return i;
	return ARRAY_SIZE(sections);
}

static int compare_sections(const void *a, const void *b)
{
	const char *left = (*(const struct yaml_entry *const *)a)->key;
	const char *right = (*(const struct yaml_entry *const *)b)->key;
	size_t left_rank = section_rank(left), right_rank = section_rank(right);

	if (left_rank != right_rank)
		return left_rank < right_rank ? -1 : 1;
	return strcmp(left, right);
}

/*
 * A character beyond ASCII that a reader of YAML takes for a control character, a break between lines or
 * the mark of an encoding: its length, or 0.
 */
static size_t odd_char(const char *text, unsigned *ret_codepoint)
{
	const unsigned char *c = (const unsigned char *)text;

	if (c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0) {
		*ret_codepoint = c[1];
		return 2;
	}
	if (c[0] == 0xE2 && c[1] == 0x80 && (c[2] == 0xA8 || c[2] == 0xA9)) {
		*ret_codepoint = 0x2000 + c[2] - 0x80;
		return 3;
	}
	*ret_codepoint = 0xFEFF;
	return c[0] == 0xEF && c[1] == 0xBB && c[2] == 0xBF ? 3 : 0;
}

/* As JSON writes it, which a double-quoted scalar of YAML understands as well. */
static void add_quoted(struct str *out, const char *text)
{
	str_addc(out, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		unsigned codepoint = 0;
		size_t len = odd_char(text, &codepoint);

		if (len) {
			str_addf(out, "\\u%04x", codepoint);
			text += len - 1;
		} else if (c == '"' || c == '\\')
			str_addf(out, "\\%c", c);
		else if (c == '\n')
			str_add(out, "\\n");
		else if (c == '\t')
			str_add(out, "\\t");
		else if (c < 0x20 || c == 0x7F)
			str_addf(out, "\\u%04x", c);
		else
			str_addc(out, (char)c);
	}
	str_addc(out, '"');
}

/* Every '$' twice. */
static char *escape_dollars(const char *text)
{
	struct str out = STR_INIT;

	for (; *text; text++) {
		str_addc(&out, *text);
		if (*text == '$')
			str_addc(&out, '$');
	}
	return str_detach(&out);
}

struct printer {
	struct arena *arena; /* for what is needed while printing */
	struct str *out;
	bool raw; /* variables are still in it */
};

/* Those that other readers take for dates, numbers to the base of sixty, or booleans. */
static bool is_taken_otherwise(const char *text)
{
	static const char *const words[] = { "y", "n", "yes", "no", "on", "off" };

	if (strspn(text, "0123456789+-:._eExo") == strlen(text) && strpbrk(text, "0123456789"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return false;
}

/* Does it hold nothing that ends a plain scalar, or cannot be in one? */
static bool is_one_piece(const char *text)
{
	for (const char *at = text; *at; at++) {
		bool is_last = !at[1];
		unsigned codepoint = 0;

		if ((unsigned char)*at < 0x20 || *at == 0x7F || odd_char(at, &codepoint))
			return false;
		if (*at == ':' && (is_last || at[1] == ' '))
			return false;
		if (*at == ' ' && (is_last || at[1] == '#'))
			return false;
	}
	return true;
}

/* Can it stand without quotes, and read back as the same string? */
static bool is_plain(struct printer *p, const char *text)
{
	bool begins_well = isalnum((unsigned char)*text) || (*text && strchr("/._$", *text));

	if (!begins_well || is_taken_otherwise(text) || !is_one_piece(text))
		return false;
	return yaml_resolve_scalar(p->arena, text, (struct yaml_mark){ 0 })->kind == YAML_STRING;
}

static void add_string(struct printer *p, const char *text, bool json)
{
	AUTO(freep) char *escaped = p->raw ? xstrdup(text) : escape_dollars(text);

	if (!json && is_plain(p, escaped))
		str_add(p->out, escaped);
	else
		add_quoted(p->out, escaped);
}

static void add_key(struct printer *p, const char *key, bool json)
{
	if (!json && is_plain(p, key))
		str_add(p->out, key);
	else
		add_quoted(p->out, key);
	str_add(p->out, json ? ": " : ":");
}

static void add_scalar(struct printer *p, const struct yaml *node, bool json)
{
	if (node->kind == YAML_STRING)
		add_string(p, node->text, json);
	else if (node->kind == YAML_NULL)
		str_add(p->out, "null");
	else
		str_add(p->out, yaml_scalar_text(p->arena, node));
}

static void new_line(struct printer *p, unsigned depth)
{
	str_addf(p->out, "\n%*s", (int)(2 * depth), "");
}

static void print_yaml(struct printer *p, const struct yaml *node, unsigned depth);

static void print_yaml_value(struct printer *p, const struct yaml *node, unsigned depth)
{
	if (!yaml_len(node)) {
		str_addc(p->out, ' ');
		print_yaml(p, node, depth);
		return;
	}
	new_line(p, depth);
	print_yaml(p, node, depth);
}

static void print_yaml(struct printer *p, const struct yaml *node, unsigned depth)
{
	bool first = true;

	if (!yaml_len(node)) {
		if (node->kind == YAML_LIST || node->kind == YAML_MAP)
			str_add(p->out, node->kind == YAML_LIST ? "[]" : "{}");
		else
			add_scalar(p, node, false);
		return;
	}
	YAML_EACH_ITEM(item, node) {
		if (!first)
			new_line(p, depth);
		str_add(p->out, "- ");
		print_yaml(p, *item, depth + 1);
		first = false;
	}
	YAML_EACH_ENTRY(entry, node) {
		if (!first)
			new_line(p, depth);
		add_key(p, entry->key, false);
		print_yaml_value(p, entry->value, depth + 1);
		first = false;
	}
}

static void print_json(struct printer *p, const struct yaml *node, unsigned depth)
{
	const char *separator = "";

	if (node->kind != YAML_LIST && node->kind != YAML_MAP) {
		add_scalar(p, node, true);
		return;
	}
	str_addc(p->out, node->kind == YAML_LIST ? '[' : '{');
	YAML_EACH_ITEM(item, node) {
		str_add(p->out, separator);
		new_line(p, depth + 1);
		print_json(p, *item, depth + 1);
		separator = ",";
	}
	YAML_EACH_ENTRY(entry, node) {
		str_add(p->out, separator);
		new_line(p, depth + 1);
		add_key(p, entry->key, true);
		print_json(p, entry->value, depth + 1);
		separator = ",";
	}
	if (yaml_len(node))
		new_line(p, depth);
	str_addc(p->out, node->kind == YAML_LIST ? ']' : '}');
}

/* The sections in their order. */
static struct yaml *ordered(struct arena *arena, const struct yaml *document)
{
	struct yaml *copy = yaml_new(arena, YAML_MAP, NULL);
	size_t len = yaml_len(document);
	const struct yaml_entry **entries = arena_alloc(arena, (len + 1) * sizeof(*entries));

	for (size_t i = 0; i < len; i++)
		entries[i] = &document->map.items[i];
	qsort(entries, len, sizeof(*entries), compare_sections);
	for (size_t i = 0; i < len; i++)
		yaml_set_entry(arena, copy, entries[i]);
	return copy;
}

void print_document(const struct yaml *document, enum compose_format format, bool raw,
		    struct str *out)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct printer printer = { .arena = arena, .out = out, .raw = raw };
	const struct yaml *sections_in_order = ordered(arena, document);

	if (format == COMPOSE_JSON)
		print_json(&printer, sections_in_order, 0);
	else
		print_yaml(&printer, sections_in_order, 0);
	str_addc(out, '\n');
}

void compose_print(const struct compose *compose, enum compose_format format, struct str *out)
{
	print_document(compose_tree(compose), format, compose_is_raw(compose), out);
}
