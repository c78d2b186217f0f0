/* libyaml's events to a tree: aliases copied, merge keys applied, scalars resolved. */
#include <yaml.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/yaml.h"

struct reader {
	struct arena *arena;
	struct diags *file;
	yaml_parser_t parser;
	struct cursor {
		size_t line, column; /* as libyaml counts: from 0, and in characters */
		size_t offset, line_offset;
	} cursor;
	yaml_event_t event; /* the one to look at next */
	bool has_event;
	struct yaml anchors; /* of this document: a map from their names to nodes */
	struct yaml open;    /* names of the anchors that we are within, as a map */
	unsigned depth;
	size_t alias_nodes;
	bool stop; /* nothing sensible can be read behind the last problem */
};

static void event_drop(struct reader *reader)
{
	if (reader->has_event)
		yaml_event_delete(&reader->event);
	reader->has_event = false;
}

static void reader_end(struct reader *reader)
{
	event_drop(reader);
	yaml_parser_delete(&reader->parser);
}

/*
 * The column in bytes. Marks come almost in the order of the text: the cursor goes on from the last
 * one, so that long lines are not gone over again and again.
 */
static size_t byte_column(struct reader *reader, const yaml_mark_t *mark)
{
	const struct span text = reader->file->source;
	struct cursor *at = &reader->cursor;

	if (mark->line < at->line)
		*at = (struct cursor){ .line = 0 };
	if (mark->line == at->line && mark->column < at->column) {
		at->offset = at->line_offset;
		at->column = 0;
	}
	for (; at->line < mark->line && at->offset < text.len; at->offset++) {
		if (text.ptr[at->offset] != '\n')
			continue;
		at->line++;
		at->column = 0;
		at->line_offset = at->offset + 1;
	}
	for (; at->column < mark->column && at->offset < text.len; at->column++)
		do
			at->offset++;
		while (at->offset < text.len && (text.ptr[at->offset] & 0xC0) == 0x80);
	return at->offset - at->line_offset;
}

static struct yaml_mark mark_of(struct reader *reader, const yaml_mark_t *from,
				const yaml_mark_t *to)
{
	size_t begin = byte_column(reader, from);
	struct yaml_mark mark = { .file = reader->file,
				  .line = (unsigned)from->line + 1,
				  .column = (unsigned)begin + 1,
				  .length = 1 };

	if (to && to->line == from->line && to->column > from->column)
		mark.length = (unsigned)(byte_column(reader, to) - begin);
	return mark;
}

/* libyaml says the problem, and where what it was reading began. */
static void syntax_error(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	struct yaml_mark mark = mark_of(reader, &parser->problem_mark, NULL);
	const char *problem = parser->problem ? parser->problem : "it cannot be read";

	reader->stop = true;
	if (parser->error == YAML_READER_ERROR)
		mark = (struct yaml_mark){ .file = reader->file };
	if (parser->context && parser->context_mark.line != parser->problem_mark.line)
		(void)yaml_problem(&mark, DIAG_ERROR, "not YAML: %s, %s that began in line %zu",
				   problem, parser->context, parser->context_mark.line + 1);
	else
		(void)yaml_problem(&mark, DIAG_ERROR, "not YAML: %s", problem);
}

/* Makes sure of a next event; false at the end and behind a problem. */
static bool event_next(struct reader *reader)
{
	event_drop(reader);
	if (reader->stop)
		return false;
	if (!yaml_parser_parse(&reader->parser, &reader->event)) {
		syntax_error(reader);
		return false;
	}
	reader->has_event = true;
	return reader->event.type != YAML_STREAM_END_EVENT;
}

static struct yaml *node_read(struct reader *reader);

/* "!!str" of YAML itself is no tag of the user's. */
static const char *own_tag(struct reader *reader, const yaml_char_t *tag)
{
	const char *text = (const char *)tag;

	if (!text || text[0] != '!' || !text[1])
		return NULL;
	return arena_strdup(reader->arena, text);
}

static bool holds_nul(const yaml_event_t *event)
{
	return memchr(event->data.scalar.value, '\0', event->data.scalar.length) != NULL;
}

/* One that makes a value of a text in quotes, too: !!int "5". */
static bool is_value_tag(const char *tag)
{
	return !strcmp(tag, YAML_NULL_TAG) || !strcmp(tag, YAML_BOOL_TAG) ||
	       !strcmp(tag, YAML_INT_TAG) || !strcmp(tag, YAML_FLOAT_TAG);
}

static struct yaml *scalar_read(struct reader *reader)
{
	const yaml_event_t *event = &reader->event;
	const char *text = (const char *)event->data.scalar.value;
	const char *tag = (const char *)event->data.scalar.tag;
	struct yaml_mark mark = mark_of(reader, &event->start_mark, &event->end_mark);
	bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct yaml *node = NULL;

