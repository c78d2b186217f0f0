#include "suite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"

#define DATA_MAX (64 * 1024 * 1024)

static char *data_path(const char *relative)
{
	const char *root = getenv("CONFORMANCE_DIR");

	if (!root) {
		(void)fputs("CONFORMANCE_DIR is not set\n", stderr);
		exit(1);
	}
	return xasprintf("%s/%s", root, relative);
}

bool suite_read(const char *relative, struct str *out)
{
	AUTO(freep) char *path = data_path(relative);

	return fs_read_file(AT_FDCWD, path, DATA_MAX, out, NULL) == 0;
}

json_t *suite_load(const char *relative)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_error_t error;
	json_t *json = NULL;

	if (!suite_read(relative, &text))
		return NULL;
	json = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, &error);
	if (!json) {
		(void)fprintf(stderr, "%s:%d: %s\n", relative, error.line, error.text);
		exit(1);
	}
	return json;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

json_t *suite_list(const char *relative)
{
	AUTO(freep) char *path = data_path(relative);
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	json_t *array = json_array();
	DIR *dir = opendir(path);

	for (struct dirent *entry = NULL; dir && (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			strvec_add(&names, entry->d_name);
	if (dir)
		(void)closedir(dir);
	if (names.len)
		qsort(names.items, names.len, sizeof(names.items[0]), compare_names);
	for (size_t i = 0; i < names.len; i++)
		json_array_append_new(array, json_string(names.items[i]));
	return array;
}

void suite_case(struct suite *suite, bool holds, const char *id, const char *fmt, ...)
{
	va_list ap;

	if (holds) {
		suite->passed++;
		return;
	}
	suite->failed++;
	(void)printf("FAILED %s: %s: ", suite->name, id);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
}

int suite_end(const struct suite *suite)
{
	(void)printf("%s: %u of %u cases hold\n", suite->name, suite->passed,
		     suite->passed + suite->failed);
	return suite->failed || !suite->passed;
}
