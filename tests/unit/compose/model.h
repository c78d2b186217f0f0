/* What the tests of compose share: loading what lies in the working directory. */
#ifndef MODEL_H
#define MODEL_H

#include <stdlib.h>

#include "base/str.h"
#include "compose/load.h"
#include "unit.h"

struct loading {
	struct compose_options options;
	struct strmap env;
	struct compose *compose;
	char *cwd;
};

static inline void loading_release(struct loading *loading)
{
	compose_free(loading->compose);
	strvec_release(&loading->options.files);
	strvec_release(&loading->options.env_files);
	strvec_release(&loading->options.services);
	strvec_release(&loading->options.profiles);
	strmap_release(&loading->env);
	free(loading->cwd);
}

/* Options can be set before, files written. */
static inline int loading_run(struct loading *loading)
{
	free(loading->cwd);
	loading->cwd = getcwd(NULL, 0);
	loading->options.cwd = loading->cwd;
	loading->options.env = &loading->env;
	if (!loading->options.project_name)
		loading->options.project_name = "p";
	err_clear(&err_);
	compose_free(TAKE(loading->compose));
	return compose_load(&loading->options, &loading->compose, &err_);
}

/* The model of one file. */
static inline void load_text(struct loading *loading, const char *text)
{
	write_text("compose.yaml", text);
	if (loading_run(loading) < 0)
		fail_msg("%s", err_.message);
}

/* The message of its refusal. */
static inline const char *refuse_text(struct loading *loading, const char *text)
{
	write_text("compose.yaml", text);
	if (loading_run(loading) == 0)
		fail_msg("accepted: %s", text);
	return err_.message;
}

#endif
