#include "image/manifest.h"

#include "image_unit.h"

#define D1     "\"sha256:1111111111111111111111111111111111111111111111111111111111111111\""
#define D2     "\"sha256:2222222222222222222222222222222222222222222222222222222222222222\""
#define CONFIG "{\"mediaType\":\"" MEDIA_OCI_CONFIG "\",\"digest\":" D1 ",\"size\":10}"
#define LAYER                                                        \
	"{\"mediaType\":\"" MEDIA_OCI_LAYER_GZIP "\",\"digest\":" D2 \
	",\"size\":20,\"annotations\":"                              \
	"{\"a\":\"1\",\"b\":\"2\"}}"
#define MANIFEST                                                                           \
	"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"config\":" CONFIG \
	",\"layers\":[" LAYER "],\"annotations\":{\"k\":\"v\"}}"

static int parse(const char *text, const char *media_type, struct manifest *m)
{
	err_clear(&err_);
	return manifest_parse(span_of(text), media_type, m, &err_);
}

static void round_trip(void **state)
{
	(void)state;
	AUTO(manifest_release) struct manifest m = { .media_type = NULL };
	AUTO(str_release) struct str out = STR_INIT;

	assert_ok(parse(MANIFEST, MEDIA_OCI_MANIFEST, &m));
	assert_int_equal(m.layers.len, 1);
	assert_int_equal(m.layers.items[0].size, 20);
	assert_string_equal(strmap_get(&m.layers.items[0].annotations, "b"), "2");
	assert_string_equal(m.config.media_type, MEDIA_OCI_CONFIG);
	manifest_write(&m, &out);
	assert_string_equal(out.ptr, MANIFEST);
}

/* OCI image-spec, "Extensibility": what is not known must not get lost */
static void unknown_members_stay(void **state)
{
	(void)state;
	static const char manifest_text[] =
		"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_MANIFEST
		"\",\"artifactType\":\"application/x.test\",\"config\":" CONFIG
		",\"layers\":[{\"mediaType\":\"" MEDIA_OCI_LAYER "\",\"digest\":" D2
		",\"size\":20,\"urls\":[\"https://example.com/a\"],\"data\":\"e30=\"}],"
		"\"subject\":{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":" D1
		",\"size\":7},\"org.example.new\":{\"deep\":[1,null]}}";
	static const char index_text[] =
		"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX
		"\",\"artifactType\":\"application/x.set\",\"manifests\":[{\"mediaType\":"
		"\"" MEDIA_OCI_MANIFEST "\",\"digest\":" D2
		",\"size\":20,\"platform\":{\"architecture\":\"arm64\",\"os\":\"windows\","
		"\"os.version\":\"10.0\",\"os.features\":[\"win32k\"]},"
		"\"artifactType\":\"application/x.one\",\"x\":true}],"
		"\"subject\":{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":" D1
		",\"size\":7},\"y\":1.5}";
	AUTO(manifest_release) struct manifest m = { .media_type = NULL };
	AUTO(index_release) struct index i = { .media_type = NULL };
	AUTO(str_release) struct str out = STR_INIT;

	assert_ok(parse(manifest_text, MEDIA_OCI_MANIFEST, &m));
	assert_int_equal(m.subject.size, 7);
	assert_string_equal(m.artifact_type, "application/x.test");
	manifest_write(&m, &out);
	assert_string_equal(out.ptr, manifest_text);

	assert_ok(index_parse(span_of(index_text), NULL, &i, &err_));
	str_clear(&out);
	index_write(&i, &out);
	assert_string_equal(out.ptr, index_text);
}

static void copied_descriptor(void **state)
{
	(void)state;
	static const char text[] =
		"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX
		"\",\"manifests\":[{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":" D2
		",\"size\":20,\"platform\":{\"architecture\":\"arm64\",\"os\":\"windows\","
		"\"os.version\":\"10.0\"},\"artifactType\":\"application/x.one\",\"x\":true}]}";
	AUTO(index_release) struct index from = { .media_type = NULL };
	AUTO(index_release) struct index to = { .media_type = NULL };
	AUTO(str_release) struct str out = STR_INIT;

	assert_ok(index_parse(span_of(text), NULL, &from, &err_));
	to.media_type = xstrdup(MEDIA_OCI_INDEX);
	descriptor_copy(VEC_ADD(&to.manifests), &from.manifests.items[0]);
	index_write(&to, &out);
	assert_string_equal(out.ptr, text);
}

