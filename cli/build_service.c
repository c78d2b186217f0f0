#include "build_service.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "compose/balena.h"
#include "context/remote_context.h"

#define LABEL   "com.docker.compose."
#define SERVICE "service:"

void build_service_release(struct build_service *service)
{
	options_release(build_options, &service->args);
	strmap_release(&service->targets);
	strvec_release(&service->owned);
}

static void add_pairs(const struct strmap *pairs, struct strvec *ret)
{
	VEC_FOREACH(pair, pairs) {
		if (pair->value)
			strvec_addf(ret, "%s=%s", pair->key, pair->value);
		else
			strvec_add(ret, pair->key);
	}
}

/* --- what is built --- */

/* The default is not named: a board may have a Dockerfile of its own. */
static void set_dockerfile(const struct compose_build *build, struct build_service *ret)
{
	struct build_source_args *source = &ret->args.source;

	if (build->dockerfile_inline) {
		strvec_addf(&source->files, "%s: dockerfile_inline", ret->name);
		source->dockerfile_text = build->dockerfile_inline;
		return;
	}
	if (!build->dockerfile || str_eq(build->dockerfile, "Dockerfile"))
		return;
	if (remote_context_is(build->context) || path_is_absolute(build->dockerfile))
		strvec_add(&source->files, build->dockerfile);
	else
		strvec_take(&source->files, path_join(build->context, build->dockerfile));
}

static void set_contexts(const struct compose_build *build, struct build_service *ret)
{
	VEC_FOREACH(context, &build->additional_contexts) {
		if (str_has_prefix(context->value, SERVICE))
			strmap_set(&ret->targets, context->key, context->value + strlen(SERVICE));
		else
			strvec_addf(&ret->args.source.named_contexts, "%s=%s", context->key,
				    context->value);
	}
}

/* The command line, else the build, else what the service is to run on, else the environment. */
static void set_platforms(const struct build_args *command, const struct compose_service *service,
			  struct build_service *ret)
{
	struct build_source_args *source = &ret->args.source;
	const struct strvec *platforms = &command->source.platforms;

	strvec_add_all(&source->boards, &command->source.boards);
	if (source->boards.len == 0 && !command->source.platforms_said) {
		if (service->build->platforms.len > 0)
			platforms = &service->build->platforms;
		else if (service->platform)
			platforms = NULL;
	}
	if (platforms)
		strvec_add_all(&source->platforms, platforms);
	else
		strvec_add(&source->platforms, service->platform);
}

static void set_source(const struct build_args *command, const struct compose_service *service,
		       struct build_service *ret)
{
	const struct compose_build *build = service->build;
	struct build_source_args *source = &ret->args.source;

	strvec_add(&ret->args.operands, build->context);
	source->target = build->target;
	set_dockerfile(build, ret);
	set_contexts(build, ret);
	set_platforms(command, service, ret);
	add_pairs(&build->args, &source->build_args);
	strvec_add_all(&source->build_args, &command->source.build_args);
}

/* --- balena --- */

/* Its builders show the secrets to every step, at a fixed place. */
static int add_balena(const struct compose *compose, struct build_service *ret, struct err *err)
{
	struct balena_build balena = { .variables = STRMAP_INIT };
	int status = balena_build_read(compose_directory(compose), ret->name, &balena, err);

	if (status == 0) {
		add_pairs(&balena.variables, &ret->args.source.build_args);
		VEC_FOREACH(secret, &balena.secrets)
			strvec_addf(&ret->args.run.volumes, "%s:/run/secrets/%s:ro", secret->file,
				    secret->name);
	}
	balena_build_release(&balena);
	return status;
}

/* --- the rest --- */

static void set_result(const struct build_args *command, const struct compose *compose,
		       const struct compose_service *service, struct build_service *ret)
{
	struct build_result_args *result = &ret->args.result;

	ret->has_image_name = service->image != NULL;
	strvec_take(&result->tags, compose_image_name(compose, service->name));
	strvec_add_all(&result->tags, &service->build->tags);
	add_pairs(&service->build->labels, &result->labels);
	strvec_addf(&result->labels, LABEL "project=%s", compose_name(compose));
	strvec_addf(&result->labels, LABEL "service=%s", service->name);
	strvec_addf(&result->labels, LABEL "version=%s", CLI_VERSION);
	strvec_add_all(&result->labels, &command->result.labels);
	strvec_add_all(&result->outputs, &command->result.outputs);
	strvec_add_all(&result->annotations, &command->result.annotations);
	result->push = command->result.push;
	result->load = command->result.load;
}

/* "id: path", as the model has it, is ID=PATH on a command line. */
static void set_ssh(const struct strvec *keys, struct strvec *ret)
{
	VEC_FOREACH(key, keys) {
		AUTO(freep) char *word = xstrdup(*key);
		char *colon = strstr(word, ": ");

		if (colon) {
			*colon = '\0';
			strvec_addf(ret, "%s=%s", word, colon + 2);
		} else {
			strvec_add(ret, word);
		}
	}
}

static void set_cache(const struct build_cache_args *command, const struct compose_build *build,
		      struct build_cache_args *ret)
{
	ret->no_cache = command->no_cache || build->no_cache;
	strvec_add_all(&ret->no_cache_stages, &build->no_cache_filter);
	strvec_add_all(&ret->no_cache_stages, &command->no_cache_stages);
	strvec_add_all(&ret->from, &build->cache_from);
	strvec_add_all(&ret->from, &command->from);
	strvec_add_all(&ret->to, &build->cache_to);
	strvec_add_all(&ret->to, &command->to);
}

static int unsupported(const struct build_service *service, const char *attribute, struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED, "services.%s.build.%s: builds here cannot do that",
		       service->name, attribute);
}

static int check_supported(const struct compose_build *build, const struct build_service *service,
			   struct err *err)
{
	const struct {
		bool is_said;
		const char *attribute;
	} attributes[] = {
		{ build->shm_size, "shm_size" },
		{ build->ulimits.len > 0, "ulimits" },
		{ build->extra_hosts.len > 0, "extra_hosts" },
		{ build->secrets.len > 0, "secrets" },
		{ build->network, "network" },
		{ build->privileged, "privileged" },
		{ build->entitlements.len > 0, "entitlements" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		if (attributes[i].is_said)
			return unsupported(service, attributes[i].attribute, err);
	}
	return 0;
}

int build_service_words(const struct build_args *command, const struct compose *compose,
			const struct compose_service *service, struct build_service *ret,
			struct err *err)
{
	const struct compose_build *build = service->build;

	ret->name = service->name;
	if (check_supported(build, ret, err) < 0)
		return -1;
	set_source(command, service, ret);
	set_ssh(&build->ssh, &ret->args.run.ssh);
	strvec_add_all(&ret->args.run.ssh, &command->run.ssh);
	strvec_add_all(&ret->args.run.volumes, &command->run.volumes);
	set_result(command, compose, service, ret);
	set_cache(&command->cache, build, &ret->args.cache);
	ret->args.how.jobs = command->how.jobs;
	ret->args.how.pull = command->how.pull || build->pull;
	return add_balena(compose, ret, err);
}
