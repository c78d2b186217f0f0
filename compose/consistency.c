/* Does the model fit together? Source: compose-spec 05-services.md, and the reference's own checks. */
#include "base/alloc.h"
#include "base/path.h"
#include "compose/quantity.h"
#include "service.h"

struct model {
	struct arena *arena;
	const struct yaml *document, *services, *inactive;
	struct yaml *container_names; /* to the services that have them */
};

struct subject {
	const struct model *model;
	const char *name;
	const struct yaml *node;
	const struct place *place;
};

static void fail(const struct subject *s, const struct yaml *at, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static void fail(const struct subject *s, const struct yaml *at, const char *fmt, ...)
{
	AUTO(str_release) struct str text = STR_INIT;
	const struct yaml *where = at && at->mark.file ? at : s->node;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	(void)place_problem(&where->mark, s->place, DIAG_ERROR, "%s", text.ptr);
}

/* A name that nothing defines; with the nearest one that is defined. */
static void undefined(const struct subject *s, const struct yaml *at, const char *what,
		      const char *name, const struct yaml *defined)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const struct yaml *where = at && at->mark.file ? at : s->node;
	const char *near = NULL;
	struct diag *diag = place_problem(&where->mark, s->place, DIAG_ERROR,
					  "the %s '%s' is not defined", what, name);

	YAML_EACH_ENTRY(entry, defined)
		strvec_add(&names, entry->key);
	near = suggest(name, (const char *const *)strvec_argv(&names));
	if (diag && near)
		diag->hint = xasprintf("did you mean '%s'?", near);
}

static void check_keys(const struct subject *s, const char *attribute, const char *what)
{
	const struct yaml *defined = yaml_get(s->model->document, attribute);

	YAML_EACH_ENTRY(entry, yaml_get(s->node, attribute))
		if (!yaml_has(defined, entry->key))
			undefined(s, entry->value, what, entry->key, defined);
}

/* Of no use as names: profiles.c takes them for extensions, as the reference does. */
static void check_extension_networks(const struct subject *s)
{
	YAML_EACH_ENTRY(entry, yaml_get(s->node, "networks"))
		if (str_has_prefix(entry->key, "x-"))
			fail(s, entry->value,
			     "'%s' under 'networks' is an extension, and joins no network: one "
			     "that services use cannot be called x-...",
			     entry->key);
}

static void check_sources(const struct subject *s, const struct yaml *list, const char *kind,
			  const char *what)
{
	const struct yaml *defined = yaml_get(s->model->document, kind);

	YAML_EACH_ITEM(item, list) {
		const char *source = yaml_get_text(*item, "source");

		if (source && !yaml_has(defined, source))
			undefined(s, *item, what, source, defined);
	}
}

static void check_volumes(const struct subject *s)
{
	const struct yaml *defined = yaml_get(s->model->document, "volumes");

	YAML_EACH_ITEM(mount, yaml_get(s->node, "volumes")) {
		const char *source = yaml_get_text(*mount, "source");

		if (source && str_eq(yaml_get_text(*mount, "type"), "volume") &&
		    !yaml_has(defined, source))
			undefined(s, *mount, "volume", source, defined);
	}
}

static void check_dependencies(const struct subject *s)
{
	YAML_EACH_ENTRY(entry, yaml_get(s->node, "depends_on")) {
		const struct yaml *required = yaml_get(entry->value, "required");
		bool optional = yaml_is(required, YAML_BOOL) && !required->boolean;

		if (yaml_has(s->model->services, entry->key))
			continue;
		if (!yaml_has(s->model->inactive, entry->key))
			undefined(s, entry->value, "service", entry->key, s->model->services);
		else if (!optional)
			fail(s, entry->value,
			     "depends on the service '%s', which no active profile switches on",
			     entry->key);
	}
}

static void check_references(const struct subject *s)
{
	check_keys(s, "networks", "network");
	check_extension_networks(s);
	check_keys(s, "models", "model");
	check_volumes(s);
	check_sources(s, yaml_get(s->node, "secrets"), "secrets", "secret");
	check_sources(s, yaml_get(s->node, "configs"), "configs", "config");
	check_sources(s, yaml_get(yaml_get(s->node, "build"), "secrets"), "secrets",
		      "build secret");
	check_dependencies(s);
}

