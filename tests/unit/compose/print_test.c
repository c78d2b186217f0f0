/* The model printed: read again it is the same, whatever its texts hold. */
#include "base/yaml.h"
#include "compose/list.h"
#include "model.h"

static char *printed(const struct compose *compose, enum compose_format format)
{
	struct str out = STR_INIT;

	compose_print(compose, format, &out);
	return str_detach(&out);
}

static void in_full(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	AUTO(freep) char *text = NULL;

	load_text(&loading,
		  "services:\n  b:\n    image: i:$$x\n    environment: {Z: yes, A: '1'}\n"
		  "    command: [a b, '']\n    network_mode: none\nx-own: [1, {k: null}]\n");
	text = printed(loading.compose, COMPOSE_YAML);
	assert_string_equal(text, "name: p\n"
				  "services:\n"
				  "  b:\n"
				  "    command:\n"
				  "      - a b\n"
				  "      - \"\"\n"
				  "    environment:\n"
				  "      A: \"1\"\n"
				  "      Z: \"yes\"\n"
				  "    image: i:$$x\n"
				  "    network_mode: none\n"
				  "x-own:\n"
				  "  - 1\n"
				  "  - k: null\n");
}

/* A hook runs in its service's image, or in one of its own, whatever becomes of either. */
static void images_set(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	AUTO(freep) char *text = NULL;

	load_text(&loading, "services:\n  a:\n    image: i\n"
			    "    pre_start: [{command: [x]}, {command: [w], image: o}, {command: "
			    "[z], image: i}]\n"
			    "  b: {image: i, pre_start: [{command: [x]}]}\n");
	compose_set_image(loading.compose, "a", "i@1");
	compose_set_hook_image(loading.compose, "a", "o", "o@1");
	compose_set_image(loading.compose, "none", "n");
	text = printed(loading.compose, COMPOSE_YAML);
	assert_string_equal(text, "name: p\n"
				  "services:\n"
				  "  a:\n"
				  "    image: i@1\n"
				  "    networks:\n"
				  "      default: null\n"
				  "    pre_start:\n"
				  "      - command:\n"
				  "          - x\n"
				  "        image: i@1\n"
				  "      - command:\n"
				  "          - w\n"
				  "        image: o@1\n"
				  "      - command:\n"
				  "          - z\n"
				  "        image: i@1\n"
				  "  b:\n"
				  "    image: i\n"
				  "    networks:\n"
				  "      default: null\n"
				  "    pre_start:\n"
				  "      - command:\n"
				  "          - x\n"
				  "        image: i\n"
				  "networks:\n"
				  "  default:\n"
				  "    name: p_default\n");
}

static void json(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	AUTO(freep) char *text = NULL;

	load_text(&loading, "services: {}\nx-a: {}\nx-b: []\nx-c: \"q\\\"\\t\"\n");
	text = printed(loading.compose, COMPOSE_JSON);
	assert_string_equal(text, "{\n"
				  "  \"name\": \"p\",\n"
				  "  \"services\": {},\n"
				  "  \"x-a\": {},\n"
				  "  \"x-b\": [],\n"
				  "  \"x-c\": \"q\\\"\\t\"\n"
				  "}\n");
}

/* Every text that could be taken for something else. */
static void texts(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",     " ",   "a ",  " a",  "null",  "~",          "true", "no",     "12",
		"0x1f", "1e3", "1_0", ".5",  "12:30", "2001-12-14", "- a",  "a: b",   "a:",
		"a #b", "#a",  "[a]", "{a}", "*a",    "&a",         "!a",   "|",      ">",
		"%a",   "@a",  "`a`", "'",   "\"",    "\\",         "a\nb", "\t",     "\x01",
		"?",    "? a", "-",   "---", "<<",    "=",          "$$",   "\u00e4", "a\\nb",
		".inf", "0o7", "+1",  ",",   "a,b",   "\x7f",       "...",  "off",    "Y",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(loading_release) struct loading loading = { 0 };
		AUTO(arena_freep) struct arena *arena = arena_new();
		AUTO(diags_release) struct diags diags = { 0 };
		AUTO(str_release) struct str source = STR_INIT;
		AUTO(freep) char *text = NULL;
		struct yaml_documents documents = { 0 };

		str_add(&source, "services: {}\nx-v: \"");
		for (const char *at = rows[i]; *at; at++)
			str_addf(&source, (unsigned char)*at < 0x80 ? "\\x%02x" : "%c",
				 (unsigned char)*at);
		str_add(&source, "\"\n");
		load_text(&loading, source.ptr);
		text = printed(loading.compose, COMPOSE_YAML);
		diags_init(&diags, "again", span_of(text));
		assert_row(yaml_parse(arena, &diags, &documents) == 0, text);
		assert_row(str_eq(yaml_get_text(documents.items[0], "x-v"), rows[i]), text);
	}
}

