#include "build_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "unit.h"

#define CONFIG "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define TARGET "sha256:2222222222222222222222222222222222222222222222222222222222222222"

static void fill(struct build_result *result, bool has_config)
{
	*result = (struct build_result){ .target = { .media_type = xstrdup(MEDIA_OCI_MANIFEST),
						     .size = 42 } };
	assert_int_equal(digest_parse(TARGET, &result->target.digest, NULL), 0);
	if (has_config)
		assert_int_equal(digest_parse(CONFIG, &result->config, NULL), 0);
}

static void test_id(void **state)
{
	struct build_result one, several;

	(void)state;
	fill(&one, true);
	fill(&several, false);
	assert_string_equal(build_output_id(&one), CONFIG);
	assert_string_equal(build_output_id(&several), TARGET);
	descriptor_release(&one.target);
	descriptor_release(&several.target);
}

static void test_id_file(void **state)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct build_result result;

	(void)state;
	fill(&result, true);
	assert_int_equal(build_output_write_id(&result, "iid", NULL), 0);
	assert_int_equal(fs_read_file(AT_FDCWD, "iid", LIMIT_KIB, &text, NULL), 0);
	assert_string_equal(text.ptr, CONFIG);
	assert_int_equal(unlink("iid"), 0);
	descriptor_release(&result.target);
}

/* A pipe, as /dev/stdout may be, stays what it is. */
static void test_pipe_is_written_to(void **state)
{
	struct build_result result;
	char text[200] = "";
	struct stat st;
	int fd = -1;

	(void)state;
	fill(&result, true);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	fd = open("pipe", O_RDWR | O_CLOEXEC);
	assert_int_equal(build_output_write_id(&result, "pipe", NULL), 0);
	assert_int_equal(read(fd, text, sizeof(text) - 1), strlen(CONFIG));
	assert_string_equal(text, CONFIG);
	assert_int_equal(stat("pipe", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(unlink("pipe"), 0);
	close(fd);
	descriptor_release(&result.target);
}

static void test_metadata(void **state)
{
	struct build_result result;
	struct build_item item = { .plan = BUILD_PLAN_INIT };
	const struct build_project project = { .items = &item, .results = &result, .len = 1 };
	struct strvec *names = &item.plan.tags;
	json_auto_t *json = NULL;
	json_t *descriptor = NULL;

	(void)state;
	fill(&result, true);
	strvec_add(names, "docker.io/library/app:1");
	strvec_add(names, "lab:5000/app:1");
	assert_int_equal(build_output_write_metadata(&project, "meta", NULL), 0);
	assert_int_equal(json_parse_file(AT_FDCWD, "meta", LIMIT_MIB, &json, NULL), 0);
	descriptor = json_get_object(json, "containerimage.descriptor");
	assert_string_equal(json_get_string(json, "containerimage.digest"), TARGET);
	assert_string_equal(json_get_string(json, "containerimage.config.digest"), CONFIG);
	assert_string_equal(json_get_string(json, "image.name"),
			    "docker.io/library/app:1,lab:5000/app:1");
	assert_string_equal(json_get_string(descriptor, "mediaType"), MEDIA_OCI_MANIFEST);
	assert_string_equal(json_get_string(descriptor, "digest"), TARGET);
	assert_int_equal(json_get_int(descriptor, "size", 0), 42);
	assert_int_equal(unlink("meta"), 0);
	descriptor_release(&result.target);
	build_plan_release(&item.plan);
}

static void test_metadata_of_services(void **state)
{
	struct build_result results[2];
	struct build_item items[2] = { { .name = "app", .plan = BUILD_PLAN_INIT },
				       { .name = "web", .plan = BUILD_PLAN_INIT } };
	const struct build_project project = { .items = items, .results = results, .len = 2 };
	json_auto_t *json = NULL;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fill(&results[i], i == 0);
		strvec_add(&items[i].plan.tags, items[i].name);
	}
	assert_int_equal(build_output_write_metadata(&project, "meta", NULL), 0);
	assert_int_equal(json_parse_file(AT_FDCWD, "meta", LIMIT_MIB, &json, NULL), 0);
	assert_int_equal(json_object_size(json), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *service = json_get_object(json, items[i].name);

		assert_string_equal(json_get_string(service, "image.name"), items[i].name);
		assert_string_equal(json_get_string(service, "containerimage.digest"), TARGET);
		descriptor_release(&results[i].target);
		build_plan_release(&items[i].plan);
	}
	assert_int_equal(unlink("meta"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_id_file),
		cmocka_unit_test(test_pipe_is_written_to),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_metadata_of_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
