#include "image/archive.h"

#include "image/image_content.h"
#include "image_unit.h"

#define ZEROS64 "0000000000000000000000000000000000000000000000000000000000000000"

/* --- an image in the store --- */

static void make_layer(const char *text, enum compression compression, struct layer *ret)
{
	const struct layer_options options = { .compression = compression, .clamp_mtime = -1 };
	struct layer_writer *w = layer_writer_new(store_, &options, &err_);

	assert_non_null(w);
	send_entry(layer_writer_sink(w), LAYER_FILE, "file", text);
	assert_ok(layer_writer_finish(w, ret, &err_));
	layer_writer_freep(&w);
}

static void make_image(const char *text, enum compression compression, struct descriptor *ret)
{
	AUTO(manifest_release)
	struct manifest m = { .media_type = xstrdup(MEDIA_OCI_MANIFEST) };
	AUTO(image_config_release) struct image_config config;
	AUTO(layer_release) struct layer layer = { .uncompressed_size = 0 };
	AUTO(str_release) struct str config_text = STR_INIT;

	make_layer(text, compression, &layer);
	image_config_init(&config);
	platform_set(&config.platform, "linux", "arm64", NULL);
	*VEC_ADD(&config.diff_ids) = layer.diff_id;
	image_config_write(&config, &config_text);
	m.config.media_type = xstrdup(MEDIA_OCI_CONFIG);
	m.config.size = config_text.len;
	assert_ok(
		store_put_blob(store_, config_text.ptr, config_text.len, &m.config.digest, &err_));
	descriptor_copy(VEC_ADD(&m.layers), &layer.blob);
	assert_ok(image_content_put_manifest(store_, &m, ret, &err_));
}

static void add_image(struct named_images *images, const char *name, const char *text)
{
	struct named_image *image = VEC_ADD(images);

	image->name = xstrdup_or_null(name);
	make_image(text, COMPRESSION_GZIP, &image->target);
}

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	return fd;
}

static int read_archive(const char *path, struct store *store, struct named_images *ret)
{
	AUTO(fd_closep) int fd = open_file(path, O_RDONLY);
	const struct archive_source source = { .fd = fd, .name = path, .store = store };

	err_clear(&err_);
	return archive_read(&source, ret, &err_);
}

static void write_archive(const struct named_images *images, enum archive_format format,
			  const char *path)
{
	AUTO(fd_closep) int fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);

	assert_ok(archive_write(store_, images, format, fd, path, NULL, &err_));
}

/* --- tests --- */

static void round_trip(void **state)
{
	(void)state;
	static const enum archive_format formats[] = { ARCHIVE_DOCKER, ARCHIVE_OCI };

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		AUTO(named_images_release) struct named_images out = { .items = NULL };
		AUTO(named_images_release) struct named_images in = { .items = NULL };
		AUTO(store_closep) struct store *other = NULL;

		add_image(&out, "docker.io/library/app:1", "one");
		add_image(&out, "example.com/b/c:2", "two");
		write_archive(&out, formats[i], "a.tar");
		assert_ok(store_open(i ? "other1" : "other0", &other, &err_));
		assert_ok(read_archive("a.tar", other, &in));
		assert_int_equal(in.len, 2);
		for (size_t j = 0; j < 2; j++) {
			assert_string_equal(in.items[j].name, out.items[j].name);
			assert_string_equal(in.items[j].target.digest.text,
					    out.items[j].target.digest.text);
		}
	}
}

static void same_image_same_bytes(void **state)
{
	(void)state;
	AUTO(named_images_release) struct named_images images = { .items = NULL };

	add_image(&images, "docker.io/library/app:1", "one");
	write_archive(&images, ARCHIVE_DOCKER, "a.tar");
	write_archive(&images, ARCHIVE_DOCKER, "b.tar");
	shell("cmp a.tar b.tar");
}

static void two_names_one_entry(void **state)
{
	(void)state;
	AUTO(named_images_release) struct named_images images = { .items = NULL };
	AUTO(str_release) struct str table = STR_INIT;

	add_image(&images, "docker.io/library/app:1", "one");
	add_image(&images, "docker.io/library/app:2", "one");
	write_archive(&images, ARCHIVE_DOCKER, "a.tar");
	shell_read("tar -xOf a.tar manifest.json", &table);
	assert_non_null(strstr(table.ptr, "\"RepoTags\":[\"app:1\",\"app:2\"]"));
	assert_ptr_equal(strstr(table.ptr, "\"Config\""), table.ptr + 2);
	assert_null(strstr(table.ptr + 3, "\"Config\""));
}

/* The form of docker before 25: no layout, plain layers, one of them a link to another's. */
#define OLD_FORM                                                                                \
	"set -e; mkdir old old/aa old/bb root; echo hello > root/greeting;"                     \
	"tar -C root --mtime=@0 --owner=0 --group=0 -cf old/aa/layer.tar greeting;"             \
	"ln -s ../aa/layer.tar old/bb/layer.tar;"                                               \
	"id=$(sha256sum < old/aa/layer.tar | cut -d' ' -f1);"                                   \
	"printf '{\"architecture\":\"arm64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\"," \
	"\"diff_ids\":[\"sha256:%s\",\"sha256:%s\"]}}' $id ${other:-$id} > old/cc.json;"        \
	"printf '[{\"Config\":\"cc.json\",\"RepoTags\":[\"old:1\"],"                            \
	"\"Layers\":[\"aa/layer.tar\",\"bb/layer.tar\"]}]' > old/manifest.json;"

