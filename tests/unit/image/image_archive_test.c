/* Images as files: what is in the archive, by the eyes of tar(1) and of the layout's own JSON. */
#include "image/image_archive.h"

#include <stdlib.h>

#include "base/json.h"
#include "image/config.h"
#include "image_unit.h"

struct made {
	struct descriptor manifest, index;
	struct digest config, layer;
};

static void put(const struct str *text, const char *media_type, struct descriptor *ret)
{
	assert_ok(store_put_blob(store_, text->ptr, text->len, &ret->digest, &err_));
	ret->media_type = xstrdup(media_type);
	ret->size = text->len;
}

/* One image with one layer; an index with it, twice if there are to be two platforms. */
static void make_image(struct made *made, bool two_platforms)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(manifest_release)
	struct manifest manifest = { .media_type = xstrdup(MEDIA_OCI_MANIFEST) };
	AUTO(index_release) struct index index = { .media_type = xstrdup(MEDIA_OCI_INDEX) };
	static const char *const variants[] = { "v6", "v7" };

	*made = (struct made){ .manifest = { .size = 0 } };
	str_add(&text, "{}");
	put(&text, MEDIA_OCI_CONFIG, &manifest.config);
	str_add(&text, "layer");
	put(&text, MEDIA_OCI_LAYER_GZIP, VEC_ADD(&manifest.layers));
	made->config = manifest.config.digest;
	made->layer = manifest.layers.items[0].digest;
	for (size_t i = 0; i < (two_platforms ? 2 : 1); i++) {
		struct descriptor *member = VEC_ADD(&index.manifests);

		strmap_set(&manifest.annotations, "variant", variants[i]);
		str_clear(&text);
		manifest_write(&manifest, &text);
		put(&text, MEDIA_OCI_MANIFEST, member);
		platform_set(&member->platform, "linux", "arm", variants[i]);
	}
	descriptor_copy(&made->manifest, &index.manifests.items[0]);
	str_clear(&text);
	index_write(&index, &text);
	put(&text, MEDIA_OCI_INDEX, &made->index);
}

static void made_release(struct made *made)
{
	descriptor_release(&made->manifest);
	descriptor_release(&made->index);
}

static int write_tar(const struct image_archive *archive, const char *name)
{
	AUTO(fd_closep) int fd = -1;

	assert_ok(fd_open(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, 0644, &fd, &err_));
	return image_archive_write(archive, fd, name, &err_);
}

static json_t *read_json(const char *path)
{
	json_t *json = NULL;

	assert_ok(json_parse_file(AT_FDCWD, path, 1 << 20, &json, &err_));
	return json;
}

static void a_docker_archive(void **state)
{
	AUTO(made_release) struct made made;
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	struct image_archive archive = { .store = store_, .is_docker = true, .names = &names };
	AUTO(freep) char *config = NULL;
	AUTO(freep) char *layer = NULL;
	json_t *list, *image;

	(void)state;
	make_image(&made, false);
	archive.target = &made.manifest;
	strvec_add(&names, "docker.io/library/app:1");
	strvec_add(&names, "registry.example/team/app:2");
	assert_ok(write_tar(&archive, "image.tar"));
	shell("mkdir out && tar -xf image.tar -C out");
	list = read_json("out/manifest.json");
	image = json_array_get(list, 0);
	config = xasprintf("blobs/sha256/%s", digest_hex(&made.config));
	layer = xasprintf("blobs/sha256/%s", digest_hex(&made.layer));
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_get_string(image, "Config"), config);
	assert_string_equal(json_string_value(json_array_get(json_get_array(image, "Layers"), 0)),
			    layer);
	assert_string_equal(json_string_value(json_array_get(json_get_array(image, "RepoTags"), 0)),
			    "app:1");
	assert_string_equal(json_string_value(json_array_get(json_get_array(image, "RepoTags"), 1)),
			    "registry.example/team/app:2");
	json_decref(list);
	/* every blob is what its name says */
	shell("cd out/blobs/sha256 && for f in *; do echo \"$f  $f\"; done | sha256sum -c --quiet");
}

