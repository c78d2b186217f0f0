#include <stdlib.h>
#include <string.h>

#include "asking.h"
#include "base/alloc.h"
#include "base/path.h"
#include "config/fleet.h"
#include "doctor/check.h"
#include "registry/standing.h"

/* What is asked of one, and what it said. */
struct inquiry {
	const struct check_context *context;
	char *host;
	enum registry_standing standing;
	bool is_answered; /* in time, with what `err` says */
	struct err err;   /* kind ERR_NONE = it answered */
};

struct inquiries {
	struct inquiry *items;
	size_t len, cap;
};

static void inquiries_release(struct inquiries *inquiries)
{
	VEC_FOREACH(inquiry, inquiries) {
		free(inquiry->host);
		err_release(&inquiry->err);
	}
	free(inquiries->items);
}

static struct registry *open_client(const struct check_context *context,
				    const struct monitor *monitor, struct err *err)
{
	const struct registry_options options = { .monitor = monitor };
	AUTO(registry_freep) struct registry *registry = registry_new(&options);
	AUTO(freep)
	char *path =
		context->config_home ? path_join(context->config_home, CONFIG_USER_FILE) : NULL;

	if (path && registry_configure(registry, path, err) < 0)
		return NULL;
	return TAKE(registry);
}

static void ask(void *data, const struct monitor *monitor)
{
	struct inquiry *inquiry = data;
	AUTO(registry_freep)
	struct registry *registry = open_client(inquiry->context, monitor, &inquiry->err);

	if (registry)
		(void)!registry_ask_standing(registry, inquiry->host, &inquiry->standing,
					     &inquiry->err);
}

/* --- which --- */

static void add_place(struct strvec *hosts, const char *place)
{
	AUTO(freep) char *host = xstrndup(place, strcspn(place, "/"));

	if (!strvec_contains(hosts, host))
		strvec_add(hosts, host);
}

static int add_configured(struct config *config, struct strvec *hosts, struct err *err)
{
	AUTO(fleets_release) struct fleets fleets = FLEETS_INIT;
	const char *registry = NULL;

	if (config_get_text(config, "registry", &registry, err) < 0 ||
	    fleets_read(config, &fleets, err) < 0)
		return -1;
	if (registry)
		add_place(hosts, registry);
	VEC_FOREACH(fleet, &fleets) {
		if (fleet->registry.text)
			add_place(hosts, fleet->registry.text);
	}
	return 0;
}

static int find_hosts(const struct check_context *context, struct registry *registry,
		      struct strvec *hosts, struct err *err)
{
	registry_known_hosts(registry, hosts);
	return context->config ? add_configured(context->config, hosts, err) : 0;
}

/* --- what they said --- */

static void add_refusal(const struct check *check, const struct inquiry *inquiry,
			struct findings *ret)
{
	AUTO(freep) char *login = xasprintf("edgectl login %s", inquiry->host);
	bool is_refused = inquiry->err.kind == ERR_AUTH;

	findings_add(ret, is_refused ? FINDING_BAD : FINDING_WARNING, check->name,
		     is_refused ? login : inquiry->err.hint, "%s", inquiry->err.message);
}

static void add_answer(const struct check *check, const struct inquiry *inquiry,
		       struct findings *ret)
{
	static const char *const said[] = {
		[REGISTRY_OPEN] = "answers, and asks for no credentials",
		[REGISTRY_ACCEPTED] = "answers, and takes our credentials",
		[REGISTRY_WANTS_LOGIN] = "answers, but wants credentials, of which there are none",
	};
	AUTO(freep) char *login = xasprintf("edgectl login %s", inquiry->host);
	bool wants = inquiry->standing == REGISTRY_WANTS_LOGIN;

	findings_add(ret, wants ? FINDING_WARNING : FINDING_GOOD, check->name, wants ? login : NULL,
		     "%s: %s", inquiry->host, said[inquiry->standing]);
}

/* One whose word is enough for pulling; NULL = none. */
static const struct inquiry *find_mirror(const struct inquiries *inquiries,
					 const struct registry *registry, const struct inquiry *of)
{
	VEC_FOREACH(inquiry, inquiries) {
		if (inquiry->is_answered && inquiry->err.kind == ERR_NONE &&
		    registry_has_mirror(registry, of->host, inquiry->host))
			return inquiry;
	}
	return NULL;
}

static void add_finding(const struct check *check, const struct inquiry *inquiry,
			const struct inquiry *mirror, struct findings *ret)
{
	bool is_reached = inquiry->is_answered && inquiry->err.kind != ERR_NETWORK &&
			  inquiry->err.kind != ERR_NOT_FOUND;

	if (!is_reached && mirror)
		findings_add(ret, FINDING_GOOD, check->name, NULL,
			     "%s: cannot be reached; its mirror %s is, which pulls ask first",
			     inquiry->host, mirror->host);
	else if (!inquiry->is_answered)
		findings_add(ret, FINDING_WARNING, check->name,
			     "look at the network, at https_proxy, and at 'registries' in "
			     "config.yaml",
			     "%s: no answer within %d seconds", inquiry->host,
			     ASKING_DEADLINE_MS / 1000);
	else if (inquiry->err.kind != ERR_NONE)
		add_refusal(check, inquiry, ret);
	else
		add_answer(check, inquiry, ret);
}

static int run_registries(const struct check *check, const struct check_context *context,
			  struct findings *ret, struct err *err)
{
	AUTO(strvec_release) struct strvec hosts = STRVEC_INIT;
	AUTO(inquiries_release) struct inquiries inquiries = { .items = NULL };
	AUTO(freep) struct question *questions = NULL;
	AUTO(registry_freep)
	struct registry *registry = open_client(context, context->monitor, err);

	if (!registry || find_hosts(context, registry, &hosts, err) < 0)
		return -1;
	VEC_FOREACH(host, &hosts)
		*VEC_ADD(&inquiries) =
			(struct inquiry){ .context = context, .host = xstrdup(*host) };
	questions = xcalloc(hosts.len + 1, sizeof(*questions));
	for (size_t i = 0; i < hosts.len; i++)
		questions[i] = (struct question){ .ask = ask, .data = &inquiries.items[i] };
	if (ask_all(questions, hosts.len, context->monitor, err) < 0)
		return -1;
	for (size_t i = 0; i < hosts.len; i++)
		inquiries.items[i].is_answered = questions[i].is_answered;
	VEC_FOREACH(inquiry, &inquiries)
		add_finding(check, inquiry, find_mirror(&inquiries, registry, inquiry), ret);
	if (hosts.len == 0)
		findings_add(ret, FINDING_GOOD, check->name, NULL,
			     "none is configured or logged in to");
	return 0;
}

extern const struct check check_registries;
const struct check check_registries = {
	.name = "registries",
	.title = "Registries",
	.run = run_registries,
};
