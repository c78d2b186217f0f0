#include "build_service.h"

#include <stdlib.h>

#include "../base/unit.h"
#include "base/str.h"

struct words {
	struct compose *compose;
	struct build_args command;
	struct build_service service;
	struct strmap env;
	char *cwd;
};

static void words_release(struct words *words)
{
	build_service_release(&words->service);
	options_release(build_options, &words->command);
	compose_free(words->compose);
	strmap_release(&words->env);
	free(words->cwd);
}

/* The words of service `a` of a file, below what was said on the command line. */
static int read_words(struct words *words, const char *text)
{
	struct compose_options options = { .project_name = "p", .env = &words->env };
	const struct compose_service *service;

	write_text("compose.yaml", text);
	words->cwd = getcwd(NULL, 0);
	options.cwd = words->cwd;
	assert_ok(compose_load(&options, &words->compose, &err_));
	service = compose_find_service(compose_project(words->compose), "a");
	assert_non_null(service);
	return build_service_words(&words->command, words->compose, service, &words->service,
				   &err_);
}

static void check_list(const char *what, const struct strvec *have, const char *want)
{
	AUTO(str_release) struct str text = STR_INIT;

	VEC_FOREACH(word, have)
		str_addf(&text, "%s%s", text.len ? " | " : "", *word);
	if (!str_eq(text.ptr, want))
		fail_msg("%s: want '%s', have '%s'", what, want, text.ptr);
}

static void every_attribute_is_a_word(void **state)
{
	AUTO(words_release) struct words words = { .env = STRMAP_INIT };
	const struct build_args *args = &words.service.args;
	AUTO(freep) char *file = NULL, *secrets = NULL, *contexts = NULL;

	(void)state;
	strmap_set(&words.env, "B", "of the environment");
	assert_ok(read_words(&words,
			     "services:\n"
			     "  a:\n"
			     "    image: lab:5000/a:1\n"
			     "    platform: linux/arm64\n"
			     "    build:\n"
			     "      context: src\n"
			     "      dockerfile: board.Dockerfile\n"
			     "      target: t\n"
			     "      args: {A: 1, B: , UNSET: }\n"
			     "      additional_contexts: {base: 'service:b', more: ./more}\n"
			     "      secrets: [s, {source: v, target: w}]\n"
			     "      ssh: [default, key=/k]\n"
			     "      ulimits: {nofile: 8, nproc: {soft: 1, hard: 2}}\n"
			     "      extra_hosts: {h: 10.0.0.1, six: '::1'}\n"
			     "      shm_size: 1k\n"
			     "      network: none\n"
			     "      entitlements: [network.host]\n"
			     "      privileged: true\n"
			     "      tags: [lab:5000/a:2]\n"
			     "      labels: {l: v}\n"
			     "      cache_from: [lab:5000/c]\n"
			     "      cache_to: ['type=local,dest=d']\n"
			     "      no_cache: true\n"
			     "      pull: true\n"
			     "  b: {build: .}\n"
			     "secrets: {s: {file: 'x,y'}, v: {environment: SECRET}}\n"));
	file = xasprintf("%s/src/board.Dockerfile", words.cwd);
	check_list("file", &args->source.files, file);
	assert_string_equal(args->source.target, "t");
	check_list("build-arg", &args->source.build_args, "A=1 | B=of the environment");
	contexts = xasprintf("more=%s/more", words.cwd);
	check_list("context", &args->source.named_contexts, contexts);
	assert_string_equal(strmap_get(&words.service.targets, "base"), "b");
	secrets = xasprintf("id=s,\"src=%s/x,y\" | id=w,env=SECRET", words.cwd);
	check_list("secret", &args->run.secrets, secrets);
	check_list("ssh", &args->run.ssh, "default | key=/k");
	check_list("ulimit", &args->run.limits, "nofile=8:8 | nproc=1:2");
	check_list("host", &args->run.hosts, "h:10.0.0.1 | six:::1");
	assert_string_equal(args->run.shm_size, "1024");
	assert_string_equal(args->run.network, "none");
	check_list("allow", &args->run.allowed, "network.host | security.insecure");
	check_list("tag", &args->result.tags, "lab:5000/a:1 | lab:5000/a:2");
	assert_true(words.service.has_image_name);
	check_list("platform", &args->source.platforms, "linux/arm64");
	check_list("cache-from", &args->cache.from, "lab:5000/c");
	check_list("cache-to", &args->cache.to, "type=local,dest=d");
	assert_true(args->cache.no_cache);
	assert_true(args->how.pull);
}