static void a_layout_names_what_is_in_it(void **state)
{
	AUTO(made_release) struct made made;
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	struct image_archive archive = { .store = store_, .names = &names };
	json_t *index, *entry, *annotations;

	(void)state;
	make_image(&made, true);
	archive.target = &made.index;
	strvec_add(&names, "docker.io/library/app:1");
	assert_ok(write_tar(&archive, "image.tar"));
	shell("mkdir out && tar -xf image.tar -C out && test ! -e out/manifest.json");
	index = read_json("out/index.json");
	entry = json_array_get(json_get_array(index, "manifests"), 0);
	annotations = json_get_object(entry, "annotations");
	assert_string_equal(json_get_string(entry, "digest"), made.index.digest.text);
	assert_string_equal(json_get_string(annotations, "org.opencontainers.image.ref.name"), "1");
	assert_string_equal(json_get_string(annotations, "io.containerd.image.name"),
			    "docker.io/library/app:1");
	json_decref(index);
	/* index, two manifests, config, layer */
	shell("test $(ls out/blobs/sha256 | wc -l) = 5");
}

static void the_same_image_gives_the_same_bytes(void **state)
{
	AUTO(made_release) struct made made;
	struct image_archive archive = { .store = store_ };

	(void)state;
	make_image(&made, true);
	archive.target = &made.index;
	assert_ok(write_tar(&archive, "first.tar"));
	assert_ok(write_tar(&archive, "second.tar"));
	shell("cmp first.tar second.tar");
}

/* Docker's format has one image; the two of an index do not go into it. */
static void docker_refuses_platforms(void **state)
{
	AUTO(made_release) struct made made;
	struct image_archive archive = { .store = store_, .is_docker = true };

	(void)state;
	make_image(&made, true);
	archive.target = &made.index;
	assert_fails(write_tar(&archive, "image.tar"), ERR_UNSUPPORTED);
	assert_non_null(strstr(err_.hint, "--platform"));
}

static void a_missing_part_is_told(void **state)
{
	AUTO(made_release) struct made made;
	struct image_archive archive = { .store = store_ };

	(void)state;
	make_image(&made, false);
	archive.target = &made.manifest;
	assert_ok(store_delete_blob(store_, &made.layer, &err_));
	assert_fails(write_tar(&archive, "image.tar"), ERR_NOT_FOUND);
	assert_non_null(strstr(err_.message, made.layer.text));
}

static size_t count_entries(const char *path)
{
	json_t *index = read_json(path);
	size_t count = json_array_size(json_get_array(index, "manifests"));

	json_decref(index);
	return count;
}

/* A directory that is a layout keeps what else is in it. */
static void a_directory_is_added_to(void **state)
{
	AUTO(made_release) struct made made;
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	struct image_archive archive = { .store = store_, .names = &names };

	(void)state;
	make_image(&made, true);
	archive.target = &made.index;
	strvec_add(&names, "docker.io/library/app:1");
	assert_ok(image_archive_write_dir(&archive, "a/layout", &err_));
	assert_ok(image_archive_write_dir(&archive, "a/layout", &err_));
	assert_int_equal(count_entries("a/layout/index.json"), 1);
	strvec_clear(&names);
	strvec_add(&names, "docker.io/library/app:2");
	archive.target = &made.manifest;
	assert_ok(image_archive_write_dir(&archive, "a/layout", &err_));
	assert_int_equal(count_entries("a/layout/index.json"), 2);
	shell("test $(ls a/layout/blobs/sha256 | wc -l) = 5 && grep -q 1.0.0 a/layout/oci-layout");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(a_docker_archive),
		store_test(a_layout_names_what_is_in_it),
		store_test(a_directory_is_added_to),
		store_test(docker_refuses_platforms),
		store_test(a_missing_part_is_told),
		store_test(the_same_image_gives_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