	if (holds_nul(event))
		(void)yaml_problem(&mark, DIAG_ERROR, "a text must not hold the character NUL");
	if (tag ? is_value_tag(tag) ||
			    (is_plain && strcmp(tag, YAML_STR_TAG) != 0 && strcmp(tag, "!") != 0)
		: is_plain)
		node = yaml_resolve_scalar(reader->arena, text, mark);
	else
		node = yaml_new_string(reader->arena, text, NULL);
	node->mark = mark;
	node->tag = own_tag(reader, event->data.scalar.tag);
	return node;
}

/* Counts the nodes of a copy before it is made. */
static bool within_limit(struct reader *reader, const struct yaml *node)
{
	if (++reader->alias_nodes > LIMIT_YAML_ALIAS_NODES)
		return false;
	YAML_EACH_ITEM(item, node)
		if (!within_limit(reader, *item))
			return false;
	YAML_EACH_ENTRY(entry, node)
		if (!within_limit(reader, entry->value))
			return false;
	return true;
}

static struct yaml *alias_read(struct reader *reader)
{
	const yaml_event_t *event = &reader->event;
	const char *name = (const char *)event->data.alias.anchor;
	struct yaml_mark mark = mark_of(reader, &event->start_mark, &event->end_mark);
	const struct yaml *target = yaml_get(&reader->anchors, name);

	if (yaml_has(&reader->open, name)) {
		(void)yaml_problem(&mark, DIAG_ERROR, "'*%s' stands within '&%s': a cycle", name,
				   name);
		return yaml_new(reader->arena, YAML_NULL, NULL);
	}
	if (!target) {
		(void)yaml_problem(&mark, DIAG_ERROR, "no anchor '&%s' before this alias", name);
		return yaml_new(reader->arena, YAML_NULL, NULL);
	}
	if (!within_limit(reader, target)) {
		(void)yaml_problem(&mark, DIAG_ERROR,
				   "too many aliases: they add more than %d nodes to the document",
				   LIMIT_YAML_ALIAS_NODES);
		reader->stop = true;
		return yaml_new(reader->arena, YAML_NULL, NULL);
	}
	return yaml_copy(reader->arena, target);
}

static struct yaml *list_read(struct reader *reader)
{
	struct yaml *list = yaml_new(reader->arena, YAML_LIST, NULL);

	list->mark = mark_of(reader, &reader->event.start_mark, NULL);
	list->tag = own_tag(reader, reader->event.data.sequence_start.tag);
	while (event_next(reader) && reader->event.type != YAML_SEQUENCE_END_EVENT) {
		struct yaml *item = node_read(reader);

		if (item)
			yaml_append(reader->arena, list, item);
	}
	return list;
}

/* Adds the entries of a merged mapping that are not there yet. */
static void merge_map(struct reader *reader, struct yaml *map, const struct yaml *from)
{
	YAML_EACH_ENTRY(entry, from)
		if (!yaml_has(map, entry->key))
			yaml_set_entry(reader->arena, map, entry);
}

static void merge_refused(const struct yaml *value)
{
	(void)yaml_problem(&value->mark, DIAG_ERROR,
			   "'<<' merges a mapping or a list of mappings, not %s",
			   yaml_kind_name(value->kind));
}

static void merge_apply(struct reader *reader, struct yaml *map, const struct yaml *value)
{
	if (value->kind == YAML_MAP) {
		merge_map(reader, map, value);
		return;
	}
	if (value->kind != YAML_LIST) {
		merge_refused(value);
		return;
	}
	YAML_EACH_ITEM(item, value) {
		if ((*item)->kind == YAML_MAP)
			merge_map(reader, map, *item);
		else
			merge_refused(*item);
	}
}

/* Reads the key at the current event; false when it cannot be one. */
static bool key_read(struct reader *reader, struct yaml_entry *entry, bool *ret_merge)
{
	const yaml_event_t *event = &reader->event;
	bool plain = event->type == YAML_SCALAR_EVENT &&
		     event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !event->data.scalar.tag;
	struct yaml *key = NULL;

	entry->mark = mark_of(reader, &event->start_mark, &event->end_mark);
	*ret_merge = plain && !strcmp((const char *)event->data.scalar.value, "<<");
	key = node_read(reader);
	if (!key)
		return false;
	if (key->kind == YAML_STRING) {
		entry->key = key->text;
		return true;
	}
	if (key->kind == YAML_LIST || key->kind == YAML_MAP)
		(void)yaml_problem(&entry->mark, DIAG_ERROR, "a key must be a string, not %s",
				   yaml_kind_name(key->kind));
	else
		(void)yaml_problem(&entry->mark, DIAG_ERROR,
				   "the key '%s' is %s, and not a string: put it into quotes",
				   yaml_scalar_text(reader->arena, key), yaml_kind_name(key->kind));
	return false;
}

