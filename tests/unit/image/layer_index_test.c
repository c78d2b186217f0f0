#include "image/layer_index.h"

#include <stdlib.h>
#include <string.h>

#include "../base/unit.h"
#include "base/str.h"

static void take(struct layer_recorder *recorder, enum layer_entry_type type, const char *path)
{
	const struct layer_entry entry = { .type = type, .path = path, .mode = 0755 };

	assert_ok(recorder->sink.entry(&recorder->sink, &entry, &err_));
}

/* "file", "dir/", "-gone", "*opaque" */
static void take_word(struct layer_recorder *recorder, struct span word)
{
	AUTO(freep) char *path = span_dup(word);
	size_t len = strlen(path);

	if (*path == '-')
		take(recorder, LAYER_WHITEOUT, path + 1);
	else if (*path == '*')
		take(recorder, LAYER_OPAQUE, path + 1);
	else if (path[len - 1] == '/')
		path[len - 1] = '\0', take(recorder, LAYER_DIR, path);
	else
		take(recorder, LAYER_FILE, path);
}

/* Layers between '|', their words between blanks. */
static struct layer_index *index_of(const char *text)
{
	struct layer_index *index = layer_index_new();
	struct span layers = span_of(text), layer, word;
	unsigned number = 0;

	for (bool is_more = true; is_more; number++) {
		struct layer_recorder recorder;

		is_more = span_cut(&layers, '|', &layer);
		layer_recorder_init(&recorder, index, number);
		while (layer.len > 0) {
			(void)span_cut(&layer, ' ', &word);
			if (word.len > 0)
				take_word(&recorder, word);
		}
		layer_recorder_finish(&recorder);
	}
	return index;
}

/* Files with their layers, directories with '!' when they hide what is below. */
static void list(struct layer_index *index, struct str *out)
{
	size_t count = 0;
	const struct indexed_file *const *all = layer_index_all(index, &count);

	for (size_t i = 0; i < count; i++) {
		str_addf(out, "%s%s", out->len > 0 ? " " : "", all[i]->path);
		if (all[i]->type == LAYER_DIR)
			str_add(out, all[i]->is_opaque ? "!" : "/");
		else if (all[i]->type == LAYER_WHITEOUT)
			str_add(out, "-");
		else
			str_addf(out, ":%u", all[i]->layer);
	}
}

static void layers(void **state)
{
	static const struct {
		const char *layers, *expected;
	} rows[] = {
		{ "", "" },
		{ "a d/ d/x | a", "a:1 d/ d/x:0" },
		{ "d/ d/x d/y/ d/y/z | *d d/n", "d! d/n:1" },
		/* wherever the mark stands, and however often */
		{ "d/ d/x | d/n *d", "d! d/n:1" },
		{ "d/ d/x | *d d/n *d", "d! d/n:1" },
		{ "d/x/y | *d/x d/x/n *d", "d! d/x! d/x/n:1" },
		{ "d/x/y d/w | d/x/n *d/x *d *d/x", "d! d/x! d/x/n:1" },
		{ "d/x/y d/w | d/x/n *d/x", "d/w:0 d/x! d/x/n:1" },
		{ "d/x | *d d/y | *d d/z", "d! d/z:2" },
		{ "d/x | d/y | *d", "d!" },
		/* names that only begin like it */
		{ "a/x ab/x a.b | *a", "a! a.b:0 ab/x:0" },
		{ "a/x ab/x | a", "a:1 a/x:0 ab/x:0" },
		{ "a/ a/x a/y/z ab/x | a", "a:1 ab/x:0" },
		{ "a/ a/x | a | a/ a/y", "a! a/y:2" },
		{ "a/ a/x | -a", "a-" },
		/* all of it */
		{ "a b/c | *. b/n", ".! b/n:1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(layer_index_freep) struct layer_index *index = index_of(rows[i].layers);
		AUTO(str_release) struct str text = STR_INIT;

		list(index, &text);
		if (strcmp(text.ptr, rows[i].expected) != 0)
			fail_msg("'%s': '%s', not '%s'", rows[i].layers, text.ptr,
				 rows[i].expected);
		assert_int_equal(layer_index_is_empty(index), text.len == 0);
	}
}

static void found(void **state)
{
	AUTO(layer_index_freep) struct layer_index *index = index_of("d/x/y e");

	(void)state;
	assert_non_null(layer_index_find(index, "d/x/y"));
	/* only on the way */
	assert_null(layer_index_find(index, "d/x"));
	assert_null(layer_index_find(index, "d"));
	layer_index_doubt(index, "d");
	assert_string_equal(layer_index_find(index, "d/x/y")->hash, "?");
	assert_string_not_equal(layer_index_find(index, "e")->hash, "?");
	layer_index_delete(index, "d");
	assert_null(layer_index_find(index, "d/x/y"));
	assert_int_equal(layer_index_find(index, "d")->type, LAYER_WHITEOUT);
}

/* As many marks as files, of somebody who means harm: no one of them looks at all files. */
static void many_marks(void **state)
{
	AUTO(layer_index_freep) struct layer_index *index = layer_index_new();
	const unsigned count = 100000;

	(void)state;
	for (unsigned layer = 0; layer < 2; layer++) {
		struct layer_recorder recorder;

		layer_recorder_init(&recorder, index, layer);
		for (unsigned i = 0; i < count; i++) {
			AUTO(freep) char *dir = xasprintf("all/d%u", i);
			AUTO(freep) char *file = xasprintf("%s/file", dir);

			take(&recorder, layer == 0 ? LAYER_FILE : LAYER_OPAQUE,
			     layer == 0 ? file : dir);
			if (layer == 1)
				take(&recorder, LAYER_OPAQUE, "all");
		}
		layer_recorder_finish(&recorder);
	}
	assert_int_equal(layer_index_count(index), count + 2);
	assert_null(layer_index_find(index, "all/d7/file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers),
		cmocka_unit_test(found),
		cmocka_unit_test(many_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
