/*
 * The fleets of a project: what runs the same releases, and where these are kept. As edgectl.yaml says it:
 *
 *	registry: registry.example.com/team
 *	fleets:
 *	  greenhouse:
 *	    boards: [raspberrypi4-64, raspberry-pi2]
 *	    channel: stable
 *	    profiles: [sensors]
 *	    labels: {site: north}
 *
 *	AUTO(config_freep) struct config *config = NULL;
 *	AUTO(fleets_release) struct fleets fleets = FLEETS_INIT;
 *	const struct fleet *fleet = NULL;
 *
 *	if (config_load(&config, err) < 0 || fleets_read(config, &fleets, err) < 0 ||
 *	    fleet_find(&fleets, "greenhouse", &fleet, err) < 0)
 *		return -1;
 *
 * Everything that a fleet points to belongs to the fleets or to the config, which must outlive them. Marks are for
 * yaml_problem() (base/yaml.h); those of what comes from a variable or a default name no place.
 */
#ifndef CONFIG_FLEET_H
#define CONFIG_FLEET_H

#include <stddef.h>

#include "base/vec.h"
#include "config/config.h"

struct fleet_text {
	const char *text; /* NULL = not said */
	struct yaml_mark mark;
};

struct fleet_texts {
	struct fleet_text *items;
	size_t len, cap;
};

struct fleet_label {
	const char *name;
	struct fleet_text value; /* "" for none */
};

struct fleet {
	const char *name;
	struct yaml_mark mark; /* of its name */
	struct fleet_text
		registry; /* HOST[:PORT][/PATH], its own or the project's; NULL = none is said */
	struct fleet_text repository; /* below it; never NULL */
	const char
		*reference; /* both, without a tag: HOST/PATH/REPOSITORY; NULL without a registry */
	/* Names of boards and platforms: its own, or if it has neither, the project's; both may be empty. */
	struct fleet_texts boards, platforms;
	struct fleet_text channel;   /* never NULL; a tag */
	struct fleet_texts services; /* none = all of the active profiles */
	struct fleet_texts profiles; /* "*" is all of them */
	struct {
		struct fleet_label *items; /* in the order of the file */
		size_t len, cap;
	} labels;
};

struct fleets {
	struct fleet *items; /* in the order of the file */
	size_t len, cap;
	struct arena *arena;
	const char *path; /* of edgectl.yaml, as messages call it; NULL = there is none */
};

#define FLEETS_INIT           \
	{                     \
		.items = NULL \
	}

/*
 * Those of the project's file; none is fine. ERR_INPUT lists all that is wrong with them: names that two fleets make
 * the same reference of are an error, too.
 */
WARN_UNUSED int fleets_read(struct config *config, struct fleets *ret, struct err *err);
void fleets_release(struct fleets *fleets);
/* NULL when there is none of that name. */
const struct fleet *fleet_lookup(const struct fleets *fleets, const char *name);
/* The same; without one, ERR_NOT_FOUND with the nearest name, or with how to have one. */
WARN_UNUSED int fleet_find(const struct fleets *fleets, const char *name, const struct fleet **ret,
			   struct err *err);
/* As options take them; appends to `out`. */
void fleet_texts_add_to(const struct fleet_texts *texts, struct strvec *out);

#endif
