/* The names of the rules, and which of them are on. */
#include <strings.h>

#include "base/alloc.h"
#include "dockerfile/lint.h"
#include "linting.h"

static const struct lint_rule_info rules[LINT_RULES] = {
	[LINT_CONSISTENT_INSTRUCTION_CASING] = { "ConsistentInstructionCasing",
						 "All commands within the Dockerfile should use "
						 "the same casing (either upper or lower)",
						 false },
	[LINT_COPY_IGNORED_FILE] = { "CopyIgnoredFile",
				     "A file that the ignore file excludes should not be copied",
				     false },
	[LINT_DUPLICATE_STAGE_NAME] = { "DuplicateStageName", "Stage names should be unique",
					false },
	[LINT_EXPOSE_INVALID_FORMAT] = { "ExposeInvalidFormat",
					 "EXPOSE should not define an IP address or a host's port",
					 false },
	[LINT_EXPOSE_PROTO_CASING] = { "ExposeProtoCasing",
				       "The protocol of EXPOSE should be lowercase", false },
	[LINT_FROM_AS_CASING] = { "FromAsCasing",
				  "The 'as' keyword should match the case of the 'from' keyword",
				  false },
	[LINT_FROM_PLATFORM_FLAG_CONST_DISALLOWED] = { "FromPlatformFlagConstDisallowed",
						       "The --platform flag of FROM should not be "
						       "a constant",
						       false },
	[LINT_INVALID_BASE_IMAGE_PLATFORM] = { "InvalidBaseImagePlatform",
					       "The base image should have the platform that is "
					       "built for",
					       false },
	[LINT_INVALID_DEFAULT_ARG_IN_FROM] = { "InvalidDefaultArgInFrom",
					       "The defaults of global ARGs should give a valid "
					       "name of the base image",
					       false },
	[LINT_INVALID_DEFINITION_DESCRIPTION] = { "InvalidDefinitionDescription",
						  "A comment directly above a stage or an argument "
						  "should begin with its name",
						  true },
	[LINT_JSON_ARGS_RECOMMENDED] = { "JSONArgsRecommended",
					 "ENTRYPOINT and CMD should be JSON arrays, so that "
					 "signals reach the program",
					 false },
	[LINT_LEGACY_KEY_VALUE_FORMAT] = { "LegacyKeyValueFormat",
					   "Keys and values should be joined by '='", false },
	[LINT_MAINTAINER_DEPRECATED] = { "MaintainerDeprecated",
					 "A label should name the author, not MAINTAINER", false },
	[LINT_MULTIPLE_INSTRUCTIONS_DISALLOWED] = { "MultipleInstructionsDisallowed",
						    "An instruction of which only the last counts "
						    "should not be repeated in a stage",
						    false },
	[LINT_NO_EMPTY_CONTINUATION] = { "NoEmptyContinuation",
					 "A continued line should not be followed by an empty one",
					 false },
	[LINT_REDUNDANT_TARGET_PLATFORM] = { "RedundantTargetPlatform",
					     "--platform=$TARGETPLATFORM is what FROM does anyway",
					     false },
	[LINT_RESERVED_STAGE_NAME] = { "ReservedStageName",
				       "Reserved words should not be used as stage names", false },
	[LINT_SECRETS_USED_IN_ARG_OR_ENV] = { "SecretsUsedInArgOrEnv",
					      "Secrets should not be put into ARG or ENV", false },
	[LINT_STAGE_NAME_CASING] = { "StageNameCasing", "Stage names should be lowercase", false },
	[LINT_UNDEFINED_ARG_IN_FROM] = { "UndefinedArgInFrom", "FROM should use declared ARGs only",
					 false },
	[LINT_UNDEFINED_VAR] = { "UndefinedVar", "Variables should be defined before their use",
				 false },
	[LINT_WORKDIR_RELATIVE_PATH] = { "WorkdirRelativePath",
					 "A relative WORKDIR should follow an absolute one of the "
					 "same file",
					 false },
};

const struct lint_rule_info *lint_rule_info(enum lint_rule rule)
{
	return &rules[rule];
}

