#include <ctype.h>
#include <string.h>

#include "base/quantity.h"
#include "base/str.h"
#include "config/key.h"
#include "image/platform.h"
#include "image/reference.h"
#include "templates/board.h"

static int check_any(const char *text, struct err *err)
{
	return *text ? 0 : err_set(err, ERR_INPUT, "must not be empty");
}

static int check_platform(const char *text, struct err *err)
{
	struct platform platform;

	return str_eq(text, "local") ? 0 : platform_parse(text, &platform, err);
}

static int check_board(const char *text, struct err *err)
{
	AUTO(board_catalog_release) struct board_catalog boards = BOARD_CATALOG_INIT;
	const struct board *board = NULL;

	return board_catalog_load(&boards, err) < 0 ? -1 : board_find(&boards, text, &board, err);
}

/* Does "`host`/`path`" come back from the grammar of references as these two? */
static bool is_place(const char *host, const char *path)
{
	AUTO(freep) char *whole = xasprintf("%s/%s", host, path);
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	return image_ref_parse(whole, &ref, NULL) == 0 && !digest_is_set(&ref.digest) &&
	       str_eq(ref.host, host) && str_eq(ref.repository, path);
}

static int check_registry(const char *text, struct err *err)
{
	const char *slash = strchr(text, '/');
	AUTO(freep) char *host = xstrndup(text, slash ? (size_t)(slash - text) : strlen(text));
	/* below it, for "docker.io/x" by itself is "docker.io/library/x" */
	AUTO(freep) char *path = xasprintf("%s/x", slash ? slash + 1 : "x");

	if (is_place(host, path))
		return 0;
	(void)err_set(err, ERR_INPUT, "'%s' is no registry", text);
	return err_hint(err, "HOST[:PORT][/PATH], without https://");
}

static int check_repository(const char *text, struct err *err)
{
	if (is_place("example.com", text))
		return 0;
	(void)err_set(err, ERR_INPUT, "'%s' is no repository", text);
	return err_hint(err, "lower case, as in team/app; registry and tag are said elsewhere");
}

static int check_tag(const char *text, struct err *err)
{
	AUTO(freep) char *whole = xasprintf("example.com/a:%s", text);
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (image_ref_parse(whole, &ref, NULL) == 0 && ref.tag && str_eq(ref.tag, text))
		return 0;
	(void)err_set(err, ERR_INPUT, "'%s' is no tag", text);
	return err_hint(err, "letters, digits, '.', '_' and '-', at most 128 of them");
}

static int check_size(const char *text, struct err *err)
{
	uint64_t bytes;

	if (quantity_parse_size(text, &bytes, err) == 0)
		return 0;
	if (err)
		err->kind = ERR_INPUT;
	return -1;
}

static int check_name(const char *text, struct err *err)
{
	bool is_good = isalnum((unsigned char)text[0]);

	for (const char *c = text; *c; c++)
		is_good = is_good && (isalnum((unsigned char)*c) || strchr("._-", *c));
	if (is_good)
		return 0;
	(void)err_set(err, ERR_INPUT, "'%s' is no name", text);
	return err_hint(err, "letters, digits, '.', '_' and '-', a letter or digit first");
}

/* Patterns allow what a check allows and more: a schema tells early, the check decides. */
static const struct {
	const char *name, *pattern;
	int (*check)(const char *text, struct err *err);
} kinds[] = {
	[CONFIG_ANY] = { "a text", NULL, check_any },
	[CONFIG_PLATFORM] = { "a platform such as linux/arm/v7",
			      "^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,2}$", check_platform },
	[CONFIG_BOARD] = { "a board such as raspberrypi4-64", "^[A-Za-z0-9._-]+$", check_board },
	[CONFIG_REGISTRY] = { "a registry, HOST[:PORT][/PATH]",
			      "^([A-Za-z0-9.-]+|\\[[0-9a-fA-F:]+\\])(:[0-9]+)?(/[a-z0-9._-]+)*$",
			      check_registry },
	[CONFIG_REPOSITORY] = { "a repository such as team/app", "^[a-z0-9._-]+(/[a-z0-9._-]+)*$",
				check_repository },
	[CONFIG_TAG] = { "a tag", "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", check_tag },
	[CONFIG_SIZE] = { "a size such as 20GB", "^[0-9][0-9.]*([kKmMgGtTpP]([iI]?[bB])?|[bB])?$",
			  check_size },
	[CONFIG_NAME] = { "a name", "^[A-Za-z0-9][A-Za-z0-9._-]*$", check_name },
	[CONFIG_PATH] = { "a path", NULL, check_any },
};

int config_kind_check(enum config_kind kind, const char *text, struct err *err)
{
	return kinds[kind].check(text, err);
}

const char *config_kind_pattern(enum config_kind kind)
{
	return kinds[kind].pattern;
}

const char *config_kind_name(enum config_kind kind)
{
	return kinds[kind].name;
}
