#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <time.h>

#include "image_unit.h"

#define HELLO        "hello"
#define HELLO_DIGEST "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define HELLO_FILE \
	"store/blobs/sha256/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static struct digest digest(const char *text)
{
	struct digest d;

	assert_ok(digest_parse(text, &d, &err_));
	return d;
}

static int count_files(const char *path)
{
	AUTO(str_release) struct str out = STR_INIT;
	AUTO(freep) char *line = xasprintf("ls %s | wc -l", path);

	shell_read(line, &out);
	return (int)strtol(out.ptr, NULL, 10);
}

static void put_and_read(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(fd_closep) int fd = -1;
	struct digest d;
	uint64_t size = 0;

	assert_ok(store_put_blob(store_, HELLO, 5, &d, &err_));
	assert_string_equal(d.text, HELLO_DIGEST);
	assert_true(store_has_blob(store_, &d, &size));
	assert_int_equal(size, 5);
	assert_ok(store_open_blob(store_, &d, &fd, &err_));
	assert_ok(store_read_blob(store_, &d, 5, &text, &err_));
	assert_string_equal(text.ptr, HELLO);
	assert_fails(store_read_blob(store_, &d, 4, &text, &err_), ERR_LIMIT);
	/* again is fine */
	assert_ok(store_put_blob(store_, HELLO, 5, &d, &err_));
	assert_int_equal(count_files("store/blobs/sha256"), 1);
	assert_int_equal(count_files("store/ingest"), 0);
	assert_ok(store_delete_blob(store_, &d, &err_));
	assert_false(store_has_blob(store_, &d, NULL));
	assert_fails(store_delete_blob(store_, &d, &err_), ERR_NOT_FOUND);
	assert_fails(store_open_blob(store_, &d, &fd, &err_), ERR_NOT_FOUND);
}

static void none_has_no_blob(void **state)
{
	(void)state;
	const struct digest none = { .text = "" };
	int fd = -1;

	assert_false(store_has_blob(store_, &none, NULL));
	assert_fails(store_open_blob(store_, &none, &fd, &err_), ERR_NOT_FOUND);
}

static void expected_digest(void **state)
{
	(void)state;
	AUTO(blob_writer_freep) struct blob_writer *w = blob_writer_new(store_, &err_);
	struct digest other = digest(HELLO_DIGEST), d;

	assert_non_null(w);
	assert_ok(blob_write(w, "other", 5, &err_));
	assert_int_equal(blob_writer_size(w), 5);
	assert_fails(blob_writer_commit(w, &other, &d, &err_), ERR_DIGEST);
	blob_writer_freep(&w);
	assert_int_equal(count_files("store/blobs/sha256"), 0);
	assert_int_equal(count_files("store/ingest"), 0);
}

static void sha512(void **state)
{
	(void)state;
	AUTO(blob_writer_freep) struct blob_writer *w = blob_writer_new(store_, &err_);
	AUTO(hasher_freep) struct hasher *h = hasher_new(DIGEST_SHA512);
	AUTO(str_release) struct str text = STR_INIT;
	struct digest d, ret;

	hasher_update(h, HELLO, 5);
	hasher_finish(h, &d);
	assert_ok(blob_write(w, HELLO, 5, &err_));
	assert_ok(blob_writer_commit(w, &d, &ret, &err_));
	assert_true(digest_equal(&d, &ret));
	assert_ok(store_read_blob(store_, &d, 5, &text, &err_));
	assert_int_equal(count_files("store/blobs/sha512"), 1);
}

static void damage_is_seen_and_mended(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	struct digest d;

	assert_ok(store_put_blob(store_, HELLO, 5, &d, &err_));
	write_text(HELLO_FILE, "hellO");
	assert_fails(store_read_blob(store_, &d, 5, &text, &err_), ERR_DIGEST);
	assert_non_null(err_.hint);
	/* one that lost its end is replaced by the next that comes */
	write_text(HELLO_FILE, "");
	assert_ok(store_put_blob(store_, HELLO, 5, &d, &err_));
	assert_ok(store_read_blob(store_, &d, 5, &text, &err_));
}

/* Writes, tells so, and waits to be killed. */
static bool write_for_ever(void *data)
{
	AUTO(blob_writer_freep) struct blob_writer *w = NULL;
	struct store *store = NULL;

	if (store_open("store", &store, NULL) < 0 || !(w = blob_writer_new(store, NULL)) ||
	    blob_write(w, HELLO, 5, NULL) < 0 || write(*(int *)data, "x", 1) != 1)
		return false;
	for (;;)
		pause();
}

