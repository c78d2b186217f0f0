#include "container_name.h"

#include "base/alloc.h"
#include "base/json.h"
#include "device/container.h"

int container_name_resolve(struct engine *engine, const char *word, bool running, json_t **ret,
			   struct err *err)
{
	AUTO(freep) char *label = xasprintf("com.docker.compose.service=%s", word);
	AUTO(containers_release) struct containers found = { .items = NULL };

	if (containers_list(engine, label, !running, &found, err) < 0)
		return -1;
	if (container_inspect(engine, found.len > 0 ? found.items[0].id : word, ret, err) == 0)
		return 0;
	return err && err->kind == ERR_NOT_FOUND ? err_hint(err, "see 'edgectl device ps --all'")
						 : -1;
}

const char *container_name_of(const json_t *details)
{
	const char *name = json_get_string(details, "Name") ?: "";

	return name + (*name == '/');
}