static void media_types(void **state)
{
	(void)state;
	static const char plain[] = "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[]}";
	static const struct {
		const char *text, *transport, *expect;
	} rows[] = {
		{ plain, NULL, MEDIA_OCI_MANIFEST },
		{ plain, MEDIA_OCI_MANIFEST, MEDIA_OCI_MANIFEST },
		{ plain, MEDIA_DOCKER_MANIFEST, MEDIA_DOCKER_MANIFEST },
		{ plain, MEDIA_OCI_MANIFEST "; charset=utf-8", MEDIA_OCI_MANIFEST },
		{ plain, MEDIA_OCI_INDEX, NULL },
		{ plain, "application/json", NULL },
		{ MANIFEST, NULL, MEDIA_OCI_MANIFEST },
		{ MANIFEST, MEDIA_DOCKER_MANIFEST, NULL },
		{ MANIFEST, MEDIA_OCI_INDEX, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(manifest_release) struct manifest m = { .media_type = NULL };
		int result = parse(rows[i].text, rows[i].transport, &m);

		assert_row((result == 0) == (rows[i].expect != NULL), rows[i].transport);
		assert_row(str_eq(m.media_type, rows[i].expect), rows[i].transport);
	}
}

static void refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum err_kind kind;
	} rows[] = {
		{ "", ERR_INPUT },
		{ "[]", ERR_INPUT },
		{ "{}", ERR_INPUT },
		{ "{\"schemaVersion\":2}", ERR_INPUT },
		{ "{\"schemaVersion\":1,\"fsLayers\":[]}", ERR_UNSUPPORTED },
		{ "{\"schemaVersion\":3}", ERR_UNSUPPORTED },
		{ "{\"schemaVersion\":\"2\"}", ERR_INPUT },
		{ "{\"schemaVersion\":2,\"config\":" CONFIG "}", ERR_INPUT },
		{ "{\"schemaVersion\":2,\"layers\":[]}", ERR_INPUT },
		{ "{\"schemaVersion\":2,\"config\":[],\"layers\":[]}", ERR_INPUT },
		{ "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":{}}", ERR_INPUT },
		{ "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[1]}", ERR_INPUT },
		{ "{\"schemaVersion\":2,\"config\":" CONFIG
		  ",\"layers\":[{\"mediaType\":\"x\",\"digest\":"
		  "\"sha256:12\",\"size\":1}]}",
		  ERR_INPUT },
		{ "{\"schemaVersion\":2,\"config\":" CONFIG
		  ",\"layers\":[{\"mediaType\":\"x\",\"digest\":" D1 ",\"size\":-1}]}",
		  ERR_INPUT },
		{ "{\"schemaVersion\":2,\"config\":" CONFIG
		  ",\"layers\":[{\"mediaType\":\"x\",\"digest\":" D1 ",\"size\":1.5}]}",
		  ERR_INPUT },
		{ "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[{\"digest\":" D1
		  ",\"size\":1}]}",
		  ERR_INPUT },
		/* CVE-2021-41190: both */
		{ "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[],\"manifests\":[]}",
		  ERR_INPUT },
		{ "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[],\"config\":" CONFIG "}",
		  ERR_INPUT },
		{ "{\"schemaVersion\":2,\"config\":" CONFIG
		  ",\"layers\":[],\"annotations\":{\"a\":1}}",
		  ERR_INPUT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct manifest m;

		assert_row(parse(rows[i].text, NULL, &m) == -1 && err_.kind == rows[i].kind,
			   rows[i].text);
	}
}

static void too_large(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	struct manifest m;

	while (text.len <= (size_t)4 * 1024 * 1024)
		str_add(&text, "                                ");
	assert_fails(manifest_parse(str_span(&text), NULL, &m, &err_), ERR_LIMIT);
}

