#include "explain.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/path.h"
#include "definition_diff.h"
#include "key.h"

#define EXPLAIN_SPACE "explain"
#define HEADER        "edgectl steps 1\n"
/* Of a definition; what is behind it is not told apart. 20,000 files or so. */
#define DEFINITION_MAX ((size_t)2 * 1024 * 1024)
#define TEXT_SHOWN     60
#define TOOK_MAX_MS    (24ULL * 60 * 60 * 1000)

/* A step as an earlier build had it. Slices of the record. */
struct known_step {
	struct span text, on, definition;
	unsigned long long took_ms; /* when it was last carried out; 0 = not known */
	struct {
		struct span *items;
		size_t len, cap;
	} read;
};

/* The steps of one stage. */
struct known_stage {
	struct digest name;
	struct str record;
	struct {
		struct known_step *items;
		size_t len, cap;
	} steps;
};

struct explain {
	struct solver *solver;
	const struct tasks *tasks;
	pthread_mutex_t lock; /* of the stages */
	struct {
		struct known_stage **items;
		size_t len, cap;
	} stages;
};

struct explain *explain_new(struct solver *solver, const struct tasks *tasks)
{
	struct explain *explain = xcalloc(1, sizeof(*explain));

	explain->solver = solver;
	explain->tasks = tasks;
	(void)pthread_mutex_init(&explain->lock, NULL); /* cannot fail on Linux */
	return explain;
}

void explain_freep(struct explain **explain)
{
	struct explain *all = TAKE(*explain);

	if (!all)
		return;
	VEC_FOREACH(item, &all->stages) {
		struct known_stage *stage = *item;

		VEC_FOREACH(step, &stage->steps)
			free(step->read.items);
		free(stage->steps.items);
		str_release(&stage->record);
		free(stage);
	}
	free(all->stages.items);
	(void)pthread_mutex_destroy(&all->lock); /* unlocked: cannot fail */
	free(all);
}

/* --- the record: "step", then "name N:value" lines --- */

static void add_text(struct str *out, const char *name, const char *value, size_t len)
{
	str_addf(out, "%s %zu:", name, len);
	str_addn(out, value, len);
	str_addc(out, '\n');
}

static bool take_text(struct span *rest, struct span *ret_name, struct span *ret)
{
	struct span number;
	unsigned long long len = 0;

	if (!span_cut(rest, ' ', ret_name) || !span_cut(rest, ':', &number) ||
	    !span_to_u64(number, rest->len, &len) || len >= rest->len)
		return false;
	*ret = (struct span){ rest->ptr, (size_t)len };
	rest->ptr += len + 1;
	rest->len -= (size_t)len + 1;
	return true;
}

static void read_steps(struct known_stage *stage)
{
	struct span rest = str_span(&stage->record), name, value;
	struct known_step *step = NULL;

	if (!span_has_prefix(rest, HEADER))
		return;
	rest.ptr += strlen(HEADER);
	rest.len -= strlen(HEADER);
	while (take_text(&rest, &name, &value)) {
		if (span_eq(name, "text")) {
			step = VEC_ADD(&stage->steps);
			step->text = value;
		} else if (!step) {
			return;
		} else if (span_eq(name, "on")) {
			step->on = value;
		} else if (span_eq(name, "definition")) {
			step->definition = value;
		} else if (span_eq(name, "read")) {
			*VEC_ADD(&step->read) = value;
		} else if (span_eq(name, "took")) {
			(void)span_to_u64(value, TOOK_MAX_MS, &step->took_ms); /* else not known */
		}
	}
}

/* --- which stage, and which step of it --- */

static void name_stage(const struct vertex *vertex, struct digest *ret)
{
	const struct step_settings *settings = vertex->settings;
	const struct context_files *context = settings->context;
	AUTO(str_release) struct str text = STR_INIT;
	char platform[PLATFORM_TEXT_MAX];

	/* The directory of a context from elsewhere has another name each time. */
	str_addf(&text, "%s\n%s\n%s\n%s\n", settings->name ? settings->name : "",
		 context && context->hashes && context->dir ? context->dir : "", vertex->file,
		 platform_format(&vertex->platform, platform));
	if (vertex->stage && vertex->stage->name)
		str_add(&text, vertex->stage->name);
	else if (vertex->stage)
		str_addf(&text, "%u", vertex->stage->index);
	digest_of(text.ptr, text.len, ret);
}

static struct known_stage *stage_of(struct explain *explain, const struct vertex *vertex)
{
	struct known_stage *stage;
	struct digest name;
	bool found = false;

	name_stage(vertex, &name);
	VEC_FOREACH(known, &explain->stages) {
		if (digest_equal(&(*known)->name, &name))
			return *known;
	}
	stage = xcalloc(1, sizeof(*stage));
	stage->name = name;
	stage->record = (struct str)STR_INIT;
	*VEC_ADD(&explain->stages) = stage;
	/* What cannot be read explains nothing. */
	if (store_cache_get(explain->solver->store, EXPLAIN_SPACE, name.text, &stage->record,
			    &found, NULL) == 0 &&
	    found)
		read_steps(stage);
	return stage;
}