static void entry_add(struct reader *reader, struct yaml *map, const struct yaml_entry *entry)
{
	const struct yaml_entry *there = yaml_entry(map, entry->key);

	if (there)
		(void)yaml_problem(&entry->mark, DIAG_ERROR,
				   "the key '%s' is already in this mapping, in line %u",
				   entry->key, there->mark.line);
	else
		yaml_set_entry(reader->arena, map, entry);
}

static void merge_again(const struct yaml_mark *mark)
{
	struct diag *diag = yaml_problem(mark, DIAG_ERROR, "'<<' is already in this mapping");

	if (diag)
		diag->hint = xstrdup("several are merged by a list: '<<: [*a, *b]'");
}

static struct yaml *map_read(struct reader *reader)
{
	struct yaml *map = yaml_new(reader->arena, YAML_MAP, NULL);
	struct yaml *merges = yaml_new(reader->arena, YAML_LIST, NULL);

	map->mark = mark_of(reader, &reader->event.start_mark, NULL);
	map->tag = own_tag(reader, reader->event.data.mapping_start.tag);
	while (event_next(reader) && reader->event.type != YAML_MAPPING_END_EVENT) {
		struct yaml_entry entry = { .key = NULL };
		bool is_merge = false;
		bool has_key = key_read(reader, &entry, &is_merge);

		if (!event_next(reader))
			break;
		entry.value = node_read(reader);
		if (!entry.value || !has_key)
			continue;
		if (is_merge && yaml_len(merges))
			merge_again(&entry.mark);
		else if (is_merge)
			yaml_append(reader->arena, merges, entry.value);
		else
			entry_add(reader, map, &entry);
	}
	/* What is said here wins over what is merged in, wherever '<<' stands. */
	YAML_EACH_ITEM(merge, merges)
		merge_apply(reader, map, *merge);
	return map;
}

static const char *anchor_of(const struct reader *reader)
{
	const yaml_event_t *event = &reader->event;
	const yaml_char_t *anchor = NULL;

	if (event->type == YAML_SCALAR_EVENT)
		anchor = event->data.scalar.anchor;
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		anchor = event->data.sequence_start.anchor;
	else if (event->type == YAML_MAPPING_START_EVENT)
		anchor = event->data.mapping_start.anchor;
	return anchor ? arena_strdup(reader->arena, (const char *)anchor) : NULL;
}

static struct yaml *collection_read(struct reader *reader)
{
	bool is_list = reader->event.type == YAML_SEQUENCE_START_EVENT;
	struct yaml_mark mark = mark_of(reader, &reader->event.start_mark, NULL);
	struct yaml *node = NULL;

	if (reader->depth == LIMIT_YAML_DEPTH) {
		(void)yaml_problem(&mark, DIAG_ERROR, "nested deeper than %d levels",
				   LIMIT_YAML_DEPTH);
		reader->stop = true;
		return NULL;
	}
	reader->depth++;
	node = is_list ? list_read(reader) : map_read(reader);
	reader->depth--;
	return node;
}

/* The node that the current event begins; NULL only when reading has to stop. */
static struct yaml *node_read(struct reader *reader)
{
	const char *anchor = anchor_of(reader);
	struct yaml *node = NULL;

	if (reader->event.type == YAML_ALIAS_EVENT)
		return alias_read(reader);
	if (reader->event.type == YAML_SCALAR_EVENT) {
		node = scalar_read(reader);
	} else {
		if (anchor)
			yaml_set(reader->arena, &reader->open, anchor,
				 yaml_new(reader->arena, YAML_NULL, NULL));
		node = collection_read(reader);
		if (anchor)
			yaml_remove(&reader->open, anchor);
	}
	if (node && anchor)
		yaml_set(reader->arena, &reader->anchors, anchor, node);
	return node;
}

static void document_read(struct reader *reader, struct yaml_documents *ret)
{
	struct yaml *root = NULL;

	reader->anchors = (struct yaml){ .kind = YAML_MAP };
	reader->open = (struct yaml){ .kind = YAML_MAP };
	if (!event_next(reader))
		return;
	root = node_read(reader);
	if (root)
		*ARENA_ADD(reader->arena, ret) = root;
}

int yaml_parse(struct arena *arena, struct diags *file, struct yaml_documents *ret)
{
	AUTO(reader_end) struct reader reader = { .arena = arena, .file = file };
	size_t errors = file->errors;
	struct span text = file->source;

	if (text.len > LIMIT_YAML) {
		(void)diags_add(file, DIAG_ERROR, 0, 0, 0, "larger than %zu bytes", LIMIT_YAML);
		return -1;
	}
	if (!yaml_parser_initialize(&reader.parser)) {
		(void)diags_add(file, DIAG_ERROR, 0, 0, 0, "out of memory");
		return -1;
	}
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.ptr, text.len);
	while (event_next(&reader))
		if (reader.event.type == YAML_DOCUMENT_START_EVENT)
			document_read(&reader, ret);
	return file->errors > errors ? -1 : 0;
}
