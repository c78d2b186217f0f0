#include "doctor/check.h"
#include "image/platform.h"
#include "step.h"

static void add_copies(const struct check *check, const struct err *why, struct findings *ret)
{
	findings_add(ret, FINDING_WARNING, check->name,
		     why->hint ? why->hint
			       : "put the store on ext4, xfs or btrfs: store.path in config.yaml",
		     "there is no overlay, so that steps run on copies of their files, which takes "
		     "longer: %s",
		     why->message);
}

static int run_steps(const struct check *check, const struct check_context *context,
		     struct findings *ret, struct err *err)
{
	AUTO(err_release) struct err why = ERR_INIT, again = ERR_INIT;
	struct platform host;

	(void)err;
	platform_host(&host);
	if (step_try(context, &host, true, &why) == 0)
		findings_add(ret, FINDING_GOOD, check->name, NULL,
			     "a step ran, on an overlay, in namespaces of its own");
	else if (sandbox_refused_overlay(&why) && step_try(context, &host, false, &again) == 0)
		add_copies(check, &why, ret);
	else
		findings_add(ret, FINDING_BAD, check->name, why.hint, "a step did not run: %s",
			     why.message);
	return 0;
}

extern const struct check check_steps;
const struct check check_steps = {
	.name = "steps",
	.title = "RUN steps",
	.place = CHECK_INSIDE,
	.run = run_steps,
};