static bool is_same_stage(const struct vertex *a, const struct vertex *b)
{
	return a->settings == b->settings && a->stage == b->stage &&
	       platform_equal(&a->platform, &b->platform) && b->parent;
}

/* The steps of a stage stand on each other. */
static size_t place_of(const struct vertex *vertex)
{
	size_t place = 0;

	for (const struct vertex *v = vertex; v->parent && is_same_stage(vertex, v->parent);
	     v = v->parent)
		place++;
	return place;
}

static const char *text_of(const struct vertex *vertex)
{
	const struct instruction *instruction = vertex->instruction;

	return instruction && instruction->node ? instruction->node->original : vertex->title;
}

static size_t distance(size_t a, size_t b)
{
	return a > b ? a - b : b - a;
}

/* The nearest with the same text, or else what stood in its place. */
static const struct known_step *find_step(struct explain *explain, const struct vertex *vertex)
{
	const struct known_stage *stage = stage_of(explain, vertex);
	size_t place = place_of(vertex), best = stage->steps.len;

	for (size_t i = 0; i < stage->steps.len; i++) {
		if (span_eq(stage->steps.items[i].text, text_of(vertex)) &&
		    (best == stage->steps.len || distance(i, place) < distance(best, place)))
			best = i;
	}
	if (best == stage->steps.len)
		best = place;
	return best < stage->steps.len ? &stage->steps.items[best] : NULL;
}

bool explain_knows(struct explain *explain, const struct vertex *vertex)
{
	bool known;

	pthread_mutex_lock(&explain->lock);
	known = find_step(explain, vertex) != NULL;
	pthread_mutex_unlock(&explain->lock);
	return known;
}

unsigned explain_took_ms(struct explain *explain, const struct vertex *vertex)
{
	const struct known_step *step;
	unsigned took = 0;

	pthread_mutex_lock(&explain->lock);
	step = find_step(explain, vertex);
	if (step && span_eq(step->text, text_of(vertex)))
		took = (unsigned)step->took_ms;
	pthread_mutex_unlock(&explain->lock);
	return took;
}

/* --- why --- */

/* What a pattern matched is beside the pattern. */
static void name_sources(const struct task *task, struct definition_names *ret)
{
	VEC_FOREACH(source, &task->selection) {
		const char *written = source->argument->path;

		if (glob_is_pattern(written)) {
			AUTO(freep) char *dir = path_dir(written);

			strvec_take(&ret->sources, glob_is_pattern(dir)
							   ? xstrdup(source->name)
							   : path_join(dir, source->name));
		} else {
			strvec_take(&ret->sources, path_in_root(written));
		}
	}
	if (task->vertex->kind != VERTEX_RUN)
		return;
	VEC_FOREACH(mount, &task->vertex->run.mounts) {
		if (mount->type == MOUNT_BIND && !mount->from)
			strvec_add(&ret->sources, mount->source);
	}
}

static void name_args(const struct vertex *vertex, struct definition_names *ret)
{
	if (!vertex->stage)
		return;
	VEC_FOREACH(instruction, &vertex->stage->instructions) {
		if (instruction->kind != INSTRUCTION_ARG)
			continue;
		VEC_FOREACH(arg, &instruction->args)
			strvec_add(&ret->args, arg->name.text);
	}
}

static struct span definition_of(const struct vertex *vertex)
{
	struct span text = str_span(&vertex->definition);

	if (text.len > DEFINITION_MAX)
		text.len = DEFINITION_MAX;
	return text;
}

static char *compare_definitions(const struct task *task, const struct known_step *before)
{
	AUTO(definition_names_release)
	struct definition_names names = { .sources = STRVEC_INIT };

	name_sources(task, &names);
	name_args(task->vertex, &names);
	return definition_compare(before->definition, definition_of(task->vertex), &names);
}

static const char *from_name(const struct reading *reading)
{
	const char *name = reading->mount ? reading->mount->from_name : reading->copy->from_name;

	return name ? name : "another stage";
}

static char *compare_readings(const struct vertex *vertex, const struct known_step *before)
{
	for (size_t i = 0; i < reading_count(vertex); i++) {
		const struct reading reading = reading_of(vertex, i);

		if (i >= before->read.len ||
		    !span_eq(before->read.items[i], vertex_result(reading.from)->chain.text))
			return xasprintf("files of '%s' changed", from_name(&reading));
	}
	return NULL;
}

static char *say_parent(const struct vertex *vertex)
{
	const struct vertex *parent = vertex_result(vertex->parent);

	switch (parent->kind) {
	case VERTEX_IMAGE: return xasprintf("base image '%s' changed", parent->image->name);
	case VERTEX_SCRATCH: return xstrdup("it begins with scratch now");
	case VERTEX_RUN:
	case VERTEX_COPY:
	case VERTEX_WORKDIR: break;
	}
	return xasprintf("what is below it changed: %s%.*s", parent->prefix, TEXT_SHOWN,
			 parent->title);
}