static void old_docker_archive(void **state)
{
	(void)state;
	AUTO(named_images_release) struct named_images images = { .items = NULL };
	AUTO(manifest_release) struct manifest m = { .media_type = NULL };
	AUTO(str_release) struct str layer = STR_INIT;

	shell(OLD_FORM "tar -C old -cf old.tar . && gzip -k old.tar");
	assert_ok(read_archive("old.tar", store_, &images));
	assert_ok(read_archive("old.tar.gz", store_, &images));
	assert_int_equal(images.len, 2);
	assert_string_equal(images.items[0].name, "docker.io/library/old:1");
	assert_true(digest_equal(&images.items[0].target.digest, &images.items[1].target.digest));
	assert_ok(image_content_read_manifest(store_, &images.items[0].target, &m, &err_));
	assert_int_equal(m.layers.len, 2);
	assert_string_equal(m.layers.items[0].media_type, MEDIA_OCI_LAYER_GZIP);
	assert_true(digest_equal(&m.layers.items[0].digest, &m.layers.items[1].digest));
	assert_ok(store_read_blob(store_, &m.layers.items[0].digest, 1 << 20, &layer, &err_));
	assert_int_equal(layer.len, m.layers.items[0].size);
}

static void refused(void **state)
{
	(void)state;
	static const struct {
		const char *make, *message;
	} rows[] = {
		{ "echo x > f; tar -cf bad.tar f", "it holds no image" },
		{ "rm -rf old root; other=" ZEROS64 "; " OLD_FORM "tar -C old -cf bad.tar .",
		  "where the config says sha256:" ZEROS64 },
		{ "rm -rf old root; " OLD_FORM "rm old/aa/layer.tar; tar -C old -cf bad.tar .",
		  "it lacks layer 'aa/layer.tar'" },
		{ "rm -rf old root; " OLD_FORM "ln -sf ../../../../etc/passwd old/bb/layer.tar;"
		  "tar -C old -cf bad.tar .",
		  "links out of it" },
		{ "mkdir -p o/blobs/sha256; echo x > o/blobs/sha256/" ZEROS64
		  "; tar -C o -cf bad.tar .",
		  "not sha256:" ZEROS64 },
		{ "head -c 5000 /dev/urandom > bad.tar", "archive 'bad.tar'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(named_images_release) struct named_images images = { .items = NULL };

		shell(rows[i].make);
		assert_row(read_archive("bad.tar", store_, &images) == -1, rows[i].message);
		assert_row(strstr(err_.message, rows[i].message) != NULL, err_.message);
		assert_int_equal(images.len, 0);
	}
}

static void index_for_docker(void **state)
{
	(void)state;
	AUTO(index_release) struct index index = { .media_type = xstrdup(MEDIA_OCI_INDEX) };
	AUTO(named_images_release) struct named_images images = { .items = NULL };
	AUTO(fd_closep) int fd = open_file("a.tar", O_WRONLY | O_CREAT);
	struct named_image *image = VEC_ADD(&images);

	make_image("one", COMPRESSION_GZIP, VEC_ADD(&index.manifests));
	image->name = xstrdup("example.com/app:1");
	assert_ok(image_content_put_index(store_, &index, &image->target, &err_));
	/* of one platform: it is that image */
	write_archive(&images, ARCHIVE_DOCKER, "one.tar");
	make_image("two", COMPRESSION_GZIP, VEC_ADD(&index.manifests));
	assert_ok(image_content_put_index(store_, &index, &image->target, &err_));
	assert_fails(archive_write(store_, &images, ARCHIVE_DOCKER, fd, "a.tar", NULL, &err_),
		     ERR_UNSUPPORTED);
}

/* --- layouts as directories --- */

static void layout_round_trip(void **state)
{
	(void)state;
	AUTO(named_images_release) struct named_images out = { .items = NULL };
	AUTO(named_images_release) struct named_images more = { .items = NULL };
	AUTO(named_images_release) struct named_images in = { .items = NULL };
	AUTO(store_closep) struct store *other = NULL;
	struct layout_request request = { .dir = "layout", .tag = "2" };

	add_image(&out, "1", "one");
	add_image(&out, "2", "two");
	assert_ok(layout_write(store_, &out, "layout", NULL, &err_));
	add_image(&more, "2", "three");
	assert_ok(layout_write(store_, &more, "layout", NULL, &err_));
	assert_ok(store_open("other", &other, &err_));
	request.store = other;
	assert_ok(layout_read(&request, &in, &err_));
	assert_string_equal(in.items[0].target.digest.text, more.items[0].target.digest.text);
	assert_int_equal(in.items[0].target.annotations.len, 0);
	request.all = true;
	assert_ok(layout_read(&request, &in, &err_));
	assert_int_equal(in.len, 3);
	request.all = false;
	request.tag = "3";
	assert_fails(layout_read(&request, &in, &err_), ERR_NOT_FOUND);
	assert_string_equal(err_.hint, "it has: 1, 2");
}

static void directory_of_something_else(void **state)
{
	(void)state;
	AUTO(named_images_release) struct named_images images = { .items = NULL };

	add_image(&images, "1", "one");
	shell("mkdir home && touch home/thesis.tex");
	assert_fails(layout_write(store_, &images, "home", NULL, &err_), ERR_INPUT);
	shell("test ! -e home/blobs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(round_trip),
		store_test(same_image_same_bytes),
		store_test(two_names_one_entry),
		store_test(old_docker_archive),
		store_test(refused),
		store_test(index_for_docker),
		store_test(layout_round_trip),
		store_test(directory_of_something_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
