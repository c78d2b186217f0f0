#include "privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <stdbool.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "id_map.h"
#include "scope.h"

#define KEYRING_ROUNDS 100

/* moby: oci/caps/defaults.go; BuildKit and containerd give the same. */
static const cap_value_t kept[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,           CAP_FOWNER,
	CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,           CAP_SETUID,
	CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
	CAP_KILL,    CAP_AUDIT_WRITE,
};

static void cap_freep(cap_t *caps)
{
	(void)cap_free(*caps);
}

static bool is_kept(cap_value_t cap)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (kept[i] == cap)
			return true;
	return false;
}

/* Those that we lack ourselves cannot be given. */
static int set_caps(struct err *err)
{
	AUTO(cap_freep) cap_t have = cap_get_proc();
	AUTO(cap_freep) cap_t want = cap_init();

	if (!have || !want)
		return err_errno(err, "read capabilities");
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		cap_flag_value_t value = CAP_CLEAR;

		if (cap_get_flag(have, kept[i], CAP_PERMITTED, &value) < 0 || value != CAP_SET)
			continue;
		(void)cap_set_flag(want, CAP_PERMITTED, 1, &kept[i], CAP_SET);
		(void)cap_set_flag(want, CAP_EFFECTIVE, 1, &kept[i], CAP_SET);
	}
	return cap_set_proc(want) < 0 ? err_errno(err, "give up capabilities") : 0;
}

/*
 * Else the step would have what its caller's session keeps there: Kerberos tickets, keys of file systems. Where seccomp
 * forbids keyctl(2) it does so to the step too.
 */
static int leave_session_keyring(struct err *err)
{
	const struct timespec pause = { .tv_nsec = 20000000 };

	/* Those of steps that have ended count until the kernel finds the time to remove them. */
	for (int round = 0; round < KEYRING_ROUNDS; round++) {
		if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 ||
		    errno == ENOSYS || errno == EPERM)
			return 0;
		if (errno != EDQUOT)
			return err_errno(err, "create a session keyring");
		(void)nanosleep(&pause, NULL);
	}
	(void)err_errnum(err, EDQUOT, "create a session keyring");
	return err_hint(err, "sudo sysctl -w kernel.keys.maxkeys=2000");
}

static int drop_bounding(struct err *err)
{
	for (cap_value_t cap = 0; CAP_IS_SUPPORTED(cap); cap++)
		if (!is_kept(cap) && cap_drop_bound(cap) < 0 && errno != EINVAL)
			return err_errno(err, "give up capability %d", cap);
	return 0;
}

/* While CAP_SYS_ADMIN is still there. */
static int load_filter(const struct syscall_filter *filter, struct strvec *warnings,
		       struct err *err)
{
	AUTO(err_release) struct err load_err = ERR_INIT;

	if (syscall_filter_load(filter, &load_err) == 0)
		return 0;
	if (load_err.kind != ERR_UNSUPPORTED) {
		err_move(err, &load_err);
		return -1;
	}
	strvec_add(warnings,
		   "this kernel has no system call filters (CONFIG_SECCOMP_FILTER): steps "
		   "run without one");
	return 0;
}

static bool has_limit(const struct step_options *options, int resource)
{
	VEC_FOREACH(limit, &options->limits)
		if (limit->resource == resource)
			return true;
	return false;
}

int privilege_drop(const struct privilege *privilege, struct strvec *warnings, struct err *err)
{
	static const struct rlimit no_core = { 0, 0 };

	if (!privilege->insecure && drop_bounding(err) < 0)
		return -1;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_errno(err, "give up ambient capabilities");
	/* A core file would end up in the layer. */
	if (!has_limit(privilege->options, RLIMIT_CORE) && setrlimit(RLIMIT_CORE, &no_core) < 0)
		return err_errno(err, "limit core files");
	if (leave_session_keyring(err) < 0)
		return -1;
	if (privilege->insecure)
		return 0;
	if (scope_limit(err) < 0 || load_filter(privilege->filter, warnings, err) < 0)
		return -1;
	return set_caps(err);
}

/* --- limits --- */

void privilege_raise_limits(const struct step_options *options)
{
	VEC_FOREACH(limit, &options->limits) {
		struct rlimit now;

		if (getrlimit((__rlimit_resource_t)limit->resource, &now) < 0 ||
		    limit->hard <= now.rlim_max)
			continue;
		now.rlim_max = limit->hard;
		/* Who may not is told by privilege_limit(). */
		(void)setrlimit((__rlimit_resource_t)limit->resource, &now);
	}
}

static int explain_limit(const struct step_limit *limit, struct err *err)
{
	struct rlimit now = { 0, 0 };

	if (errno != EPERM)
		return err_errno(err, "set the limit '%s'", step_limit_name(limit->resource));
	(void)getrlimit((__rlimit_resource_t)limit->resource, &now);
	(void)err_set(err, ERR_DENIED,
		      "the limit '%s' cannot be raised above this process's own, which is %llu",
		      step_limit_name(limit->resource), (unsigned long long)now.rlim_max);
	return err_hint(err,
			"give --ulimit at most that, or raise it in /etc/security/limits.conf");
}

int privilege_limit(const struct step_options *options, struct err *err)
{
	VEC_FOREACH(limit, &options->limits) {
		struct rlimit value = { .rlim_cur = limit->soft, .rlim_max = limit->hard };

		if (setrlimit((__rlimit_resource_t)limit->resource, &value) < 0)
			return explain_limit(limit, err);
	}
	return 0;
}

/* --- the account --- */

static int check_id(const char *file, const char *what, unsigned id, struct err *err)
{
	AUTO(id_map_release) struct id_map map = ID_MAP_INIT;
	unsigned long count;

	if (id_map_read(file, &map, err) < 0)
		return -1;
	if (id_map_has(&map, id))
		return 0;
	count = id_map_count(&map);
	(void)err_set(err, ERR_UNSUPPORTED, "cannot run as %s %u: this user namespace has %lu id%s",
		      what, id, count, count == 1 ? " only" : "s");
	if (count > 1)
		return err_hint(err, "use a lower number, or a larger range of ids in /etc/subuid "
				     "and /etc/subgid");
	return err_hint(err,
			"give yourself a range of ids: sudo usermod --add-subuids 100000-165535 "
			"--add-subgids 100000-165535 $USER");
}

int privilege_become(const struct account *account, struct err *err)
{
	if (setgroups(account->group_count, account->groups) == 0 &&
	    setresgid(account->gid, account->gid, account->gid) == 0 &&
	    setresuid(account->uid, account->uid, account->uid) == 0)
		return 0;
	/* A namespace of one id has no setgroups(2), and root's groups are of no consequence in it. */
	if (account->uid == 0 && account->gid == 0)
		return errno == EPERM ? 0 : err_errno(err, "become root");
	if (check_id("uid_map", "user", account->uid, err) < 0 ||
	    check_id("gid_map", "group", account->gid, err) < 0)
		return -1;
	return err_errno(err, "become user %u", account->uid);
}