/* What a reader of YAML takes for a break between lines, or for nothing at all. */
static void odd_characters(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	AUTO(freep) char *once = NULL;
	AUTO(freep) char *again = NULL;

	load_text(&loading, "services: {}\nx-v: \"a\\Nb\\Lc\\Pd\\uFEFFe\\u00A0f\"\n");
	once = printed(loading.compose, COMPOSE_YAML);
	assert_non_null(strstr(once, "\"a\\u0085b\\u2028c\\u2029d\\ufeffe\xC2\xA0"
				     "f\"\n"));
	load_text(&loading, once);
	again = printed(loading.compose, COMPOSE_YAML);
	assert_string_equal(again, once);
}

/* A variable may hold any bytes, also the beginning of a character alone. */
static void cut_characters(void **state)
{
	static const char *const values[] = { "a: \xC2", "a: \xC2x", "a: \xE2\x80", "a: \xEF\xBB" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		AUTO(loading_release) struct loading loading = { 0 };
		AUTO(freep) char *text = NULL;
		AUTO(freep) char *wanted = xasprintf("x-v: \"%s\"\n", values[i]);

		strmap_set(&loading.env, "V", values[i]);
		load_text(&loading, "services: {}\nx-v: $V\n");
		text = printed(loading.compose, COMPOSE_YAML);
		assert_non_null(strstr(text, wanted));
	}
}

/* Also with forms that are not those of the input. */
static void twice(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	AUTO(freep) char *once = NULL;
	AUTO(freep) char *again = NULL;

	write_text("e.env", "E=$$1\n");
	load_text(&loading,
		  "services:\n"
		  "  a:\n"
		  "    build: {context: ., ssh: [default, id=./k], shm_size: 1g, args: [A=1]}\n"
		  "    ports: ['8000-8001:80-81', '127.0.0.1::53/udp', '[::1]:1:2']\n"
		  "    volumes: ['./x:/x:ro,z', 'd:/data', '/anon']\n"
		  "    env_file: e.env\n"
		  "    environment: {U: null, V: 'a$$b'}\n"
		  "    stop_grace_period: 90s\n"
		  "    secrets: [{source: s, mode: 0440}]\n"
		  "    extra_hosts: ['h:1.1.1.1,2.2.2.2']\n"
		  "    devices: ['/dev/a']\n"
		  "    gpus: all\n"
		  "    healthcheck: {test: exit 0, disable: false}\n"
		  "    depends_on: [b]\n"
		  "    mem_limit: 1.5g\n"
		  "    cpus: 0.001\n"
		  "  b: {image: b, profiles: [], models: [m]}\n"
		  "models: {m: {model: x}}\n"
		  "volumes: {d: }\n"
		  "secrets: {s: {file: ./s}}\n");
	once = printed(loading.compose, COMPOSE_YAML);
	load_text(&loading, once);
	again = printed(loading.compose, COMPOSE_YAML);
	assert_string_equal(again, once);
}

static void uninterpolated(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	AUTO(freep) char *text = NULL;

	loading.options.no_interpolate = true;
	load_text(&loading, "services:\n  a:\n    image: ${I:-x}\n    scale: ${N}\n"
			    "    network_mode: host\n    ports: ['${P}:80']\n");
	text = printed(loading.compose, COMPOSE_YAML);
	assert_non_null(strstr(text, "image: ${I:-x}\n"));
	assert_non_null(strstr(text, "scale: ${N}\n"));
	assert_non_null(strstr(text, "- ${P}:80\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(in_full), scratch_test(images_set),     scratch_test(json),
		scratch_test(texts),   scratch_test(odd_characters), scratch_test(cut_characters),
		scratch_test(twice),   scratch_test(uninterpolated),
	};

	return cmocka_run_group_tests_name("compose_print", tests, NULL, NULL);
}
