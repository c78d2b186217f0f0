/* The whole client against a registry that misbehaves on demand. */
#include "registry/client.h"

#include <sys/eventfd.h>

#include "base/proc.h"
#include "world.h"

static void write_docker_config(const char *user_and_password_base64)
{
	AUTO(freep)
	char *text = xasprintf("{\"auths\":{\"127.0.0.1:%d\":{\"auth\":\"%s\"}}}",
			       world.server.port, user_and_password_base64);

	write_text("config.json", text);
}

#define RIGHT_PASSWORD "dXNlcjpjb3JyZWN0IGhvcnNl" /* user:correct horse */
#define WRONG_PASSWORD "dXNlcjp3cm9uZw=="         /* user:wrong */

/* --- pull --- */

static void pulls_and_does_not_ask_twice(void **state)
{
	(void)state;
	struct resolved_image image;
	struct platform platform;

	world_begin(NULL);
	world_pulls();
	assert_int_equal(faulty_count("\"GET\""), 3);
	assert_int_equal(faulty_count("\"user_agent\": \"edgectl/"), 3);
	world_pulls();
	assert_int_equal(faulty_count("\"GET\""), 4);
	assert_ok(platform_parse("linux/arm64", &platform, &err_));
	assert_ok(registry_resolve(world.registry, &world.ref, &platform, world.store, &image,
				   &err_));
	assert_int_equal(image.manifest.layers.len, 1);
	assert_false(digest_is_set(&image.index_digest));
	resolved_image_release(&image);
}

static void refuses_an_image_for_another_platform(void **state)
{
	(void)state;
	struct resolved_image image;
	struct platform platform;

	world_begin(NULL);
	assert_ok(platform_parse("linux/arm/v7", &platform, &err_));
	assert_int_equal(
		registry_resolve(world.registry, &world.ref, &platform, world.store, &image, &err_),
		-1);
	assert_int_equal(err_.kind, ERR_UNSUPPORTED);
	assert_non_null(
		strstr(err_.message, "it is for linux/arm64 and cannot serve linux/arm/v7"));
	assert_int_equal(faulty_count("/blobs/"), 1);
}

static void names_what_is_not_there(void **state)
{
	(void)state;
	world_begin(NULL);
	image_ref_release(&world.ref);
	faulty_ref(&world.server, "app:2", &world.ref);
	world_pull_fails(ERR_NOT_FOUND, "the image is not in registry '127.0.0.1:");
}

