/*
 * COPY and ADD onto files that are there: what a layer of its own has to say. Onto nothing: the
 * cases of build-scratch.
 */
#include "copy_step.h"

#include <unistd.h>

#include "base/path.h"
#include "base/proc.h"
#include "base/str.h"
#include "context/directory.h"
#include "planned.h"
#include "unit.h"
#include "view.h"

/*
 * Writes what it gets as lines: "d 0755 0:0 path", "f 0644 0:0 path text". Files that a test makes belong to whoever runs
 * it: his ids are written as 0.
 */
struct recorder {
	struct layer_sink sink;
	struct str text;
};

static int record_entry(struct layer_sink *sink, const struct layer_entry *entry,
			struct err *err UNUSED)
{
	static const char letters[] = "fdlhcbpwo";
	struct recorder *recorder = CONTAINER_OF(sink, struct recorder, sink);

	str_addf(&recorder->text, "%s%c %04o %u:%u %s", recorder->text.len ? "\n" : "",
		 letters[entry->type], (unsigned)entry->mode,
		 entry->uid == geteuid() ? 0 : entry->uid, entry->gid == getegid() ? 0 : entry->gid,
		 entry->path);
	if (entry->link)
		str_addf(&recorder->text, " -> %s", entry->link);
	if (entry->type == LAYER_FILE && entry->size)
		str_addc(&recorder->text, ' ');
	return 0;
}

static int record_data(struct layer_sink *sink, const void *data, size_t len,
		       struct err *err UNUSED)
{
	str_addn(&CONTAINER_OF(sink, struct recorder, sink)->text, data, len);
	return 0;
}

static void write_file(const char *path)
{
	AUTO(freep) char *dir = path_dir(path);

	assert_ok(fs_mkdir_all(AT_FDCWD, dir, 0755, &err_));
	write_text(path, path_base(path));
}

/*
 * What the layer of `instruction` says, with the files of "context" put onto those of "below"; NULL
 * when it failed, see err_. The caller frees.
 */
static char *copy(const char *instruction)
{
	AUTO(planned_release) struct planned planned;
	AUTO(selection_release) struct selection selection = { .tree = NULL };
	AUTO(tree_freep) struct tree *context = NULL;
	AUTO(tree_freep) struct tree *below = NULL;
	AUTO(strvec_release) struct strvec lowers = STRVEC_INIT;
	AUTO(freep) char *text = xasprintf("FROM scratch\n%s\n", instruction);
	struct recorder recorder = { .sink = { .entry = record_entry, .data = record_data },
				     .text = STR_INIT };
	struct solver solver = { .store = NULL };
	const struct vertex *vertex;
	bool changed = true;
	int result;

	assert_ok(fs_mkdir_all(AT_FDCWD, "context", 0755, &err_));
	assert_ok(fs_mkdir_all(AT_FDCWD, "below", 0755, &err_));
	strvec_add(&lowers, "below");
	assert_ok(view_open(AT_FDCWD, &lowers, &below, &err_));
	assert_ok(directory_tree_open("context", NULL, &context, &err_));
	planned_init(&planned);
	assert_ok(planned_make(&planned, text, &err_));
	vertex = planned.result.top;
	result = selection_make(context, &vertex->copy, "Dockerfile", NULL, &selection, &err_);
	if (result == 0)
		result = copy_execute(&solver, vertex, &selection, below, &recorder.sink, NULL,
				      &changed, &err_);
	if (result < 0) {
		str_release(&recorder.text);
		return NULL;
	}
	assert_false(changed);
	return str_detach(&recorder.text);
}

static void assert_layer(const char *instruction, const char *want)
{
	AUTO(freep) char *have = copy(instruction);

	if (!have)
		fail_msg("%s: %s", instruction, err_.message);
	assert_string_equal(have, want);
}

static void assert_fails(const char *instruction, const char *part_of_message)
{
	AUTO(freep) char *have = copy(instruction);

	assert_null(have);
	assert_true(err_.kind == ERR_INPUT || err_.kind == ERR_NOT_FOUND);
	if (!strstr(err_.message, part_of_message))
		fail_msg("%s: %s", instruction, err_.message);
	err_clear(&err_);
}

