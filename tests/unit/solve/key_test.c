#include "key.h"

#include <sys/xattr.h>

#include "base/path.h"
#include "base/str.h"
#include "context/directory.h"
#include "planned.h"
#include "solve/step_volume.h"
#include "unit.h"

static void write_file(const char *path, const char *text)
{
	AUTO(freep) char *dir = path_dir(path);

	assert_ok(fs_mkdir_all(AT_FDCWD, dir, 0755, &err_));
	write_text(path, text);
}

static void compute(struct solver *solver, struct vertex *vertex)
{
	AUTO(selection_release) struct selection selection = { .tree = NULL };
	bool from_context = vertex->kind == VERTEX_COPY && !vertex->copy.from;

	if (from_context)
		assert_ok(selection_make(vertex_files(vertex, NULL)->tree, &vertex->copy,
					 "Dockerfile", NULL, &selection, &err_));
	assert_ok(key_describe(solver, vertex, from_context ? &selection : NULL, &err_));
}

/* The key of the last vertex, with the context in `dir`; the caller frees. */
static char *key_at(const char *dir, const char *text, const struct step_volumes *volumes,
		    int64_t epoch)
{
	AUTO(planned_release) struct planned planned;
	AUTO(tree_freep) struct tree *context = NULL;
	struct solver solver = { .store = NULL };

	assert_ok(fs_mkdir_all(AT_FDCWD, dir, 0755, &err_));
	assert_ok(directory_tree_open(dir, NULL, &context, &err_));
	planned_init(&planned);
	planned.context.tree = context;
	planned.settings.volumes = volumes;
	planned.settings.epoch = epoch;
	strmap_set(&planned.build_args, "HTTPS_PROXY", dir); /* must not matter */
	assert_ok(planned_make(&planned, text, &err_));
	VEC_FOREACH(vertex, &planned.graph.vertices)
		compute(&solver, *vertex);
	return xstrdup(planned.result.top->whole.text);
}

static char *key_with(const char *dir, const char *text, const struct step_volumes *volumes)
{
	return key_at(dir, text, volumes, -1);
}

static void assert_same(const char *dir_a, const char *a, const char *dir_b, const char *b)
{
	AUTO(freep) char *key_a = key_with(dir_a, a, NULL), *key_b = key_with(dir_b, b, NULL);

	if (!str_eq(key_a, key_b))
		fail_msg("keys differ: '%s' in %s, '%s' in %s", a, dir_a, b, dir_b);
}

static void assert_differ(const char *dir_a, const char *a, const char *dir_b, const char *b)
{
	AUTO(freep) char *key_a = key_with(dir_a, a, NULL), *key_b = key_with(dir_b, b, NULL);

	if (str_eq(key_a, key_b))
		fail_msg("same key: '%s' in %s, '%s' in %s", a, dir_a, b, dir_b);
}

#define COPY_ALL "FROM scratch\nCOPY . /x/\n"

