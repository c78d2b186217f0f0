#include "key.h"

#include "base/str.h"

/*
 * To be raised whenever the meaning of a definition changes, so that old records are not found any
 * more.
 */
#define KEY_VERSION "2"

/* Length first: no value can be mistaken for two. */
static void add_text(struct str *out, const char *name, const char *value)
{
	if (value)
		str_addf(out, "%s %zu:%s\n", name, strlen(value), value);
}

static void add_list(struct str *out, const char *name, const struct strvec *list)
{
	for (size_t i = 0; i < list->len; i++)
		add_text(out, name, list->items[i]);
}

/* By name, whatever order the Dockerfile sets them in. */
static void add_map(struct str *out, const char *name, const struct strmap *map)
{
	AUTO(strvec_release) struct strvec lines = STRVEC_INIT;

	for (size_t i = 0; i < map->len; i++)
		strvec_addf(&lines, "%s=%s", map->items[i].key,
			    map->items[i].value ? map->items[i].value : "");
	strvec_sort(&lines);
	add_list(out, name, &lines);
}

static void add_platform(struct str *out, const struct platform *platform)
{
	char text[PLATFORM_TEXT_MAX];

	add_text(out, "platform", platform_format(platform, text));
}

static void describe_image(const struct base_image *image, struct str *out)
{
	for (size_t i = 0; i < image->config.diff_ids.len; i++)
		add_text(out, "layer", image->config.diff_ids.items[i].text);
}

/* A mounted part of the context counts by its content, as a COPY of it would. */
static int describe_mounted_context(struct solver *solver, const struct vertex *vertex,
				    const struct run_mount *mount, struct str *out, struct err *err)
{
	AUTO(selection_release) struct selection selection = { .tree = NULL };
	struct copy_argument argument = { .path = mount->source };
	struct copy_vertex copy = { .arguments = { .items = &argument, .len = 1 },
				    .from_name = mount->from_name };
	const struct context_files *files = vertex_files(vertex, mount->files);

	if (selection_make(files->tree, &copy, vertex->file, solver->monitor, &selection, err) < 0)
		return err_wrap(err, "--mount");
	return selection_describe(&selection, false, files->hashes, out, err);
}

static int describe_mount(struct solver *solver, const struct vertex *vertex,
			  const struct run_mount *mount, struct str *out, struct err *err)
{
	str_addf(out, "mount %d %d %llu\n", (int)mount->type, mount->read_only,
		 (unsigned long long)mount->size);
	add_text(out, "target", mount->target);
	if (mount->type == MOUNT_SECRET || mount->type == MOUNT_SSH) {
		add_text(out, "id", mount->id);
		add_text(out, "variable", mount->env);
		str_addf(out, "owner %o %u %u\n", mount->mode, mount->uid, mount->gid);
	}
	if (mount->from)
		return 0;
	add_text(out, "source", mount->source);
	return mount->type == MOUNT_BIND ? describe_mounted_context(solver, vertex, mount, out, err)
					 : 0;
}

static void describe_volume(const struct step_volume *volume, struct str *out)
{
	static const char *const ways[] = { "path", "content", "never" };

	add_text(out, "volume", volume->mount.target);
	str_addf(out, "read-only %d by %s\n", volume->mount.read_only, ways[volume->cache]);
	add_text(out, "volume-source", volume->identity);
}

/* As BuildKit: limits count, and names, but not what addresses they have. */
static void add_options(struct str *out, const struct step_options *options)
{
	if (!options)
		return;
	VEC_FOREACH(limit, &options->limits)
		str_addf(out, "limit %d %llu %llu\n", limit->resource,
			 (unsigned long long)limit->soft, (unsigned long long)limit->hard);
	VEC_FOREACH(host, &options->hosts)
		add_text(out, "host", host->name);
	if (options->shm_size)
		str_addf(out, "shm %llu\n", (unsigned long long)options->shm_size);
}

static int describe_run(struct solver *solver, const struct vertex *vertex, struct str *out,
			struct err *err)
{
	const struct run_vertex *run = &vertex->run;
	const struct step_volumes *volumes = vertex->settings->volumes;

