#include "sources.h"

#include <stdlib.h>

#include "base/alloc.h"

void build_sources_release(struct build_sources *sources)
{
	for (size_t i = sources->len; i-- > 0;) {
		if (!build_sources_is_first(sources, i))
			continue;
		build_source_release(sources->items[i]);
		free(sources->items[i]);
	}
	free(sources->items);
	*sources = (struct build_sources){ .items = NULL };
}

bool build_sources_is_first(const struct build_sources *sources, size_t machine)
{
	for (size_t i = 0; i < machine; i++) {
		if (sources->items[i] == sources->items[machine])
			return false;
	}
	return true;
}

/* A template is another text for every board. */
static struct build_source *find_same(const struct build_sources *sources,
				      const struct build_source *source)
{
	for (size_t i = 0; !source->is_template && i < sources->len; i++) {
		if (str_eq(sources->items[i]->dockerfile_name, source->dockerfile_name))
			return sources->items[i];
	}
	return NULL;
}

static void add_source(struct build_sources *sources, struct build_source *owned)
{
	struct build_source *same = find_same(sources, owned);

	if (same) {
		build_source_release(owned);
		free(owned);
	}
	sources->items[sources->len++] = same ? same : owned;
}

static int check_ignore_files(const struct build_sources *sources, struct err *err)
{
	const struct build_source *first = sources->items[0];

	for (size_t i = 1; i < sources->len; i++) {
		const struct build_source *source = sources->items[i];

		if (str_eq(first->ignore_name, source->ignore_name))
			continue;
		(void)err_set(err, ERR_INPUT, "'%s' and '%s' have different ignore files",
			      first->dockerfile_name, source->dockerfile_name);
		return err_hint(err, "one build has one context: use .dockerignore, or build for "
				     "one board after the other");
	}
	return 0;
}

int build_sources_read(const struct build_request *request, const struct build_context *context,
		       const struct build_machine *machines, size_t count,
		       struct build_sources *ret, struct err *err)
{
	ret->items = xcalloc(count, sizeof(struct build_source *));
	for (size_t i = 0; i < count; i++) {
		struct build_source *source = xcalloc(1, sizeof(*source));

		build_source_init(source);
		if (build_source_read(request, context, machines[i].board, source, err) < 0) {
			build_source_release(source);
			free(source);
			return -1;
		}
		add_source(ret, source);
	}
	return check_ignore_files(ret, err);
}
