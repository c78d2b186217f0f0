#include "copy_memory.h"

#include <time.h>

#include "base/path.h"
#include "context/directory.h"
#include "key.h"
#include "planned.h"
#include "unit.h"

#define COPY_ALL "FROM scratch\nCOPY . /x/\n"

static void write_file(const char *path, const char *text)
{
	AUTO(freep) char *dir = path_dir(path);

	assert_ok(fs_mkdir_all(AT_FDCWD, dir, 0755, &err_));
	write_text(path, text);
}

/* ctime cannot be set: what must count as old has to become it. */
static void let_it_settle(void)
{
	struct timespec pause = { .tv_nsec = 40000000 };

	(void)nanosleep(&pause, NULL); /* waking up early only means that less is remembered */
}

static void make_context(void)
{
	write_file("context/d/f", "one");
	write_file("context/g", "other");
	assert_int_equal(symlink("g", "context/l"), 0);
	let_it_settle();
}

/* As a build does it, each time with a tree of its own; what is recalled must be what describing says. */
static bool is_recalled(struct store *store, const char *dockerfile)
{
	AUTO(planned_release) struct planned planned;
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(hash_cache_release) struct hash_cache hashes = { .store = NULL };
	AUTO(selection_release) struct selection selection = { .tree = NULL };
	struct solver solver = { .store = store };
	struct copy_memory memory;
	struct vertex *vertex;
	struct digest own;
	bool found = false;

	assert_ok(directory_tree_open("context", NULL, &tree, &err_));
	hash_cache_init(&hashes, store, "/context");
	planned_init(&planned);
	planned.context.tree = tree;
	planned.context.hashes = &hashes;
	assert_ok(planned_make(&planned, dockerfile, &err_));
	VEC_FOREACH(other, &planned.graph.vertices) {
		if ((*other)->kind == VERTEX_SCRATCH)
			assert_ok(key_describe(&solver, *other, NULL, &err_));
	}
	vertex = planned.result.top;
	assert_ok(selection_make(tree, &vertex->copy, "Dockerfile", NULL, &selection, &err_));
	copy_memory_look(vertex, &selection, &memory);
	assert_ok(copy_memory_recall(&memory, &solver, &own, &found, &err_));
	assert_ok(key_describe(&solver, vertex, &selection, &err_));
	if (found)
		assert_string_equal(own.text, vertex->own.text);
	assert_ok(copy_memory_put(&memory, &solver, vertex, &selection, &err_));
	assert_ok(hash_cache_save(&hashes, &err_));
	return found;
}

static void leave(void)
{
}

/* A directory's times change with files that are not copied, or not any more. */
static void touch_directory(void)
{
	write_text("context/d/new", "new");
	assert_int_equal(unlink("context/d/new"), 0);
}

/* Same size, same mtime, same inode: ctime alone tells. */
static void change_secretly(void)
{
	struct stat st;

	assert_int_equal(stat("context/d/f", &st), 0);
	write_text("context/d/f", "two");
	assert_int_equal(utimensat(AT_FDCWD, "context/d/f",
				   (struct timespec[]){ st.st_atim, st.st_mtim }, 0),
			 0);
}

static void change_mode(void)
{
	assert_int_equal(chmod("context/g", 0600), 0);
}

static void change_mode_of_directory(void)
{
	assert_int_equal(chmod("context/d", 0700), 0);
}

static void move(void)
{
	assert_int_equal(rename("context/g", "context/h"), 0);
}

static void add_name(void)
{
	assert_int_equal(link("context/g", "context/h"), 0);
}

static void add_empty_directory(void)
{
	assert_int_equal(mkdir("context/e", 0755), 0);
}

static void change_link(void)
{
	assert_int_equal(unlink("context/l"), 0);
	assert_int_equal(symlink("d", "context/l"), 0);
}

static void holds_until_something_changes(void **state)
{
	static const struct {
		const char *name;
		void (*change)(void);
		bool want;
	} rows[] = {
		{ "nothing", leave, true },
		{ "directory touched", touch_directory, true },
		{ "content", change_secretly, false },
		{ "mode", change_mode, false },
		{ "mode of a directory", change_mode_of_directory, false },
		{ "name", move, false },
		{ "second name", add_name, false },
		{ "empty directory", add_empty_directory, false },
		{ "link", change_link, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(store_closep) struct store *store = NULL;

		assert_ok(store_open("store", &store, &err_));
		make_context();
		assert_row(!is_recalled(store, COPY_ALL), rows[i].name);
		assert_row(is_recalled(store, COPY_ALL), rows[i].name);
		rows[i].change();
		let_it_settle();
		assert_row(is_recalled(store, COPY_ALL) == rows[i].want, rows[i].name);
		assert_row(is_recalled(store, COPY_ALL), rows[i].name);
		assert_ok(fs_remove_all(AT_FDCWD, "context", &err_));
		assert_ok(fs_remove_all(AT_FDCWD, "store", &err_));
	}
}

static void steps_do_not_share(void **state)
{
	static const char *const others[] = {
		"FROM scratch\nCOPY . /y/\n",
		"FROM scratch\nCOPY --chown=1:1 . /x/\n",
		"FROM scratch\nCOPY --chmod=600 . /x/\n",
		"FROM scratch\nCOPY --link . /x/\n",
		"FROM scratch\nCOPY --exclude=g . /x/\n",
		"FROM scratch\nCOPY d /x/\n",
		"FROM scratch\nADD . /x/\n",
	};
	AUTO(store_closep) struct store *store = NULL;

	(void)state;
	assert_ok(store_open("store", &store, &err_));
	make_context();
	assert_false(is_recalled(store, COPY_ALL));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_row(!is_recalled(store, others[i]), others[i]);
	assert_true(is_recalled(store, COPY_ALL));
}

/* In the future as seen from the moment of looking: a later change could leave its times as they are. */
static void a_racy_file_is_not_remembered(void **state)
{
	AUTO(store_closep) struct store *store = NULL;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = time(NULL) + 1000 } };

	(void)state;
	assert_ok(store_open("store", &store, &err_));
	make_context();
	assert_int_equal(utimensat(AT_FDCWD, "context/g", times, 0), 0);
	let_it_settle();
	assert_false(is_recalled(store, COPY_ALL));
	assert_false(is_recalled(store, COPY_ALL));
	assert_int_equal(unlink("context/g"), 0);
	assert_int_equal(utimensat(AT_FDCWD, "context/l", times, AT_SYMLINK_NOFOLLOW), 0);
	let_it_settle();
	assert_false(is_recalled(store, COPY_ALL));
	assert_false(is_recalled(store, COPY_ALL));
}

static void what_is_not_of_files_is_not_remembered(void **state)
{
	AUTO(store_closep) struct store *store = NULL;
	const char *dockerfile = "FROM scratch\nCOPY <<a g /x/\ntext\na\n";

	(void)state;
	assert_ok(store_open("store", &store, &err_));
	make_context();
	assert_false(is_recalled(store, dockerfile));
	assert_false(is_recalled(store, dockerfile));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(holds_until_something_changes),
		scratch_test(steps_do_not_share),
		scratch_test(a_racy_file_is_not_remembered),
		scratch_test(what_is_not_of_files_is_not_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