static void goes_on_after_passing_faults(void **state)
{
	(void)state;
	static const struct {
		const char *faults;
		unsigned requests; /* in place of 3 */
	} rows[] = {
		{ "[{\"on\": \"GET .*/manifests/\", \"status\": 503}]", 4 },
		{ "[{\"on\": \"GET .*/blobs/\", \"status\": 500, \"times\": 3}]", 6 },
		{ "[{\"on\": \"GET\", \"status\": 429, \"headers\": {\"Retry-After\": \"0\"}}]",
		  4 },
		{ "[{\"on\": \"GET .*/manifests/\", \"cut\": 10, \"skip\": 0}]", 4 },
		{ "[{\"on\": \"GET .*/blobs/\", \"cut\": 10, \"times\": 2}]", 5 },
		{ "[{\"on\": \"GET .*/blobs/\", \"cut\": 0, \"times\": 2}]", 5 },
		{ "[{\"on\": \"GET .*/blobs/\", \"redirect\": \"http://localhost:{port}{path}\", "
		  "\"times\": 1}]",
		  4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		world_begin_with_faults(rows[i].faults);
		world_pulls();
		if (faulty_count("\"GET\"") != rows[i].requests)
			fail_msg("row '%s': %u requests", rows[i].faults, faulty_count("\"GET\""));
		world_tear_down(state);
		assert_int_equal(world_set_up(state), 0);
	}
}

static void continues_where_it_broke_for_as_long_as_it_moves(void **state)
{
	(void)state;
	/* Ten pieces of 100,000 bytes: more breaks than tries without progress. */
	const char *const options[] = {
		"--layer-size", "1000000", "--faults",
		"[{\"on\": \"GET .*/blobs/\", \"cut\": 100000, \"times\": -1}]", NULL
	};

	world_begin(options);
	world_pulls();
	assert_true(faulty_count("\"range\": \"bytes=100000-\"") == 1);
	assert_true(faulty_count("\"range\": \"bytes=900000-\"") == 1);
}

static void gives_up_when_nothing_helps(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		enum err_kind kind;
		const char *message;
		unsigned requests;
	} rows[] = {
		{ "\"on\": \"manifests\", \"status\": 503", ERR_NETWORK, "answered 503", 6 },
		{ "\"on\": \"manifests\", \"cut\": 0", ERR_NETWORK, "the connection broke", 6 },
		{ "\"on\": \"manifests\", \"status\": 429, \"headers\": {\"Retry-After\": "
		  "\"7200\"}",
		  ERR_DENIED, "rate limit", 1 },
		{ "\"on\": \"manifests\", \"status\": 403, \"body\": "
		  "\"{\\\"errors\\\":[{\\\"message\\\":\\\"no\\\"}]}\"",
		  ERR_DENIED, "denies access to 'app': no", 1 },
		{ "\"on\": \"manifests\", \"status\": 400", ERR_PROTOCOL, "answered 400", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *faults = xasprintf("[{%s, \"times\": -1}]", rows[i].fault);

		world_begin_with_faults(faults);
		world_pull_fails(rows[i].kind, rows[i].message);
		assert_int_equal(faulty_count("manifests"), rows[i].requests);
		world_tear_down(state);
		assert_int_equal(world_set_up(state), 0);
	}
}

static unsigned count_blobs(void)
{
	AUTO(str_release) struct str out = STR_INIT;
	const char *const argv[] = { "find", "store/blobs", "store/ingest", "-type", "f", NULL };
	const struct proc proc = { .argv = argv, .stdin_fd = PROC_NULL };
	struct proc_capture capture = { .output_limit = 100000, .out = &out };
	unsigned count = 0;
	int status;

	assert_ok(proc_run(&proc, &capture, &status, &err_));
	for (const char *c = out.ptr; *c; c++)
		count += *c == '\n';
	return count;
}

static void keeps_nothing_that_is_not_what_it_should_be(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		enum err_kind kind;
		const char *message;
	} rows[] = {
		{ "\"on\": \"manifests\", \"corrupt\": true", ERR_DIGEST,
		  "sent a manifest with digest" },
		{ "\"on\": \"manifests\", \"endless\": true", ERR_LIMIT, "larger than 4096 KiB" },
		{ "\"on\": \"blobs\", \"corrupt\": true", ERR_DIGEST, "blob sha256:" },
		{ "\"on\": \"blobs\", \"shorter\": true", ERR_DIGEST, "where the manifest says" },
		{ "\"on\": \"blobs\", \"longer\": true", ERR_DIGEST, "where the manifest says" },
		{ "\"on\": \"blobs\", \"unannounced\": 1", ERR_DIGEST, "that the manifest says" },
		{ "\"on\": \"blobs\", \"endless\": true", ERR_DIGEST, "that the manifest says" },
		{ "\"on\": \"blobs\", \"redirect\": \"http://127.0.0.1:{port}{path}\"",
		  ERR_PROTOCOL, "redirects without end" },
		{ "\"on\": \"blobs\", \"redirect\": \"file:///etc/passwd\"", ERR_PROTOCOL,
		  "not an address that can be followed" },
		{ "\"on\": \"blobs\", \"redirect\": \"http://169.254.169.254/\"", ERR_PROTOCOL,
		  "link-local" },
		{ "\"on\": \"manifests\", \"status\": 200, \"body\": \"<html>\"", ERR_INPUT,
		  "manifest" },
		{ "\"on\": \"manifests\", \"status\": 200, \"body\": \"{\\\"schemaVersion\\\": "
		  "1}\"",
		  ERR_UNSUPPORTED, "schema 1" },
		{ "\"on\": \"manifests\", \"status\": 200, \"body\": \"{\\\"a\\\": 1}\"",
		  ERR_PROTOCOL, "not a manifest" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *faults = xasprintf("[{%s, \"times\": -1}]", rows[i].fault);
		bool at_blob = strstr(rows[i].fault, "blobs") != NULL;

		world_begin_with_faults(faults);
		world_pull_fails(rows[i].kind, rows[i].message);
		/* The manifest itself was right. */
		assert_row(count_blobs() == (at_blob ? 1 : 0), rows[i].fault);
		world_tear_down(state);
		assert_int_equal(world_set_up(state), 0);
	}
}

static void notices_a_stalled_connection(void **state)
{
	(void)state;
	const struct http_options options = { .monitor = &world.monitor, .stall_seconds = 1 };

	world_begin_with_faults("[{\"on\": \"blobs\", \"stall\": 60}]");
	http_freep(&world.registry->http);
	world.registry->http = http_new(&options);
	world_pulls();
	assert_non_null(strstr(world.warnings.ptr, "the connection stalled, trying again"));
}

/*
 * The layer is more than what the buffers of both sides take: the registry reads no more of it. Of the config it
 * reads all, and does not answer.
 */
static void notices_a_stalled_upload(void **state)
{
	const char *const options[] = { "--no-mounts",
					"--layer-size",
					"12000000",
					"--faults",
					"[{\"on\": \"PUT .*/uploads/\", \"receive\": 1000000, "
					"\"hold\": 60, \"times\": 2}]",
					NULL };
	const struct http_options impatient = { .monitor = &world.monitor,
						.stall_seconds = 1,
						.answer_seconds = 1 };
	struct push_summary summary = { 0 };

	(void)state;
	world_begin(options);
	http_freep(&world.registry->http);
	world.registry->http = http_new(&impatient);
	world_push_to("copy:1", &summary);
	assert_int_equal(summary.sent_blobs, 2);
	assert_non_null(strstr(world.warnings.ptr, "the connection stalled, trying again"));
	/* the layer goes on from where it was */
	assert_true(faulty_count("\"PATCH\"") >= 1);
}

static void stops_when_it_is_told_to(void **state)
{
	(void)state;
	int cancel = eventfd(1, EFD_CLOEXEC);

	world_begin_with_faults("[{\"on\": \"blobs\", \"stall\": 60, \"times\": -1}]");
	world.monitor.cancel_fd = cancel;
	world_pull_fails(ERR_CANCELLED, "");
	close(cancel);
}

/* --- authentication --- */

static void authenticates(void **state)
{
	(void)state;
	static const char *const schemes[] = { "basic", "bearer" };

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		const char *const options[] = { "--auth", schemes[i], NULL };

		world_begin(options);
		write_docker_config(RIGHT_PASSWORD);
		world_pulls();
		assert_int_equal(faulty_count("/token"), i);
		/* One challenge, one token; everything else at once. */
		assert_int_equal(faulty_count("/v2/"), 4);
		write_docker_config(WRONG_PASSWORD);
		world_connect();
		world_pull_fails(ERR_AUTH,
				 "does not accept the credentials from './config.json' for 'app'");
		world_tear_down(state);
		assert_int_equal(world_set_up(state), 0);
	}
}

