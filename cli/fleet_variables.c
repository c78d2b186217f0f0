#include "fleet_variables.h"

#include "base/alloc.h"
#include "base/map.h"
#include "compose/credentials.h"
#include "compose/project.h"

#define SHOWN 5

int fleet_variables_check(struct compose *compose, bool is_allowed, struct err *err)
{
	AUTO(strvec_release) struct strvec found = STRVEC_INIT;
	AUTO(str_release) struct str list = STR_INIT;

	if (is_allowed)
		return 0;
	compose_find_credentials(compose, &found);
	if (found.len == 0)
		return 0;
	for (size_t i = 0; i < found.len && i < SHOWN; i++)
		str_addf(&list, "%s'%s'", i ? ", " : "", found.items[i]);
	if (found.len > SHOWN)
		str_addf(&list, " and %zu more", found.len - SHOWN);
	(void)err_set(err, ERR_DENIED,
		      "what looks like a credential would be published to all who can pull: %s",
		      list.ptr);
	return err_hint(err, "leave the value out of the release, and give it to the board: a "
			     "variable without a value, a secret with 'environment'; --with-env "
			     "publishes it all the same");
}

static void tell_service(const struct compose_service *service, struct str *out)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	AUTO(freep) char *list = NULL;

	VEC_FOREACH(variable, &service->environment) {
		if (variable->value)
			strvec_add(&names, variable->key);
	}
	if (names.len == 0)
		return;
	list = strvec_join(&names, ", ");
	str_addf(out, "would publish with %s: the values of %s\n", service->name, list);
}

void fleet_variables_tell(struct compose *compose, struct str *out)
{
	AUTO(strvec_release) struct strvec found = STRVEC_INIT;
	const struct compose_project *project = compose_project(compose);

	VEC_FOREACH(service, &project->services)
		tell_service(service, out);
	compose_find_credentials(compose, &found);
	VEC_FOREACH(path, &found)
		str_addf(out, "would publish what looks like a credential: %s\n", *path);
}