static void set_time(const char *path, time_t when)
{
	struct timespec times[2] = { { .tv_sec = when }, { .tv_sec = when } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void make_pair(void)
{
	write_file("a/d/f", "text");
	write_file("a/g", "other");
	assert_int_equal(symlink("g", "a/l"), 0);
	/* in another order, so that the directory lists it in another order */
	assert_ok(fs_mkdir_all(AT_FDCWD, "b", 0700, &err_));
	assert_int_equal(symlink("g", "b/l"), 0);
	write_file("b/g", "other");
	write_file("b/d/f", "text");
}

static void times_do_not_count(void **state)
{
	(void)state;
	make_pair();
	set_time("a/g", 1000);
	set_time("a/d", 2000);
	set_time("a/l", 3000);
	assert_same("a", COPY_ALL, "b", COPY_ALL);
}

static void what_counts_in_a_context(void **state)
{
	(void)state;
	make_pair();
	assert_int_equal(chmod("b/g", 0600), 0);
	assert_differ("a", COPY_ALL, "b", COPY_ALL);
	assert_int_equal(chmod("b/g", 0644), 0);
	assert_same("a", COPY_ALL, "b", COPY_ALL);

	write_text("b/g", "OTHER");
	assert_differ("a", COPY_ALL, "b", COPY_ALL);
	write_text("b/g", "other");

	assert_int_equal(unlink("b/l"), 0);
	assert_int_equal(symlink("d", "b/l"), 0);
	assert_differ("a", COPY_ALL, "b", COPY_ALL);
	assert_int_equal(unlink("b/l"), 0);
	assert_int_equal(symlink("g", "b/l"), 0);
	assert_same("a", COPY_ALL, "b", COPY_ALL);

	assert_int_equal(mkdir("b/empty", 0755), 0);
	assert_differ("a", COPY_ALL, "b", COPY_ALL);
	assert_int_equal(rmdir("b/empty"), 0);

	assert_int_equal(rename("b/g", "b/h"), 0);
	assert_differ("a", COPY_ALL, "b", COPY_ALL);
}

static void only_what_is_copied_counts(void **state)
{
	(void)state;
	make_pair();
	write_text("b/g", "changed");
	assert_same("a", "FROM scratch\nCOPY d /x/\n", "b", "FROM scratch\nCOPY d /x/\n");
	/* the directory's own mode is not used */
	assert_int_equal(chmod("b/d", 0711), 0);
	assert_same("a", "FROM scratch\nCOPY d /x/\n", "b", "FROM scratch\nCOPY d /x/\n");
}

static void hard_links_count_among_what_is_copied(void **state)
{
	(void)state;
	write_file("a/1", "same");
	write_file("a/2", "same");
	write_file("b/1", "same");
	assert_int_equal(link("b/1", "b/2"), 0);
	assert_differ("a", COPY_ALL, "b", COPY_ALL);
	/* a link to a file elsewhere does not make it another file */
	assert_int_equal(link("a/1", "elsewhere"), 0);
	assert_same("a", "FROM scratch\nCOPY 1 /\n", "b", "FROM scratch\nCOPY 1 /\n");
}

static void attributes_count(void **state)
{
	(void)state;
	write_file("a/f", "text");
	write_file("b/f", "text");
	if (lsetxattr("b/f", "user.note", "x", 1, 0) < 0)
		skip(); /* the file system has none */
	assert_differ("a", COPY_ALL, "b", COPY_ALL);
	assert_int_equal(lsetxattr("a/f", "user.note", "x", 1, 0), 0);
	assert_same("a", COPY_ALL, "b", COPY_ALL);
}

static void definitions_count(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "RUN a", "RUN a", true },
		{ "RUN a", "RUN b", false },
		{ "RUN a", "RUN [\"a\"]", false },
		{ "ENV X=1\nRUN a", "ENV X=2\nRUN a", false },
		{ "ENV X=1 Y=2\nRUN a", "ENV Y=2 X=1\nRUN a", true },
		{ "ARG X=1\nRUN a", "RUN a", false },
		{ "ARG X=1\nRUN a", "ENV X=1\nRUN a", true },
		{ "LABEL l=1\nRUN a", "RUN a", true },
		{ "EXPOSE 80\nRUN a", "CMD x\nRUN a", true },
		{ "USER u\nRUN a", "RUN a", false },
		{ "RUN --network=none a", "RUN a", false },
		{ "RUN --mount=type=tmpfs,target=/t a", "RUN a", false },
		{ "RUN --mount=type=cache,target=/t a", "RUN --mount=type=cache,target=/t a",
		  true },
		{ "COPY f /x", "COPY f /y", false },
		{ "COPY f /x", "COPY f /x/", false },
		{ "COPY f /x", "ADD f /x", false },
		{ "COPY f /x", "COPY --chmod=600 f /x", false },
		{ "COPY f /x", "COPY --chown=1 f /x", false },
		{ "COPY f /x", "COPY --link f /x", false },
		{ "COPY f /x/", "COPY f g /x/", false },
		{ "COPY <<f /x\n1\nf", "COPY <<f /x\n2\nf", false },
		{ "WORKDIR /x", "WORKDIR /y", false },
		{ "USER 1\nWORKDIR /x", "USER 2\nWORKDIR /x", false },
		/* each counts by the definition of what it stands on */
		{ "RUN a\nRUN c", "RUN b\nRUN c", false },
	};

	(void)state;
	write_file("dir/f", "f");
	write_file("dir/g", "g");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *a = xasprintf("FROM scratch\n%s\n", rows[i].a);
		AUTO(freep) char *b = xasprintf("FROM scratch\n%s\n", rows[i].b);

		if (rows[i].same)
			assert_same("dir", a, "dir", b);
		else
			assert_differ("dir", a, "dir", b);
	}
}

