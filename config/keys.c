#include "config/key.h"

#include "base/str.h"

#define BOTH (CONFIG_PROJECT | CONFIG_USER)
#define LAST                 \
	{                    \
		.name = NULL \
	}

static const char *const progress_modes[] = { "auto", "tty", "plain", "json", "quiet", NULL };
static const char *const compressions[] = { "auto", "uncompressed", "gzip", "zstd", NULL };
static const char *const push_formats[] = { "keep", "oci", "docker", NULL };

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
	  .docker_env = "DOCKER_DEFAULT_PLATFORM",
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
	{ .name = "device",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_ANY,
	  .places = BOTH,
	  .env = "EDGECTL_DEVICE",
	  .option = "DEVICE",
	  .commands = "deploy, livepush, device info, device ps",
	  .description = "Board on the network that is meant where none is named" },
	{ .name = "template",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_ANY,
	  .places = CONFIG_USER,
	  .env = "EDGECTL_TEMPLATE",
	  .option = "template",
	  .commands = "init",
	  .description = "Template that projects are started from" },
	{ .name = "progress",
	  .type = CONFIG_CHOICE,
	  .choices = progress_modes,
	  .places = BOTH,
	  .env = "EDGECTL_PROGRESS",
	  .docker_env = "BUILDKIT_PROGRESS",
	  .option = "progress",
	  .description = "How to show what goes on" },
	{ .name = "build.jobs",
	  .type = CONFIG_INT,
	  .min = 0,
	  .max = 32,
	  .places = BOTH,
	  .env = "EDGECTL_BUILD_JOBS",
	  .option = "jobs",
	  .commands = "build",
	  .description = "Steps to carry out at once; 0 is one per processor" },
	{ .name = "build.pull",
	  .type = CONFIG_BOOL,
	  .places = BOTH,
	  .env = "EDGECTL_BUILD_PULL",
	  .option = "pull",
	  .commands = "build, deploy, livepush",
	  .description = "Ask the registry for newer base images even if the store has them" },
	{ .name = "build.cache-from",
	  .type = CONFIG_WORDS,
	  .kind = CONFIG_ANY,
	  .places = BOTH,
	  .env = "EDGECTL_BUILD_CACHE_FROM",
	  .option = "cache-from",
	  .commands = "build",
	  .description = "Where the build cache of others is taken from" },
	{ .name = "build.cache-to",
	  .type = CONFIG_WORDS,
	  .kind = CONFIG_ANY,
	  .places = BOTH,
	  .env = "EDGECTL_BUILD_CACHE_TO",
	  .option = "cache-to",
	  .commands = "build",
	  .description = "Where the build cache is put for others" },
	{ .name = "build.compression",
	  .type = CONFIG_CHOICE,
	  .choices = compressions,
	  .places = BOTH,
	  .env = "EDGECTL_BUILD_COMPRESSION",
	  .option = "compression",
	  .commands = "build",
	  .description = "Compression of the new layers of images" },
	{ .name = "build.label-vcs",
	  .type = CONFIG_BOOL,
	  .places = BOTH,
	  .env = "EDGECTL_BUILD_LABEL_VCS",
	  .option = "label-vcs",
	  .commands = "build",
	  .description = "Label images with the git repository and revision of the context" },
	{ .name = "build.provenance",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_ANY,
	  .places = BOTH,
	  .env = "EDGECTL_BUILD_PROVENANCE",
	  .option = "provenance",
	  .commands = "build",
	  .description = "Say beside images how they were built: 'true', mode=min or mode=max" },
	{ .name = "build.sbom",
	  .type = CONFIG_BOOL,
	  .places = BOTH,
	  .env = "EDGECTL_BUILD_SBOM",
	  .option = "sbom",
	  .commands = "build",
	  .description = "Say beside images which packages are in them" },
	{ .name = "build.volumes",
	  .type = CONFIG_WORDS,
	  .kind = CONFIG_ANY,
	  .places = CONFIG_USER,
	  .option = "volume",
	  .commands = "build",
	  .description = "Directories and files of this machine that every RUN has, "
			 "HOST:CONTAINER[:OPTION...]" },
	{ .name = "push.format",
	  .type = CONFIG_CHOICE,
	  .choices = push_formats,
	  .places = BOTH,
	  .env = "EDGECTL_PUSH_FORMAT",
	  .option = "format",
	  .commands = "push",
	  .description = "Media types to push in" },
	{ .name = "pull.unpack",
	  .type = CONFIG_BOOL,
	  .places = BOTH,
	  .env = "EDGECTL_PULL_UNPACK",
	  .option = "unpack",
	  .commands = "pull",
	  .description = "Unpack layers while they come, not when the first build needs them" },
	{ .name = "transfer.jobs",
	  .type = CONFIG_INT,
	  .min = 1,
	  .max = 32,
	  .places = BOTH,
	  .env = "EDGECTL_TRANSFER_JOBS",
	  .option = "jobs",
	  .commands = "push, pull, copy",
	  .description = "Blobs that are sent or fetched at once" },
	{ .name = "transfer.limit-rate",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_SIZE,
	  .places = BOTH,
	  .env = "EDGECTL_TRANSFER_LIMIT_RATE",
	  .option = "limit-rate",
	  .description = "Bytes per second that all blobs together may take of the line" },
	{ .name = "deploy.remove-orphans",
	  .type = CONFIG_BOOL,
	  .places = BOTH,
	  .env = "EDGECTL_DEPLOY_REMOVE_ORPHANS",
	  .option = "remove-orphans",
	  .commands = "deploy, livepush",
	  .description = "Remove containers of services that are no longer in the compose file" },
	{ .name = "livepush.detached",
	  .type = CONFIG_BOOL,
	  .places = BOTH,
	  .env = "EDGECTL_LIVEPUSH_DETACHED",
	  .option = "detached",
	  .commands = "livepush",
	  .description = "Return once the services run" },
	{ .name = "store.path",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_PATH,
	  .places = CONFIG_USER,
	  .env = "EDGECTL_ROOT",
	  .description = "Directory of the store, instead of ~/.local/share/edgectl (root: "
			 "/var/lib/edgectl)" },
	{ .name = "store.limit",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_SIZE,
	  .places = CONFIG_USER,
	  .env = "EDGECTL_STORE_LIMIT",
	  .description = "What builds may leave in the store; the least used goes first" },
	{ .name = "qemu.path",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_PATH,
	  .places = CONFIG_USER,
	  .env = "EDGECTL_QEMU_PATH",
	  .description = "Directory where QEMU's programs are looked for first" },
	{ .name = "registry-secrets",
	  .type = CONFIG_TEXT,
	  .kind = CONFIG_PATH,
	  .places = CONFIG_USER,
	  .env = "EDGECTL_REGISTRY_SECRETS",
	  .option = "registry-secrets",
	  .description = "File with credentials for registries in balena's form" },
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

