#include "source_epoch.h"

#include "base/alloc.h"
#include "base/str.h"

#define NAME "SOURCE_DATE_EPOCH"

static int parse(const struct build_source *source, const struct word *name, const char *text,
		 int64_t *ret, struct err *err)
{
	unsigned long long seconds = 0;

	/* A local directory has no time of its own: BuildKit passes over the word there, too. */
	if (!*text || (str_eq(text, "context") && !source->context->is_remote))
		return 0;
	if (!span_to_u64(span_of(text), BUILD_EPOCH_MAX, &seconds)) {
		(void)err_set(err, ERR_INPUT,
			      NAME ": '%s' is no number of seconds before the year 10000", text);
		(void)err_at(err, source->dockerfile_name, name->line, name->column, name->length);
		return err_hint(err, "the time is seconds since 1970, which --build-arg " NAME
				     "=SECONDS gives, too");
	}
	*ret = (int64_t)seconds;
	return 0;
}

/* Where an ARG names the time; NULL = it does not. */
static const struct word *find_name(const struct instruction *arg)
{
	VEC_FOREACH(item, &arg->args) {
		if (str_eq(item->name.text, NAME))
			return &item->name;
	}
	return NULL;
}

static int epoch_of_file(const struct build_source *source, const struct scope_request *request,
			 int64_t *ret, struct err *err)
{
	AUTO(global_scope_release) struct global_scope scope;
	const struct word *name = NULL;
	const char *text;

	global_scope_init(&scope, request);
	VEC_FOREACH(arg, &source->file.global_args) {
		if (global_scope_arg(&scope, arg, NULL, err) < 0)
			return -1;
		name = find_name(arg) ?: name;
	}
	text = name ? strmap_get(&scope.args, NAME) : NULL;
	return text ? parse(source, name, text, ret, err) : 0;
}

int source_epoch(const struct build_request *request, const struct build_source *source,
		 const struct scope_request *scope, int64_t *ret, struct err *err)
{
	*ret = -1;
	if (request->source_date_epoch == BUILD_EPOCH_NONE)
		return 0;
	if (request->source_date_epoch < 0)
		return epoch_of_file(source, scope, ret, err);
	*ret = request->source_date_epoch;
	return 0;
}
