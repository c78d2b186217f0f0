#include "mount_plan.h"

#include <string.h>
#include <sys/mount.h>

#include "base/alloc.h"
#include "base/path.h"

#define SAFE     (MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define SHM_SIZE ((uint64_t)64 << 20) /* as Docker */

void mount_plan_release(struct mount_plan *plan)
{
	VEC_FOREACH(item, plan) {
		free(item->source);
		free(item->target);
		free(item->data);
		free(item->substitute);
	}
	free(plan->items);
	*plan = (struct mount_plan)MOUNT_PLAN_INIT;
}

static struct mount_item *add(struct mount_plan *plan, enum mount_action action, const char *source,
			      const char *target)
{
	struct mount_item *item = VEC_ADD(plan);

	item->action = action;
	item->source = xstrdup_or_null(source);
	item->target = path_in_root(target);
	return item;
}

static struct mount_item *add_new(struct mount_plan *plan, const char *type, const char *target,
				  unsigned long flags, const char *data)
{
	struct mount_item *item = add(plan, MOUNT_NEW, type, target);

	item->flags = flags;
	item->data = xstrdup_or_null(data);
	return item;
}

static struct mount_item *add_text(struct mount_plan *plan, const char *target, struct span text,
				   unsigned mode)
{
	struct mount_item *item = add(plan, MOUNT_TEXT, NULL, target);

	item->data = span_dup(text);
	item->data_len = text.len;
	item->mode = mode;
	item->read_only = true;
	return item;
}

/* The paths that the OCI runtimes hide and lock by default: they tell about the machine, or change it. */
static void add_proc(struct mount_plan *plan, bool insecure)
{
	static const char *const masked[] = {
		"proc/acpi",       "proc/asound",        "proc/interrupts",  "proc/kcore",
		"proc/keys",       "proc/latency_stats", "proc/sched_debug", "proc/scsi",
		"proc/timer_list", "proc/timer_stats",
	};
	static const char *const locked[] = {
		"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger",
	};

	struct mount_item *item = add_new(plan, "proc", "proc", SAFE, NULL);

	item->substitute = xstrdup("/proc");
	item->no_link = true;
	if (insecure)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(masked); i++)
		add(plan, MOUNT_MASK, NULL, masked[i])->optional = true;
	for (size_t i = 0; i < ARRAY_SIZE(locked); i++)
		add(plan, MOUNT_READ_ONLY, NULL, locked[i])->optional = true;
}

/* The kernel gives a fresh sysfs only to the owner of the network namespace it shows. */
static void add_sys(struct mount_plan *plan, enum sandbox_network network, bool insecure)
{
	/* The first two as the OCI runtimes; the others are file systems that a sysfs of the step's own would not have. */
	static const char *const masked[] = {
		"sys/firmware",        "sys/devices/virtual/powercap",
		"sys/kernel/debug",    "sys/kernel/tracing",
		"sys/kernel/security", "sys/kernel/config",
		"sys/fs/bpf",          "sys/fs/pstore",
	};
	struct mount_item *sys = NULL;

	if (network == SANDBOX_NETWORK_NONE) {
		struct mount_item *item = NULL;

		sys = add_new(plan, "sysfs", "sys", SAFE | (insecure ? 0 : MS_RDONLY), NULL);
		sys->substitute = xstrdup("/sys");
		sys->read_only = !insecure;
		sys->no_link = true;
		item = add(plan, MOUNT_BIND, "/sys/fs/cgroup", "sys/fs/cgroup");
		item->read_only = !insecure;
		item->optional = true;
	} else {
		sys = add(plan, MOUNT_BIND, "/sys", "sys");
		sys->read_only = !insecure;
		sys->no_link = true;
	}
	for (size_t i = 0; !insecure && i < ARRAY_SIZE(masked); i++)
		add(plan, MOUNT_MASK, NULL, masked[i])->optional = true;
}