/* Is `word` one of "build, pull, device info"? */
static bool is_listed(const char *list, const char *word)
{
	struct span rest = span_of(list), head;

	for (bool more = true; more;) {
		more = span_cut(&rest, ',', &head);
		if (span_eq(span_trim(head), word))
			return true;
	}
	return false;
}

const struct config_key *config_key_of_option(const char *command, const char *option)
{
	CONFIG_KEY_FOREACH(key, config_keys) {
		if (key->option && str_eq(key->option, option) &&
		    (!key->commands || is_listed(key->commands, command)))
			return key;
	}
	return NULL;
}

const struct config_key *config_key_find(const struct config_key *table, const char *name)
{
	CONFIG_KEY_FOREACH(key, table) {
		if (str_eq(key->name, name))
			return key;
	}
	return NULL;
}

static void add_choices(const char *const *choices, struct str *out)
{
	for (const char *const *choice = choices; *choice; choice++)
		str_addf(out, "%s%s", choice == choices ? "" : choice[1] ? ", " : " or ", *choice);
}

void config_key_describe(const struct config_key *key, struct str *out)
{
	switch (key->type) {
	case CONFIG_BOOL: str_add(out, "true or false"); break;
	case CONFIG_INT: str_addf(out, "a number from %d to %d", key->min, key->max); break;
	case CONFIG_TEXT: str_add(out, config_kind_name(key->kind)); break;
	case CONFIG_CHOICE: add_choices(key->choices, out); break;
	case CONFIG_WORDS:
		str_addf(out, "%s, or a list of such", config_kind_name(key->kind));
		break;
	case CONFIG_TEXTS: str_add(out, "a map from names to texts"); break;
	case CONFIG_SECTIONS: str_add(out, "a map from names to maps"); break;
	case CONFIG_ITEMS: str_add(out, "a list"); break;
	}
}
