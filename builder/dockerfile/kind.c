#include "kind.h"

static const char *const names[INSTRUCTION_KINDS + 1] = {
	[INSTRUCTION_ADD] = "ADD",
	[INSTRUCTION_ARG] = "ARG",
	[INSTRUCTION_CMD] = "CMD",
	[INSTRUCTION_COPY] = "COPY",
	[INSTRUCTION_ENTRYPOINT] = "ENTRYPOINT",
	[INSTRUCTION_ENV] = "ENV",
	[INSTRUCTION_EXPOSE] = "EXPOSE",
	[INSTRUCTION_FROM] = "FROM",
	[INSTRUCTION_HEALTHCHECK] = "HEALTHCHECK",
	[INSTRUCTION_LABEL] = "LABEL",
	[INSTRUCTION_MAINTAINER] = "MAINTAINER",
	[INSTRUCTION_ONBUILD] = "ONBUILD",
	[INSTRUCTION_RUN] = "RUN",
	[INSTRUCTION_SHELL] = "SHELL",
	[INSTRUCTION_STOPSIGNAL] = "STOPSIGNAL",
	[INSTRUCTION_USER] = "USER",
	[INSTRUCTION_VOLUME] = "VOLUME",
	[INSTRUCTION_WORKDIR] = "WORKDIR",
};

const char *instruction_name(enum instruction_kind kind)
{
	return names[kind];
}

const char *const *kind_names(void)
{
	return names;
}

bool kind_find(struct span name, enum instruction_kind *ret)
{
	for (int kind = 0; kind < INSTRUCTION_KINDS; kind++) {
		if (span_eq_nocase(name, names[kind])) {
			*ret = (enum instruction_kind)kind;
			return true;
		}
	}
	return false;
}
