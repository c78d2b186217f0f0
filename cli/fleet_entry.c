#include "fleet_entry.h"

#include "base/alloc.h"
#include "base/diag.h"
#include "base/yaml.h"
#include "config/config.h"

static int parse(struct arena *arena, struct span text, const struct yaml **ret, struct err *err)
{
	struct yaml_documents documents = { .items = NULL };
	struct diags file;
	int status;

	*ret = NULL;
	diags_init(&file, CONFIG_PROJECT_FILE, text);
	if (yaml_parse(arena, &file, &documents) == 0 && documents.len > 0)
		*ret = documents.items[0];
	status = diags_check(&file, err);
	diags_release(&file);
	return status;
}

static void add_entry(const struct fleet_entry *entry, unsigned indent, struct str *out)
{
	AUTO(freep) char *boards = strvec_join(entry->boards, ", ");

	str_addf(out, "%*s%s:\n", (int)indent, "", entry->name);
	str_addf(out, "%*sregistry: %s\n", (int)indent * 2, "", entry->registry);
	str_addf(out, "%*sboards: [%s]\n", (int)indent * 2, "", boards);
}

static size_t line_offset(struct span text, unsigned line)
{
	size_t offset = 0;

	for (unsigned at = 1; at < line && offset < text.len; offset++)
		at += text.ptr[offset] == '\n';
	return offset;
}

/* Before the first fleet, in its indentation; else at the end. */
static void insert(const struct fleet_entry *entry, const struct yaml *fleets, struct span text,
		   struct str *out)
{
	const struct yaml_mark *mark = yaml_len(fleets) > 0 ? &fleets->map.items[0].mark : NULL;
	const size_t at = mark ? line_offset(text, mark->line) : text.len;

	str_addn(out, text.ptr, at);
	if (at > 0 && text.ptr[at - 1] != '\n')
		str_addc(out, '\n');
	if (!mark)
		str_add(out, "fleets:\n");
	add_entry(entry, mark ? mark->column - 1 : 2, out);
	str_addn(out, text.ptr + at, text.len - at);
}

/* What was written is read again: there are many ways to write YAML. */
static bool is_added(const struct fleet_entry *entry, struct span text, size_t old_count)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct yaml *document, *fleets;

	if (parse(arena, text, &document, NULL) < 0)
		return false;
	fleets = yaml_get(document, "fleets");
	return yaml_len(fleets) == old_count + 1 &&
	       str_eq(yaml_get_text(yaml_get(fleets, entry->name), "registry"), entry->registry) &&
	       yaml_len(yaml_get(yaml_get(fleets, entry->name), "boards")) == entry->boards->len;
}

int fleet_entry_add(const struct fleet_entry *entry, struct span text, struct str *ret,
		    struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct yaml *document, *fleets;

	if (parse(arena, text, &document, err) < 0)
		return -1;
	fleets = yaml_get(document, "fleets");
	if (yaml_has(fleets, entry->name)) {
		(void)err_set(err, ERR_INPUT, "there is a fleet '%s' already", entry->name);
		return err_hint(err, "'edgectl fleet show %s' shows it", entry->name);
	}
	insert(entry, fleets, text, ret);
	if (is_added(entry, str_span(ret), yaml_len(fleets)))
		return 0;
	(void)err_set(err, ERR_INPUT, "fleet '%s' cannot be added to '" CONFIG_PROJECT_FILE "'",
		      entry->name);
	return err_hint(err, "write it there by hand, under 'fleets': %s: {registry: %s}",
			entry->name, entry->registry);
}
