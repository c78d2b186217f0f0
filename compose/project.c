#include "project.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/path.h"
#include "compose/template.h"
#include "environment.h"

const char *const compose_file_names[] = { "compose.yaml", "compose.yml", "docker-compose.yml",
					   "docker-compose.yaml", NULL };
static const char *const override_names[] = { "compose.override.yml", "compose.override.yaml",
					      "docker-compose.override.yml",
					      "docker-compose.override.yaml" };

struct finding {
	struct loader *loader;
	const struct compose_options *options;
	struct strvec files;  /* absolute, or "-" */
	struct strmap dotenv; /* what env files say; the process environment goes over it */
	char *directory;      /* --project-directory, absolute; NULL = not given */
};

static void finding_release(struct finding *finding)
{
	strvec_release(&finding->files);
	strmap_release(&finding->dotenv);
	free(finding->directory);
}

static const char *variable(const struct finding *finding, const char *name)
{
	return strmap_has(finding->options->env, name) ? strmap_get(finding->options->env, name)
						       : strmap_get(&finding->dotenv, name);
}

/* The directory that relative paths mean, as far as it is known yet; the caller frees. */
static char *working_directory(const struct finding *finding)
{
	if (finding->directory)
		return xstrdup(finding->directory);
	VEC_FOREACH(file, &finding->files)
		if (strcmp(*file, "-") != 0)
			return path_dir(*file);
	return xstrdup(finding->options->cwd);
}

/* A project of remote files is called after what stands before their last slash, as docker compose does it. */
static void take_namesake(struct finding *finding, const char *file)
{
	AUTO(freep) char *above = NULL;

	if (finding->files.len || finding->directory || !compose_is_remote(file))
		return;
	above = path_dir(file);
	finding->loader->namesake = arena_strdup(finding->loader->arena, above);
}

static int add_file(struct finding *finding, const char *file, struct err *err)
{
	char *path = NULL;

	take_namesake(finding, file);
	if (!strcmp(file, "-"))
		path = xstrdup(file);
	else if (resource_find(finding->loader, finding->options->cwd, file, &path, err) < 0)
		return -1;
	strvec_take(&finding->files, path);
	return 0;
}

static bool is_true(const char *text)
{
	return text && (!strcmp(text, "1") || !strcasecmp(text, "true"));
}

/* What is there already stays: the first file that is read wins. */
static int add_env_file(struct finding *finding, const char *path, struct err *err)
{
	AUTO(strmap_release) struct strmap more = STRMAP_INIT;

	if (env_file_read(path, finding->options->env, &more, err) < 0)
		return -1;
	VEC_FOREACH(item, &more)
		if (!strmap_has(&finding->dotenv, item->key))
			strmap_set(&finding->dotenv, item->key, item->value);
	return 0;
}

/* The files of --env-file or COMPOSE_ENV_FILES: the last one wins, and may use the others. */
static int read_given_env_files(struct finding *finding, const struct strvec *files,
				struct err *err)
{
	VEC_FOREACH(file, files) {
		AUTO(freep) char *path = path_resolve(finding->options->cwd, *file);

		strvec_add(&finding->loader->inputs, path);
		if (env_file_read(path, finding->options->env, &finding->dotenv, err) < 0)
			return err_wrap(err, "env file '%s'", *file);
	}
	return 0;
}

static void split_list(const char *text, char separator, struct strvec *out)
{
	struct span rest = span_of(text);
	struct span part = { 0 };
	bool more = true;

	while (more) {
		more = span_cut(&rest, separator, &part);
		if (part.len)
			strvec_addn(out, part.ptr, part.len);
	}
}

static int read_default_env_file(struct finding *finding, struct err *err)
{
	AUTO(freep) char *directory = working_directory(finding);
	AUTO(freep) char *path = path_join(directory, ".env");

	if (is_true(variable(finding, "COMPOSE_DISABLE_ENV_FILE")))
		return 0;
	strvec_add(&finding->loader->inputs, path);
	if (!env_file_is_there(path))
		return 0;
	return add_env_file(finding, path, err);
}

/* Called before and after the files are found: .env may name them, and lie beside them. */
static int read_env_files(struct finding *finding, struct err *err)
{
	AUTO(strvec_release) struct strvec given = STRVEC_INIT;
	const char *names = strmap_get(finding->options->env, "COMPOSE_ENV_FILES");

	if (finding->options->env_files.len)
		return read_given_env_files(finding, &finding->options->env_files, err);
	if (names)
		split_list(names, ',', &given);
	if (given.len)
		return read_given_env_files(finding, &given, err);
	return read_default_env_file(finding, err);
}

/* The first of the names that is in the directory; a note when there are several. */
static bool find_one(struct finding *finding, const char *directory, const char *const *names,
		     size_t len)
{
	AUTO(strvec_release) struct strvec found = STRVEC_INIT;
	AUTO(freep) char *all = NULL;

	for (size_t i = 0; i < len; i++) {
		AUTO(freep) char *path = path_join(directory, names[i]);

		if (env_file_is_there(path))
			strvec_add(&found, path);
	}
	if (!found.len)
		return false;
	strvec_add(&finding->files, found.items[0]);
	if (found.len == 1)
		return true;
	all = strvec_join(&found, ", ");
	str_addf(&finding->loader->notes,
		 "warning: several compose files: %s: the first one is used\n", all);
	return true;
}