	add_platform(out, &vertex->platform);
	add_list(out, "argument", &run->argv);
	add_map(out, "env", &run->env);
	add_map(out, "script", &run->scripts);
	add_text(out, "user", run->user);
	add_text(out, "directory", run->cwd);
	add_text(out, "hostname", run->hostname);
	str_addf(out, "network %d\n", (int)run->network);
	if (run->insecure)
		str_add(out, "insecure\n");
	add_options(out, vertex->settings->options);
	VEC_FOREACH(mount, &run->mounts) {
		if (describe_mount(solver, vertex, mount, out, err) < 0)
			return -1;
	}
	for (size_t i = 0; volumes && i < volumes->len; i++)
		describe_volume(&volumes->items[i], out);
	return 0;
}

/* Of what the builder itself makes; files have the times of their sources, which do not count. */
static void add_epoch(struct str *out, const struct vertex *vertex)
{
	int64_t epoch = vertex->settings->epoch;

	if (epoch >= 0)
		str_addf(out, "epoch %lld\n", (long long)epoch);
}

static bool has_text(const struct copy_vertex *copy)
{
	VEC_FOREACH(argument, &copy->arguments) {
		if (argument->text)
			return true;
	}
	return false;
}

static bool has_remote(const struct copy_vertex *copy)
{
	VEC_FOREACH(argument, &copy->arguments) {
		if (argument->remote)
			return true;
	}
	return false;
}

static void describe_copy_options(const struct vertex *vertex, struct str *out)
{
	const struct copy_vertex *copy = &vertex->copy;

	str_addf(out, "flags %d %d %d %d\n", copy->is_add, copy->link, copy->parents,
		 (int)copy->unpack);
	if (has_text(copy))
		add_epoch(out, vertex);
	add_text(out, "destination", copy->dest);
	add_text(out, "owner", copy->chown);
	add_text(out, "mode", copy->mode ? mode_change_text(copy->mode) : NULL);
}

/*
 * Files of the context by what they are, --exclude included; of a repository only what names it is
 * known. Those of other stages are a reading.
 */
static int describe_copy(const struct vertex *vertex, const struct selection *selection,
			 struct str *out, struct err *err)
{
	const struct copy_vertex *copy = &vertex->copy;

	describe_copy_options(vertex, out);
	if (selection && has_remote(copy))
		add_list(out, "exclude", &copy->excludes);
	if (selection)
		return selection_describe(selection, false,
					  vertex_files(vertex, copy->files)->hashes, out, err);
	VEC_FOREACH(argument, &copy->arguments)
		add_text(out, "text", argument->text);
	return 0;
}

static int describe(struct solver *solver, const struct vertex *vertex,
		    const struct selection *selection, struct str *out, struct err *err)
{
	static const char *const kinds[] = { "scratch", "image", "run", "copy", "workdir" };

	str_addf(out, "step %s\n", kinds[vertex->kind]);
	switch (vertex->kind) {
	case VERTEX_SCRATCH: break;
	case VERTEX_IMAGE: describe_image(vertex->image, out); break;
	case VERTEX_RUN: return describe_run(solver, vertex, out, err);
	case VERTEX_COPY: return describe_copy(vertex, selection, out, err);
	case VERTEX_WORKDIR:
		add_epoch(out, vertex);
		add_text(out, "path", vertex->workdir.path);
		add_text(out, "user", vertex->workdir.user);
		break;
	}
	return 0;
}

/* --- what is read of others --- */

size_t reading_count(const struct vertex *vertex)
{
	size_t count = 0;

	if (vertex->kind == VERTEX_COPY)
		return vertex->copy.from ? 1 : 0;
	if (vertex->kind != VERTEX_RUN)
		return 0;
	VEC_FOREACH(mount, &vertex->run.mounts)
		count += mount->from != NULL;
	return count;
}

