#include "config/fleet.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/str.h"

#define SECTION "fleets"

static struct fleet_text text_of(const struct yaml *node)
{
	return (struct fleet_text){ .text = node->text, .mark = node->mark };
}

/* Stays as it is when the key is not there. */
static void read_text(const struct yaml *map, const char *key, struct fleet_text *ret)
{
	const struct yaml *node = yaml_get(map, key);

	if (node)
		*ret = text_of(node);
}

static void read_texts(struct arena *arena, const struct yaml *map, const char *key,
		       struct fleet_texts *ret)
{
	const struct yaml *node = yaml_get(map, key);

	if (yaml_is(node, YAML_STRING))
		*ARENA_ADD(arena, ret) = text_of(node);
	YAML_EACH_ITEM(item, node)
		*ARENA_ADD(arena, ret) = text_of(*item);
}

static void read_labels(struct arena *arena, const struct yaml *map, struct fleet *ret)
{
	YAML_EACH_ENTRY(entry, yaml_get(map, "labels")) {
		*ARENA_ADD(arena, &ret->labels) = (struct fleet_label){
			.name = entry->key,
			.value = { .text = yaml_scalar_text(arena, entry->value),
				   .mark = entry->value->mark },
		};
	}
}

/* --- what the project says for all of them --- */

struct common {
	struct fleet_texts registry, boards, platforms; /* of the first at most one */
};

static int read_common_texts(struct config *config, struct arena *arena, const char *name,
			     struct fleet_texts *ret, struct err *err)
{
	struct config_value value;

	if (config_get(config, config_key_find(config_keys, name), &value, err) < 0)
		return -1;
	VEC_FOREACH(word, &value.words)
		*ARENA_ADD(arena, ret) = (struct fleet_text){ .text = *word, .mark = value.mark };
	return 0;
}

static int read_common(struct config *config, struct arena *arena, struct common *ret,
		       struct err *err)
{
	if (read_common_texts(config, arena, "registry", &ret->registry, err) < 0 ||
	    read_common_texts(config, arena, "board", &ret->boards, err) < 0)
		return -1;
	return read_common_texts(config, arena, "platform", &ret->platforms, err);
}

/* --- fleets --- */

static void read_fleet(struct fleets *fleets, const struct yaml_entry *entry,
		       const struct common *common, struct fleet *ret)
{
	const struct yaml *map = entry->value;
	const char *channel =
		config_key_find(config_key_find(config_keys, SECTION)->members, "channel")
			->fallback;

	*ret = (struct fleet){ .name = entry->key,
			       .mark = entry->mark,
			       .repository = { .text = entry->key, .mark = entry->mark },
			       .channel = { .text = channel, .mark = entry->mark } };
	if (common->registry.len > 0)
		ret->registry = common->registry.items[0];
	read_text(map, "registry", &ret->registry);
	read_text(map, "repository", &ret->repository);
	read_text(map, "channel", &ret->channel);
	read_texts(fleets->arena, map, "boards", &ret->boards);
	read_texts(fleets->arena, map, "platforms", &ret->platforms);
	if (ret->boards.len + ret->platforms.len == 0) {
		ret->boards = common->boards;
		ret->platforms = common->platforms;
	}
	read_texts(fleets->arena, map, "services", &ret->services);
	read_texts(fleets->arena, map, "profiles", &ret->profiles);
	read_labels(fleets->arena, map, ret);
	if (ret->registry.text)
		ret->reference = arena_printf(fleets->arena, "%s/%s", ret->registry.text,
					      ret->repository.text);
}

static void check_fleet(const struct fleets *fleets, const struct fleet *fleet)
{
	AUTO(err_release) struct err err = ERR_INIT;

	if (config_kind_check(CONFIG_REPOSITORY, fleet->repository.text, &err) < 0) {
		struct diag *diag = yaml_problem(&fleet->mark, DIAG_ERROR,
						 "fleet '%s' needs a 'repository'", fleet->name);

		if (diag)
			diag->hint = xstrdup("its name cannot be one: repositories are lower case");
	}
	for (const struct fleet *other = fleets->items; other < fleet; other++) {
		if (fleet->reference && str_eq(other->reference, fleet->reference))
			(void)yaml_problem(
				&fleet->mark, DIAG_ERROR,
				"the releases of fleet '%s' would be kept at '%s', as those "
				"of fleet '%s'",
				fleet->name, fleet->reference, other->name);
	}
}

int fleets_read(struct config *config, struct fleets *ret, struct err *err)
{
	AUTO(fleets_release)
	struct fleets fleets = { .arena = arena_new(), .path = config_project_path(config) };
	const struct yaml *section = config_project_node(config, SECTION);
	struct common common = { .boards = { .len = 0 } };

	if (read_common(config, fleets.arena, &common, err) < 0)
		return -1;
	YAML_EACH_ENTRY(entry, section)
		read_fleet(&fleets, entry, &common, ARENA_ADD(fleets.arena, &fleets));
	VEC_FOREACH(fleet, &fleets)
		check_fleet(&fleets, fleet);
	if (section && diags_check(section->mark.file, err) < 0)
		return -1;
	*ret = fleets;
	fleets = (struct fleets)FLEETS_INIT;
	return 0;
}

void fleets_release(struct fleets *fleets)
{
	arena_free(fleets->arena);
	*fleets = (struct fleets)FLEETS_INIT;
}

const struct fleet *fleet_lookup(const struct fleets *fleets, const char *name)
{
	VEC_FOREACH(fleet, fleets) {
		if (str_eq(fleet->name, name))
			return fleet;
	}
	return NULL;
}

int fleet_find(const struct fleets *fleets, const char *name, const struct fleet **ret,
	       struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *meant;

	*ret = fleet_lookup(fleets, name);
	if (*ret)
		return 0;
	VEC_FOREACH(fleet, fleets)
		strvec_add(&names, fleet->name);
	meant = suggest(name, (const char *const *)strvec_argv(&names));
	(void)err_set(err, ERR_NOT_FOUND, "there is no fleet '%s'", name);
	if (meant)
		return err_hint(err, "did you mean '%s'?", meant);
	return err_hint(err, "name it under 'fleets' in %s",
			fleets->path ? fleets->path : CONFIG_PROJECT_FILE);
}

void fleet_texts_add_to(const struct fleet_texts *texts, struct strvec *out)
{
	VEC_FOREACH(text, texts)
		strvec_add(out, text->text);
}