static void is_anonymous_without_credentials(void **state)
{
	(void)state;
	const char *const bearer[] = { "--auth", "bearer", NULL };
	const char *const basic[] = { "--auth", "basic", NULL };

	world_begin(bearer);
	world_pulls();
	assert_int_equal(faulty_count("Basic"), 0);
	world_tear_down(state);
	assert_int_equal(world_set_up(state), 0);
	world_begin(basic);
	world_pull_fails(ERR_AUTH, "'app' does not exist in registry '127.0.0.1:");
	assert_non_null(strstr(world.err.hint, "edgectl login 127.0.0.1:"));
}

static void exchanges_an_identity_token(void **state)
{
	(void)state;
	const char *const options[] = { "--auth", "bearer", NULL };
	AUTO(freep) char *text = NULL;

	world_begin(options);
	text = xasprintf("{\"auths\":{\"127.0.0.1:%d\":{\"identitytoken\":\"identity\"}}}",
			 world.server.port);
	write_text("config.json", text);
	world_pulls();
	assert_int_equal(faulty_count("\"POST\", \"path\": \"/token\""), 1);
}

static void renews_a_token_that_has_expired(void **state)
{
	(void)state;
	const char *const options[] = { "--auth", "bearer", NULL };

	world_begin(options);
	world_pulls();
	/* The server forgets: what we hold is refused once. */
	assert_int_equal(world.registry->hosts.items[0]->tokens.len, 1);
	world.registry->hosts.items[0]->tokens.items[0].value[0] = 'X';
	world_pulls();
	assert_int_equal(faulty_count("/token"), 2);
}

static void tokens_stay_with_the_registry_that_they_are_for(void **state)
{
	(void)state;
	const char *const options[] = { "--auth", "basic", "--faults",
					"[{\"on\": \"GET .*/blobs/\", \"redirect\": "
					"\"http://localhost:{port}/elsewhere\", \"skip\": 1}]",
					NULL };
	AUTO(freep) char *line = NULL;

	world_begin(options);
	write_docker_config(RIGHT_PASSWORD);
	/* The foreign host wants credentials, too: its challenge is not ours to answer. */
	world_pull_fails(ERR_DENIED, "which answered 401 for blob sha256:");
	line = xasprintf("\"/elsewhere\", \"host\": \"localhost:%d\", \"authorization\": null",
			 world.server.port);
	assert_int_equal(faulty_count("/elsewhere"), 1);
	assert_int_equal(faulty_count(line), 1);
}

