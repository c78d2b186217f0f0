#include "tree_diff.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/proc.h"
#include "unit.h"
#include "view.h"

/* What has changed in the directory "root" since it was made: "d dir", "f file", "l name=first", "- gone". */
struct changes {
	struct layer_sink sink;
	struct str list;
	struct tree *before;
};

static int note(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct changes *changes = CONTAINER_OF(sink, struct changes, sink);
	static const char letters[] = {
		[LAYER_FILE] = 'f',     [LAYER_DIR] = 'd',  [LAYER_SYMLINK] = 's',
		[LAYER_HARDLINK] = 'l', [LAYER_FIFO] = 'p', [LAYER_WHITEOUT] = '-',
	};

	(void)err;
	str_addf(&changes->list, "%s%c %s", changes->list.len ? ", " : "", letters[entry->type],
		 entry->path);
	if (entry->type == LAYER_HARDLINK)
		str_addf(&changes->list, "=%s", entry->link);
	return 0;
}

static int take(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct changes *changes = CONTAINER_OF(sink, struct changes, sink);

	(void)err;
	str_addf(&changes->list, ":%.*s", (int)len, (const char *)data);
	return 0;
}

static struct tree *open_root(void)
{
	AUTO(strvec_release) struct strvec lowers = STRVEC_INIT;
	struct tree *tree = NULL;

	strvec_add(&lowers, "root");
	assert_ok(view_open(AT_FDCWD, &lowers, &tree, &err_));
	return tree;
}

static void run(const char *command)
{
	const char *const argv[] = { "sh", "-c", command, NULL };
	AUTO(str_release) struct str out = STR_INIT;

	assert_ok(proc_check(argv, &out, &err_));
}

static void begin(struct changes *changes)
{
	AUTO(fd_closep) int fd = -1;

	*changes = (struct changes){ .sink = { .entry = note, .data = take }, .list = STR_INIT };
	run("rm -rf root && mkdir -p root/d/e root/o && cd root && echo -n 1 > a && echo -n 2 > b "
	    "&& ln b c && "
	    "echo -n 3 > d/e/f && echo -n 4 > o/x && echo -n 5 > d/x");
	assert_ok(fd_open(AT_FDCWD, "root", O_RDONLY | O_DIRECTORY, 0, &fd, &err_));
	assert_ok(tree_diff_settle(fd, &err_));
	changes->before = open_root();
	assert_ok(tree_load(changes->before, &err_));
}

static void end(struct changes *changes)
{
	tree_freep(&changes->before);
	str_release(&changes->list);
}

static void only_what_changed(void **state)
{
	static const struct {
		const char *command, *expect;
	} cases[] = {
		{ "true", "" },
		{ "cat a d/e/f > /dev/null; ls -R > /dev/null", "" },
		{ "echo -n x > a", "f a:x" },
		/* as far as size and time tell, nothing has happened */
		{ "touch -r a ../time && echo -n x > a && touch -r ../time a", "f a:x" },
		{ "echo -n x > d/e/f", "d d, d d/e, f d/e/f:x" },
		{ "chmod 600 d/e/f", "d d, d d/e, f d/e/f:3" },
		{ "chmod 700 d/e", "d d, d d/e" },
		{ "rm a", "- a" },
		{ "rm -r d", "- d" },
		{ "rm -r d/e", "d d, - d/e" },
		{ "echo -n x > b", "f b:x, l c=b" },
		{ "rm c && echo -n 2 > c", "f b:2, f c:2" },
		{ "ln a z", "f a:1, l z=a" },
		{ "mkfifo p && ln -s a s", "p p, s s" },
		{ "mv a z", "- a, f z:1" },
		{ "mv d z", "- d, d z, d z/e, f z/e/f:3, f z/x:5" },
		/* the other directory's file of the same name and size */
		{ "touch -r o/x d/x && touch -r o d && rm -r o && mv d o && rm -r o/e",
		  "- d, d o, f o/x:5" },
		{ "rm a && mkdir a", "d a" },
		{ "rm -r d && echo -n x > d", "f d:x" },
		{ "mkdir -p n/m", "d n, d n/m" },
		/* a place for a mount, made and taken away again */
		{ "touch -r d ../time && mkdir d/stub && rmdir d/stub && touch -r ../time d", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(end) struct changes changes;
		AUTO(tree_freep) struct tree *after = NULL;
		AUTO(freep) char *command = xasprintf("cd root && %s", cases[i].command);

		begin(&changes);
		run(command);
		after = open_root();
		assert_ok(tree_diff(changes.before, after, &changes.sink, NULL, &err_));
		assert_string_equal(changes.list.ptr, cases[i].expect);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { scratch_test(only_what_changed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
