/* A user's configuration directory and a project, both fresh for each test. */
#ifndef WORLD_H
#define WORLD_H

#include "../base/unit.h"

#include <stdlib.h>

#include "config/config.h"

static struct config *config;

static inline int world_enter(void **state)
{
	AUTO(freep) char *home = NULL;

	CONFIG_KEY_FOREACH(key, config_keys) {
		if (key->env)
			(void)unsetenv(key->env);
	}
	if (scratch_enter(state) < 0 || mkdir("home", 0755) < 0 || mkdir("project", 0755) < 0)
		return -1;
	home = realpath("home", NULL);
	return home && setenv("EDGECTL_CONFIG_HOME", home, 1) == 0 ? chdir("project") : -1;
}

static inline int world_leave(void **state)
{
	config_free(config);
	config = NULL;
	return chdir("..") < 0 ? -1 : scratch_leave(state);
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_enter, world_leave)

static inline void load(const char *project, const char *user)
{
	if (project)
		write_text("edgectl.yaml", project);
	if (user)
		write_text("../home/config.yaml", user);
	config_free(config);
	config = NULL;
	assert_ok(config_load(&config, &err_));
}

/* Its message; the file is in the project, or is the user's. */
static inline const char *load_wrong(const char *text, bool is_user)
{
	write_text(is_user ? "../home/config.yaml" : "edgectl.yaml", text);
	err_clear(&err_);
	if (config_load(&config, &err_) == 0)
		fail_msg("accepted: %s", text);
	assert_int_equal(err_.kind, ERR_INPUT);
	return err_.message;
}

#endif
