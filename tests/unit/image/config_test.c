#include "image/config.h"

#include "image_unit.h"

#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"

/* Everything there is, in the order in which it is written. */
static const char full[] =
	"{\"created\":\"2026-01-02T03:04:05Z\",\"author\":\"me\",\"architecture\":\"arm\","
	"\"variant\":\"v6\","
	"\"os\":\"linux\",\"os.version\":\"1\",\"config\":{\"User\":\"u:g\",\"ExposedPorts\":{\"53/"
	"udp\":{},"
	"\"80/tcp\":{}},\"Env\":[\"PATH=/bin\",\"A=x=y\",\"EMPTY=\",\"BARE\"],\"Entrypoint\":[\"/"
	"a\"],"
	"\"Cmd\":[],\"Volumes\":{\"/data\":{}},\"WorkingDir\":\"/"
	"w\",\"Labels\":{\"a\":\"1\",\"b\":\"\"},"
	"\"StopSignal\":\"SIGINT\",\"Healthcheck\":{\"Test\":[\"CMD\",\"t\"],\"Interval\":"
	"30000000000,"
	"\"Timeout\":1,\"StartPeriod\":2,\"StartInterval\":3,\"Retries\":4},\"OnBuild\":[\"RUN "
	"x\"],"
	"\"Shell\":[\"/bin/"
	"sh\",\"-c\"],\"ArgsEscaped\":true},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":"
	"[\"" D1 "\"]},\"history\":[{\"created\":\"2026-01-02T03:04:05Z\",\"created_by\":\"RUN x\","
	"\"author\":\"a\",\"comment\":\"c\"},{\"created_by\":\"CMD\",\"empty_layer\":true}],"
	"\"moby.buildkit.x\":{\"deep\":[1,null]},\"docker_version\":\"20\"}";

static const char minimal[] = "{\"architecture\":\"arm64\",\"os\":\"linux\",\"config\":{},"
			      "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";

static void assert_written(const struct image_config *config, const char *expect)
{
	AUTO(str_release) struct str out = STR_INIT;

	image_config_write(config, &out);
	assert_string_equal(out.ptr, expect);
}

static void round_trip(void **state)
{
	(void)state;
	static const char *const texts[] = { full, minimal };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO(image_config_release) struct image_config config, copy;

		image_config_init(&config);
		image_config_release(&config);
		assert_ok(image_config_parse(span_of(texts[i]), &config, &err_));
		assert_written(&config, texts[i]);
		image_config_copy(&copy, &config);
		assert_written(&copy, texts[i]);
	}
}

static void values(void **state)
{
	(void)state;
	AUTO(image_config_release) struct image_config config;

	assert_ok(image_config_parse(span_of(full), &config, &err_));
	assert_string_equal(config.platform.variant, "v6");
	assert_string_equal(strmap_get(&config.env, "A"), "x=y");
	assert_string_equal(strmap_get(&config.env, "EMPTY"), "");
	assert_true(strmap_has(&config.env, "BARE"));
	assert_true(config.cmd_is_set && config.cmd.len == 0);
	assert_true(config.healthcheck.is_set);
	assert_int_equal(config.healthcheck.interval, 30000000000);
	assert_string_equal(config.diff_ids.items[0].text, D1);
	assert_true(config.history.items[1].empty_layer);
	assert_null(config.history.items[1].created);
}

/* As Docker writes what is not set; and the same values in another order. */
static void nulls_and_order(void **state)
{
	(void)state;
	static const char text[] = "{\"rootfs\":{\"diff_ids\":null,\"type\":\"layers\"},\"os\":"
				   "\"linux\",\"history\":null,"
				   "\"config\":{\"Cmd\":null,\"Env\":null,\"Labels\":null,"
				   "\"Volumes\":null,\"OnBuild\":null,"
				   "\"Entrypoint\":null,\"Healthcheck\":null},\"architecture\":"
				   "\"arm64\",\"variant\":\"v8\"}";
	AUTO(image_config_release) struct image_config config;

	assert_ok(image_config_parse(span_of(text), &config, &err_));
	assert_false(config.cmd_is_set);
	assert_written(&config, minimal);
}

static void refused(void **state)
{
	(void)state;
#define ROOTFS "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}"
	static const char *const rows[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"rootfs\":[]}",
		"{\"rootfs\":{\"diff_ids\":[\"x\"]}}",
		"{\"rootfs\":{\"diff_ids\":[1]}}",
		"{" ROOTFS ",\"os\":1}",
		"{" ROOTFS ",\"config\":\"x\"}",
		"{" ROOTFS ",\"config\":{\"Env\":\"A=b\"}}",
		"{" ROOTFS ",\"config\":{\"Env\":[1]}}",
		"{" ROOTFS ",\"config\":{\"Labels\":{\"a\":1}}}",
		"{" ROOTFS ",\"config\":{\"Volumes\":[\"/x\"]}}",
		"{" ROOTFS ",\"config\":{\"Healthcheck\":{\"Interval\":\"30s\"}}}",
		"{" ROOTFS ",\"history\":[1]}",
		"{" ROOTFS ",\"history\":[{\"created\":1}]}",
		"{" ROOTFS ",\"author\":\"a\",\"author\":\"b\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct image_config config;

		err_clear(&err_);
		assert_row(image_config_parse(span_of(rows[i]), &config, &err_) == -1 &&
				   err_.kind == ERR_INPUT,
			   rows[i]);
	}
}

static void made_from_scratch(void **state)
{
	(void)state;
	AUTO(image_config_release) struct image_config config;
	char now[32];

	image_config_init(&config);
	platform_set(&config.platform, "linux", "arm64", NULL);
	strmap_set(&config.labels, "z", "1");
	strmap_set(&config.labels, "a", "bad\xff");
	config.entrypoint_is_set = true;
	image_config_add_history(&config, rfc3339_format(1767323045, now), "RUN x", NULL, true);
	assert_written(
		&config,
		"{\"architecture\":\"arm64\",\"os\":\"linux\",\"config\":{\"Entrypoint\":[],"
		"\"Labels\":"
		"{\"a\":\"bad\xef\xbf\xbd\",\"z\":\"1\"}},\"rootfs\":{\"type\":\"layers\",\"diff_"
		"ids\":[]},"
		"\"history\":[{\"created\":\"2026-01-02T03:04:05Z\",\"created_by\":\"RUN x\","
		"\"empty_layer\":true}]}");
}

static void times(void **state)
{
	(void)state;
	char buf[32];

	assert_string_equal(rfc3339_format(0, buf), "1970-01-01T00:00:00Z");
	assert_string_equal(rfc3339_format(4102444799, buf), "2099-12-31T23:59:59Z");
	assert_string_equal(rfc3339_format(-1, buf), "1969-12-31T23:59:59Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),        cmocka_unit_test(values),
		cmocka_unit_test(nulls_and_order),   cmocka_unit_test(refused),
		cmocka_unit_test(made_from_scratch), cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