static void existing_directories_keep_their_metadata(void **state)
{
	(void)state;
	write_file("context/f");
	assert_ok(fs_mkdir_all(AT_FDCWD, "below/tmp/sub", 0755, &err_));
	assert_int_equal(chmod("below/tmp", 01777), 0);
	assert_int_equal(chmod("below/tmp/sub", 0700), 0);
	assert_layer("COPY --chown=5 f /tmp/sub/new/f", "d 1777 0:0 tmp\n"
							"d 0700 0:0 tmp/sub\n"
							"d 0755 5:5 tmp/sub/new\n"
							"f 0644 5:5 tmp/sub/new/f f");
}

static void links_below_are_followed(void **state)
{
	(void)state;
	write_file("context/f");
	assert_ok(fs_mkdir_all(AT_FDCWD, "below/usr/lib", 0755, &err_));
	assert_int_equal(symlink("usr/lib", "below/lib"), 0);
	assert_int_equal(symlink("/etc/real", "below/usr/lib/config"), 0);
	assert_layer("COPY f /lib/", "d 0755 0:0 usr\n"
				     "d 0755 0:0 usr/lib\n"
				     "f 0644 0:0 usr/lib/f f");
	/* one that leads nowhere names the file to make */
	assert_layer("COPY f /lib/config", "d 0755 0:0 etc\n"
					   "f 0644 0:0 etc/real f");
	/* but one inside a directory that is copied into is replaced */
	write_file("context/d/config");
	assert_layer("COPY d /usr/lib", "d 0755 0:0 usr\n"
					"d 0755 0:0 usr/lib\n"
					"f 0644 0:0 usr/lib/config config");
}

static void a_linked_layer_knows_nothing_of_what_is_below(void **state)
{
	AUTO(freep) char *have = NULL;

	(void)state;
	write_file("context/f");
	have = copy("COPY --link f /a/b");
	assert_string_equal(have, "d 0755 0:0 a\n"
				  "f 0644 0:0 a/b f");
}

static void with_a_mode_it_is_no_linked_layer(void **state)
{
	(void)state;
	write_file("context/f");
	assert_ok(fs_mkdir_all(AT_FDCWD, "below/real", 0750, &err_));
	assert_int_equal(symlink("real", "below/a"), 0);
	assert_layer("COPY --link --chmod=600 f /a/b", "d 0750 0:0 real\n"
						       "f 0600 0:0 real/b f");
}

static void parents_are_kept_behind_each_match(void **state)
{
	(void)state;
	write_file("context/a1/c/x/f");
	write_file("context/a1/c/g");
	write_file("context/a2/c/y/f");
	write_file("context/a3");
	assert_layer("COPY --parents a*/./c/**/f /o/", "d 0755 0:0 o\n"
						       "d 0755 0:0 o/c\n"
						       "d 0755 0:0 o/c/x\n"
						       "f 0644 0:0 o/c/x/f f\n"
						       "d 0755 0:0 o/c/y\n"
						       "f 0644 0:0 o/c/y/f f");
	/* with a wildcard in either part nothing has to be there */
	assert_layer("COPY --parents b*/./c a*/./nope a1/./c/g /o/", "d 0755 0:0 o\n"
								     "d 0755 0:0 o/c\n"
								     "f 0644 0:0 o/c/g g");
}

static void files_and_directories_do_not_replace_each_other(void **state)
{
	(void)state;
	write_file("context/d/x/y");
	write_file("context/f");
	write_file("below/file");
	write_file("below/t/x");
	assert_ok(fs_mkdir_all(AT_FDCWD, "below/u/f", 0755, &err_));
	assert_fails("COPY f /file/", "'/file' is not a directory");
	assert_fails("COPY f /file/x", "'/file' is not a directory");
	assert_fails("COPY d /file", "'/file' is not a directory");
	assert_fails("COPY d /t", "'/t/x' is there already and is not a directory");
	assert_fails("COPY f /u/", "'/u/f' is a directory");
}