static char *compare(const struct task *task, const struct known_step *before)
{
	const struct vertex *vertex = task->vertex;
	char *reason;

	if (!span_eq(before->text, text_of(vertex)))
		return xasprintf(
			"the instruction was '%.*s'%s",
			(int)(before->text.len > TEXT_SHOWN ? TEXT_SHOWN : before->text.len),
			before->text.ptr, before->text.len > TEXT_SHOWN ? "..." : "");
	reason = compare_definitions(task, before);
	if (!reason)
		reason = compare_readings(vertex, before);
	if (!reason && !span_eq(before->on, vertex_result(vertex->parent)->chain.text))
		reason = say_parent(vertex);
	return reason ? reason : xstrdup("its layer is not in the store any more");
}

static char *say_forced(const struct vertex *vertex)
{
	const struct step_volumes *volumes = vertex->settings->volumes;

	if (vertex->settings->no_cache)
		return xstrdup("--no-cache");
	for (size_t i = 0; vertex->kind == VERTEX_RUN && volumes && i < volumes->len; i++) {
		if (volumes->items[i].cache == VOLUME_NEVER)
			return xasprintf("volume '%s' has cache=none",
					 volumes->items[i].mount.target);
	}
	return xstrdup("--no-cache-filter");
}

static char *find_reason(struct explain *explain, const struct task *task)
{
	const struct known_step *before;

	if (task->vertex->forced)
		return say_forced(task->vertex);
	before = find_step(explain, task->vertex);
	return before ? compare(task, before) : xstrdup("never built before");
}

void explain_miss(struct explain *explain, const struct task *task)
{
	struct vertex *vertex = task->vertex;

	pthread_mutex_lock(&explain->lock);
	free(vertex->reason);
	vertex->reason = find_reason(explain, task);
	pthread_mutex_unlock(&explain->lock);
	monitor_text(explain->solver->monitor, vertex->step, EVENT_STEP_DETAIL, "cache miss: %s",
		     vertex->reason);
}

/* --- remembering --- */

static void write_took(unsigned long long took_ms, struct str *out)
{
	AUTO(freep) char *text = xasprintf("%llu", took_ms);

	if (took_ms > 0)
		add_text(out, "took", text, strlen(text));
}

static void write_step(const struct vertex *vertex, const struct known_step *known, struct str *out)
{
	const struct span definition = definition_of(vertex);
	const char *text = text_of(vertex);
	const struct digest *on = &vertex_result(vertex->parent)->chain;
	const struct vertex *maker = vertex->twin ? vertex->twin : vertex;

	add_text(out, "text", text, strlen(text));
	add_text(out, "on", on->text, strlen(on->text));
	for (size_t i = 0; i < reading_count(vertex); i++) {
		const struct digest *chain = &vertex_result(reading_of(vertex, i).from)->chain;

		add_text(out, "read", chain->text, strlen(chain->text));
	}
	add_text(out, "definition", definition.ptr, definition.len);
	if (maker->elapsed_ns > 0)
		write_took((maker->elapsed_ns + 999999) / 1000000, out);
	else if (known && span_eq(known->text, text))
		write_took(known->took_ms, out);
}

/* One that was not reached stays as it was. */
static void write_known(const struct known_step *step, struct str *out)
{
	add_text(out, "text", step->text.ptr, step->text.len);
	add_text(out, "on", step->on.ptr, step->on.len);
	VEC_FOREACH(chain, &step->read)
		add_text(out, "read", chain->ptr, chain->len);
	add_text(out, "definition", step->definition.ptr, step->definition.len);
	write_took(step->took_ms, out);
}

static bool was_executed(const struct explain *explain, const struct vertex *first)
{
	VEC_FOREACH(task, explain->tasks) {
		if (is_same_stage(first, task->vertex) &&
		    vertex_result(task->vertex)->state == VERTEX_DONE)
			return true;
	}
	return false;
}

static int save_stage(struct explain *explain, const struct vertex *first, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	const struct known_stage *stage = stage_of(explain, first);

	str_add(&text, HEADER);
	VEC_FOREACH(task, explain->tasks) {
		const struct known_step *known;

		if (!is_same_stage(first, task->vertex))
			continue;
		known = find_step(explain, task->vertex);
		if (vertex_result(task->vertex)->state != VERTEX_PENDING)
			write_step(task->vertex, known, &text);
		else if (known)
			write_known(known, &text);
	}
	return store_cache_put(explain->solver->store, EXPLAIN_SPACE, stage->name.text, text.ptr,
			       err);
}

int explain_save(struct explain *explain, struct err *err)
{
	VEC_FOREACH(task, explain->tasks) {
		const struct vertex *vertex = task->vertex;

		/* once for each stage: at its first step */
		if (!vertex->parent || place_of(vertex) > 0 || !was_executed(explain, vertex))
			continue;
		if (save_stage(explain, vertex, err) < 0)
			return -1;
	}
	return 0;
}
