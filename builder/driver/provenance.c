/* SLSA provenance v0.2 (slsa.dev/provenance/v0.2) with BuildKit's build type. */
#include <string.h>

#include "attestation.h"
#include "base/alloc.h"
#include "base/path.h"
#include "context/remote_context.h"
#include "image/config.h"
#include "solve/material.h"

#define BUILD_TYPE "https://mobyproject.org/buildkit@v1"

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

static json_t *describe_parameters(const struct build_request *request)
{
	json_t *json = json_object(), *args = json_object(), *locals = json_array();
	static const char *const names[] = { "context", "dockerfile" };

	json_set_string(json, "frontend", "dockerfile.v0");
	if (request->attestations->is_max) {
		add_args(args, "build-arg", request->build_args);
		add_args(args, "label", request->labels);
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

static json_t *describe_invocation(const struct build_request *request)
{
	json_t *json = json_object(), *source = json_object(), *environment = json_object();
	struct platform host;
	char text[PLATFORM_TEXT_MAX];

	if (remote_context_is(request->context_dir) && !str_eq(request->context_dir, "-"))
		json_set_string(source, "uri", request->context_dir);
	json_set_string(source, "entryPoint",
			request->dockerfile ? path_base(request->dockerfile) : "Dockerfile");
	json_object_set_new(json, "configSource", source);
	json_object_set_new(json, "parameters", describe_parameters(request));
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
		json_set_string(meta, "cwd", vertex->run.cwd ? vertex->run.cwd : "/");
		json_object_set_new(inner, "meta", meta);
		json_object_set_new(json, "exec", inner);
	} else {
		json_set_string(inner, "instruction", vertex->title ? vertex->title : "");
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

/* --- the whole --- */

static json_t *describe_metadata(const struct attested_image *image)
{
	json_t *json = json_object(), *completeness = json_object();
	char buf[32];

	/* neither its beginning nor a number of the run: the same build says the same */
	json_set_string(json, "buildFinishedOn", rfc3339_format(image->now, buf));
	json_object_set_new(completeness, "parameters",
			    json_boolean(image->job->request->attestations->is_max));
	json_object_set_new(completeness, "environment", json_true());
	json_object_set_new(completeness, "materials", json_false());
	json_object_set_new(json, "completeness", completeness);
	json_object_set_new(json, "reproducible", json_false());
	return json;
}

int provenance_describe(const struct attested_image *image, json_t **ret, struct err *err UNUSED)
{
	const struct build_request *request = image->job->request;
	const struct build_attestations *wanted = request->attestations;
	struct vertices vertices = { .items = NULL };
	json_t *json = json_object(), *builder = json_object();

	collect(image->planned->top, &vertices);
	json_set_string(builder, "id", wanted->builder_id ? wanted->builder_id : "");
	json_object_set_new(json, "builder", builder);
	json_set_string(json, "buildType", BUILD_TYPE);
	json_object_set_new(json, "materials", describe_materials(&vertices));
	json_object_set_new(json, "invocation", describe_invocation(request));
	if (wanted->is_max)
		json_object_set_new(json, "buildConfig", describe_steps(&vertices));
	json_object_set_new(json, "metadata", describe_metadata(image));
	free(vertices.items);
	*ret = json;
	return 0;
}
