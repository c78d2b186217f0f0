/* SLSA provenance v0.2 (slsa.dev/provenance/v0.2) with BuildKit's build type. */
#include <openssl/evp.h>
#include <string.h>

#include "attestation.h"
#include "base/alloc.h"
#include "base/path.h"
#include "context/remote_context.h"
#include "image/config.h"
#include "image/image_content.h"
#include "solve/material.h"
#include "vcs_labels.h"

#define BUILD_TYPE "https://mobyproject.org/buildkit@v1"
#define HERMETIC   "https://mobyproject.org/buildkit@v1#hermetic"
#define METADATA   "https://mobyproject.org/buildkit@v1#metadata"

/* The vertices that a result is made from, each once, what is read before what reads it. */
static void collect(struct vertex *vertex, struct vertices *ret)
{
	VEC_FOREACH(known, ret) {
		if (*known == vertex)
			return;
	}
	if (vertex->parent)
		collect(vertex->parent, ret);
	VEC_FOREACH(input, &vertex->inputs)
		collect(*input, ret);
	*VEC_ADD(ret) = vertex;
}

/* --- materials: what it was made from --- */

static json_t *digest_set(const struct digest *digest)
{
	json_t *json = json_object();

	json_set_string(json, digest_algorithm_name(digest_algorithm_of(digest)),
			digest_hex(digest));
	return json;
}

static json_t *describe_image(const struct base_image *image)
{
	AUTO(freep) char *name = image_ref_format(&image->ref);
	AUTO(str_release) struct str url = STR_INIT;
	json_t *json = json_object();

	purl_add_image(&url, name, &image->platform);
	json_set_string(json, "uri", url.ptr);
	if (digest_is_set(&image->digest))
		json_object_set_new(json, "digest", digest_set(&image->digest));
	return json;
}

static json_t *describe_fetched(const struct material *material)
{
	json_t *json = json_object(), *digests = json_object();

	json_set_string(json, "uri", material->uri);
	json_set_string(digests, material->algorithm, material->hash);
	json_object_set_new(json, "digest", digests);
	return json;
}

/* Images first, then what ADD fetched. */
static json_t *describe_materials(const struct vertices *vertices)
{
	AUTO(materials_release) struct materials fetched = { .items = NULL };
	json_t *list = json_array();

	VEC_FOREACH(vertex, vertices) {
		if ((*vertex)->kind == VERTEX_IMAGE)
			json_array_append_new(list, describe_image((*vertex)->image));
		else
			materials_add(*vertex, &fetched);
	}
	VEC_FOREACH(material, &fetched)
		json_array_append_new(list, describe_fetched(material));
	return list;
}

/* --- invocation: what was asked for --- */

static void add_args(json_t *args, const char *prefix, const struct strmap *map)
{
	for (size_t i = 0; map && i < map->len; i++) {
		AUTO(freep) char *key = xasprintf("%s:%s", prefix, map->items[i].key);

		json_set_string(args, key, map->items[i].value ? map->items[i].value : "");
	}
}

static bool has_id(const json_t *list, const char *id)
{
	size_t i;
	const json_t *item;

	json_array_foreach((json_t *)list, i,
			   item) if (str_eq(json_get_string(item, "id"), id)) return true;
	return false;
}

/* What steps ask for, whether or not it was given. */
static json_t *describe_loans(const struct vertices *vertices, enum mount_type type)
{
	json_t *list = json_array();

	VEC_FOREACH(vertex, vertices) {
		if ((*vertex)->kind != VERTEX_RUN)
			continue;
		VEC_FOREACH(mount, &(*vertex)->run.mounts) {
			json_t *json;

			if (mount->type != type || has_id(list, mount->id))
				continue;
			json = json_object();
			json_set_string(json, "id", mount->id);
			if (!mount->required)
				json_object_set_new(json, "optional", json_true());
			json_array_append_new(list, json);
		}
	}
	return list;
}

