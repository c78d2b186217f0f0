#include "build_service.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "compose/balena.h"
#include "compose/list.h"
#include "context/remote_context.h"

#define LABEL   "com.docker.compose."
#define SERVICE "service:"

void build_service_release(struct build_service *service)
{
	options_release(build_options, &service->args);
	strmap_release(&service->targets);
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

/* The command line, else the build, else what the service is to run on, else the configuration. */
static void set_platforms(const struct build_args *command, const struct compose_service *service,
			  struct build_service *ret)
{
	struct build_source_args *source = &ret->args.source;

	if (!command->source.machines_said && service->build->platforms.len > 0) {
		strvec_add_all(&source->platforms, &service->build->platforms);
	} else if (!command->source.machines_said && service->platform) {
		strvec_add(&source->platforms, service->platform);
	} else {
		strvec_add_all(&source->boards, &command->source.boards);
		strvec_add_all(&source->platforms, &command->source.platforms);
	}
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
	strvec_add_all(&result->attestations, &command->result.attestations);
	result->provenance = command->result.provenance ?: service->build->provenance;
	result->sbom = command->result.sbom ?: service->build->sbom;
	result->label_vcs = command->result.label_vcs;
	result->push = command->result.push;
	result->load = command->result.load;
	result->compression = command->result.compression;
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

/* --- what RUN gets --- */

/* CSV, in which a comma stands between the parts. */
static char *quote(const char *key, const char *value)
{
	struct str out = STR_INIT;

	if (!strpbrk(value, ",\"")) {
		str_addf(&out, "%s=%s", key, value);
		return str_detach(&out);
	}
	str_addf(&out, "\"%s=", key);
	for (; *value; value++)
		str_addf(&out, *value == '"' ? "\"\"" : "%c", *value);
	str_addc(&out, '"');
	return str_detach(&out);
}

/* A variable may be one of the project only, of its .env; the builder reads those of the process. */
static void share_variable(const struct compose *compose, const char *name)
{
	const char *value = strmap_get(compose_environment(compose), name);

	if (value && !getenv(name))
		(void)setenv(name, value, false);
}

static int add_secret(const struct compose *compose, const struct compose_source *secret,
		      struct build_service *ret, struct err *err)
{
	const struct compose_resource *resource =
		compose_find_resource(&compose_project(compose)->secrets, secret->source);
	AUTO(freep) char *id = quote("id", secret->target ? secret->target : secret->source);
	AUTO(freep) char *from = NULL;

	if (resource && resource->file) {
		from = quote("src", resource->file);
	} else if (resource && resource->environment) {
		share_variable(compose, resource->environment);
		from = quote("env", resource->environment);
	} else {
		(void)err_set(err, ERR_INPUT,
			      "services.%s.build.secrets: '%s' is neither a file nor a variable",
			      ret->name, secret->source);
		return err_hint(err, "give it 'file' or 'environment' under 'secrets'");
	}
	strvec_addf(&ret->args.run.secrets, "%s,%s", id, from);
	return 0;
}

/* "host=address" in the model, "host:address" on a command line. */
static void add_hosts(const struct strvec *hosts, struct strvec *ret)
{
	VEC_FOREACH(host, hosts) {
		AUTO(freep) char *word = xstrdup(*host);
		char *equals = strchr(word, '=');

		if (equals)
			*equals = ':';
		strvec_add(ret, word);
	}
}

static int set_run(const struct build_args *command, const struct compose *compose,
		   const struct compose_build *build, struct build_service *ret, struct err *err)
{
	const struct build_run_args *said = &command->run;
	struct build_run_args *run = &ret->args.run;

	set_ssh(&build->ssh, &run->ssh);
	strvec_add_all(&run->ssh, &said->ssh);
	VEC_FOREACH(secret, &build->secrets) {
		if (add_secret(compose, secret, ret, err) < 0)
			return -1;
	}
	strvec_add_all(&run->secrets, &said->secrets);
	strvec_add_all(&run->volumes, &said->volumes);
	add_pairs(&build->ulimits, &run->limits);
	strvec_add_all(&run->limits, &said->limits);
	add_hosts(&build->extra_hosts, &run->hosts);
	strvec_add_all(&run->hosts, &said->hosts);
	strvec_add_all(&run->dns, &said->dns);
	run->shm_size = said->shm_size ? said->shm_size : build->shm_size;
	run->network = said->network ? said->network : build->network;
	strvec_add_all(&run->allowed, &build->entitlements);
	strvec_add_all(&run->allowed, &said->allowed);
	if (build->privileged)
		strvec_add(&run->allowed, "security.insecure");
	return 0;
}

int build_service_words(const struct build_args *command, const struct compose *compose,
			const struct compose_service *service, struct build_service *ret,
			struct err *err)
{
	const struct compose_build *build = service->build;

	ret->name = service->name;
	set_source(command, service, ret);
	if (set_run(command, compose, build, ret, err) < 0)
		return -1;
	set_result(command, compose, service, ret);
	set_cache(&command->cache, build, &ret->args.cache);
	ret->args.how.jobs = command->how.jobs;
	ret->args.how.pull = command->how.pull || build->pull;
	return add_balena(compose, ret, err);
}
