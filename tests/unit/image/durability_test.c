/*
 * In which order a blob gets to the disk, and what is left when the disk fails in between. The linker puts the functions
 * here in the place of the C library's.
 */
#include <limits.h>

#include "image_unit.h"

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);

static struct {
	struct str calls;     /* that reached the disk */
	const char *fails_at; /* NULL = none */
} disk;

/* What the file is called now, below the store. */
static void add_name(int fd)
{
	AUTO(freep) char *link = xasprintf("/proc/self/fd/%d", fd);
	char path[PATH_MAX] = "";
	const char *in_store;

	assert_true(readlink(link, path, sizeof(path) - 1) > 0);
	in_store = strstr(path, "/store/");
	str_addf(&disk.calls, "%.6s", in_store ? in_store + strlen("/store/") : path);
}

static bool is_broken(const char *call)
{
	return disk.fails_at && strcmp(disk.fails_at, call) == 0;
}

int __wrap_fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	if (is_broken(S_ISDIR(st.st_mode) ? "directory" : "file")) {
		errno = EIO;
		return -1;
	}
	str_addf(&disk.calls, "fsync ");
	add_name(fd);
	str_addf(&disk.calls, "\n");
	return __real_fsync(fd);
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (is_broken("rename")) {
		errno = EIO;
		return -1;
	}
	str_addf(&disk.calls, "rename %.6s %.6s\n", from, to);
	return __real_renameat(from_fd, from, to_fd, to);
}

static void begin(const char *fails_at)
{
	str_release(&disk.calls); /* of opening the store */
	str_init(&disk.calls, 0);
	disk.fails_at = fails_at;
}

static bool put(struct digest *ret)
{
	AUTO(blob_writer_freep) struct blob_writer *w = blob_writer_new(store_, &err_);

	assert_non_null(w);
	assert_ok(blob_write(w, "hello", 5, &err_));
	return blob_writer_commit(w, NULL, ret, &err_) == 0;
}

static void content_is_on_the_disk_before_its_name(void **state)
{
	(void)state;
	struct digest digest;

	begin(NULL);
	assert_true(put(&digest));
	assert_string_equal(disk.calls.ptr, "fsync ingest\n"
					    "rename ingest blobs/\n");
	str_release(&disk.calls);
}

static int tag(const struct digest *digest)
{
	const struct descriptor target = { .media_type = (char *)MEDIA_OCI_MANIFEST,
					   .digest = *digest,
					   .size = 5 };

	return store_tag(store_, "a.io/x:1", &target, &err_);
}

/* Names of blobs are few and cheap to write at once; what an image is made of has one when the image gets its own. */
static void blobs_have_names_on_the_disk_before_an_image_has(void **state)
{
	(void)state;
	struct descriptor found = { .media_type = NULL };
	struct digest digest;

	assert_true(put(&digest));
	begin("directory");
	assert_int_equal(tag(&digest), -1);
	assert_int_equal(err_.errnum, EIO);
	err_clear(&err_);
	assert_int_equal(store_resolve(store_, "a.io/x:1", &found, &err_), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
	err_clear(&err_);
	begin(NULL);
	assert_ok(tag(&digest));
	assert_memory_equal(disk.calls.ptr, "fsync blobs/\n", strlen("fsync blobs/\n"));
	begin(NULL);
	assert_ok(tag(&digest)); /* that says nothing new */
	assert_string_equal(disk.calls.ptr, "");
	str_release(&disk.calls);
}

/* Of an index that has its name, another platform is pulled. */
static void blobs_that_come_later_have_names_on_the_disk_as_well(void **state)
{
	(void)state;
	struct digest digest;

	assert_true(put(&digest));
	assert_ok(tag(&digest));
	assert_ok(store_put_blob(store_, "later", 5, &digest, &err_));
	digest_of("hello", 5, &digest);
	begin("directory");
	assert_int_equal(tag(&digest), -1);
	assert_int_equal(err_.errnum, EIO);
	err_clear(&err_);
	begin(NULL);
	assert_ok(tag(&digest));
	assert_string_equal(disk.calls.ptr, "fsync blobs/\n");
	str_release(&disk.calls);
}

static void a_download_that_goes_on_is_no_different(void **state)
{
	(void)state;
	AUTO(blob_writer_freep) struct blob_writer *w = NULL;
	struct digest digest;

	begin(NULL);
	digest_of("hello", 5, &digest);
	w = blob_writer_resume(store_, &digest, &err_);
	assert_non_null(w);
	assert_ok(blob_write(w, "hel", 3, &err_));
	blob_writer_freep(&w);
	assert_string_equal(disk.calls.ptr, "");
	w = blob_writer_resume(store_, &digest, &err_);
	assert_non_null(w);
	assert_int_equal(blob_writer_size(w), 3);
	assert_ok(blob_write(w, "lo", 2, &err_));
	assert_ok(blob_writer_commit(w, &digest, NULL, &err_));
	assert_string_equal(disk.calls.ptr, "fsync partia\n"
					    "rename partia blobs/\n");
	str_release(&disk.calls);
}

static void what_the_disk_did_not_take_has_no_name(void **state)
{
	(void)state;
	static const char *const moments[] = { "file", "rename" };

	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		struct digest digest;

		begin(moments[i]);
		err_clear(&err_);
		assert_row(!put(&digest), moments[i]);
		assert_row(err_.errnum == EIO, moments[i]);
		digest_of("hello", 5, &digest);
		assert_row(!store_has_blob(store_, &digest, NULL), moments[i]);
		str_release(&disk.calls);
		disk.fails_at = NULL;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(content_is_on_the_disk_before_its_name),
		store_test(blobs_have_names_on_the_disk_before_an_image_has),
		store_test(blobs_that_come_later_have_names_on_the_disk_as_well),
		store_test(a_download_that_goes_on_is_no_different),
		store_test(what_the_disk_did_not_take_has_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