static json_t *describe_parameters(const struct build_request *request,
				   const struct vertices *vertices)
{
	json_t *json = json_object(), *args = json_object(), *locals = json_array();
	static const char *const names[] = { "context", "dockerfile" };

	json_set_string(json, "frontend", "dockerfile.v0");
	if (request->attestations->is_max) {
		add_args(args, "build-arg", request->build_args);
		add_args(args, "label", request->labels);
		json_object_set_new(json, "secrets", describe_loans(vertices, MOUNT_SECRET));
		json_object_set_new(json, "ssh", describe_loans(vertices, MOUNT_SSH));
	}
	if (request->target)
		json_set_string(args, "target", request->target);
	json_object_set_new(json, "args", args);
	for (size_t i = 0; i < ARRAY_SIZE(names) && !remote_context_is(request->context_dir); i++) {
		json_t *local = json_object();

		json_set_string(local, "name", names[i]);
		json_array_append_new(locals, local);
	}
	json_object_set_new(json, "locals", locals);
	return json;
}

static json_t *describe_invocation(const struct build_request *request,
				   const struct vertices *vertices)
{
	json_t *json = json_object(), *source = json_object(), *environment = json_object();
	struct platform host;
	char text[PLATFORM_TEXT_MAX];

	if (remote_context_is(request->context_dir) && !str_eq(request->context_dir, "-"))
		json_set_string(source, "uri", request->context_dir);
	json_set_string(source, "entryPoint",
			request->dockerfile ? path_base(request->dockerfile) : "Dockerfile");
	json_object_set_new(json, "configSource", source);
	json_object_set_new(json, "parameters", describe_parameters(request, vertices));
	platform_host(&host);
	json_set_string(environment, "platform", platform_format(&host, text));
	json_object_set_new(json, "environment", environment);
	return json;
}

/* --- buildConfig: the steps, with mode=max --- */

static size_t index_of(const struct vertices *vertices, const struct vertex *vertex)
{
	size_t i = 0;

	while (vertices->items[i] != vertex)
		i++;
	return i;
}

static void add_input(json_t *inputs, const struct vertices *vertices, const struct vertex *vertex)
{
	AUTO(freep) char *name = xasprintf("step%zu:0", index_of(vertices, vertex));

	json_array_append_new(inputs, json_string(name));
}

static json_t *describe_environment(const struct strmap *env)
{
	json_t *list = json_array();

	for (size_t i = 0; i < env->len; i++) {
		AUTO(freep)
		char *text = xasprintf("%s=%s", env->items[i].key,
				       env->items[i].value ? env->items[i].value : "");

		json_array_append_new(list, json_string(text));
	}
	return list;
}

static json_t *describe_operation(const struct vertex *vertex)
{
	json_t *json = json_object(), *inner = json_object();

	if (vertex->kind == VERTEX_IMAGE) {
		AUTO(freep) char *name = image_ref_format(&vertex->image->ref);
		AUTO(freep) char *identifier = xasprintf("docker-image://%s", name);

		json_set_string(inner, "identifier", identifier);
		json_object_set_new(json, "source", inner);
	} else if (vertex->kind == VERTEX_RUN) {
		json_t *meta = json_object();

		json_object_set_new(meta, "args", json_from_strvec(&vertex->run.argv));
		json_object_set_new(meta, "env", describe_environment(&vertex->run.env));
		json_set_string(meta, "cwd", vertex->run.cwd ? vertex->run.cwd : "/");
		json_object_set_new(inner, "meta", meta);
		json_object_set_new(json, "exec", inner);
	} else {
		json_set_string(inner, "instruction",
				vertex->title ? vertex->title : "FROM scratch");
		json_object_set_new(json, "file", inner);
	}
	return json;
}

