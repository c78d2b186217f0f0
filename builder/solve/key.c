#include "key.h"

#include "base/str.h"

/*
 * To be raised whenever the meaning of a definition changes, so that old records are not found any
 * more.
 */
#define KEY_VERSION "1"

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

	if (selection_make(files->tree, &copy, vertex->file, &selection, err) < 0)
		return err_wrap(err, "--mount");
	return selection_describe(&selection, false, files->hashes, solver->monitor, out, err);
}

static int describe_mount(struct solver *solver, const struct vertex *vertex,
			  const struct run_mount *mount, struct str *out, struct err *err)
{
	str_addf(out, "mount %d %d %llu\n", (int)mount->type, mount->read_only,
		 (unsigned long long)mount->size);
	add_text(out, "from", mount->from ? mount->from->key.text : NULL);
	add_text(out, "source", mount->source);
	add_text(out, "target", mount->target);
	if (mount->type == MOUNT_BIND && !mount->from)
		return describe_mounted_context(solver, vertex, mount, out, err);
	return 0;
}

static int describe_run(struct solver *solver, const struct vertex *vertex, struct str *out,
			struct err *err)
{
	const struct run_vertex *run = &vertex->run;
	const struct sandbox_mounts *volumes = vertex->settings->volumes;

	add_platform(out, &vertex->platform);
	add_list(out, "argument", &run->argv);
	add_map(out, "env", &run->env);
	add_map(out, "script", &run->scripts);
	add_text(out, "user", run->user);
	add_text(out, "directory", run->cwd);
	str_addf(out, "network %d\n", (int)run->network);
	VEC_FOREACH(mount, &run->mounts) {
		if (describe_mount(solver, vertex, mount, out, err) < 0)
			return -1;
	}
	/*
	 * A volume counts by its place, not by what is in it: it is a workshop, not an ingredient.
	 */
	for (size_t i = 0; volumes && i < volumes->len; i++) {
		add_text(out, "volume", volumes->items[i].source);
		add_text(out, "at", volumes->items[i].target);
		str_addf(out, "read-only %d\n", volumes->items[i].read_only);
	}
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

/*
 * Files of another stage count by that stage's definition; those of the context by what they are,
 * --exclude included; of a repository, only what names it is known.
 */
static int describe_copy(struct solver *solver, const struct vertex *vertex,
			 const struct selection *selection, struct str *out, struct err *err)
{
	const struct copy_vertex *copy = &vertex->copy;

	str_addf(out, "flags %d %d %d %d\n", copy->is_add, copy->link, copy->parents,
		 (int)copy->unpack);
	if (has_text(copy))
		add_epoch(out, vertex);
	add_text(out, "destination", copy->dest);
	add_text(out, "owner", copy->chown);
	add_text(out, "mode", copy->mode ? mode_change_text(copy->mode) : NULL);
	if (!selection || has_remote(copy))
		add_list(out, "exclude", &copy->excludes);
	if (selection)
		return selection_describe(selection, false,
					  vertex_files(vertex, copy->files)->hashes,
					  solver->monitor, out, err);
	add_text(out, "from", copy->from->key.text);
	VEC_FOREACH(argument, &copy->arguments) {
		add_text(out, "path", argument->path);
		add_text(out, "text", argument->text);
	}
	return 0;
}

static int describe(struct solver *solver, const struct vertex *vertex,
		    const struct selection *selection, struct str *out, struct err *err)
{
	static const char *const kinds[] = { "scratch", "image", "run", "copy", "workdir" };

	str_addf(out, "edgectl step " KEY_VERSION " %s\n", kinds[vertex->kind]);
	if (vertex->parent)
		add_text(out, "parent", vertex->parent->key.text);
	switch (vertex->kind) {
	case VERTEX_SCRATCH: break;
	case VERTEX_IMAGE: describe_image(vertex->image, out); break;
	case VERTEX_RUN: return describe_run(solver, vertex, out, err);
	case VERTEX_COPY: return describe_copy(solver, vertex, selection, out, err);
	case VERTEX_WORKDIR:
		add_epoch(out, vertex);
		add_text(out, "path", vertex->workdir.path);
		add_text(out, "user", vertex->workdir.user);
		break;
	}
	return 0;
}

int key_compute(struct solver *solver, struct vertex *vertex, const struct selection *selection,
		struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (describe(solver, vertex, selection, &text, err) < 0)
		return -1;
	digest_of(text.ptr, text.len, &vertex->key);
	return 0;
}