static void names_come_from_the_files_below(void **state)
{
	(void)state;
	write_file("context/f");
	assert_ok(fs_mkdir_all(AT_FDCWD, "below/etc", 0755, &err_));
	write_text("below/etc/passwd", "root:x:0:0::/:/bin/sh\nbob:x:12:13::/:/bin/sh\n");
	write_text("below/etc/group", "root:x:0:\nstaff:x:50:bob\n");
	assert_layer("COPY --chown=bob f /x", "f 0644 12:13 x f");
	assert_layer("COPY --chown=bob:staff f /x", "f 0644 12:50 x f");
	assert_layer("COPY --chown=7:staff f /x", "f 0644 7:50 x f");
	assert_layer("COPY --chown=7:8 f /x", "f 0644 7:8 x f");
	assert_layer("COPY --chown=bob: f /x", "f 0644 12:0 x f");
	assert_layer("COPY --chown=nobody f /x", "f 0644 0:0 x f");
}

static void a_pattern_may_match_nothing_where_it_looks(void **state)
{
	(void)state;
	write_file("context/d/f");
	assert_layer("COPY d/f d/x* /o/", "d 0755 0:0 o\n"
					  "f 0644 0:0 o/f f");
	assert_fails("COPY nowhere/deep/x* /o/", "'nowhere/deep' not found in the build context");
	assert_fails("COPY d/[z-a]* /o/", "malformed class in the pattern 'd/[z-a]*'");
}

static void directories_on_the_way_have_no_set_id_bits(void **state)
{
	(void)state;
	write_file("context/f");
	assert_layer("COPY --chmod=4711 f /o/f", "d 0711 0:0 o\n"
						 "f 4711 0:0 o/f f");
}

static void the_last_of_several_sources_wins(void **state)
{
	(void)state;
	write_file("context/a");
	write_file("context/b");
	assert_layer("COPY a b /x", "f 0644 0:0 x b");
}

static void hard_links_stay_links_within_a_source(void **state)
{
	(void)state;
	write_file("context/d/1");
	assert_int_equal(link("context/d/1", "context/d/2"), 0);
	write_file("context/e/1");
	assert_layer("COPY d /x/", "d 0755 0:0 x\n"
				   "f 0644 0:0 x/1 1\n"
				   "h 0644 0:0 x/2 -> x/1");
	/* what the first name stood for is not there any more: the second one has the content */
	write_text("context/e/1", "new");
	assert_layer("COPY d e /x/", "d 0755 0:0 x\n"
				     "f 0644 0:0 x/1 new\n"
				     "f 0644 0:0 x/2 1");
}

/* tar with `words` behind its own options, in "archive"; NULL-ended. */
static void make_archive(const char *const *words)
{
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT;

	strvec_add(&argv, "tar");
	strvec_add(&argv, "-C");
	strvec_add(&argv, "archive");
	strvec_add(&argv, "-cf");
	strvec_add(&argv, "context/a.tar");
	for (; *words; words++)
		strvec_add(&argv, *words);
	assert_ok(proc_check((const char *const *)strvec_argv(&argv), NULL, &err_));
}

static const char *const everything[] = { "--owner=3", "--group=4", "--sort=name", ".", NULL };

static void an_archive_merges_into_what_is_there(void **state)
{
	(void)state;
	assert_ok(fs_mkdir_all(AT_FDCWD, "context", 0755, &err_));
	write_file("archive/bin/tool");
	write_file("archive/new/file");
	assert_int_equal(symlink("file", "archive/new/link"), 0);
	assert_int_equal(link("archive/new/file", "archive/new/zz"), 0);
	make_archive(everything);
	assert_ok(fs_mkdir_all(AT_FDCWD, "below/dest/usr/bin", 0755, &err_));
	assert_int_equal(chmod("below/dest", 0700), 0);
	assert_layer("ADD a.tar /dest", "d 0700 0:0 dest\n"
					"d 0755 3:4 dest/bin\n"
					"f 0644 3:4 dest/bin/tool tool\n"
					"d 0755 3:4 dest/new\n"
					"f 0644 3:4 dest/new/file file\n"
					"l 0777 3:4 dest/new/link -> file\n"
					"h 0644 3:4 dest/new/zz -> dest/new/file");
	assert_layer("ADD --chown=9 a.tar /x/y", "d 0755 9:9 x\n"
						 "d 0755 9:9 x/y\n"
						 "d 0755 9:9 x/y/bin\n"
						 "f 0644 9:9 x/y/bin/tool tool\n"
						 "d 0755 9:9 x/y/new\n"
						 "f 0644 9:9 x/y/new/file file\n"
						 "l 0777 9:9 x/y/new/link -> file\n"
						 "h 0644 9:9 x/y/new/zz -> x/y/new/file");
}