/* --- push --- */

static void sends_what_is_missing_and_nothing_else(void **state)
{
	(void)state;
	struct push_summary summary = { 0 };

	world_begin_with_faults("[]");
	world_push_to("copy:1", &summary);
	assert_int_equal(summary.sent_blobs, 2);
	assert_int_equal(summary.skipped_blobs, 0);
	assert_int_equal(faulty_count("\"PUT\""), 3);
	world_push_to("copy:1", &summary);
	assert_int_equal(summary.sent_blobs, 0);
	assert_int_equal(summary.skipped_blobs, 2);
	assert_int_equal(faulty_count("\"PUT\""), 3);
	/* tag, manifest and two blobs; of what is there already the tag says enough */
	assert_int_equal(faulty_count("\"HEAD\""), 4 + 1);
	world_push_to("copy:2", &summary);
	/* another name: tag and manifest */
	assert_int_equal(faulty_count("\"HEAD\""), 4 + 1 + 2);
	assert_int_equal(faulty_count("\"PUT\""), 4);
}

static void pushes_in_spite_of_passing_faults(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"\"on\": \"POST\", \"status\": 429, \"headers\": {\"Retry-After\": \"0\"}",
		"\"on\": \"PUT .*/blobs/\", \"status\": 502, \"times\": 2",
		"\"on\": \"PUT .*/blobs/\", \"receive\": 1000, \"times\": 3",
		"\"on\": \"PUT .*/manifests/\", \"status\": 429",
		"\"on\": \"PUT .*/manifests/\", \"receive\": 10",
		"\"on\": \"HEAD .*/blobs/\", \"status\": 500",
		"\"on\": \"PATCH|PUT .*/uploads/\", \"forget\": 1",
		"\"on\": \"PUT .*/blobs/\", \"redirect\": \"http://localhost:{port}{path}\"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *faults = xasprintf("[{%s}]", rows[i]);
		struct push_summary summary;

		world_begin_with_faults(faults);
		world_push_to("copy:1", &summary);
		assert_int_equal(summary.sent_blobs, 2);
		world_tear_down(state);
		assert_int_equal(world_set_up(state), 0);
	}
}

static void mends_a_registry_that_lost_blobs(void **state)
{
	(void)state;
	struct push_summary summary;

	world_begin_with_faults("[{\"on\": \"PUT .*/manifests/\", \"lose\": 1}]");
	world_push_to("copy:1", &summary);
	assert_int_equal(summary.sent_blobs, 2);
	assert_int_equal(faulty_count("\"PUT\""), 2 + 1 + 2 + 1);
}

/* Between repositories of one registry within one command: nothing is read or sent again. */
static void sends_a_blob_once_for_all_images(void **state)
{
	(void)state;
	struct push_summary summary;

	world_begin(NULL);
	world_push_to("first:1", &summary);
	/* from where they were pulled */
	assert_int_equal(summary.sent_blobs, 0);
	assert_int_equal(faulty_count("from=app"), 2);
	world_push_to("second:1", &summary);
	assert_int_equal(summary.sent_blobs, 0);
	assert_int_equal(faulty_count("from=first"), 2);
	/* and another command remembers */
	world_connect();
	world_push_to("third:1", &summary);
	assert_int_equal(summary.sent_blobs, 0);
	assert_int_equal(faulty_count("from=second"), 2);
}

static void an_upload_elsewhere_gets_no_credentials(void **state)
{
	(void)state;
	const char *const options[] = {
		"--auth", "basic", "--faults",
		"[{\"on\": \"POST\", \"times\": -1, \"status\": 202, \"headers\": {\"Location\": "
		"\"http://localhost:1/up?x=1\"}}]",
		NULL
	};
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	struct descriptor target = { .size = 0 };
	struct push_summary summary;

	world_begin(options);
	write_docker_config(RIGHT_PASSWORD);
	assert_ok(world_pull(&target, &err_));
	faulty_ref(&world.server, "copy:1", &ref);
	world.registry->retry.tries = 1;
	assert_int_equal(
		registry_push(world.registry, world.store, &target, &ref, 1, &summary, &err_), -1);
	assert_int_equal(err_.kind, ERR_NETWORK);
	descriptor_release(&target);
}

static void tag(const char *name)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep) char *canonical = NULL;
	struct descriptor target = { .size = 0 };

	assert_ok(world_pull(&target, &err_));
	faulty_ref(&world.server, name, &ref);
	canonical = image_ref_format(&ref);
	assert_ok(store_tag(world.store, canonical, &target, &err_));
	descriptor_release(&target);
}

