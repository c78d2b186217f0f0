#include "build_args.h"
#include "command.h"
#include "image_option.h"
#include "machine_option.h"
#include "progress.h"

const char *const build_compressions[] = { "auto", "uncompressed", "gzip", "zstd", NULL };

/* A group for each struct of build_args.h. */
const struct cli_option build_options[] = {
	OPTION_OPERANDS(struct build_args, operands, "CONTEXT | SERVICE", VALUE_SERVICE_OR_DIR, 0,
			0),

	OPTION_HEADING("What to build"),
	OPTION_LIST(struct build_args, source.files, 'f', "file", "FILE", VALUE_FILE,
		    "Dockerfile, instead of CONTEXT/Dockerfile; - for the standard input. Or a "
		    "compose file, by its ending .yaml or .yml; of several, later ones override "
		    "earlier ones"),
	OPTION_STRING(struct build_args, source.target, 0, "target", "STAGE", VALUE_STAGE,
		      "Build this stage instead of the last one"),
	OPTION_LIST(struct build_args, source.platforms, 0, "platform", "OS/ARCH[,...]",
		    VALUE_PLATFORM, "Platforms to build for, instead of this machine's",
		    .yields_to = "board",
		    .said = offsetof(struct build_args, source.machines_said)),
	OPTION_BOARDS(struct build_args, source.boards,
		      "Boards to build for: their platforms, emulated as exactly their processors "
		      "where QEMU can",
		      .said = offsetof(struct build_args, source.machines_said)),
	OPTION_LIST(struct build_args, source.build_args, 0, "build-arg", "NAME[=VALUE]",
		    VALUE_TEXT, "Value of an ARG; without VALUE, that of the environment"),
	OPTION_LIST(struct build_args, source.named_contexts, 0, "build-context", "NAME=SOURCE",
		    VALUE_DIR,
		    "What FROM and --from=NAME mean: a directory, docker-image://NAME, "
		    "oci-layout://DIR, or the address of a repository or archive"),

	OPTION_HEADING("The compose project"),
	OPTION_STRING(struct build_args, project.name, 'p', "project-name", "NAME", VALUE_TEXT,
		      "Name of the project"),
	OPTION_LIST(struct build_args, project.profiles, 0, "profile", "NAME", VALUE_TEXT,
		    "Build the services of this profile as well; '*' is all of them"),
	OPTION_LIST(struct build_args, project.env_files, 0, "env-file", "FILE", VALUE_FILE,
		    "Take variables from this file in place of .env"),
	OPTION_STRING(struct build_args, project.directory, 0, "project-directory", "DIR",
		      VALUE_DIR, "What relative paths refer to: else the first file's directory"),

	OPTION_HEADING("What RUN gets"),
	OPTION_LIST(struct build_args, run.volumes, 'v', "volume", "HOST:CONTAINER[:OPTION...]",
		    VALUE_DIR,
		    "Mount a directory or file of this machine in every RUN; it never gets into a "
		    "layer. Options: ro, rw, cache=path|content|none"),
	OPTION_LIST(
		struct build_args, run.ssh, 0, "ssh", "ID[=SOCKET|KEY[,KEY]]", VALUE_TEXT,
		"Lend an ssh agent, or keys, to RUN --mount=type=ssh and to ADD of repositories; "
		"'default' is the agent of SSH_AUTH_SOCK"),
	OPTION_LIST(struct build_args, run.secrets, 0, "secret", "id=ID[,src=FILE|,env=NAME]",
		    VALUE_TEXT,
		    "Give RUN --mount=type=secret,id=ID the content of FILE, or of the variable "
		    "NAME; it gets into no layer and no log"),
	OPTION_STRING(struct build_args, run.network, 0, "network", "MODE", VALUE_TEXT,
		      "Network of RUN without --network: default, host or none"),
	OPTION_LIST(struct build_args, run.hosts, 0, "add-host", "NAME:ADDRESS", VALUE_TEXT,
		    "Line of /etc/hosts in RUN; host-gateway is the address of this machine"),
	OPTION_LIST(struct build_args, run.dns, 0, "dns", "ADDRESS", VALUE_TEXT,
		    "Name server in RUN, instead of this machine's"),
	OPTION_LIST(struct build_args, run.limits, 0, "ulimit", "NAME=SOFT[:HARD]", VALUE_TEXT,
		    "Limit of the processes in RUN, such as nofile=1024:4096"),
	OPTION_STRING(struct build_args, run.shm_size, 0, "shm-size", "SIZE", VALUE_TEXT,
		      "Size of /dev/shm in RUN, such as 256m, instead of 64m"),
	OPTION_LIST(struct build_args, run.allowed, 0, "allow", "ENTITLEMENT", VALUE_TEXT,
		    "Allow what a Dockerfile asks for: security.insecure is RUN "
		    "--security=insecure; network.host needs no permission"),

	OPTION_HEADING("Result"),
	OPTION_LIST(struct build_args, result.tags, 't', "tag", "NAME[:TAG]", VALUE_IMAGE,
		    "Name of the image, with its registry if it is to be pushed"),
	OPTION_LIST(struct build_args, result.outputs, 'o', "output", "DIR|-|type=TYPE[,KEY=VALUE]",
		    VALUE_DIR,
		    "What to make, instead of an image in the store: image, registry, oci, docker, "
		    "local, tar or cacheonly; DIR is type=local,dest=DIR, and - a tar on the "
		    "standard output"),
	OPTION_SWITCH(
		struct build_args, result.push, 0, "push",
		"Push to every --tag, or to the image names of the services, when all is built, as "
		"--output type=registry"),
	OPTION_FLAG(struct build_args, result.load, 0, "load",
		    "Hand the image to 'docker load', as --output type=docker"),
	OPTION_CHOICE(struct build_args, result.compression, 0, "compression", "METHOD",
		      build_compressions,
		      "Compression of the new layers of images and OCI layouts whose --output does "
		      "not say one; auto is gzip, and keeps what cached layers have",
		      .fallback = "auto"),
	OPTION_LIST(struct build_args, result.labels, 0, "label", "NAME=VALUE", VALUE_TEXT,
		    "Label of the image"),
	OPTION_LIST(struct build_args, result.annotations, 0, "annotation",
		    "[PLACE[PLATFORM]:]NAME=VALUE", VALUE_TEXT,
		    "Annotation of the manifest, or of PLACE: index, manifest, index-descriptor, "
		    "manifest-descriptor"),
	OPTION_FLAG(struct build_args, result.label_vcs, 0, "label-vcs",
		    "Label the image with the git repository and revision of the context"),
	OPTION_STRING(struct build_args, result.provenance, 0, "provenance",
		      "BOOL|mode=min|mode=max", VALUE_TEXT,
		      "Say beside the image how it was built: SLSA provenance", .bare = "true"),
	OPTION_STRING(struct build_args, result.sbom, 0, "sbom", "BOOL", VALUE_TEXT,
		      "Say beside the image which packages are in it: SPDX", .bare = "true"),
	OPTION_LIST(struct build_args, result.attestations, 0, "attest", "type=TYPE[,KEY=VALUE]",
		    VALUE_TEXT, "The same in one option: type=provenance or type=sbom"),
	OPTION_STRING(struct build_args, result.iidfile, 0, "iidfile", "FILE", VALUE_FILE,
		      "Write the image id to FILE"),
	OPTION_STRING(struct build_args, result.metadata_file, 0, "metadata-file", "FILE",
		      VALUE_FILE, "Write digest, descriptor and names to FILE as JSON"),
	OPTION_FLAG(struct build_args, result.print, 0, "print",
		    "Build nothing: print what would be built, as docker buildx bake --print does"),

	OPTION_HEADING("Cache"),
	OPTION_FLAG(struct build_args, cache.no_cache, 0, "no-cache", "Run every step again"),
	OPTION_LIST(struct build_args, cache.no_cache_stages, 0, "no-cache-filter", "STAGE[,...]",
		    VALUE_TEXT, "Run the steps of these stages again"),
	OPTION_FLAG(struct build_args, cache.explain, 0, "explain",
		    "Say at the end for each step that was not cached why: the first input that "
		    "differs from the last build"),
	OPTION_LIST(struct build_args, cache.from, 0, "cache-from", "NAME|type=TYPE,...",
		    VALUE_TEXT,
		    "Use what other builds wrote: type=registry,ref=NAME or type=local,src=DIR"),
	OPTION_LIST(struct build_args, cache.to, 0, "cache-to", "NAME|type=TYPE,...", VALUE_TEXT,
		    "Write what this build made for others: type=registry,ref=NAME, "
		    "type=local,dest=DIR or type=inline; with mode=max all of its stages"),

	OPTION_HEADING("How"),
	OPTION_FLAG(struct build_args, how.check, 0, "check",
		    "Build nothing: tell what is wrong in the Dockerfile, or likely so"),
	OPTION_STRING(struct build_args, how.call, 0, "call", "METHOD[,format=json]", VALUE_TEXT,
		      "build, or check, which is --check"),
	OPTION_INT(struct build_args, how.jobs, 'j', "jobs", "N", 0, 32,
		   "Steps to carry out at once; 0 is one per processor", .fallback = "0"),
	OPTION_SWITCH(struct build_args, how.pull, 0, "pull",
		      "Ask the registry for newer base images even if the store has them"),
	OPTION_SWITCH(struct build_args, how.insecure, 0, "insecure",
		      "Allow registries plain HTTP, and certificates that cannot be verified"),
	OPTION_STRING(struct build_args, how.secrets, 0, "registry-secrets", "FILE", VALUE_FILE,
		      "Credentials in balena's form: a YAML or JSON map from registries to "
		      "username and password"),
	OPTION_FLAG(struct build_args, how.verbose, 0, "verbose",
		    "Show requests to registries and their answers, secrets masked"),
	OPTION_PROGRESS(struct build_args, how.progress),
	OPTION_STRING(struct build_args, how.trace, 0, "trace", "FILE", VALUE_FILE,
		      "Write when each step ran to FILE, for trace viewers (Chrome's format)"),
	OPTION_FLAG(struct build_args, how.quiet, 'q', "quiet", "Print only the image id"),
	OPTION_END,
};
