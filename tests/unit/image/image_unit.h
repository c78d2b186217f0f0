/* What the tests of image/ share beside ../base/unit.h: a store, a sink that writes down what it gets, tars. */
#ifndef IMAGE_UNIT_H
#define IMAGE_UNIT_H

#include "../base/unit.h"

#include <sys/wait.h>

#include "base/fd.h"
#include "base/proc.h"
#include "image/layer.h"
#include "image/store.h"

/* cmocka set-up: a scratch directory with a store "store" in it. */
static struct store *store_;

static inline int store_enter(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	return store_open("store", &store_, &err_);
}

static inline int store_leave(void **state)
{
	store_closep(&store_);
	return scratch_leave(state);
}

#define store_test(f) cmocka_unit_test_setup_teardown(f, store_enter, store_leave)

#define assert_fails(call, kind_)                                                    \
	do {                                                                         \
		err_clear(&err_);                                                    \
		assert_int_equal((call), -1);                                        \
		assert_string_equal(err_kind_name(err_.kind), err_kind_name(kind_)); \
	} while (0)

/* A prerequisite is missing: skips, or fails where everything must run. */
static inline void cannot_run(const char *why)
{
	if (getenv("EDGECTL_TESTS_MUST_RUN"))
		fail_msg("%s", why);
	print_message("%s\n", why);
	skip();
}

/* Runs a line of sh(1) in the scratch directory; its output is appended to `out` (NULL = not wanted). */
static inline void shell_read(const char *line, struct str *out)
{
	const char *const argv[] = { "sh", "-c", line, NULL };

	assert_ok(proc_check(argv, out, &err_));
}

static inline void shell(const char *line)
{
	shell_read(line, NULL);
}

/* Runs `child` in so many processes at once; asserts in it do not work, it returns whether all was well. */
static inline void run_children(size_t count, bool (*child)(void *), void *data)
{
	pid_t pids[8];

	assert_true(count <= ARRAY_SIZE(pids));
	for (size_t i = 0; i < count; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(child(data) ? 0 : 1);
	}
	for (size_t i = 0; i < count; i++) {
		int status = 0;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

static inline void run_child(bool (*child)(void *), void *data)
{
	run_children(1, child, data);
}

/* --- a sink that writes down one line for each entry, then its data --- */

struct recorder {
	struct layer_sink sink;
	struct str text;
	bool with_owner;
};

static inline int recorder_entry(struct layer_sink *sink, const struct layer_entry *e,
				 struct err *err)
{
	static const char *const names[] = { "file",  "dir",  "symlink",  "hardlink", "char",
					     "block", "fifo", "whiteout", "opaque" };
	struct recorder *r = CONTAINER_OF(sink, struct recorder, sink);

	(void)err;
	str_addf(&r->text, "%s %s", names[e->type], e->path);
	if (e->link)
		str_addf(&r->text, " -> %s", e->link);
	if (e->type != LAYER_WHITEOUT && e->type != LAYER_OPAQUE)
		str_addf(&r->text, " %o %lld", (unsigned)e->mode, (long long)e->mtime.tv_sec);
	if (r->with_owner)
		str_addf(&r->text, " %u:%u", e->uid, e->gid);
	for (size_t i = 0; e->xattrs && i < e->xattrs->len; i++)
		str_addf(&r->text, " [%s=%.*s]", e->xattrs->items[i].name,
			 (int)e->xattrs->items[i].len, (const char *)e->xattrs->items[i].value);
	if (e->type == LAYER_FILE)
		str_addf(&r->text, " %llu", (unsigned long long)e->size);
	str_addc(&r->text, '\n');
	return 0;
}

static inline int recorder_data(struct layer_sink *sink, const void *data, size_t len,
				struct err *err)
{
	struct recorder *r = CONTAINER_OF(sink, struct recorder, sink);

	(void)err;
	str_addn(&r->text, data, len < 40 ? len : 40);
	str_addc(&r->text, '\n');
	return 0;
}

static inline void recorder_init(struct recorder *r)
{
	*r = (struct recorder){ .sink = { .entry = recorder_entry, .data = recorder_data },
				.text = STR_INIT };
}

static inline void recorder_release(struct recorder *r)
{
	str_release(&r->text);
}

/* --- entries --- */

static inline struct layer_entry entry_of(enum layer_entry_type type, const char *path)
{
	return (struct layer_entry){
		.type = type,
		.path = path,
		.mode = type == LAYER_DIR ? 0755 : 0644,
		.uid = geteuid(),
		.gid = getegid(),
		.mtime = { .tv_sec = 1000000000 },
	};
}

static inline void send_entry(struct layer_sink *sink, enum layer_entry_type type, const char *path,
			      const char *link_or_data)
{
	struct layer_entry e = entry_of(type, path);

	if (type == LAYER_SYMLINK || type == LAYER_HARDLINK)
		e.link = link_or_data;
	else if (link_or_data)
		e.size = strlen(link_or_data);
	assert_ok(sink->entry(sink, &e, &err_));
	if (e.size)
		assert_ok(sink->data(sink, link_or_data, e.size, &err_));
}

static inline int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

#endif