/* The flags are for what the archive names, and for the way to it; as with BuildKit. */
static void directories_that_an_archive_implies_are_roots(void **state)
{
	(void)state;
	assert_ok(fs_mkdir_all(AT_FDCWD, "context", 0755, &err_));
	write_file("archive/lib/x");
	make_archive((const char *const[]){ "--owner=3", "--group=4", "lib/x", NULL });
	assert_layer("ADD --chown=9:8 --chmod=700 a.tar /x/y/", "d 0755 9:8 x\n"
								"d 0755 9:8 x/y\n"
								"d 0755 0:0 x/y/lib\n"
								"f 0644 9:8 x/y/lib/x x");
}

/*
 * Without an entry of its own for the directory, a link in its place is followed, as when it were
 * unpacked there.
 */
static void an_archive_follows_links_for_its_parents(void **state)
{
	(void)state;
	assert_ok(fs_mkdir_all(AT_FDCWD, "context", 0755, &err_));
	write_file("archive/lib/x");
	make_archive((const char *const[]){ "--owner=0", "--group=0", "lib/x", NULL });
	assert_ok(fs_mkdir_all(AT_FDCWD, "below/usr/lib", 0755, &err_));
	assert_int_equal(symlink("usr/lib", "below/lib"), 0);
	assert_layer("ADD a.tar /", "d 0755 0:0 usr\n"
				    "d 0755 0:0 usr/lib\n"
				    "f 0644 0:0 usr/lib/x x");
}

static void an_archive_cannot_get_out(void **state)
{
	(void)state;
	assert_ok(fs_mkdir_all(AT_FDCWD, "context", 0755, &err_));
	write_file("archive/f");
	make_archive((const char *const[]){ "-P", "--transform=s,f,../../../f,", "f", NULL });
	assert_fails("ADD a.tar /d/", "'../../../f'");
}

static void unpacking_can_be_switched_off(void **state)
{
	AUTO(freep) char *have = NULL;

	(void)state;
	assert_ok(fs_mkdir_all(AT_FDCWD, "context", 0755, &err_));
	write_file("archive/f");
	make_archive(everything);
	have = copy("ADD --unpack=false a.tar /d/");
	assert_non_null(strstr(have, "f 0644 0:0 d/a.tar"));
	assert_null(strstr(have, " d/f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(existing_directories_keep_their_metadata),
		scratch_test(links_below_are_followed),
		scratch_test(a_linked_layer_knows_nothing_of_what_is_below),
		scratch_test(with_a_mode_it_is_no_linked_layer),
		scratch_test(parents_are_kept_behind_each_match),
		scratch_test(files_and_directories_do_not_replace_each_other),
		scratch_test(names_come_from_the_files_below),
		scratch_test(a_pattern_may_match_nothing_where_it_looks),
		scratch_test(directories_on_the_way_have_no_set_id_bits),
		scratch_test(the_last_of_several_sources_wins),
		scratch_test(hard_links_stay_links_within_a_source),
		scratch_test(an_archive_merges_into_what_is_there),
		scratch_test(directories_that_an_archive_implies_are_roots),
		scratch_test(an_archive_follows_links_for_its_parents),
		scratch_test(an_archive_cannot_get_out),
		scratch_test(unpacking_can_be_switched_off),
	};

	(void)umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
