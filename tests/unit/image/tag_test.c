#include "image_unit.h"

#define HEX "1111111111111111111111111111111111111111111111111111111111111111"

static struct descriptor target(uint64_t size)
{
	struct descriptor d = { .media_type = (char *)MEDIA_OCI_MANIFEST,
				.digest = { .text = "sha256:" HEX },
				.size = size };

	platform_set(&d.platform, "linux", "arm", "v6");
	return d;
}

static void read_index(struct str *text)
{
	assert_ok(fs_read_file(AT_FDCWD, "store/index.json", 1 << 20, text, &err_));
}

static void tag_and_resolve(void **state)
{
	(void)state;
	AUTO(descriptor_release) struct descriptor found = { .media_type = NULL };
	struct descriptor d = target(7);

	assert_fails(store_resolve(store_, "docker.io/library/app:1", &found, &err_),
		     ERR_NOT_FOUND);
	assert_non_null(err_.hint);
	assert_ok(store_tag(store_, "docker.io/library/app:1", &d, &err_));
	assert_ok(store_resolve(store_, "docker.io/library/app:1", &found, &err_));
	assert_string_equal(found.media_type, MEDIA_OCI_MANIFEST);
	assert_true(digest_equal(&found.digest, &d.digest));
	assert_int_equal(found.size, 7);
	assert_string_equal(found.platform.variant, "v6");
	assert_ok(store_untag(store_, "docker.io/library/app:1", &err_));
	assert_fails(store_untag(store_, "docker.io/library/app:1", &err_), ERR_NOT_FOUND);
}

static void list_is_sorted(void **state)
{
	(void)state;
	AUTO(stored_images_release) struct stored_images images = { .items = NULL };
	static const char *const names[] = { "b.io/x:1", "a.io/x:2", "a.io/x:1" };
	struct descriptor d = target(1);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_ok(store_tag(store_, names[i], &d, &err_));
	assert_ok(store_list(store_, &images, &err_));
	assert_int_equal(images.len, 3);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(images.items[i].name, names[2 - i]);
	assert_true(images.items[0].updated > 1600000000);
}

static void index_follows(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(index_release) struct index index = { .media_type = NULL };
	struct descriptor first = target(1), second = target(2);

	assert_ok(store_tag(store_, "a.io/x:1", &first, &err_));
	assert_ok(store_tag(store_, "a.io/x:1", &second, &err_));
	read_index(&text);
	assert_ok(index_parse(str_span(&text), NULL, &index, &err_));
	assert_int_equal(index.manifests.len, 1);
	assert_int_equal(index.manifests.items[0].size, 2);
	assert_string_equal(strmap_get(&index.manifests.items[0].annotations,
				       "org.opencontainers.image.ref.name"),
			    "a.io/x:1");
	assert_ok(store_untag(store_, "a.io/x:1", &err_));
	read_index(&text);
	assert_null(strstr(text.ptr, "a.io/x:1"));
}

/* The same target again: the file is not written anew. */
static void same_target_is_cheap(void **state)
{
	(void)state;
	struct descriptor d = target(1);
	struct stat before, after;

	assert_ok(store_tag(store_, "a.io/x:1", &d, &err_));
	assert_int_equal(stat("store/index.json", &before), 0);
	assert_ok(store_tag(store_, "a.io/x:1", &d, &err_));
	assert_int_equal(stat("store/index.json", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void index_is_repaired(void **state)
{
	(void)state;
	static const char *const damages[] = { "", "{}", NULL };
	AUTO(str_release) struct str good = STR_INIT, text = STR_INIT;
	struct descriptor d = target(1);

	assert_ok(store_tag(store_, "a.io/x:1", &d, &err_));
	read_index(&good);
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		if (damages[i])
			write_text("store/index.json", damages[i]);
		else
			assert_int_equal(unlink("store/index.json"), 0);
		store_closep(&store_);
		assert_ok(store_open("store", &store_, &err_));
		read_index(&text);
		assert_string_equal(text.ptr, good.ptr);
	}
}

static bool tag_many(void *data)
{
	struct store *store = NULL;
	struct descriptor d = target(*(uint64_t *)data);
	char name[64];

	if (store_open("store", &store, NULL) < 0)
		return false;
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "p%llu.io/x:%d", (unsigned long long)d.size, i);
		if (store_tag(store, name, &d, NULL) < 0 ||
		    store_tag(store, "all.io/x:1", &d, NULL) < 0)
			return false;
	}
	store_closep(&store);
	return true;
}

static void processes_tag(void **state)
{
	(void)state;
	AUTO(stored_images_release) struct stored_images images = { .items = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(index_release) struct index index = { .media_type = NULL };
	pid_t pids[3];
	int status;

	for (uint64_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(tag_many(&i) ? 0 : 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_ok(store_list(store_, &images, &err_));
	assert_int_equal(images.len, 61);
	read_index(&text);
	assert_ok(index_parse(str_span(&text), NULL, &index, &err_));
	assert_int_equal(index.manifests.len, 61);
	/* all.io/x:1 is the same in both, whoever was last */
	assert_int_equal(index.manifests.items[0].size, images.items[0].target.size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(tag_and_resolve),   store_test(list_is_sorted),
		store_test(index_follows),     store_test(same_target_is_cheap),
		store_test(index_is_repaired), store_test(processes_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
