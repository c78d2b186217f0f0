#include "file_changes.h"

#include <stdlib.h>
#include <string.h>

#include "../base/unit.h"
#include "base/str.h"

/*
 * One layer, of words: "app=text" a file with that content, "dir/" a directory, "-gone" a whiteout, "*dir" an opaque
 * directory.
 */
static struct layer_index *index_of(const char *text)
{
	struct layer_index *index = layer_index_new();
	struct layer_recorder recorder;
	struct span rest = span_of(text), word;

	layer_recorder_init(&recorder, index, 0);
	while (rest.len > 0) {
		struct layer_entry entry = { .type = LAYER_FILE, .mode = 0644 };
		AUTO(freep) char *path = NULL;
		char *content = NULL;

		(void)span_cut(&rest, ' ', &word);
		path = span_dup(word);
		entry.path = path + strspn(path, "-*");
		content = strchr(path, '=');
		if (*path == '-')
			entry.type = LAYER_WHITEOUT;
		else if (*path == '*')
			entry.type = LAYER_OPAQUE;
		else if (path[strlen(path) - 1] == '/')
			entry.type = LAYER_DIR;
		if (entry.type == LAYER_DIR)
			path[strlen(path) - 1] = '\0';
		if (content) {
			*content++ = '\0';
			entry.size = strlen(content);
		}
		assert_ok(recorder.sink.entry(&recorder.sink, &entry, &err_));
		if (content && *content)
			assert_ok(recorder.sink.data(&recorder.sink, content, strlen(content),
						     &err_));
	}
	layer_recorder_finish(&recorder);
	return index;
}

static void add_size(uint64_t size, struct str *out)
{
	if (size == FILE_SIZE_UNKNOWN)
		str_add(out, "?");
	else
		str_addf(out, "%llu", (unsigned long long)size);
}

static void add_text(const struct file_changes *changes, struct str *out)
{
	VEC_FOREACH(change, changes) {
		str_addf(out, "%c%s ", "+-~"[change->kind], change -> path);
		add_size(change->before, out);
		str_addc(out, '>');
		add_size(change->after, out);
		str_addc(out, ';');
	}
}

static void compared(void **state)
{
	static const struct {
		const char *before, *after, *expected;
	} rows[] = {
		{ "", "", "" },
		{ "a=1", "a=1", "" },
		{ "a=1", "a=12", "~a 1>2;" },
		{ "a=1", "a=2", "~a 1>1;" },
		{ "a=1", "", "-a 1>?;" },
		{ "", "a=1", "+a ?>1;" },
		{ "c=1 b=1", "b=2 a=1", "+a ?>1;~b 1>1;-c 1>?;" },
		/* directories say nothing but by what is in them */
		{ "", "d/ d/a=1", "+d/a ?>1;" },
		{ "d/ d/a=1", "", "-d/a 1>?;" },
		{ "d/", "d/", "" },
		{ "d/", "d=1", "~d 0>1;" },
		/* of the layers below */
		{ "", "-base", "-base ?>?;" },
		{ "-base", "", "+base ?>?;" },
		{ "-base", "-base", "" },
		{ "-base", "base=1", "+base ?>1;" },
		{ "a=1", "-a", "-a 1>?;" },
		{ "d/ d/a=1", "-d", "-d/a 1>?;" },
		{ "d/ d/a=1", "d/ *d d/b=1", "-d/a 1>?;+d/b ?>1;" },
		/* also what stands behind what it hides with */
		{ "d/ d/a=1", "d/ d/b=1 *d", "-d/a 1>?;+d/b ?>1;" },
		{ "d/ d/a=1", "d/ d/b=1 -d", "-d/a 1>?;+d/b ?>1;" },
		{ "a=1", "a=12 -a", "~a 1>2;" },
		/* a directory in place of what is gone begins empty */
		{ "-d/a", "-d d/", "" },
		/* what was gone is gone still, with the directory that it was in */
		{ "-d/a", "-d", "-d ?>?;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(layer_index_freep) struct layer_index *before = index_of(rows[i].before);
		AUTO(layer_index_freep) struct layer_index *after = index_of(rows[i].after);
		AUTO(str_release) struct str text = STR_INIT;
		struct platform_files files = { .items = NULL };
		struct file_changes *changes = VEC_ADD(&files);

		*changes = (struct file_changes){ .items = NULL };
		file_changes_compare(before, after, changes);
		add_text(changes, &text);
		if (strcmp(text.ptr, rows[i].expected) != 0)
			fail_msg("'%s' -> '%s': %s, not %s", rows[i].before, rows[i].after,
				 text.ptr, rows[i].expected);
		platform_files_release(&files);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