/* Here, and upwards. */
static int discover(struct finding *finding, struct err *err)
{
	AUTO(freep) char *start = working_directory(finding);
	AUTO(freep) char *directory = xstrdup(start);

	for (;;) {
		char *up = NULL;

		if (find_one(finding, directory, compose_file_names,
			     ARRAY_SIZE(compose_file_names) - 1)) {
			(void)find_one(finding, directory, override_names,
				       ARRAY_SIZE(override_names));
			return 0;
		}
		if (!strcmp(directory, "/") || !strcmp(directory, "."))
			break;
		up = path_dir(directory);
		free(directory);
		directory = up;
	}
	err_set(err, ERR_NOT_FOUND, "no compose file in '%s' or above", start);
	return err_hint(err, "write a compose.yaml, or name one by -f");
}

static int find_files(struct finding *finding, struct err *err)
{
	AUTO(strvec_release) struct strvec named = STRVEC_INIT;
	const char *names = variable(finding, "COMPOSE_FILE");
	const char *separator = variable(finding, "COMPOSE_PATH_SEPARATOR");

	if (finding->files.len)
		return 0;
	if (names)
		split_list(names, separator && *separator ? *separator : ':', &named);
	VEC_FOREACH(name, &named)
		if (add_file(finding, *name, err) < 0)
			return -1;
	return finding->files.len ? 0 : discover(finding, err);
}

static int read_files(struct finding *finding, struct err *err)
{
	VEC_FOREACH(file, &finding->files) {
		struct source *source = NULL;

		if (source_read(finding->loader, *file, NULL, &source, err) < 0)
			return -1;
	}
	return 0;
}

int project_find(struct loader *loader, struct err *err)
{
	const struct compose_options *options = loader->options;
	AUTO(finding_release) struct finding finding = { .loader = loader, .options = options };
	AUTO(freep) char *directory = NULL;

	if (options->project_directory)
		finding.directory = path_resolve(options->cwd, options->project_directory);
	VEC_FOREACH(file, &options->files)
		if (add_file(&finding, *file, err) < 0)
			return -1;
	if (read_env_files(&finding, err) < 0 || find_files(&finding, err) < 0 ||
	    read_env_files(&finding, err) < 0)
		return -1;
	strmap_set_all(&loader->env, &finding.dotenv);
	strmap_set_all(&loader->env, options->env);
	directory = working_directory(&finding);
	loader->directory = arena_strdup(loader->arena, directory);
	return read_files(&finding, err);
}

char *project_name_normalize(const char *name)
{
	struct str out = STR_INIT;

	for (; *name; name++) {
		char c = (char)tolower((unsigned char)*name);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    (out.len && (c == '-' || c == '_')))
			str_addc(&out, c);
	}
	return str_detach(&out);
}

static const char *lookup(void *arg, const char *name)
{
	const struct strmap *env = arg;

	return strmap_get(env, name);
}

/* The last `name` of the files, with its variables expanded; NULL when there is none, or an empty one. */
static char *name_in_files(struct loader *loader)
{
	const struct template_scope scope = { .lookup = lookup, .arg = &loader->env };
	struct str out = STR_INIT;
	const char *name = NULL;

	VEC_FOREACH(source, &loader->sources)
		for (size_t i = 0; i < (*source)->documents.len; i++)
			name = yaml_get_text((*source)->documents.items[i], "name") ?: name;
	/* What is wrong with it is found again when the file is interpolated. */
	if (!name || !*name)
		return NULL;
	if (template_expand(name, &scope, &out, NULL) < 0) {
		str_release(&out);
		return NULL;
	}
	return str_detach(&out);
}

/* One that is said for this purpose alone has to be right. */
static int check_given(const char *name, const char *origin, struct err *err)
{
	AUTO(freep) char *normal = project_name_normalize(name);

	if (!strcmp(name, normal) && *name)
		return 0;
	err_set(err, ERR_INPUT, "'%s', from %s, cannot be the name of a project", name, origin);
	return err_hint(
		err, "use lower-case letters, digits, '-' and '_', with a letter or digit first");
}

static int refuse_written(const char *name, struct err *err)
{
	if (!*name) {
		err_set(err, ERR_INPUT,
			"the project's `name` is empty: its variables have no values");
		return err_hint(err, "give them values, or a default as in '${NAME:-app}', or name "
				     "the project by -p");
	}
	err_set(err, ERR_INPUT, "nothing of the project's `name` '%s' can be in a name", name);
	return err_hint(err, "use letters, digits, '-' and '_'");
}

int project_name(struct loader *loader, struct err *err)
{
	const char *given = loader->options->project_name;
	const char *variable = strmap_get(&loader->env, "COMPOSE_PROJECT_NAME");
	const char *above = path_base(loader->namesake ?: loader->directory);
	AUTO(freep) char *written = name_in_files(loader);
	AUTO(freep) char *name = NULL;

	if (given && *given) {
		if (check_given(given, "--project-name", err) < 0)
			return -1;
		name = xstrdup(given);
	} else if (variable && *variable) {
		if (check_given(variable, "COMPOSE_PROJECT_NAME", err) < 0)
			return -1;
		name = xstrdup(variable);
	} else {
		name = project_name_normalize(written ?: above);
	}
	if (!*name && written && !loader->options->no_interpolate)
		return refuse_written(written, err);
	if (!*name) {
		free(name);
		name = project_name_normalize(above);
	}
	if (!*name) {
		err_set(err, ERR_INPUT, "the project has no name");
		return err_hint(err, "give it one by `name:` in the file, or by -p");
	}
	loader->name = arena_strdup(loader->arena, name);
	strmap_set(&loader->env, "COMPOSE_PROJECT_NAME", name);
	return 0;
}
