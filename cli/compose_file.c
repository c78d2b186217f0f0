#include "compose_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "interrupt.h"
#include "report.h"

extern char **environ;

static void take_environment(struct strmap *env)
{
	for (char **pair = environ; *pair; pair++)
		strmap_set_pair(env, *pair);
}

static void show_warnings(const struct compose *compose)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, compose_warnings(compose));
	if (!text.len)
		return;
	str_truncate(&text, text.len - 1);
	report_line(text.ptr);
}

int compose_file_load_silently(const struct compose_options *options, struct compose **ret,
			       struct err *err)
{
	AUTO(strmap_release) struct strmap env = STRMAP_INIT;
	AUTO(freep) char *cwd = getcwd(NULL, 0);
	struct compose_options here = *options;

	if (!cwd)
		return err_errno(err, "the working directory");
	take_environment(&env);
	here.cwd = cwd;
	here.env = &env;
	if (compose_load(&here, ret, err) == 0)
		return 0;
	/* not the file's fault, then, whatever line it was at */
	if (interrupt_came()) {
		err_clear(err);
		(void)err_set(err, ERR_CANCELLED, "interrupted");
	}
	return -1;
}

int compose_file_load(const struct compose_options *options, struct compose **ret, struct err *err)
{
	if (compose_file_load_silently(options, ret, err) < 0)
		return -1;
	show_warnings(*ret);
	return 0;
}

static bool is_in(const char *dir)
{
	for (const char *const *name = compose_file_names; *name; name++) {
		AUTO(freep) char *path = path_join(dir, *name);

		if (fs_exists(AT_FDCWD, path))
			return true;
	}
	return false;
}

bool compose_file_is_here(void)
{
	const char *named = getenv("COMPOSE_FILE");

	return is_in(".") || (named && *named);
}

bool compose_file_is_above(void)
{
	AUTO(freep) char *dir = getcwd(NULL, 0);

	while (dir && !str_eq(dir, "/")) {
		char *parent = path_dir(dir);

		free(dir);
		dir = parent;
		if (is_in(dir))
			return true;
	}
	return false;
}

bool compose_file_is_name(const char *path)
{
	static const char *const endings[] = { ".yaml", ".yml" };
	size_t len = strlen(path);

	if (str_has_prefix(path, "oci:"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t ending = strlen(endings[i]);

		if (len > ending && span_eq_nocase(span_of(path + len - ending), endings[i]))
			return true;
	}
	return false;
}
