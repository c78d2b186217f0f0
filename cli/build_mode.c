#include "build_mode.h"

#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "compose_file.h"

static bool is_path(const char *word)
{
	return str_eq(word, ".") || str_eq(word, "..") || str_eq(word, "-") || strchr(word, '/');
}

static bool has_project_options(const struct build_project_args *project)
{
	return project->profiles.len > 0 || project->env_files.len > 0 || project->name ||
	       project->directory;
}

static int choose_by_files(const struct strvec *files, enum build_mode *ret, struct err *err)
{
	size_t compose_files = 0, empty = 0;

	for (size_t i = 0; i < files->len; i++) {
		compose_files += compose_file_is_name(files->items[i]);
		/* beside compose files it is one more, which says nothing */
		empty += str_eq(files->items[i], "/dev/null");
	}
	*ret = compose_files > 0 ? BUILD_PROJECT : BUILD_DOCKERFILE;
	if (compose_files == 0 || compose_files + empty == files->len)
		return 0;
	(void)err_set(err, ERR_USAGE, "-f names both a Dockerfile and a compose file");
	return err_hint(err, "a service has its Dockerfile in the compose file: build.dockerfile");
}

static bool has_dockerfile(void)
{
	return fs_exists(AT_FDCWD, "Dockerfile") || fs_exists(AT_FDCWD, "dockerfile") ||
	       fs_exists(AT_FDCWD, "Dockerfile.template");
}

static bool has_path(const struct strvec *words)
{
	for (size_t i = 0; i < words->len; i++) {
		if (is_path(words->items[i]))
			return true;
	}
	return false;
}

static enum build_mode choose_by_place(const struct strvec *words)
{
	bool is_there;

	if (has_path(words))
		return BUILD_DOCKERFILE;
	if (compose_file_is_here())
		return BUILD_PROJECT;
	is_there = words->len > 0 ? fs_exists(AT_FDCWD, words->items[0]) : has_dockerfile();
	return !is_there && compose_file_is_above() ? BUILD_PROJECT : BUILD_DOCKERFILE;
}

/* What is said of one image cannot be meant for all services. */
static int check_project(const struct build_args *args, struct err *err)
{
	const struct {
		bool is_said;
		const char *option, *attribute;
	} options[] = {
		{ args->result.tags.len > 0, "--tag", "image or build.tags" },
		{ args->source.target, "--target", "build.target" },
		{ args->source.named_contexts.len > 0, "--build-context",
		  "build.additional_contexts" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (!options[i].is_said)
			continue;
		(void)err_set(err, ERR_USAGE,
			      "%s is for a single Dockerfile, and this is a compose project",
			      options[i].option);
		return err_hint(err,
				"say it in the compose file, as %s of the service; or give the "
				"Dockerfile's directory: 'edgectl build %s ... .'",
				options[i].attribute, options[i].option);
	}
	return 0;
}

static int check_dockerfile(const struct build_args *args, struct err *err)
{
	if (has_project_options(&args->project)) {
		(void)err_set(err, ERR_USAGE,
			      "--profile, --project-name, --env-file and "
			      "--project-directory are for compose projects");
		return err_hint(err, "name the compose file with -f, by its ending .yaml or .yml");
	}
	if (args->operands.len > 1) {
		(void)err_set(err, ERR_USAGE, "unexpected word '%s'", args->operands.items[1]);
		return err_hint(err, "see 'edgectl build --help'");
	}
	return 0;
}

int build_mode_choose(const struct build_args *args, enum build_mode *ret, struct err *err)
{
	if (args->source.files.len > 0) {
		if (choose_by_files(&args->source.files, ret, err) < 0)
			return -1;
	} else if (has_project_options(&args->project)) {
		*ret = BUILD_PROJECT;
	} else {
		*ret = choose_by_place(&args->operands);
	}
	return *ret == BUILD_PROJECT ? check_project(args, err) : check_dockerfile(args, err);
}