static void check_contexts(const struct subject *s, const struct yaml *build)
{
	YAML_EACH_ENTRY(entry, yaml_get(build, "additional_contexts")) {
		const char *text = entry->value->text;
		const struct yaml *target = NULL;

		if (!str_has_prefix(text, "service:"))
			continue;
		text += strlen("service:");
		target = yaml_get(s->model->services, text);
		if (!target)
			undefined(s, entry->value, "service", text, s->model->services);
		else if (!yaml_has(target, "build"))
			fail(s, entry->value,
			     "the service '%s' has no build section to take a context from", text);
	}
}

static void check_build(const struct subject *s)
{
	const struct yaml *build = yaml_get(s->node, "build");
	const struct yaml *platforms = yaml_get(build, "platforms");
	const char *platform = yaml_get_text(s->node, "platform");
	bool found = false;

	if (!build && !yaml_has(s->node, "image") && !yaml_has(s->node, "provider"))
		fail(s, NULL, "there is neither an 'image' nor a 'build' section");
	if (yaml_has(build, "dockerfile") && yaml_has(build, "dockerfile_inline"))
		fail(s, build, "'dockerfile' and 'dockerfile_inline' exclude each other");
	check_contexts(s, build);
	YAML_EACH_ITEM(item, platforms)
		found |= str_eq((*item)->text, platform);
	if (platform && yaml_len(platforms) && !found)
		fail(s, platforms, "'build.platforms' must hold the platform of the service, '%s'",
		     platform);
}

static void check_network_mode(const struct subject *s)
{
	if (yaml_has(s->node, "network_mode") && yaml_len(yaml_get(s->node, "networks")))
		fail(s, yaml_get(s->node, "network_mode"),
		     "'network_mode' and 'networks' exclude each other");
}

static void check_healthcheck(const struct subject *s)
{
	const struct yaml *test = yaml_get(yaml_get(s->node, "healthcheck"), "test");
	const char *first = yaml_len(test) ? test->list.items[0]->text : NULL;

	if (first && strcmp(first, "NONE") != 0 && strcmp(first, "CMD") != 0 &&
	    strcmp(first, "CMD-SHELL") != 0)
		fail(s, test, "the test of a health check begins with CMD, CMD-SHELL or NONE");
}

/* Two ways to say one thing have to say the same. */
static void check_same(const struct subject *s, const char *key, const struct yaml *other,
		       const char *other_key)
{
	const struct yaml *own = yaml_get(s->node, key);
	double a = 0, b = 0;

	if (!own || !other)
		return;
	a = strtod(yaml_scalar_text(s->model->arena, own), NULL);
	b = strtod(yaml_scalar_text(s->model->arena, other), NULL);
	if (a < b || a > b)
		fail(s, own, "'%s' and '%s' say different things", key, other_key);
}

static void check_resources(const struct subject *s)
{
	const struct yaml *deploy = yaml_get(s->node, "deploy");
	const struct yaml *limits = yaml_get(yaml_get(deploy, "resources"), "limits");
	const struct yaml *reserved = yaml_get(yaml_get(deploy, "resources"), "reservations");

	check_same(s, "scale", yaml_get(deploy, "replicas"), "deploy.replicas");
	check_same(s, "cpus", yaml_get(limits, "cpus"), "deploy.resources.limits.cpus");
	check_same(s, "mem_limit", yaml_get(limits, "memory"), "deploy.resources.limits.memory");
	check_same(s, "pids_limit", yaml_get(limits, "pids"), "deploy.resources.limits.pids");
	check_same(s, "mem_reservation", yaml_get(reserved, "memory"),
		   "deploy.resources.reservations.memory");
}

/* What 'scale' says is said by a deploy section as well. */
static void copy_scale(const struct subject *s)
{
	struct yaml *scale = yaml_get(s->node, "scale");
	struct yaml *deploy = yaml_get(s->node, "deploy");

	if (scale && yaml_is(deploy, YAML_MAP) && !yaml_has(deploy, "replicas"))
		yaml_set(s->model->arena, deploy, "replicas", scale);
}

static void check_scale(const struct subject *s)
{
	const struct yaml *replicas = yaml_get(yaml_get(s->node, "deploy"), "replicas");
	const struct yaml *scale = yaml_get(s->node, "scale") ?: replicas;
	const struct yaml *name = yaml_get(s->node, "container_name");
	const struct yaml *other = NULL;

	copy_scale(s);
	if (yaml_is(scale, YAML_INT) && scale->integer < 0)
		fail(s, scale, "a number of containers cannot be negative");
	if (!name)
		return;
	if (yaml_is(scale, YAML_INT) && scale->integer > 1)
		fail(s, scale, "several containers cannot have one 'container_name'");
	other = yaml_get(s->model->container_names, name->text);
	if (other)
		fail(s, name, "the container name '%s' is already that of the service '%s'",
		     name->text, other->text);
	else
		yaml_set(s->model->arena, s->model->container_names, name->text,
			 yaml_new_string(s->model->arena, s->name, name));
}

