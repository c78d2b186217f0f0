#include "config/key.h"

#include "base/str.h"

#define BOTH (CONFIG_PROJECT | CONFIG_USER)
#define LAST                 \
	{                    \
		.name = NULL \
	}

static const struct config_key mirror_keys[] = {
	{ .name = "location",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_REGISTRY,
	  .required = true,
	  .description = "Where it is; the path is put before the repository" },
	{ .name = "insecure",
	  .type = CONFIG_BOOL,
	  .description = "Plain HTTP and any certificate are fine there" },
	{ .name = "ca",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_PATH,
	  .description = "Certificate of an authority to trust there" },
	{ .name = "digests-only",
	  .type = CONFIG_BOOL,
	  .description = "It is not asked what a tag stands for" },
	LAST,
};

static const struct config_key registry_keys[] = {
	{ .name = "location",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_REGISTRY,
	  .description = "Where it really is, for push as well" },
	{ .name = "insecure",
	  .type = CONFIG_BOOL,
	  .description = "Plain HTTP and any certificate are fine there" },
	{ .name = "ca",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_PATH,
	  .description = "Certificate of an authority to trust there" },
	{ .name = "mirrors",
	  .type = CONFIG_ITEMS,
	  .members = mirror_keys,
	  .description = "Asked in this order when something is pulled" },
	LAST,
};

static const struct config_key fleet_keys[] = {
	{ .name = "registry",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_REGISTRY,
	  .description =
		  "Where its releases and images are kept, instead of the project's registry" },
	{ .name = "repository",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_REPOSITORY,
	  .description = "Repository of its releases there; the fleet's name if it is left out" },
	{ .name = "boards",
	  .type = CONFIG_WORDS,
	  .kind = CONFIG_BOARD,
	  .description = "Boards that it has, instead of the project's board" },
	{ .name = "platforms",
	  .type = CONFIG_WORDS,
	  .kind = CONFIG_PLATFORM,
	  .description = "Platforms that it has, instead of the project's platform" },
	{ .name = "channel",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_TAG,
	  .fallback = "latest",
	  .description = "Channel that a release goes to unless another one is named" },
	{ .name = "services",
	  .type = CONFIG_WORDS,
	  .kind = CONFIG_NAME,
	  .description = "Services of the compose project that it runs, instead of all" },
	{ .name = "profiles",
	  .type = CONFIG_WORDS,
	  .kind = CONFIG_ANY,
	  .description = "Profiles of the compose project that it runs; '*' is all of them" },
	{ .name = "labels",
	  .type = CONFIG_TEXTS,
	  .names = CONFIG_ANY,
	  .description = "Labels of its releases" },
	LAST,
};

const struct config_key config_keys[] = {
	{ .name = "board",
	  .type = CONFIG_WORDS,
	  .kind = CONFIG_BOARD,
	  .places = BOTH,
	  .env = "EDGECTL_BOARD",
	  .option = "board",
	  .commands = "build, pull, init",
	  .rival = "platform",
	  .description = "Boards that the project is for" },
	{ .name = "platform",
	  .type = CONFIG_WORDS,
	  .kind = CONFIG_PLATFORM,
	  .places = BOTH,
	  .env = "EDGECTL_PLATFORM",
	  .option = "platform",
	  .commands = "build, pull",
	  .rival = "board",
	  .description = "Platforms that the project is for, instead of this machine's" },
	{ .name = "registry",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_REGISTRY,
	  .places = BOTH,
	  .env = "EDGECTL_REGISTRY",
	  .option = "registry",
	  .commands = "init",
	  .description = "Registry of the project's images and fleets" },
	{ .name = "registries",
	  .type = CONFIG_SECTIONS,
	  .names = CONFIG_REGISTRY,
	  .places = CONFIG_USER,
	  .members = registry_keys,
	  .description = "How registries, or HOST/PATH below them, are reached" },
	{ .name = "fleets",
	  .type = CONFIG_SECTIONS,
	  .names = CONFIG_NAME,
	  .places = CONFIG_PROJECT,
	  .members = fleet_keys,
	  .description = "Fleets of the project: what runs the same releases" },
	LAST,
};

const struct config_key *config_key_find(const struct config_key *table, const char *name)
{
	CONFIG_KEY_FOREACH(key, table)
	{
		if (str_eq(key->name, name))
			return key;
	}
	return NULL;
}