static void killed_writer_leaves_nothing(void **state)
{
	(void)state;
	struct store *other = NULL;
	int fds[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0)
		_exit(write_for_ever(&fds[1]) ? 0 : 1);
	assert_int_equal(read(fds[0], &c, 1), 1);
	/* while it lives, nobody takes its file away */
	assert_ok(store_open("store", &other, &err_));
	store_closep(&other);
	assert_int_equal(count_files("store/ingest"), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(count_files("store/blobs/sha256"), 0);
	assert_ok(store_open("store", &other, &err_));
	store_closep(&other);
	assert_int_equal(count_files("store/ingest"), 0);
	close(fds[0]);
	close(fds[1]);
}

static bool put_many(void *data)
{
	struct store *store = NULL;
	struct digest d;
	char text[32];

	(void)data;
	if (store_open("store", &store, NULL) < 0)
		return false;
	for (int i = 0; i < 50; i++) {
		int len = snprintf(text, sizeof(text), "blob %d", i);

		if (store_put_blob(store, text, (size_t)len, &d, NULL) < 0)
			return false;
	}
	store_closep(&store);
	return true;
}

static void processes_put_the_same(void **state)
{
	(void)state;

	run_children(3, put_many, NULL);
	assert_int_equal(count_files("store/blobs/sha256"), 50);
	assert_int_equal(count_files("store/ingest"), 0);
}

/* --- a full disk: a small tmpfs in namespaces of our own --- */

enum { FULL_OK, FULL_WRONG, FULL_CANNOT };

static bool write_proc(const char *path, const char *text)
{
	AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool enter_namespaces(void)
{
	AUTO(freep)
	char *uids = xasprintf("0 %u 1", geteuid()), *gids = xasprintf("0 %u 1", getegid());

	if (geteuid() == 0)
		return unshare(CLONE_NEWNS) == 0;
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       write_proc("/proc/self/uid_map", uids) &&
	       write_proc("/proc/self/setgroups", "deny") && write_proc("/proc/self/gid_map", gids);
}

static int fill_disk(void)
{
	static char block[1 << 20];
	struct store *store = NULL;
	struct err err = ERR_INIT;
	struct digest d;

	if (!enter_namespaces() || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mkdir("small", 0755) < 0 || mount("tmpfs", "small", "tmpfs", 0, "size=700k") < 0)
		return FULL_CANNOT;
	if (store_open("small/store", &store, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		return FULL_WRONG;
	}
	if (store_put_blob(store, block, sizeof(block), &d, &err) == 0 || err.errnum != ENOSPC ||
	    !err.hint || !strstr(err.hint, "EDGECTL_ROOT"))
		return FULL_WRONG;
	err_clear(&err);
	/* nothing of it is left, so that a small one fits again */
	if (store_put_blob(store, HELLO, 5, &d, &err) < 0)
		return FULL_WRONG;
	store_closep(&store);
	return FULL_OK;
}

static void *make_writers(void *unused)
{
	struct err err = ERR_INIT;
	AUTO(blob_writer_freep) struct blob_writer *fresh = blob_writer_new(store_, &err);
	struct digest d = digest(HELLO_DIGEST);
	AUTO(blob_writer_freep) struct blob_writer *resumed = blob_writer_resume(store_, &d, &err);

	(void)unused;
	err_clear(&err);
	return fresh && resumed ? store_ : NULL;
}

/* A file that is there and not locked yet would be taken for a dead process's. */
static void nothing_appears_during_removal(void **state)
{
	(void)state;
	AUTO(fd_closep) int fd = open("store/leases", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct timespec moment = { .tv_nsec = 50 * 1000 * 1000 };
	void *result = NULL;
	pthread_t thread;

	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(pthread_create(&thread, NULL, make_writers, NULL), 0);
	nanosleep(&moment, NULL);
	assert_int_equal(count_files("store/ingest"), 0);
	fd_closep(&fd);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, store_);
}

static void full_disk(void **state)
{
	(void)state;
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(fill_disk());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == FULL_CANNOT)
		cannot_run("no small file system can be mounted here");
	assert_int_equal(WEXITSTATUS(status), FULL_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(put_and_read),
		store_test(none_has_no_blob),
		store_test(expected_digest),
		store_test(sha512),
		store_test(damage_is_seen_and_mended),
		store_test(killed_writer_leaves_nothing),
		store_test(processes_put_the_same),
		store_test(nothing_appears_during_removal),
		scratch_test(full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
