#include "base/alloc.h"
#include "base/path.h"
#include "doctor/check.h"
#include "image/platform.h"
#include "sandbox/emulation.h"
#include "step.h"

#define QEMU_OLD 6 /* since then it takes argv[0] from the kernel */

/* Boards have the first ones; a machine that lacks those does not do what edgectl is for. */
static const struct {
	const char *platform;
	bool is_of_boards;
} platforms[] = {
	{ "linux/arm/v6", true },   { "linux/arm/v7", true }, { "linux/arm64", true },
	{ "linux/riscv64", false }, { "linux/amd64", false }, { "linux/386", false },
};

static const char *way_name(enum emulation_way way)
{
	return way == EMULATION_OWN ? "registered by the build itself"
				    : "by the registration of this machine";
}

static bool is_old(const char *version)
{
	struct span rest = span_of(version), major;
	unsigned long long number = 0;

	(void)span_cut(&rest, '.', &major);
	return span_to_u64(major, 1000, &number) && number < QEMU_OLD;
}

static void add_good(const struct check *check, const char *name, const struct emulation *emulation,
		     struct findings *ret)
{
	AUTO(freep) char *version = emulation_version(emulation);
	bool old = version && is_old(version);

	if (emulation->way == EMULATION_NATIVE)
		findings_add(ret, FINDING_GOOD, check->name, NULL,
			     "%s: a program ran; this processor runs it itself", name);
	else
		findings_add(
			ret, old ? FINDING_WARNING : FINDING_GOOD, check->name,
			old ? "install a newer qemu-user-static: Debian 12 has 7.2" : NULL,
			"%s: a program ran; %s %s, %s%s", name, path_base(emulation->interpreter),
			version ? version : "of unknown version", way_name(emulation->way),
			old ? ", is old: programs do not see the name they were called by" : "");
}

static void look_at(const struct check *check, const struct check_context *context,
		    const char *name, bool is_of_boards, struct findings *ret)
{
	AUTO(emulation_release) struct emulation emulation = { .interpreter = NULL };
	AUTO(err_release) struct err err = ERR_INIT;
	enum finding_level level = is_of_boards ? FINDING_BAD : FINDING_WARNING;
	struct platform platform;

	if (platform_parse(name, &platform, &err) < 0 ||
	    emulation_find(platform.arch, platform.variant, &emulation, &err) < 0)
		findings_add(ret, level, check->name, err.hint, "%s: %s", name, err.message);
	else if (step_try(context, &platform, false, &err) < 0)
		findings_add(ret, level, check->name,
			     err.hint ? err.hint
				      : "sudo apt-get install --reinstall qemu-user-static",
			     "%s: a program did not run: %s", name, err.message);
	else
		add_good(check, name, &emulation, ret);
}

static int run_emulation(const struct check *check, const struct check_context *context,
			 struct findings *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++) {
		if (monitor_check(context->monitor, err) < 0)
			return -1;
		look_at(check, context, platforms[i].platform, platforms[i].is_of_boards, ret);
	}
	return 0;
}

extern const struct check check_emulation;
const struct check check_emulation = {
	.name = "emulation",
	.title = "Programs of other processors",
	.place = CHECK_INSIDE,
	.run = run_emulation,
};
