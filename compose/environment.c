#include "environment.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "compose/dotenv.h"

static const char *lookup(void *arg, const char *name)
{
	const struct strmap *env = arg;

	return strmap_get(env, name);
}

bool env_file_is_there(const char *path)
{
	struct stat st = { 0 };

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int env_file_text(const char *path, struct str *out, struct err *err)
{
	struct stat st = { 0 };

	if (str_eq(path, "/dev/null"))
		return 0;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "the env file '%s' is not a regular file", path);
	return fs_read_file(AT_FDCWD, path, LIMIT_YAML, out, err);
}

int env_file_read(const char *path, const struct strmap *outer, struct strmap *out, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	const struct template_scope scope = { .lookup = lookup, .arg = (void *)outer };

	if (env_file_text(path, &text, err) < 0)
		return -1;
	return dotenv_parse(str_span(&text), path, &scope, out, err);
}

struct strmap *environment_new(struct loader *loader)
{
	struct strmap *env = xcalloc(1, sizeof(*env));

	*VEC_ADD(&loader->environments) = env;
	return env;
}
