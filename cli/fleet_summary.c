#include "fleet_summary.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "format.h"

void fleet_summary_init(struct fleet_summary *summary)
{
	static const char *const head[] = { "SERVICE", "PLATFORM", "STEPS RUN", "CACHED",
					    "SHARED",  "SENT",     "OF" };

	*summary = (struct fleet_summary){ .sent_bytes = 0 };
	table_init(&summary->table, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&summary->table, head[i]);
}

void fleet_summary_release(struct fleet_summary *summary)
{
	table_release(&summary->table);
	strmap_release(&summary->told);
	strmap_release(&summary->counted);
}

/* --- one image --- */

struct row {
	struct platform platform;
	const struct platform_steps *steps; /* NULL = none ran there */
	bool is_image;
	uint64_t sent_bytes, whole_bytes;
};

struct rows {
	struct row *items;
	size_t len, cap;
};

static void rows_release(struct rows *rows)
{
	free(rows->items);
}

/* True for the first time. */
static bool enter(struct strmap *map, const struct digest *digest)
{
	if (strmap_has(map, digest->text))
		return false;
	strmap_set(map, digest->text, NULL);
	return true;
}

static void count_blob(struct fleet_summary *summary, const struct descriptor *blob,
		       const struct strmap *sent, struct row *row)
{
	row->whole_bytes += blob->size;
	if (enter(&summary->counted, &blob->digest))
		summary->whole_bytes += blob->size;
	if (!strmap_has(sent, blob->digest.text) || !enter(&summary->told, &blob->digest))
		return;
	row->sent_bytes += blob->size;
	summary->sent_bytes += blob->size;
}

static int add_image(struct fleet_summary *summary, struct store *store,
		     const struct descriptor *image, const struct platform *platform,
		     const struct strmap *sent, struct rows *rows, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	struct row *row = NULL;

	if (store_read_blob(store, &image->digest, LIMIT_MANIFEST, &text, err) < 0 ||
	    manifest_parse(str_span(&text), image->media_type, &manifest, err) < 0)
		return -1;
	row = VEC_ADD(rows);
	*row = (struct row){ .platform = *platform, .is_image = true };
	count_blob(summary, &manifest.config, sent, row);
	VEC_FOREACH(layer, &manifest.layers)
		count_blob(summary, layer, sent, row);
	return 0;
}

static int add_index(struct fleet_summary *summary, struct store *store,
		     const struct descriptor *target, const struct strmap *sent, struct rows *rows,
		     struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	if (store_read_blob(store, &target->digest, LIMIT_MANIFEST, &text, err) < 0 ||
	    index_parse(str_span(&text), target->media_type, &index, err) < 0)
		return -1;
	VEC_FOREACH(member, &index.manifests) {
		if (add_image(summary, store, member, &member->platform, sent, rows, err) < 0)
			return -1;
	}
	return 0;
}

/* Those of FROM --platform have rows of their own. */
static void add_steps(const struct build_result *result, struct rows *rows)
{
	VEC_FOREACH(steps, &result->platforms) {
		struct row *found = NULL;

		VEC_FOREACH(row, rows) {
			if (platform_equal(&row->platform, &steps->platform))
				found = row;
		}
		if (!found) {
			found = VEC_ADD(rows);
			*found = (struct row){ .platform = steps->platform };
		}
		found->steps = steps;
	}
}

/* --- the table --- */

static void add_number(struct table *table, unsigned number)
{
	AUTO(freep) char *text = xasprintf("%u", number);

	table_add(table, text);
}

static void add_bytes(struct table *table, bool is_image, uint64_t bytes)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (is_image)
		format_size(&text, bytes);
	else
		str_addc(&text, '-');
	table_add(table, text.ptr);
}

static void add_row(const char *service, const struct row *row, struct table *table)
{
	const struct platform_steps none = { .executed = 0 };
	const struct platform_steps *steps = row->steps ? row->steps : &none;
	char platform[PLATFORM_TEXT_MAX];

	table_add(table, service);
	table_add(table, platform_format(&row->platform, platform));
	add_number(table, steps->executed);
	add_number(table, steps->cached);
	add_number(table, steps->shared);
	add_bytes(table, row->is_image, row->sent_bytes);
	add_bytes(table, row->is_image, row->whole_bytes);
}

int fleet_summary_add(struct fleet_summary *summary, struct store *store, const char *service,
		      const struct platform *platform, const struct build_result *result,
		      const struct strmap *sent, struct err *err)
{
	AUTO(rows_release) struct rows rows = { .items = NULL };
	int status =
		media_type_is_index(result->target.media_type)
			? add_index(summary, store, &result->target, sent, &rows, err)
			: add_image(summary, store, &result->target, platform, sent, &rows, err);

	if (status < 0)
		return -1;
	add_steps(result, &rows);
	VEC_FOREACH(row, &rows)
		add_row(service, row, &summary->table);
	return 0;
}

/* --- telling --- */

void fleet_summary_total(const struct fleet_summary *summary, struct str *out)
{
	uint64_t saved = summary->whole_bytes - summary->sent_bytes;

	str_add(out, "sent ");
	format_size(out, summary->sent_bytes);
	str_add(out, " of ");
	format_size(out, summary->whole_bytes);
	/* Rounded down: 100.0% is nothing sent at all. */
	if (saved > 0)
		str_addf(out, ", %llu.%llu%% less",
			 (unsigned long long)(saved * 100 / summary->whole_bytes),
			 (unsigned long long)(saved * 1000 / summary->whole_bytes % 10));
}

void fleet_summary_tell(const struct fleet_summary *summary, struct progress *progress)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct span rest, line;

	if (summary->table.cells.len == summary->table.columns)
		return;
	table_format(&summary->table, &text);
	rest = str_span(&text);
	while (span_cut(&rest, '\n', &line))
		progress_summary(progress, "%.*s", (int)line.len, line.ptr);
}