static void mounts_what_another_repository_has(void **state)
{
	(void)state;
	static const struct {
		const char *name, *fault;
		unsigned sent;
	} rows[] = {
		{ "app:1", "", 0 },
		/* lost there: the session in place of the mount is used */
		{ "app:1", NULL, 2 },
		/* registries may refuse, each in its way */
		{ "app:1", "{\"on\": \"mount=\", \"status\": 403, \"times\": -1}", 2 },
		{ "app:1", "{\"on\": \"mount=\", \"status\": 401, \"times\": -1}", 2 },
		{ "app:1", "{\"on\": \"mount=\", \"status\": 400, \"times\": -1}", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *faults = xasprintf("[%s]", rows[i].fault ? rows[i].fault : "");
		const char *const options[] = { "--faults", faults,
						rows[i].fault ? NULL : "--no-mounts", NULL };
		struct push_summary summary;

		world_begin(options);
		tag(rows[i].name);
		world_push_to("copy:1", &summary);
		assert_int_equal(summary.sent_blobs, rows[i].sent);
		assert_int_equal(summary.skipped_blobs, 2 - rows[i].sent);
		assert_int_equal(faulty_count("mount=sha256%3A"), 2);
		world_tear_down(state);
		assert_int_equal(world_set_up(state), 0);
	}
}

/* An index of the pulled image and of one that was not pulled, in the store. */
static void put_sparse_index(struct descriptor *ret)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct descriptor member = { .size = 0 };
	struct digest absent;

	assert_ok(world_pull(&member, &err_));
	digest_of("absent", 6, &absent);
	str_addf(&text,
		 "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX "\",\"manifests\":["
		 "{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":\"%s\",\"size\":%llu},"
		 "{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":\"%s\",\"size\":6,"
		 "\"platform\":{\"os\":\"linux\",\"architecture\":\"riscv64\"}}]}",
		 member.digest.text, (unsigned long long)member.size, absent.text);
	*ret = (struct descriptor){ .media_type = xstrdup(MEDIA_OCI_INDEX), .size = text.len };
	assert_ok(store_put_blob(world.store, text.ptr, text.len, &ret->digest, &err_));
	descriptor_release(&member);
}

static void half_an_index_is_refused_before_anything_is_sent(void **state)
{
	(void)state;
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	struct descriptor target;
	struct push_summary summary;

	world_begin(NULL);
	put_sparse_index(&target);
	faulty_ref(&world.server, "copy:1", &ref);
	assert_int_equal(
		registry_push(world.registry, world.store, &target, &ref, 1, &summary, &err_), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err_.message, "names it for linux/riscv64"));
	assert_int_equal(faulty_count("\"POST\""), 0);
	descriptor_release(&target);
}

static void explains_a_denied_push(void **state)
{
	(void)state;
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	const char *const options[] = { "--auth", "bearer", NULL };
	struct descriptor target = { .size = 0 };
	struct push_summary summary;

	world_begin(options);
	assert_ok(world_pull(&target, &err_));
	faulty_ref(&world.server, "copy:1", &ref);
	assert_int_equal(
		registry_push(world.registry, world.store, &target, &ref, 1, &summary, &err_), -1);
	assert_int_equal(err_.kind, ERR_AUTH);
	assert_non_null(strstr(err_.message, "wants credentials for a push to 'copy'"));
	descriptor_release(&target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(pulls_and_does_not_ask_twice),
		world_test(refuses_an_image_for_another_platform),
		world_test(names_what_is_not_there),
		world_test(goes_on_after_passing_faults),
		world_test(continues_where_it_broke_for_as_long_as_it_moves),
		world_test(gives_up_when_nothing_helps),
		world_test(keeps_nothing_that_is_not_what_it_should_be),
		world_test(notices_a_stalled_connection),
		world_test(notices_a_stalled_upload),
		world_test(stops_when_it_is_told_to),
		world_test(authenticates),
		world_test(is_anonymous_without_credentials),
		world_test(exchanges_an_identity_token),
		world_test(renews_a_token_that_has_expired),
		world_test(tokens_stay_with_the_registry_that_they_are_for),
		world_test(sends_what_is_missing_and_nothing_else),
		world_test(pushes_in_spite_of_passing_faults),
		world_test(mends_a_registry_that_lost_blobs),
		world_test(sends_a_blob_once_for_all_images),
		world_test(an_upload_elsewhere_gets_no_credentials),
		world_test(mounts_what_another_repository_has),
		world_test(half_an_index_is_refused_before_anything_is_sent),
		world_test(explains_a_denied_push),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
