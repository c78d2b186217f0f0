#include "solve/graph.h"

#include <stdlib.h>

#include "add_source.h"
#include "base/alloc.h"

/*
 * 1980-01-02: tools that see a file without a real time choke on anything earlier (zip archives
 * begin at 1980).
 */
#define MADE_TIME 315619200

static void run_vertex_release(struct run_vertex *run)
{
	strvec_release(&run->argv);
	strmap_release(&run->env);
	strmap_release(&run->proxies);
	strmap_release(&run->scripts);
	free(run->user);
	free(run->cwd);
	free(run->hostname);
	VEC_FOREACH(mount, &run->mounts) {
		free(mount->from_name);
		free(mount->source);
		free(mount->target);
		free(mount->id);
		free(mount->env);
	}
	free(run->mounts.items);
}

static void copy_vertex_release(struct copy_vertex *copy)
{
	VEC_FOREACH(argument, &copy->arguments) {
		free(argument->path);
		free(argument->text);
		add_source_free(argument->remote);
	}
	free(copy->arguments.items);
	free(copy->from_name);
	free(copy->dest);
	free(copy->chown);
	mode_change_free(copy->mode);
	strvec_release(&copy->excludes);
}

static void vertex_free(struct vertex *vertex)
{
	switch (vertex->kind) {
	case VERTEX_RUN: run_vertex_release(&vertex->run); break;
	case VERTEX_COPY: copy_vertex_release(&vertex->copy); break;
	case VERTEX_WORKDIR:
		free(vertex->workdir.path);
		free(vertex->workdir.user);
		break;
	case VERTEX_SCRATCH:
	case VERTEX_IMAGE: break;
	}
	free(vertex->inputs.items);
	str_release(&vertex->definition);
	strvec_release(&vertex->assumed);
	(void)pthread_mutex_destroy(&vertex->unpacking); /* unlocked: cannot fail */
	free(vertex->reason);
	free(vertex->title);
	free(vertex->prefix);
	layer_release(&vertex->layer);
	free(vertex);
}

void graph_release(struct graph *graph)
{
	VEC_FOREACH(vertex, &graph->vertices)
		vertex_free(*vertex);
	free(graph->vertices.items);
	*graph = (struct graph){ .vertices = { .items = NULL } };
}

struct vertex *graph_add(struct graph *graph, enum vertex_kind kind, struct vertex *parent,
			 const struct platform *platform)
{
	struct vertex *vertex = xcalloc(1, sizeof(*vertex));

	vertex->kind = kind;
	vertex->index = graph->vertices.len;
	vertex->parent = parent;
	vertex->platform = *platform;
	vertex->depth = parent ? parent->depth + 1 : 0;
	vertex->definition = (struct str)STR_INIT;
	(void)pthread_mutex_init(&vertex->unpacking, NULL); /* cannot fail on Linux */
	*VEC_ADD(&graph->vertices) = vertex;
	return vertex;
}

const struct context_files *vertex_files(const struct vertex *vertex,
					 const struct context_files *named)
{
	return named ? named : vertex->settings->context;
}

struct timespec vertex_made_time(const struct vertex *vertex)
{
	int64_t epoch = vertex->settings->epoch;

	return (struct timespec){ .tv_sec = epoch >= 0 ? epoch : MADE_TIME };
}

struct vertex *vertex_result(struct vertex *vertex)
{
	return vertex->twin ? vertex->twin : vertex;
}

/* Errors pass here more than once on their way. */
static void add_name(const char *name, struct err *err)
{
	AUTO(freep) char *prefix = xasprintf("%s: ", name);

	if (err->kind != ERR_CANCELLED && !str_has_prefix(err->message, prefix))
		(void)err_wrap(err, "%s", name);
}

int vertex_error(const struct vertex *vertex, struct err *err)
{
	const struct instruction *instruction = vertex->instruction;

	if (err && vertex->settings && vertex->settings->name)
		add_name(vertex->settings->name, err);

	if (err && instruction && !err->span.line) {
		(void)err_at(err, vertex->file, instruction->name.line, instruction->name.column,
			     instruction->name.length);
		err->span.last_line = instruction->end;
	}
	return -1;
}

void base_image_release(struct base_image *image)
{
	free(image->name);
	image_ref_release(&image->ref);
	image_config_release(&image->config);
	descriptors_release(&image->layers);
}

/* --- dump --- */

static void dump_map(const char *title, const struct strmap *map, struct str *out)
{
	for (size_t i = 0; i < map->len; i++)
		str_addf(out, "%s%s=%s", i ? " " : title, map->items[i].key,
			 map->items[i].value ? map->items[i].value : "");
}

static void dump_run(const struct run_vertex *run, struct str *out)
{
	for (size_t i = 0; i < run->argv.len; i++)
		str_addf(out, " '%s'", run->argv.items[i]);
	str_addf(out, " cwd=%s", run->cwd);
	if (run->user)
		str_addf(out, " user=%s", run->user);
	dump_map(" env: ", &run->env, out);
}

static void dump_copy(const struct copy_vertex *copy, struct str *out)
{
	for (size_t i = 0; i < copy->arguments.len; i++)
		str_addf(out, " %s%s", copy->arguments.items[i].text ? "<<" : "",
			 copy->arguments.items[i].path);
	str_addf(out, " -> %s", copy->dest);
	if (copy->chown)
		str_addf(out, " chown=%s", copy->chown);
	if (copy->mode)
		str_addf(out, " chmod=%s", mode_change_text(copy->mode));
}

static void dump_vertex(const struct vertex *vertex, struct str *out)
{
	static const char *const kinds[] = { "scratch", "image", "run", "copy", "workdir" };
	char platform[PLATFORM_TEXT_MAX];

	str_addf(out, "%zu %s %s", vertex->index, kinds[vertex->kind],
		 platform_format(&vertex->platform, platform));
	if (vertex->parent)
		str_addf(out, " on %zu", vertex->parent->index);
	for (size_t i = 0; i < vertex->inputs.len; i++)
		str_addf(out, " from %zu", vertex->inputs.items[i]->index);
	switch (vertex->kind) {
	case VERTEX_IMAGE: str_addf(out, " %s", vertex->image->name); break;
	case VERTEX_RUN: dump_run(&vertex->run, out); break;
	case VERTEX_COPY: dump_copy(&vertex->copy, out); break;
	case VERTEX_WORKDIR: str_addf(out, " %s", vertex->workdir.path); break;
	case VERTEX_SCRATCH: break;
	}
	str_addc(out, '\n');
}

void graph_dump(const struct graph *graph, struct str *out)
{
	for (size_t i = 0; i < graph->vertices.len; i++)
		dump_vertex(graph->vertices.items[i], out);
}
