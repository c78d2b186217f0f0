#include "table.h"

#include "base/alloc.h"
#include "format.h"

#define GAP 3

void table_init(struct table *table, size_t columns)
{
	*table = (struct table){ .columns = columns, .cells = STRVEC_INIT };
}

void table_release(struct table *table)
{
	strvec_release(&table->cells);
}

void table_add(struct table *table, const char *text)
{
	AUTO(str_release) struct str line = STR_INIT;

	format_line(&line, text);
	strvec_take(&table->cells, str_detach(&line));
}

static unsigned *measure(const struct table *table)
{
	unsigned *widths = xcalloc(table->columns, sizeof(*widths));

	for (size_t i = 0; i < table->cells.len; i++) {
		unsigned width = format_width(span_of(table->cells.items[i]));

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	return widths;
}

static void end_line(struct str *out)
{
	while (out->len > 0 && out->ptr[out->len - 1] == ' ')
		str_truncate(out, out->len - 1);
	str_addc(out, '\n');
}

void table_format(const struct table *table, struct str *out)
{
	AUTO(freep) unsigned *widths = measure(table);

	for (size_t i = 0; i < table->cells.len; i++) {
		const char *cell = table->cells.items[i];
		size_t column = i % table->columns;

		str_add(out, cell);
		if (column + 1 == table->columns)
			end_line(out);
		else
			str_addf(out, "%*s",
				 (int)(widths[column] - format_width(span_of(cell)) + GAP), "");
	}
}