static json_t *describe_step(const struct vertices *vertices, const struct vertex *vertex)
{
	json_t *json = json_object(), *op = json_object(), *inputs = json_array();
	AUTO(freep) char *id = xasprintf("step%zu", index_of(vertices, vertex));
	char text[PLATFORM_TEXT_MAX];

	if (vertex->parent)
		add_input(inputs, vertices, vertex->parent);
	VEC_FOREACH(input, &vertex->inputs)
		add_input(inputs, vertices, *input);
	json_object_set_new(op, "Op", describe_operation(vertex));
	json_set_string(op, "platform", platform_format(&vertex->platform, text));
	json_set_string(json, "id", id);
	json_object_set_new(json, "op", op);
	json_object_set_new(json, "inputs", inputs);
	return json;
}

static json_t *describe_steps(const struct vertices *vertices)
{
	json_t *json = json_object(), *list = json_array();

	VEC_FOREACH(vertex, vertices)
		json_array_append_new(list, describe_step(vertices, *vertex));
	json_object_set_new(json, "llbDefinition", list);
	return json;
}

/* --- metadata --- */

static bool is_hermetic(const struct vertices *vertices)
{
	VEC_FOREACH(vertex, vertices)
		if ((*vertex)->kind == VERTEX_RUN && (*vertex)->run.network != SANDBOX_NETWORK_NONE)
			return false;
	return true;
}

/* A checkout says where the files came from; a context that was brought here says so itself. */
static int describe_vcs(const struct build_source *source, json_t *metadata, struct err *err)
{
	AUTO(strmap_release) struct strmap labels = STRMAP_INIT;
	json_t *json = NULL;

	if (source->context->is_remote)
		return 0;
	if (vcs_labels_set(source->context, &labels, err) < 0)
		return -1;
	if (!labels.len)
		return 0;
	json = json_object();
	for (size_t i = 0; i < labels.len; i++)
		json_set_string(json, strrchr(labels.items[i].key, '.') + 1, labels.items[i].value);
	json_object_set_new(metadata, "vcs", json);
	return 0;
}

static json_t *describe_position(unsigned line)
{
	json_t *json = json_object();

	json_object_set_new(json, "line", json_integer(line));
	return json;
}

static json_t *describe_location(const struct node *node)
{
	json_t *range = json_object(), *ranges = json_array(), *location = json_object();
	json_t *locations = json_array(), *json = json_object();

	json_object_set_new(range, "start", describe_position(node->start));
	json_object_set_new(range, "end", describe_position(node->end));
	json_array_append_new(ranges, range);
	json_object_set_new(location, "ranges", ranges);
	json_array_append_new(locations, location);
	json_object_set_new(json, "locations", locations);
	return json;
}

/* Steps of another file, that of a named context, have no place in this one. */
static json_t *describe_locations(const struct build_source *source,
				  const struct vertices *vertices)
{
	json_t *json = json_object();

	VEC_FOREACH(vertex, vertices) {
		AUTO(freep) char *id = xasprintf("step%zu", index_of(vertices, *vertex));

		if ((*vertex)->instruction && (*vertex)->instruction->node &&
		    (*vertex)->file == source->dockerfile_name)
			json_object_set_new(json, id,
					    describe_location((*vertex)->instruction->node));
	}
	return json;
}

static char *encode_base64(const struct str *text)
{
	char *encoded = xmalloc((text->len + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)text->ptr, (int)text->len);
	return encoded;
}

static json_t *describe_file(const struct build_source *source, const struct vertices *vertices)
{
	json_t *json = json_object(), *info = json_object(), *infos = json_array();
	AUTO(freep) char *data = encode_base64(&source->text);

	json_set_string(info, "filename", path_base(source->dockerfile_name));
	json_set_string(info, "language", "Dockerfile");
	json_set_string(info, "data", data);
	json_array_append_new(infos, info);
	json_object_set_new(json, "locations", describe_locations(source, vertices));
	json_object_set_new(json, "infos", infos);
	return json;
}

