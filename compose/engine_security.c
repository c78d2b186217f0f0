/* HostConfig.SecurityOpt, MaskedPaths and ReadonlyPaths. */
#include <fcntl.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/path.h"
#include "engine.h"

/* The engine gets the profile itself, as compact JSON: it does not see our files. */
static int add_profile(const struct request *request, const char *file, json_t *options,
		       struct err *err)
{
	AUTO(freep) char *path = path_resolve(compose_directory(request->compose), file);
	AUTO(str_release) struct str text = STR_INIT;
	json_t *profile = NULL;

	if (json_parse_file(AT_FDCWD, path, LIMIT_CONFIG, &profile, err) < 0)
		return err_wrap(err, "seccomp profile");
	str_add(&text, "seccomp=");
	json_write(profile, &text);
	json_decref(profile);
	json_array_append_new(options, json_string(text.ptr));
	return 0;
}

static int add_option(const struct request *request, const char *option, json_t *options,
		      json_t *host, struct err *err)
{
	if (!strcmp(option, "systempaths=unconfined") ||
	    !strcmp(option, "systempaths:unconfined")) {
		json_object_set_new(host, "MaskedPaths", json_array());
		json_object_set_new(host, "ReadonlyPaths", json_array());
		return 0;
	}
	if (!strpbrk(option, "=:") && strcmp(option, "no-new-privileges") != 0)
		return err_set(err, ERR_INPUT,
			       "'security_opt' holds '%s', which is not of the form KEY=VALUE",
			       option);
	if ((str_has_prefix(option, "seccomp=") || str_has_prefix(option, "seccomp:")) &&
	    strcmp(option + strlen("seccomp="), "unconfined") != 0 &&
	    strcmp(option + strlen("seccomp="), "builtin") != 0)
		return add_profile(request, option + strlen("seccomp="), options, err);
	json_array_append_new(options, json_string(option));
	return 0;
}

int request_security(const struct request *request, json_t *host, struct err *err)
{
	json_t *options = json_array();
	int result = 0;

	YAML_EACH_ITEM(item, yaml_get(request->service, "security_opt"))
		if (result == 0)
			result = add_option(request, (*item)->text, options, host, err);
	set_unless_empty(host, "SecurityOpt", options);
	return result;
}