static uint32_t read_rules(struct span names, struct strvec *ret_unknown)
{
	struct span name = { 0 };
	uint32_t bits = 0;

	names = span_trim(names);
	if (span_eq(names, "all"))
		return LINT_ALL_RULES;
	for (bool more = true; more;) {
		uint32_t bit = 0;

		more = span_cut(&names, ',', &name);
		name = span_trim(name);
		for (int rule = 0; rule < LINT_RULES; rule++)
			if (span_eq_nocase(name, rules[rule].name))
				bit = (uint32_t)1 << rule;
		if (!bit && name.len && ret_unknown)
			strvec_addn(ret_unknown, name.ptr, name.len);
		bits |= bit;
	}
	return bits;
}

static int fail_option(struct span option, struct err *err)
{
	(void)err_set(err, ERR_INPUT, "unknown check option '%.*s'", SPAN_FMT(option));
	return err_hint(
		err,
		"write skip=Rule,Rule or skip=all, error=true, experimental=Rule; parted by ';'");
}

static int read_option(struct span option, struct lint_config *config, struct strvec *ret_unknown,
		       struct err *err)
{
	struct span value = option, key = { 0 };
	bool has_value = span_cut(&value, '=', &key);

	key = span_trim(key);
	if (!has_value)
		return fail_option(option, err);
	if (span_eq(key, "skip"))
		config->skip |= read_rules(value, ret_unknown);
	else if (span_eq(key, "experimental"))
		config->experimental |= read_rules(value, ret_unknown);
	else if (span_eq(key, "error"))
		config->error =
			span_eq_nocase(span_trim(value), "true") || span_eq(span_trim(value), "1");
	else
		return fail_option(option, err);
	return 0;
}

int lint_config_parse(const char *text, struct lint_config *ret, struct strvec *ret_unknown,
		      struct err *err)
{
	struct lint_config config = { 0 };
	struct span rest = span_trim(span_of(text)), option = { 0 };

	for (bool more = rest.len > 0; more;) {
		more = span_cut(&rest, ';', &option);
		if (read_option(span_trim(option), &config, ret_unknown, err) < 0)
			return -1;
	}
	*ret = config;
	return 0;
}

/* What stands behind the first blank is the reader's. */
static char *first_word(const char *text)
{
	struct span rest = span_of(text), word = { 0 };

	span_cut(&rest, ' ', &word);
	return span_dup(word);
}

int lint_config_of(const struct dockerfile *file, const struct strmap *build_args,
		   struct lint_config *ret, struct strvec *ret_unknown, struct err *err)
{
	const char *given = build_args ? strmap_get(build_args, "BUILDKIT_DOCKERFILE_CHECK") : NULL;
	AUTO(freep) char *options = NULL;

	if (given) {
		if (lint_config_parse(given, ret, ret_unknown, err) < 0)
			return err_wrap(err, "BUILDKIT_DOCKERFILE_CHECK");
		return 0;
	}
	*ret = (struct lint_config){ 0 };
	if (!file->tree.check.value)
		return 0;
	options = first_word(file->tree.check.value);
	return lint_config_parse(options, ret, ret_unknown, err);
}

/* `# check=...` in the comments above an instruction adds to the file's. */
struct lint_config lint_config_at(const struct lint_config *config, const struct node *node)
{
	struct lint_config merged = *config;

	VEC_FOREACH(comment, &node->comments) {
		AUTO(freep) char *line = xasprintf("#%s", comment->text);
		AUTO(freep) char *options = NULL;
		struct lint_config own = { 0 };
		struct directive check = { .value = NULL };
		AUTO(arena_freep) struct arena *arena = arena_new();

		if (!directive_detect(arena, span_of(line), "check", false, &check))
			continue;
		options = first_word(check.value);
		if (lint_config_parse(options, &own, NULL, NULL) < 0)
			continue;
		merged.skip |= own.skip;
		merged.experimental |= own.experimental;
	}
	return merged;
}

bool lint_is_on(const struct lint_config *config, enum lint_rule rule)
{
	uint32_t bit = (uint32_t)1 << rule;

	return !(config->skip & bit) && (!rules[rule].experimental || (config->experimental & bit));
}
