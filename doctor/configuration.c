#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/fs.h"
#include "config/fleet.h"
#include "doctor/check.h"

#define PREFIX   "EDGECTL_"
#define MISNAMED "edgectl.yml"

/* --- files --- */

static void add_file(const struct check *check, const char *path, struct findings *ret)
{
	if (path)
		findings_add(ret, FINDING_GOOD, check->name, NULL, "'%s' has no mistakes", path);
}

static void look_at_misnamed(const struct check *check, struct findings *ret)
{
	if (fs_exists(AT_FDCWD, MISNAMED))
		findings_add(
			ret, FINDING_WARNING, check->name, "mv " MISNAMED " " CONFIG_PROJECT_FILE,
			"'" MISNAMED "' is not read: the file is called '" CONFIG_PROJECT_FILE "'");
}

static void look_at_files(const struct check *check, const struct check_context *context,
			  struct findings *ret)
{
	AUTO(fleets_release) struct fleets fleets = FLEETS_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	const char *skipped = config_skipped_file(context->config);

	add_file(check, config_user_path(context->config), ret);
	if (fleets_read(context->config, &fleets, &err) < 0)
		findings_add(ret, FINDING_BAD, check->name, err.hint, "%s", err.message);
	else
		add_file(check, config_project_path(context->config), ret);
	if (skipped)
		findings_add(ret, FINDING_WARNING, check->name, "chown it, if it is yours to use",
			     "'%s' is not read: it belongs to somebody else", skipped);
	if (!config_user_path(context->config) && !config_project_path(context->config) && !skipped)
		findings_add(ret, FINDING_GOOD, check->name, NULL, "nothing is configured");
}

/* --- variables --- */

static void add_names(struct strvec *ret)
{
	CONFIG_KEY_FOREACH(key, config_keys) {
		if (key->env)
			strvec_add(ret, key->env);
	}
	strvec_add(ret, "EDGECTL_CONFIG_HOME");
	strvec_add(ret, "EDGECTL_DEBUG");
}

/* A variable of ours that nothing reads is a slip of the pen, which nothing else would tell. */
static void look_at_names(const struct check *check, struct findings *ret)
{
	AUTO(strvec_release) struct strvec known = STRVEC_INIT;

	add_names(&known);
	for (char **variable = environ; variable && *variable; variable++) {
		AUTO(freep) char *name = xstrndup(*variable, strcspn(*variable, "="));
		AUTO(freep) char *remedy = NULL;
		const char *meant;

		if (!str_has_prefix(name, PREFIX) || str_has_prefix(name, "EDGECTL_TEST") ||
		    strvec_contains(&known, name))
			continue;
		meant = suggest(name, (const char *const *)strvec_argv(&known));
		remedy = meant ? xasprintf("did you mean %s?", meant) : NULL;
		findings_add(ret, FINDING_WARNING, check->name, remedy,
			     "the variable %s means nothing", name);
	}
}

static void look_at_values(const struct check *check, const struct check_context *context,
			   struct findings *ret)
{
	CONFIG_KEY_FOREACH(key, config_keys) {
		AUTO(err_release) struct err err = ERR_INIT;
		struct config_value value;

		if (config_get(context->config, key, &value, &err) < 0)
			findings_add(ret, FINDING_BAD, check->name, err.hint, "%s", err.message);
	}
}

static int run_configuration(const struct check *check, const struct check_context *context,
			     struct findings *ret, struct err *err)
{
	(void)err;
	if (context->config) {
		look_at_values(check, context, ret);
		look_at_files(check, context, ret);
	} else {
		findings_add(ret, FINDING_BAD, check->name, context->config_err->hint, "%s",
			     context->config_err->message);
	}
	look_at_misnamed(check, ret);
	look_at_names(check, ret);
	return 0;
}

extern const struct check check_configuration;
const struct check check_configuration = {
	.name = "configuration",
	.title = "Configuration",
	.run = run_configuration,
};
