#include "copied_index.h"

#include <string.h>

#include "unit.h"

#define STEPS_MAX 4

/*
 * The files of some steps, "a=1 d/x=2 | a=3": a step behind each "|", files with their text; directories on the way are
 * made, "d" alone is one, too.
 */
struct steps {
	struct arena *texts;
	struct target *targets[STEPS_MAX];
	size_t count;
	struct copied_index index;
};

static const struct target_defaults defaults = { .mode = 0755 };

static void put(struct steps *steps, struct target *target, struct span word)
{
	const char *path = arena_strndup(steps->texts, word.ptr, word.len);
	char *text = strchr(path, '=');
	struct tree_node *dir = NULL, *node = NULL;
	AUTO(freep) char *name = NULL;

	if (!text) {
		assert_ok(target_make_directory(target, target_tree(target)->root, path, &defaults,
						&dir, &err_));
		return;
	}
	*text++ = '\0';
	assert_ok(target_make_parent(target, path, &defaults, &dir, &name, &err_));
	assert_ok(target_put(target, dir, name, LAYER_FILE, &node, &err_));
	target_entry(node)->mode = 0644;
	target_entry(node)->text = text;
	target_settle(node);
}

static void make_step(struct steps *steps, struct span words)
{
	struct tree *below = steps->count ? target_tree(steps->targets[steps->count - 1]) : NULL;
	struct target *target = target_new(below);
	struct span word;

	steps->targets[steps->count] = target;
	while (words.len > 0) {
		(void)span_cut(&words, ' ', &word);
		if (word.len > 0)
			put(steps, target, word);
	}
	copied_index_add(&steps->index, target, steps->count++, true);
}

/* `like` lends its arena: for copied_index_extend(). */
static void make(struct steps *ret, const char *text, const struct steps *like)
{
	struct span rest = span_of(text), step;
	bool more = true;

	*ret = (struct steps){ .texts = arena_new(), .index = COPIED_INDEX_INIT };
	if (like)
		ret->index.arena = like->index.arena;
	while (more) {
		more = span_cut(&rest, '|', &step);
		make_step(ret, step);
	}
}

static void clear(struct steps *steps, bool has_arena)
{
	if (!has_arena)
		steps->index.arena = NULL;
	copied_index_release(&steps->index);
	while (steps->count > 0)
		target_freep(&steps->targets[--steps->count]);
	arena_free(steps->texts);
}

static void list(const struct copied_list *files, struct str *ret)
{
	VEC_FOREACH(file, files)
		str_addf(ret, "%s%s", ret->len ? " " : "", (*file)->path);
}

static void in_the_order_of_a_walk(void **state)
{
	AUTO(str_release) struct str paths = STR_INIT;
	struct steps steps;

	(void)state;
	make(&steps, "a.b=1 a/x=1 a-c=1 | a/b/c=1 a/x=2 a!=1", NULL);
	list(&steps.index.paths, &paths);
	assert_string_equal(paths.ptr, "a a/b a/b/c a/x a! a-c a.b");
	assert_int_equal(steps.index.paths.items[3]->layer, 1); /* the later one counts */
	clear(&steps, true);
}

static void what_to_put_and_what_to_delete(void **state)
{
	static const struct {
		const char *old, *new, *put, *gone;
		size_t lowest;
	} cases[] = {
		{ "a=1 d/x=1", "a=1 d/x=1", "", "", SIZE_MAX },
		{ "a=1 d/x=1", "a=2 d/x=1", "a", "", 0 },
		{ "a=1", "a=1 n/m/x=1", "n n/m n/m/x", "", 0 },
		{ "a=1 d/x=1 d/y=1 d.x=1", "a=1", "", "d d.x", 0 },
		{ "a=1 d/x=1 d/y=1", "a=1 d/x=1", "", "d/y", 0 },
		{ "a=1 | b=1", "a=1 | b=2", "b", "", 1 },
		{ "a=1 | a=2", "a=3 | a=2", "", "", SIZE_MAX },
		{ "a=1 | a=2", "a=1 |", "a", "", 0 },
		{ "a=1 z=1", "b=1 z=1", "b", "a", 0 },
		{ "d", "d=1", "d", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(str_release) struct str paths = STR_INIT;
		AUTO(strvec_release) struct strvec gone = STRVEC_INIT;
		AUTO(freep) char *joined = NULL;
		struct copied_list listed = { .items = NULL };
		struct steps old, new;
		size_t lowest;

		make(&old, cases[i].old, NULL);
		make(&new, cases[i].new, NULL);
		lowest = copied_index_compare(&old.index, &new.index, &listed, &gone);
		list(&listed, &paths);
		joined = strvec_join(&gone, " ");
		assert_row(str_eq(paths.ptr, cases[i].put), cases[i].new);
		assert_row(str_eq(joined, cases[i].gone), cases[i].new);
		assert_row(lowest == cases[i].lowest, cases[i].new);
		free(listed.items);
		clear(&old, true);
		clear(&new, true);
	}
}

static void what_comes_to_it(void **state)
{
	static const struct {
		const char *there, *more, *put; /* NULL = it is not only new */
		size_t lowest;
	} cases[] = {
		{ "d/x=1 z=1", "d/y=1", "d/y", 0 },     { "d/x=1 z=1", "e/y=1", "e e/y", 0 },
		{ "d/x=1 | z=1", "| d/y=1", "d/y", 1 }, { "d/x=1", "d", "", SIZE_MAX },
		{ "d/x=1", "d/x=1", NULL, SIZE_MAX },   { "d/x=1", "d/x=2 e=1", NULL, SIZE_MAX },
		{ "d=1", "d/x=1", NULL, SIZE_MAX },     { "", "a=1", "a", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(str_release) struct str paths = STR_INIT;
		struct copied_list listed = { .items = NULL };
		struct steps there, more;
		size_t lowest = SIZE_MAX, before;
		bool fits;

		make(&there, cases[i].there, NULL);
		make(&more, cases[i].more, &there);
		before = there.index.paths.len;
		fits = copied_index_extend(&there.index, &more.index, &listed, &lowest);
		list(&listed, &paths);
		assert_row(fits == (cases[i].put != NULL), cases[i].more);
		assert_row(str_eq(paths.ptr, fits ? cases[i].put : ""), cases[i].more);
		assert_row(lowest == cases[i].lowest, cases[i].more);
		assert_row(there.index.paths.len == before + listed.len, cases[i].more);
		for (size_t j = 1; j < there.index.paths.len; j++)
			assert_row(!str_eq(there.index.paths.items[j - 1]->path,
					   there.index.paths.items[j]->path),
				   cases[i].more);
		free(listed.items);
		clear(&more, false);
		clear(&there, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_order_of_a_walk),
		cmocka_unit_test(what_to_put_and_what_to_delete),
		cmocka_unit_test(what_comes_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