static json_t *describe_layer(const struct descriptor *layer)
{
	json_t *json = json_object();

	json_set_string(json, "mediaType", layer->media_type);
	json_set_string(json, "digest", layer->digest.text);
	json_object_set_new(json, "size", json_integer((json_int_t)layer->size));
	return json;
}

/* The first of them are all of the step's file system. BuildKit may know several such chains; here is one. */
static void add_layers(json_t *json, const struct vertices *vertices, const struct vertex *vertex,
		       const struct descriptors *layers)
{
	AUTO(freep) char *id = xasprintf("step%zu:0", index_of(vertices, vertex));
	json_t *chains, *chain;

	if (vertex->depth == 0 || vertex->depth > layers->len || json_object_get(json, id))
		return;
	chain = json_array();
	for (size_t i = 0; i < vertex->depth; i++)
		json_array_append_new(chain, describe_layer(&layers->items[i]));
	chains = json_array();
	json_array_append_new(chains, chain);
	json_object_set_new(json, id, chains);
}

/* Of the steps that are in the image as they are in its manifest; of other stages what they begin with. */
static int describe_layers(const struct attested_image *image, const struct vertices *vertices,
			   json_t *metadata, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	json_t *json;

	if (!image->manifest)
		return 0;
	if (image_content_read_manifest(image->job->request->store, image->manifest, &manifest,
					err) < 0)
		return -1;
	json = json_object();
	for (const struct vertex *v = image->planned->top; v; v = v->parent)
		add_layers(json, vertices, v, &manifest.layers);
	VEC_FOREACH(vertex, vertices) {
		if ((*vertex)->kind == VERTEX_IMAGE)
			add_layers(json, vertices, *vertex, &(*vertex)->image->layers);
	}
	json_object_set_new(metadata, "layers", json);
	return 0;
}

static int describe_metadata(const struct attested_image *image, const struct vertices *vertices,
			     json_t *json, struct err *err)
{
	bool is_max = image->job->request->attestations->is_max;
	json_t *completeness = json_object(), *extra = json_object();
	char buf[32];

	/* neither its beginning nor a number of the run: the same build says the same */
	json_set_string(json, "buildFinishedOn", rfc3339_format(image->now, buf));
	json_object_set_new(completeness, "parameters", json_boolean(is_max));
	json_object_set_new(completeness, "environment", json_true());
	json_object_set_new(completeness, "materials", json_false());
	json_object_set_new(json, "completeness", completeness);
	json_object_set_new(json, "reproducible", json_false());
	json_object_set_new(json, HERMETIC, json_boolean(is_hermetic(vertices)));
	json_object_set_new(json, METADATA, extra);
	if (is_max) {
		json_object_set_new(extra, "source", describe_file(image->source, vertices));
		if (describe_layers(image, vertices, extra, err) < 0)
			return -1;
	}
	return describe_vcs(image->source, extra, err);
}

/* --- the whole --- */

int provenance_describe(const struct attested_image *image, json_t **ret, struct err *err)
{
	const struct build_request *request = image->job->request;
	const struct build_attestations *wanted = request->attestations;
	struct vertices vertices = { .items = NULL };
	json_auto_t *json = json_object();
	json_t *builder = json_object(), *metadata = json_object();
	int result;

	collect(image->planned->top, &vertices);
	json_set_string(builder, "id", wanted->builder_id ? wanted->builder_id : "");
	json_object_set_new(json, "builder", builder);
	json_set_string(json, "buildType", BUILD_TYPE);
	json_object_set_new(json, "materials", describe_materials(&vertices));
	json_object_set_new(json, "invocation", describe_invocation(request, &vertices));
	if (wanted->is_max)
		json_object_set_new(json, "buildConfig", describe_steps(&vertices));
	json_object_set_new(json, "metadata", metadata);
	result = describe_metadata(image, &vertices, metadata, err);
	free(vertices.items);
	if (result < 0)
		return -1;
	*ret = TAKE(json);
	return 0;
}
