#include <sys/utsname.h>
#include <unistd.h>

#include "doctor/check.h"
#include "sysctl.h"

#define NAMESPACES_FEW   64
#define WATCHES_FEW      65536 /* directories of a larger project with its node_modules or its .git */
#define INSTANCES_FEW    16
#define WATCHES_REMEDY   "sudo sysctl -w fs.inotify.max_user_watches=524288"
#define INSTANCES_REMEDY "sudo sysctl -w fs.inotify.max_user_instances=512"

/* --- user namespaces --- */

static void look_at_namespaces(const struct check *check, struct findings *ret)
{
	static const char remedy[] = "sudo sysctl -w user.max_user_namespaces=65536";
	long long most = sysctl_number("user/max_user_namespaces");

	if (most < 0)
		findings_add(ret, FINDING_BAD, check->name,
			     "use a kernel with CONFIG_USER_NS, as Debian's is",
			     "this kernel has no user namespaces, in which builds run");
	else if (most == 0)
		findings_add(ret, FINDING_BAD, check->name, remedy,
			     "user namespaces are switched off: user.max_user_namespaces is 0");
	else if (most < NAMESPACES_FEW)
		findings_add(ret, FINDING_WARNING, check->name, remedy,
			     "user namespaces: at most %lld at a time, fewer than many builds need",
			     most);
	else
		findings_add(ret, FINDING_GOOD, check->name, NULL,
			     "user namespaces: up to %lld at a time", most);
}

/* Settings of distributions. Root may make namespaces whatever they say. */
static void look_at_restrictions(const struct check *check, struct findings *ret)
{
	if (geteuid() == 0)
		return;
	if (sysctl_number("kernel/unprivileged_userns_clone") == 0)
		findings_add(ret, FINDING_BAD, check->name,
			     "sudo sysctl -w kernel.unprivileged_userns_clone=1",
			     "ordinary users may make no user namespaces: "
			     "kernel.unprivileged_userns_clone is 0");
	if (sysctl_number("kernel/apparmor_restrict_unprivileged_userns") == 1)
		findings_add(ret, FINDING_WARNING, check->name,
			     "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
			     "AppArmor denies user namespaces to programs without a profile: "
			     "kernel.apparmor_restrict_unprivileged_userns is 1");
}

/* --- seccomp --- */

static void look_at_seccomp(const struct check *check, struct findings *ret)
{
	if (sysctl_has_word("kernel/seccomp/actions_avail", "errno"))
		findings_add(ret, FINDING_GOOD, check->name, NULL,
			     "seccomp: system calls of RUN steps are filtered");
	else
		findings_add(ret, FINDING_BAD, check->name,
			     "use a kernel with CONFIG_SECCOMP_FILTER, as Debian's is",
			     "this kernel has no seccomp filters, by which RUN steps are confined");
}

/* --- inotify --- */

/* In a user namespace both its own bound and the machine's hold. */
static long long smaller(const char *name, const char *of_namespace)
{
	long long whole = sysctl_number(name), part = sysctl_number(of_namespace);

	return part >= 0 && part < whole ? part : whole;
}

static void look_at_inotify(const struct check *check, struct findings *ret)
{
	long long watches = smaller("fs/inotify/max_user_watches", "user/max_inotify_watches");
	long long instances =
		smaller("fs/inotify/max_user_instances", "user/max_inotify_instances");

	if (watches < 0)
		findings_add(ret, FINDING_WARNING, check->name,
			     "use a kernel with CONFIG_INOTIFY_USER, as Debian's is",
			     "inotify is not there: livepush sees no saved files");
	else if (watches < WATCHES_FEW)
		findings_add(ret, FINDING_WARNING, check->name, WATCHES_REMEDY,
			     "inotify: %lld directories can be watched, fewer than large projects "
			     "have: livepush would miss saved files",
			     watches);
	else if (instances < INSTANCES_FEW)
		findings_add(ret, FINDING_WARNING, check->name, INSTANCES_REMEDY,
			     "inotify: %lld programs of a user can watch files at a time; editors "
			     "take several",
			     instances);
	else
		findings_add(ret, FINDING_GOOD, check->name, NULL,
			     "inotify: %lld directories can be watched by livepush", watches);
}

static int run_kernel(const struct check *check, const struct check_context *context,
		      struct findings *ret, struct err *err)
{
	struct utsname host;

	(void)context;
	if (uname(&host) < 0)
		return err_errno(err, "ask for the kernel's version");
	findings_add(ret, FINDING_GOOD, check->name, NULL, "Linux %s, %s", host.release,
		     host.machine);
	look_at_namespaces(check, ret);
	look_at_restrictions(check, ret);
	look_at_seccomp(check, ret);
	look_at_inotify(check, ret);
	return 0;
}

extern const struct check check_kernel;
const struct check check_kernel = {
	.name = "kernel",
	.title = "Kernel",
	.run = run_kernel,
};