static void a_mounted_context_counts_by_content(void **state)
{
	static const char text[] = "FROM scratch\nRUN --mount=type=bind,source=d,target=/t a\n";

	(void)state;
	make_pair();
	write_text("b/g", "not mounted");
	assert_same("a", text, "b", text);
	write_text("b/d/f", "mounted");
	assert_differ("a", text, "b", text);
}

static void the_epoch_counts_for_what_the_builder_makes(void **state)
{
	static const struct {
		const char *text;
		bool counts;
	} rows[] = {
		{ "FROM scratch\nWORKDIR /a\n", true },
		{ "FROM scratch\nCOPY <<E /a\ntext\nE\n", true },
		{ "FROM scratch\nRUN a\n", false },
		{ "FROM scratch\nCOPY . /a\n", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *one = key_at("d", rows[i].text, NULL, 1);
		AUTO(freep) char *two = key_at("d", rows[i].text, NULL, 2);

		assert_row(str_eq(one, two) != rows[i].counts, rows[i].text);
	}
}

/* The key of a RUN with a volume. */
static char *key_with_volume(const char *source, enum volume_cache cache, bool read_only)
{
	AUTO(step_volumes_release) struct step_volumes volumes = { .items = NULL };
	AUTO(store_closep) struct store *store = NULL;
	AUTO(freep) char *path = xstrdup(source), *target = xstrdup("/in");
	const struct sandbox_mount mount = { .source = path,
					     .target = target,
					     .read_only = read_only };

	assert_ok(store_open("store", &store, &err_));
	assert_ok(step_volumes_add(&volumes, &mount, cache, "here", store, NULL, &err_));
	return key_with("d", "FROM scratch\nRUN a\n", &volumes);
}

static void volumes_count_by_their_place(void **state)
{
	AUTO(freep) char *without = key_with("d", "FROM scratch\nRUN a\n", NULL);
	AUTO(freep) char *with = key_with_volume("/src", VOLUME_BY_PATH, false);
	AUTO(freep) char *elsewhere = key_with_volume("/other", VOLUME_BY_PATH, false);
	AUTO(freep) char *read_only = key_with_volume("/src", VOLUME_BY_PATH, true);

	(void)state;
	assert_string_not_equal(without, with);
	assert_string_not_equal(with, elsewhere);
	assert_string_not_equal(with, read_only);
}

static void volumes_count_by_their_content(void **state)
{
	AUTO(freep) char *one = NULL, *two = NULL, *three = NULL, *file = NULL;

	(void)state;
	make_pair();
	one = key_with_volume("a", VOLUME_BY_CONTENT, true);
	two = key_with_volume("b", VOLUME_BY_CONTENT, true);
	file = key_with_volume("b/g", VOLUME_BY_CONTENT, true);
	write_text("b/d/f", "changed");
	three = key_with_volume("b", VOLUME_BY_CONTENT, true);
	assert_string_equal(one, two);
	assert_string_not_equal(two, three);
	assert_string_not_equal(two, file);
}

/* Its files are not known when the key is made. */
static void what_is_left_out_of_a_repository_counts(void **state)
{
	(void)state;
	assert_differ("a", "FROM scratch\nADD --exclude=b https://h/a.git /\n", "a",
		      "FROM scratch\nADD --exclude=c https://h/a.git /\n");
	assert_differ("a", "FROM scratch\nADD https://h/a.git /\n", "a",
		      "FROM scratch\nADD --exclude=c https://h/a.git /\n");
}

/* --- keys --- */

static void set_layer(struct vertex *vertex, const char *content)
{
	digest_of(content, strlen(content), &vertex->layer.diff_id);
	key_set_chain(vertex);
}

/* A key of the last step, where every other one has made the layer that `layers` says. */
static struct digest made_key(const char *text, enum key_kind kind, const char *layer,
			      const char *content)
{
	AUTO(planned_release) struct planned planned;
	struct solver solver = { .store = NULL };
	struct digest contents, key;

	planned_init(&planned);
	assert_ok(planned_make(&planned, text, &err_));
	VEC_FOREACH(vertex, &planned.graph.vertices) {
		assert_ok(key_describe(&solver, *vertex, NULL, &err_));
		set_layer(*vertex, layer);
	}
	digest_of(content, strlen(content), &contents);
	key_make(planned.result.top, kind, &contents, &key);
	return key;
}

#define COPY_FROM(command, path) \
	"FROM scratch AS a\nRUN " command "\nFROM scratch\nCOPY --from=a " path " /x/\n"

static void what_is_read_counts_in_three_ways(void **state)
{
	static const struct {
		const char *name;
		const char *text, *layer, *content;        /* NULL = as in the first one */
		bool by_definition, by_result, by_content; /* the key is the first one's */
	} rows[] = {
		{ "the same", NULL, NULL, NULL, true, true, true },
		{ "made otherwise", COPY_FROM("other", "d/f"), NULL, NULL, false, true, true },
		{ "came out otherwise", NULL, "other", NULL, true, false, true },
		{ "other files", COPY_FROM("make", "d/g"), NULL, NULL, false, false, true },
		{ "other content", NULL, NULL, "other", true, true, false },
	};
	static const char first[] = COPY_FROM("make", "d/f");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const bool same[] = { rows[i].by_definition, rows[i].by_result,
				      rows[i].by_content };
		const char *text = rows[i].text ? rows[i].text : first;
		const char *layer = rows[i].layer ? rows[i].layer : "layer";
		const char *content = rows[i].content ? rows[i].content : "content";

		for (int kind = KEY_BY_DEFINITION; kind <= KEY_BY_CONTENT; kind++) {
			struct digest one = made_key(first, kind, "layer", "content");
			struct digest two = made_key(text, kind, layer, content);

			assert_row(digest_equal(&one, &two) == same[kind], rows[i].name);
		}
	}
}

