/* The entries of the option tables of `edgectl deploy` and `edgectl livepush`; T has a struct deploy_args in `field`. */
#ifndef CLI_DEPLOY_OPTIONS_H
#define CLI_DEPLOY_OPTIONS_H

#include "deploy_project.h"
#include "machine_option.h"
#include "option.h"

#define DEPLOY_OPTIONS(T, field)                                                                   \
	OPTION_OPERANDS(T, field.words, "DEVICE [SERVICE]", VALUE_DEVICE, 1, 0, .kind_count = 1,   \
			.kind_behind = VALUE_SERVICE),                                             \
		OPTION_HEADING("The project"),                                                     \
		OPTION_STRING(T, field.source, 's', "source", "DIR", VALUE_DIR,                    \
			      "Directory of the project, instead of this one"),                    \
		OPTION_LIST(T, field.build.source.files, 'f', "file", "FILE", VALUE_FILE,          \
			    "Compose file, or Dockerfile, instead of the one that is found"),      \
		OPTION_STRING(T, field.build.project.name, 'p', "project-name", "NAME",            \
			      VALUE_TEXT, "Name of the project"),                                  \
		OPTION_LIST(T, field.build.project.profiles, 0, "profile", "NAME", VALUE_TEXT,     \
			    "The services of this profile as well; '*' is all of them"),           \
		OPTION_LIST(T, field.build.project.env_files, 0, "env-file", "FILE", VALUE_FILE,   \
			    "Take variables from this file in place of .env"),                     \
		OPTION_STRING(T, field.build.project.directory, 0, "project-directory", "DIR",     \
			      VALUE_DIR,                                                           \
			      "What relative paths refer to: else the first file's "               \
			      "directory"),                                                        \
		OPTION_LIST(T, field.env, 'e', "env", "[SERVICE:]NAME=VALUE", VALUE_TEXT,          \
			    "A variable in the container of a service, or of all"),                \
		OPTION_HEADING("Images"),                                                          \
		OPTION_LIST(T, field.build.source.build_args, 0, "build-arg", "NAME[=VALUE]",      \
			    VALUE_TEXT,                                                            \
			    "Value of an ARG; without VALUE, that of the environment"),            \
		OPTION_LIST(T, field.build.run.secrets, 0, "secret", "id=ID[,src=FILE|,env=NAME]", \
			    VALUE_TEXT, "A secret for RUN --mount=type=secret"),                   \
		OPTION_LIST(T, field.build.run.ssh, 0, "ssh", "default|ID[=SOCKET|KEY[,...]]",     \
			    VALUE_TEXT, "An agent or keys for RUN --mount=type=ssh"),              \
		OPTION_FLAG(T, field.build.cache.no_cache, 0, "no-cache", "Run every step again"), \
		OPTION_SWITCH(                                                                     \
			T, field.build.how.pull, 0, "pull",                                        \
			"Ask the registry for newer base images even if the store has them"),      \
		OPTION_SWITCH(T, field.build.how.insecure, 0, "insecure",                          \
			      "Allow registries plain HTTP, and certificates that cannot be "      \
			      "verified"),                                                         \
		OPTION_LIST(T, field.build.source.platforms, 0, "platform", "OS/ARCH",             \
			    VALUE_PLATFORM, "Platform of the images, instead of the board's own"), \
		OPTION_BOARDS(T, field.build.source.boards,                                        \
			      "What the board is: images for exactly its processor"),              \
		OPTION_HEADING("Containers"),                                                      \
		OPTION_FLAG(T, field.recreate, 0, "recreate",                                      \
			    "Make containers anew even if nothing has changed"),                   \
		OPTION_FLAG(T, field.remove_orphans, 0, "remove-orphans",                          \
			    "Remove containers of services that are no longer in the file")

#endif