static void check_watch(const struct subject *s)
{
	YAML_EACH_ITEM(rule, yaml_get(yaml_get(s->node, "develop"), "watch")) {
		const char *action = yaml_get_text(*rule, "action");

		if (!yaml_has(*rule, "target") && !str_eq(action, "rebuild") &&
		    !str_eq(action, "restart"))
			fail(s, *rule, "a watch rule with the action '%s' needs a 'target'",
			     action);
	}
}

static void check_mount(const struct subject *s, struct yaml *seen, const char *target,
			const struct yaml *at)
{
	if (yaml_has(seen, target))
		fail(s, at, "two volumes are mounted at '%s'", target);
	yaml_set(s->model->arena, seen, target, yaml_new(s->model->arena, YAML_NULL, NULL));
}

static void check_mounts(const struct subject *s)
{
	struct arena *arena = s->model->arena;
	struct yaml *seen = yaml_new(arena, YAML_MAP, NULL);

	YAML_EACH_ITEM(item, yaml_get(s->node, "tmpfs"))
		check_mount(s, seen,
			    arena_strndup(arena, (*item)->text, strcspn((*item)->text, ":")),
			    *item);
	YAML_EACH_ITEM(mount, yaml_get(s->node, "volumes")) {
		const char *target = yaml_get_text(*mount, "target");

		if (target)
			check_mount(s, seen, target, *mount);
	}
}

static void check_service(const struct subject *s)
{
	check_build(s);
	check_network_mode(s);
	check_healthcheck(s);
	check_references(s);
	check_resources(s);
	check_scale(s);
	check_watch(s);
	check_mounts(s);
}

enum visit { VISIT_OPEN = 1, VISIT_DONE };

struct trail {
	const struct trail *up;
	const char *service;
};

static void add_trail(const struct trail *trail, const char *until, struct str *out)
{
	if (trail->up && strcmp(trail->service, until) != 0)
		add_trail(trail->up, until, out);
	str_addf(out, "%s -> ", trail->service);
}

/* Depth first; a service that is met again while it is open closes a cycle. */
static void visit(const struct model *model, struct yaml *visits, const char *name,
		  const struct trail *up)
{
	const struct place root = { .up = NULL };
	const struct place services = { .up = &root, .key = "services" };
	const struct place place = { .up = &services, .key = name };
	const struct trail trail = { .up = up, .service = name };
	struct yaml *state = yaml_new_int(model->arena, VISIT_OPEN, NULL);

	yaml_set(model->arena, visits, name, state);
	YAML_EACH_ENTRY(entry, yaml_get(yaml_get(model->services, name), "depends_on")) {
		const struct yaml *seen = yaml_get(visits, entry->key);

		if (seen && seen->integer == VISIT_OPEN) {
			AUTO(str_release) struct str text = STR_INIT;
			const struct subject s = { .model = model,
						   .node = yaml_get(model->services, name),
						   .place = &place };

			add_trail(&trail, entry->key, &text);
			fail(&s, entry->value, "the dependencies go round in a circle: %s%s",
			     text.ptr, entry->key);
		} else if (!seen && yaml_has(model->services, entry->key)) {
			visit(model, visits, entry->key, &trail);
		}
	}
	state->integer = VISIT_DONE;
}

void check_consistency(struct loader *loader, const struct yaml *document,
		       const struct yaml *inactive)
{
	const struct place root = { .up = NULL };
	const struct place services = { .up = &root, .key = "services" };
	const struct model model = { .arena = loader->arena,
				     .document = document,
				     .services = yaml_get(document, "services"),
				     .inactive = inactive,
				     .container_names = yaml_new(loader->arena, YAML_MAP, NULL) };
	struct yaml *visits = yaml_new(loader->arena, YAML_MAP, NULL);

	YAML_EACH_ENTRY(entry, model.services) {
		const struct place place = { .up = &services, .key = entry->key };
		const struct subject subject = {
			.model = &model, .name = entry->key, .node = entry->value, .place = &place
		};

		check_service(&subject);
		if (!yaml_has(visits, entry->key))
			visit(&model, visits, entry->key, NULL);
	}
}
