#include "release/release.h"

#include "../image/image_unit.h"

#include "image/image_content.h"

static const char file[] =
	"services:\n"
	"  app: {image: "
	"'r.lan/fleet@sha256:0000000000000000000000000000000000000000000000000000000000000000'}\n"
	"  db: {image: r.lan/db}\n";

static void fill(struct release *release)
{
	release->version = xstrdup("v1");
	release->note = xstrdup("a note");
	strmap_set(&release->tags, "site", "north");
	str_add(&release->compose, file);
}

static struct descriptor write_it(struct release *release)
{
	struct descriptor made = { .media_type = NULL };

	assert_ok(release_write(store_, release, &made, &err_));
	assert_true(digest_equal(&made.digest, &release->digest));
	return made;
}

/* What docker compose looks for, and what the image specification says of artifacts. */
static void is_an_artifact(void **state)
{
	AUTO(release_release) struct release release = RELEASE_INIT;
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor made = { .media_type = NULL };

	(void)state;
	fill(&release);
	made = write_it(&release);
	assert_ok(image_content_read_manifest(store_, &made, &manifest, &err_));
	assert_true(release_is(&manifest));
	assert_string_equal(manifest.config.media_type, "application/vnd.oci.empty.v1+json");
	assert_int_equal(manifest.layers.len, 1);
	assert_string_equal(manifest.layers.items[0].media_type,
			    "application/vnd.docker.compose.file+yaml");
	assert_int_equal(manifest.layers.items[0].size, sizeof(file) - 1);
	assert_string_equal(strmap_get(&manifest.annotations, "io.edgectl.release.tag.site"),
			    "north");
	assert_string_equal(strmap_get(&manifest.annotations, "org.opencontainers.image.version"),
			    "v1");
	assert_false(strmap_has(&manifest.annotations, "org.opencontainers.image.created"));
}

static void same_is_the_same(void **state)
{
	AUTO(release_release) struct release first = RELEASE_INIT, second = RELEASE_INIT;
	AUTO(descriptor_release) struct descriptor one = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor two = { .media_type = NULL };
	AUTO(descriptor_release) struct descriptor three = { .media_type = NULL };

	(void)state;
	fill(&first);
	fill(&second);
	one = write_it(&first);
	two = write_it(&second);
	assert_string_equal(one.digest.text, two.digest.text);
	second.is_dirty = true;
	three = write_it(&second);
	assert_string_not_equal(one.digest.text, three.digest.text);
}

static void images_by_service(void **state)
{
	AUTO(release_release) struct release release = RELEASE_INIT;

	(void)state;
	fill(&release);
	assert_ok(release_list_images(&release, &err_));
	assert_int_equal(release.images.len, 2);
	assert_string_equal(strmap_get(&release.images, "db"), "r.lan/db");
	str_add(&release.compose, "\t: {");
	err_clear(&err_);
	assert_fails(release_list_images(&release, &err_), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(is_an_artifact),
		store_test(same_is_the_same),
		cmocka_unit_test(images_by_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