static void what_is_below_counts_by_its_layers(void **state)
{
	static const struct {
		const char *one, *two,
			*layer; /* the layer that both have below, or "" for another */
		bool same;
	} rows[] = {
		{ "FROM scratch\nRUN a\nRUN c\n", "FROM scratch\nRUN b\nRUN c\n", "layer", true },
		{ "FROM scratch\nRUN a\nRUN c\n", "FROM scratch\nRUN a\nRUN c\n", "", false },
		{ "FROM scratch\nRUN a\nCOPY --link <<f /\nf\n",
		  "FROM scratch\nRUN b\nCOPY --link <<f /\nf\n", "", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct digest one = made_key(rows[i].one, KEY_BY_RESULT, "layer", "");
		struct digest two = made_key(rows[i].two, KEY_BY_RESULT, rows[i].layer, "");

		assert_row(digest_equal(&one, &two) == rows[i].same, rows[i].two);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(times_do_not_count),
		scratch_test(what_counts_in_a_context),
		scratch_test(only_what_is_copied_counts),
		scratch_test(hard_links_count_among_what_is_copied),
		scratch_test(attributes_count),
		scratch_test(definitions_count),
		scratch_test(a_mounted_context_counts_by_content),
		scratch_test(the_epoch_counts_for_what_the_builder_makes),
		scratch_test(volumes_count_by_their_place),
		scratch_test(volumes_count_by_their_content),
		cmocka_unit_test(what_is_read_counts_in_three_ways),
		cmocka_unit_test(what_is_below_counts_by_its_layers),
		scratch_test(what_is_left_out_of_a_repository_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