static void error_names_the_place(void **state)
{
	(void)state;
	struct manifest m;

	assert_int_equal(parse("{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[" LAYER
			       ",{}]}",
			       NULL, &m),
			 -1);
	assert_string_equal(err_.message, "manifest: layers[1]: 'digest' is missing");
}

#define MEMBER(arch, variant, digest)                                  \
	"{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":" digest \
	",\"size\":1,\"platform\":{\"architecture\":\"" arch "\",\"os\":\"linux\"" variant "}}"
#define V(variant) ",\"variant\":\"" variant "\""
#define ATTESTATION                                                \
	"{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":" D1 \
	",\"size\":1,\"platform\":{\"architecture\":\"unknown\",\"os\":\"unknown\"}}"
#define INDEX(members) \
	"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX "\",\"manifests\":[" members "]}"

static void index_round_trip(void **state)
{
	(void)state;
	static const char text[] = INDEX(MEMBER("amd64", "", D1) "," MEMBER("arm", V("v6"), D2));
	AUTO(index_release) struct index index = { .media_type = NULL };
	AUTO(str_release) struct str out = STR_INIT;

	assert_ok(index_parse(span_of(text), NULL, &index, &err_));
	index_write(&index, &out);
	assert_string_equal(out.ptr, text);
	assert_fails(index_parse(span_of(MANIFEST), NULL, &index, &err_), ERR_INPUT);
	assert_fails(index_parse(span_of("{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}"),
				 NULL, &index, &err_),
		     ERR_INPUT);
}

static void select_member(void **state)
{
	(void)state;
	static const char several[] = INDEX(ATTESTATION "," MEMBER("arm", V("v5"), D1) "," MEMBER(
		"arm", V("v6"), D2) "," MEMBER("arm64", V("v8"), D1) "," MEMBER("amd64", "", D2));
	static const char unnamed[] = INDEX(ATTESTATION ",{\"mediaType\":\"" MEDIA_OCI_MANIFEST
							"\",\"digest\":" D2 ",\"size\":1}");
	static const struct {
		const char *index, *want;
		int expect; /* position; -1 = none */
	} rows[] = {
		{ several, "linux/arm/v7", 2 },   { several, "linux/arm/v6", 2 },
		{ several, "linux/arm/v5", 1 },   { several, "linux/arm64", 3 },
		{ several, "linux/amd64", 4 },    { several, "linux/riscv64", -1 },
		{ several, "windows/amd64", -1 }, { unnamed, "linux/arm64", 1 },
		{ INDEX(""), "linux/arm64", -1 }, { INDEX(ATTESTATION), "linux/arm64", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(index_release) struct index index = { .media_type = NULL };
		const struct descriptor *found = NULL;
		struct platform want;

		err_clear(&err_);
		assert_ok(index_parse(span_of(rows[i].index), NULL, &index, &err_));
		assert_ok(platform_parse(rows[i].want, &want, &err_));
		if (index_select(&index, &want, &found, &err_) < 0)
			assert_row(rows[i].expect == -1 && err_.kind == ERR_NOT_FOUND,
				   rows[i].want);
		else
			assert_row(found - index.manifests.items == rows[i].expect, rows[i].want);
	}
}

static void select_lists_what_there_is(void **state)
{
	(void)state;
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *found = NULL;
	struct platform want;

	assert_ok(index_parse(span_of(INDEX(MEMBER("amd64", "", D1) "," ATTESTATION "," MEMBER(
				      "arm", V("v7"), D2))),
			      NULL, &index, &err_));
	assert_ok(platform_parse("linux/arm64", &want, &err_));
	assert_fails(index_select(&index, &want, &found, &err_), ERR_NOT_FOUND);
	assert_string_equal(err_.message,
			    "no image for linux/arm64; there is linux/amd64, linux/arm/v7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(unknown_members_stay),
		cmocka_unit_test(copied_descriptor),
		cmocka_unit_test(media_types),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_large),
		cmocka_unit_test(error_names_the_place),
		cmocka_unit_test(index_round_trip),
		cmocka_unit_test(select_member),
		cmocka_unit_test(select_lists_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
