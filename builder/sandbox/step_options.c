#include "sandbox/step_options.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/str.h"

#define HOST_GATEWAY "host-gateway"

static const struct {
	const char *name;
	int resource;
} resources[] = {
	{ "core", RLIMIT_CORE },         { "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },         { "fsize", RLIMIT_FSIZE },
	{ "locks", RLIMIT_LOCKS },       { "memlock", RLIMIT_MEMLOCK },
	{ "msgqueue", RLIMIT_MSGQUEUE }, { "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },     { "nproc", RLIMIT_NPROC },
	{ "rss", RLIMIT_RSS },           { "rtprio", RLIMIT_RTPRIO },
	{ "rttime", RLIMIT_RTTIME },     { "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },
};

void step_options_release(struct step_options *options)
{
	VEC_FOREACH(host, &options->hosts) {
		free(host->name);
		free(host->address);
	}
	free(options->hosts.items);
	free(options->limits.items);
	strvec_release(&options->dns);
	*options = (struct step_options)STEP_OPTIONS_INIT;
}

/* --- limits --- */

const char *step_limit_name(int resource)
{
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++)
		if (resources[i].resource == resource)
			return resources[i].name;
	return "unknown";
}

static int find_resource(struct span name, int *ret, struct err *err)
{
	const char *names[ARRAY_SIZE(resources) + 1] = { NULL };
	AUTO(freep) char *given = span_dup(name);
	const char *nearest = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		names[i] = resources[i].name;
		if (str_eq(resources[i].name, given)) {
			*ret = resources[i].resource;
			return 0;
		}
	}
	nearest = suggest(given, names);
	(void)err_set(err, ERR_USAGE, "'%s' is no limit that processes have", given);
	return nearest ? err_hint(err, "did you mean '%s'?", nearest)
		       : err_hint(err,
				  "known are core, cpu, data, fsize, locks, memlock, msgqueue, "
				  "nice, nofile, nproc, rss, rtprio, rttime, sigpending and "
				  "stack");
}

static bool read_limit(struct span text, uint64_t *ret)
{
	unsigned long long value = 0;

	if (span_eq(text, "-1") || span_eq(text, "unlimited")) {
		*ret = STEP_UNLIMITED;
		return true;
	}
	if (!span_to_u64(text, INT64_MAX, &value))
		return false;
	*ret = value;
	return true;
}

static struct step_limit *limit_slot(struct step_options *options, int resource)
{
	VEC_FOREACH(limit, &options->limits)
		if (limit->resource == resource)
			return limit;
	return VEC_ADD(&options->limits);
}

int step_options_add_limit(struct step_options *options, const char *text, struct err *err)
{
	struct span rest = span_of(text);
	struct span name;
	struct span soft;
	struct step_limit limit = { .resource = -1 };
	bool has_hard = false;

	if (!span_cut(&rest, '=', &name) || !name.len) {
		(void)err_set(err, ERR_USAGE, "'%s' is no limit", text);
		return err_hint(err, "write NAME=SOFT[:HARD], for example nofile=1024:4096");
	}
	if (find_resource(name, &limit.resource, err) < 0)
		return -1;
	has_hard = span_cut(&rest, ':', &soft);
	if (!read_limit(soft, &limit.soft) || !read_limit(has_hard ? rest : soft, &limit.hard)) {
		(void)err_set(err, ERR_USAGE, "'%s': a limit is a number, or -1 for none", text);
		return err_hint(err, "write NAME=SOFT[:HARD], for example nofile=1024:4096");
	}
	if (limit.soft > limit.hard)
		return err_set(err, ERR_USAGE, "'%s': the soft limit is above the hard one", text);
	*limit_slot(options, limit.resource) = limit;
	return 0;
}

/* --- names --- */

static bool is_address(const char *text)
{
	unsigned char buffer[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, buffer) == 1 || inet_pton(AF_INET6, text, buffer) == 1;
}

/* The address in its plain form; NULL when it is none. */
static char *read_address(struct span text)
{
	AUTO(freep) char *address = NULL;

	if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = (struct span){ text.ptr + 1, text.len - 2 };
	address = span_dup(text);
	if (str_eq(address, HOST_GATEWAY))
		return xstrdup("127.0.0.1"); /* a step shares the host's network */
	return is_address(address) ? TAKE(address) : NULL;
}

static bool is_host_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] <= ' ' || name.ptr[i] == '#')
			return false;
	return name.len > 0;
}

int step_options_add_host(struct step_options *options, const char *text, struct err *err)
{
	size_t len = strcspn(text, ":=");
	struct span name = { text, len };
	AUTO(freep) char *address = text[len] ? read_address(span_of(text + len + 1)) : NULL;

	if (!address || !is_host_name(name)) {
		(void)err_set(err, ERR_USAGE, "'%s' does not give a name an address", text);
		return err_hint(err, "write NAME:ADDRESS, for example registry.lab:10.0.0.2, or "
				     "NAME:host-gateway for this machine");
	}
	*VEC_ADD(&options->hosts) = (struct step_host){ span_dup(name), TAKE(address) };
	return 0;
}

int step_options_add_dns(struct step_options *options, const char *text, struct err *err)
{
	if (!is_address(text)) {
		(void)err_set(err, ERR_USAGE, "'%s' is not the address of a name server", text);
		return err_hint(err, "write an IPv4 or IPv6 address");
	}
	strvec_add(&options->dns, text);
	return 0;
}

/* --- the others --- */

/* Binary units, as docker reads sizes. */
static bool read_size(struct span text, uint64_t *ret)
{
	static const char units[] = "bkmg";
	const char *unit = NULL;
	unsigned long long number = 0;
	unsigned shift = 0;

	if (text.len > 1 && (text.ptr[text.len - 1] | 0x20) == 'b' &&
	    !strchr("0123456789", text.ptr[text.len - 2]))
		text.len--;
	unit = text.len ? strchr(units, text.ptr[text.len - 1] | 0x20) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - units);
		text.len--;
	}
	if (!span_to_u64(text, (uint64_t)INT64_MAX >> shift, &number) || !number)
		return false;
	*ret = (uint64_t)number << shift;
	return true;
}

int step_options_set_shm_size(struct step_options *options, const char *text, struct err *err)
{
	if (read_size(span_of(text), &options->shm_size))
		return 0;
	(void)err_set(err, ERR_USAGE, "'%s' is not a size", text);
	return err_hint(err, "write bytes, or a number with k, m or g: 256m");
}

int step_options_set_network(struct step_options *options, const char *text, struct err *err)
{
	if (str_eq(text, "none")) {
		options->network = SANDBOX_NETWORK_NONE;
		return 0;
	}
	if (str_eq(text, "default") || str_eq(text, "host")) {
		options->network = SANDBOX_NETWORK_HOST;
		return 0;
	}
	(void)err_set(err, ERR_USAGE, "'%s' is no network that steps can have", text);
	return err_hint(err, "write default, host or none");
}

int step_options_allow(struct step_options *options, const char *text, struct err *err)
{
	if (str_eq(text, "security.insecure")) {
		options->allow_insecure = true;
		return 0;
	}
	if (str_eq(text, "network.host"))
		return 0;
	(void)err_set(err, ERR_USAGE, "'%s' is nothing that a build can be allowed", text);
	return err_hint(err, "write security.insecure or network.host");
}