static void without_an_image_the_project_names_it(void **state)
{
	AUTO(words_release) struct words words = { .env = STRMAP_INIT };

	(void)state;
	assert_ok(read_words(&words, "services: {a: {build: .}}\n"));
	check_list("tag", &words.service.args.result.tags, "p-a");
	assert_false(words.service.has_image_name);
	check_list("operand", &words.service.args.operands, words.cwd);
	check_list("file", &words.service.args.source.files, "");
}

static void an_inline_dockerfile_has_a_name(void **state)
{
	AUTO(words_release) struct words words = { .env = STRMAP_INIT };

	(void)state;
	assert_ok(read_words(&words,
			     "services: {a: {build: {dockerfile_inline: 'FROM scratch'}}}\n"));
	assert_string_equal(words.service.args.source.dockerfile_text, "FROM scratch");
	check_list("file", &words.service.args.source.files, "a: dockerfile_inline");
}

/* What comes later counts: it goes over what the file says. */
static void the_command_line_comes_last(void **state)
{
	AUTO(words_release) struct words words = { .env = STRMAP_INIT };
	const struct build_args *args = &words.service.args;

	(void)state;
	strvec_add(&words.command.source.build_args, "A=2");
	strvec_add(&words.command.source.platforms, "linux/arm/v7");
	words.command.source.machines_said = true;
	words.command.run.network = "host";
	assert_ok(read_words(&words, "services: {a: {build: {context: ., args: {A: 1},\n"
				     "  platforms: [linux/arm64], network: none}}}\n"));
	check_list("build-arg", &args->source.build_args, "A=1 | A=2");
	check_list("platform", &args->source.platforms, "linux/arm/v7");
	assert_string_equal(args->run.network, "host");
}

static void platforms_of_the_environment_come_last(void **state)
{
	AUTO(words_release) struct words built = { .env = STRMAP_INIT };
	AUTO(words_release) struct words plain = { .env = STRMAP_INIT };

	(void)state;
	strvec_add(&built.command.source.platforms, "linux/arm/v7");
	assert_ok(read_words(&built, "services: {a: {platform: linux/amd64,\n"
				     "  build: {platforms: [linux/amd64, linux/arm64]}}}\n"));
	check_list("built", &built.service.args.source.platforms, "linux/amd64 | linux/arm64");
	strvec_add(&plain.command.source.platforms, "linux/arm/v7");
	assert_ok(read_words(&plain, "services: {a: {build: .}}\n"));
	check_list("plain", &plain.service.args.source.platforms, "linux/arm/v7");
}

static void a_secret_that_cannot_be_had_is_named(void **state)
{
	AUTO(words_release) struct words words = { .env = STRMAP_INIT };

	(void)state;
	assert_int_equal(read_words(&words, "services: {a: {build: {context: ., secrets: [s]}}}\n"
					    "secrets: {s: {external: true}}\n"),
			 -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	assert_non_null(strstr(err_.message, "services.a.build.secrets: 's'"));
}

static void balena_variables_are_arguments(void **state)
{
	AUTO(words_release) struct words words = { .env = STRMAP_INIT };
	AUTO(freep) char *volume = NULL;

	(void)state;
	assert_int_equal(mkdir(".balena", 0755), 0);
	assert_int_equal(mkdir(".balena/secrets", 0755), 0);
	write_text(".balena/secrets/key", "k");
	write_text(".balena/balena.yml",
		   "build-variables: {global: [G=1], services: {a: [A=2], b: [B=3]}}\n"
		   "build-secrets: {global: [{source: key, dest: token}]}\n");
	assert_ok(read_words(&words, "services: {a: {build: .}}\n"));
	check_list("build-arg", &words.service.args.source.build_args, "G=1 | A=2");
	volume = xasprintf("%s/.balena/secrets/key:/run/secrets/token:ro", words.cwd);
	check_list("volume", &words.service.args.run.volumes, volume);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(every_attribute_is_a_word),
		scratch_test(without_an_image_the_project_names_it),
		scratch_test(an_inline_dockerfile_has_a_name),
		scratch_test(the_command_line_comes_last),
		scratch_test(platforms_of_the_environment_come_last),
		scratch_test(a_secret_that_cannot_be_had_is_named),
		scratch_test(balena_variables_are_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