static void add_dev_links(struct mount_plan *plan)
{
	static const char *const links[][2] = {
		{ "dev/fd", "/proc/self/fd" },       { "dev/stdin", "/proc/self/fd/0" },
		{ "dev/stdout", "/proc/self/fd/1" }, { "dev/stderr", "/proc/self/fd/2" },
		{ "dev/ptmx", "pts/ptmx" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		add(plan, MOUNT_LINK, links[i][1], links[i][0]);
}

static void add_dev(struct mount_plan *plan, bool tty_group, uint64_t shm_size)
{
	/* Bound, because a user namespace cannot make device nodes. */
	static const char *const nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
	AUTO(freep)
	char *shm = xasprintf("mode=1777,size=%llu",
			      (unsigned long long)(shm_size ? shm_size : SHM_SIZE));

	add_new(plan, "tmpfs", "dev", MS_NOSUID | MS_NODEV | MS_STRICTATIME, "mode=755,size=65536k")
		->no_link = true;
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		AUTO(freep) char *source = path_join("/dev", nodes[i]);
		AUTO(freep) char *target = path_join("dev", nodes[i]);

		add(plan, MOUNT_BIND, source, target)->optional = true;
	}
	add_dev_links(plan);
	add_new(plan, "devpts", "dev/pts", MS_NOSUID | MS_NOEXEC,
		tty_group ? "newinstance,ptmxmode=0666,mode=0620,gid=5"
			  : "newinstance,ptmxmode=0666,mode=0620");
	add_new(plan, "tmpfs", "dev/shm", SAFE, shm);
	add_new(plan, "mqueue", "dev/mqueue", SAFE, NULL)->optional = true;
}

static void add_scripts(struct mount_plan *plan, const struct strmap *scripts)
{
	for (size_t i = 0; i < scripts->len; i++) {
		const char *text = scripts->items[i].value;
		AUTO(freep) char *target = path_join("dev/pipes", scripts->items[i].key);

		add_text(plan, target, span_of(text ? text : ""), 0755);
	}
}

static size_t depth(const char *target)
{
	size_t count = 1;

	for (const char *c = target; *c; c++)
		count += *c == '/';
	return count;
}

static void add_file(struct mount_plan *plan, const struct sandbox_mount *mount)
{
	struct mount_item *item = add(plan, MOUNT_TEXT, NULL, mount->target);

	item->data = xmalloc(mount->content_len + 1);
	memcpy(item->data, mount->content, mount->content_len);
	item->data_len = mount->content_len;
	item->mode = mount->mode;
	item->uid = mount->uid;
	item->gid = mount->gid;
	item->read_only = true;
}

static void add_step_mount(struct mount_plan *plan, const struct sandbox_mount *mount)
{
	if (mount->kind == SANDBOX_BIND) {
		struct mount_item *item = add(plan, MOUNT_BIND, mount->source, mount->target);

		item->read_only = mount->read_only;
		item->lasting = true;
		item->no_devices = !path_is_within(mount->source, "/dev");
		return;
	}
	if (mount->kind == SANDBOX_TREE) {
		struct mount_item *item = add(plan, MOUNT_TREE, mount->source, mount->target);

		item->tree = mount;
		item->read_only = !mount->upper;
		item->no_devices = true;
		return;
	}
	if (mount->kind == SANDBOX_FILE) {
		add_file(plan, mount);
		return;
	}
	AUTO(freep)
	char *data = mount->size ? xasprintf("mode=1777,size=%llu", (unsigned long long)mount->size)
				 : xstrdup("mode=1777");

	add_new(plan, "tmpfs", mount->target,
		MS_NOSUID | MS_NODEV | (mount->read_only ? MS_RDONLY : 0), data);
}

/* Outer targets first, so that none hides another; equal ones in their order. */
static void add_step_mounts(struct mount_plan *plan, const struct sandbox_mounts *mounts)
{
	size_t deepest = 0;

	VEC_FOREACH(mount, mounts) {
		AUTO(freep) char *target = path_in_root(mount->target);

		deepest = depth(target) > deepest ? depth(target) : deepest;
	}
	for (size_t level = 1; level <= deepest; level++) {
		VEC_FOREACH(mount, mounts) {
			AUTO(freep) char *target = path_in_root(mount->target);

			if (depth(target) != level)
				continue;
			add_step_mount(plan, mount);
			plan->items[plan->len - 1].is_step = true;
		}
	}
}

void mount_plan_make(const struct job *job, const struct mount_facts *facts, struct mount_plan *ret)
{
	add_proc(ret, job->insecure);
	add_sys(ret, job->network, job->insecure);
	add_dev(ret, facts->tty_group, job->options.shm_size);
	add_scripts(ret, &job->scripts);
	add_text(ret, "etc/resolv.conf", facts->resolv_conf, 0644);
	add_text(ret, "etc/hosts", facts->hosts, 0644);
	add_step_mounts(ret, &job->mounts);
}