struct reading reading_of(const struct vertex *vertex, size_t index)
{
	if (vertex->kind == VERTEX_COPY)
		return (struct reading){ .from = vertex->copy.from, .copy = &vertex->copy };
	VEC_FOREACH(mount, &vertex->run.mounts) {
		if (mount->from && index-- == 0)
			return (struct reading){ .from = mount->from, .mount = mount };
	}
	return (struct reading){ .from = NULL };
}

void reading_describe(const struct reading *reading, struct str *ret)
{
	if (reading->mount) {
		add_text(ret, "source", reading->mount->source);
		return;
	}
	VEC_FOREACH(argument, &reading->copy->arguments) {
		if (!argument->text)
			add_text(ret, "path", argument->path);
	}
	add_list(ret, "exclude", &reading->copy->excludes);
	str_addf(ret, "flags %d %d\n", reading->copy->parents, !reading->copy->chown);
}

/* --- keys --- */

static void add_readings(const struct vertex *vertex, enum key_kind kind,
			 const struct digest *contents, struct str *out)
{
	for (size_t i = 0; i < reading_count(vertex); i++) {
		const struct reading reading = reading_of(vertex, i);
		const struct vertex *from = vertex_result(reading.from);

		switch (kind) {
		case KEY_BY_DEFINITION: add_text(out, "made-by", from->whole.text); break;
		case KEY_BY_RESULT: add_text(out, "of", from->chain.text); break;
		case KEY_BY_CONTENT: add_text(out, "content", contents[i].text); break;
		}
		if (kind != KEY_BY_CONTENT)
			reading_describe(&reading, out);
	}
}

static void set_whole(struct vertex *vertex)
{
	AUTO(str_release) struct str text = STR_INIT;

	add_text(&text, "own", vertex->own.text);
	if (vertex->parent)
		add_text(&text, "on", vertex_result(vertex->parent)->whole.text);
	add_readings(vertex, KEY_BY_DEFINITION, NULL, &text);
	digest_of(text.ptr, text.len, &vertex->whole);
}

void key_set_own(struct vertex *vertex, const struct digest *own)
{
	vertex->own = *own;
	set_whole(vertex);
}

int key_describe(struct solver *solver, struct vertex *vertex, const struct selection *selection,
		 struct err *err)
{
	struct digest own;

	if (key_define(solver, vertex, selection, err) < 0)
		return -1;
	digest_of(vertex->definition.ptr, vertex->definition.len, &own);
	key_set_own(vertex, &own);
	return 0;
}

int key_define(struct solver *solver, struct vertex *vertex, const struct selection *selection,
	       struct err *err)
{
	str_clear(&vertex->definition);
	return describe(solver, vertex, selection, &vertex->definition, err);
}

void key_describe_options(const struct vertex *vertex, struct str *ret)
{
	str_add(ret, "edgectl step " KEY_VERSION "\n");
	describe_copy_options(vertex, ret);
}

void key_make(const struct vertex *vertex, enum key_kind kind, const struct digest *contents,
	      struct digest *ret)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, "edgectl step " KEY_VERSION "\n");
	add_text(&text, "own", vertex->own.text);
	if (vertex->parent && !(vertex->kind == VERTEX_COPY && vertex->copy.link))
		add_text(&text, "on", vertex_result(vertex->parent)->chain.text);
	add_readings(vertex, kind, contents, &text);
	digest_of(text.ptr, text.len, ret);
}

static void add_layer(struct digest *chain, const struct digest *diff_id)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_addf(&text, "%s %s", chain->text, diff_id->text);
	digest_of(text.ptr, text.len, chain);
}

void key_set_chain(struct vertex *vertex)
{
	struct digest chain;

	if (vertex->parent) {
		chain = vertex_result(vertex->parent)->chain;
		add_layer(&chain, &vertex->layer.diff_id);
	} else {
		digest_of("", 0, &chain);
	}
	if (vertex->kind == VERTEX_IMAGE) {
		VEC_FOREACH(diff_id, &vertex->image->config.diff_ids)
			add_layer(&chain, diff_id);
	}
	vertex->chain = chain;
}
