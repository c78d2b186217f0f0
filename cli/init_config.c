#include "init_config.h"

#include "base/alloc.h"
#include "base/str.h"
#include "config/config.h"

/* Not the default channel: as a tag it is also what the compose file calls the image. */
#define CHANNEL "stable"

bool init_config_add(const struct strmap *values, const struct board *board,
		     struct project *project)
{
	const char *name = strmap_get(values, "name"), *registry = strmap_get(values, "registry");
	AUTO(str_release) struct str text = STR_INIT;
	struct project_file *file;

	if (!*registry || project_has(project, CONFIG_PROJECT_FILE))
		return false;
	str_addf(&text,
		 "# 'edgectl push %s' releases the project to the boards of this fleet.\n"
		 "# Keys: 'man edgectl.yaml'; what counts here: 'edgectl config show'.\n"
		 "registry: %s\n"
		 "board: %s\n"
		 "fleets:\n"
		 "  %s:\n"
		 "    channel: " CHANNEL "\n",
		 name, registry, board->slug, name);
	file = VEC_ADD(project);
	file->path = xstrdup(CONFIG_PROJECT_FILE);
	file->len = text.len;
	file->text = str_detach(&text);
	file->mode = 0644;
	return true;
}
