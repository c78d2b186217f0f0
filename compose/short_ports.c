#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "short.h"

#define PORT_MAX 65535

struct range {
	unsigned first, last;
};

struct port_spec {
	struct span ip, published, target, protocol;
};

bool is_ip_address(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* Cuts what is behind the last ':' off; all of it when there is none. */
static struct span cut_last(struct span *text, bool *ret_more)
{
	const char *colon = memrchr(text->ptr, ':', text->len);
	struct span last = *text;

	*ret_more = colon != NULL;
	if (colon) {
		last = (struct span){ .ptr = colon + 1,
				      .len = (size_t)(text->ptr + text->len - colon - 1) };
		text->len = (size_t)(colon - text->ptr);
	} else {
		text->len = 0;
	}
	return last;
}

/* [ip:][published:]target[/protocol] */
static void split(struct span text, struct port_spec *ret)
{
	bool more = false;

	*ret = (struct port_spec){ .target = cut_last(&text, &more), .protocol = SPAN_LIT("tcp") };
	if (more)
		ret->published = cut_last(&text, &more);
	if (more)
		ret->ip = text;
	text = ret->target;
	if (span_cut(&text, '/', &ret->target) && text.len)
		ret->protocol = text;
	if (ret->ip.len > 1 && ret->ip.ptr[0] == '[' && ret->ip.ptr[ret->ip.len - 1] == ']') {
		ret->ip.ptr++;
		ret->ip.len -= 2;
	}
}

static bool parse_range(struct span text, struct range *ret)
{
	struct span first = { 0 };
	unsigned long long a = 0, b = 0;
	bool has_last = span_cut(&text, '-', &first);

	if (!span_to_u64(first, PORT_MAX, &a))
		return false;
	b = a;
	if (has_last && !span_to_u64(text, PORT_MAX, &b))
		return false;
	*ret = (struct range){ .first = (unsigned)a, .last = (unsigned)b };
	return a <= b;
}

static bool is_protocol(struct span text)
{
	return span_eq_nocase(text, "tcp") || span_eq_nocase(text, "udp") ||
	       span_eq_nocase(text, "sctp");
}

static int refuse(const char *text, struct err *err)
{
	err_wrap(err, "'%s' is not a port", text);
	return err_hint(err, "write it as [IP:][PUBLISHED:]TARGET[/PROTOCOL]: '8080:80', "
			     "'127.0.0.1:8000-8010:80/udp'");
}

static int check_spec(const struct port_spec *spec, struct range *ret_target,
		      struct range *ret_published, struct err *err)
{
	AUTO(freep) char *ip = span_dup(spec->ip);

	if (*ip && !is_ip_address(ip))
		return err_set(err, ERR_INPUT, "'%s' is not an IP address", ip);
	if (!parse_range(spec->target, ret_target) || !ret_target->first)
		return err_set(err, ERR_INPUT, "the container's port '%.*s' is not within 1 and %d",
			       SPAN_FMT(spec->target), PORT_MAX);
	if (spec->published.len && !parse_range(spec->published, ret_published))
		return err_set(err, ERR_INPUT, "the published port '%.*s' is not within 0 and %d",
			       SPAN_FMT(spec->published), PORT_MAX);
	if (spec->published.len && ret_target->first != ret_target->last &&
	    ret_target->last - ret_target->first != ret_published->last - ret_published->first)
		return err_set(err, ERR_INPUT, "the ranges '%.*s' and '%.*s' differ in length",
			       SPAN_FMT(spec->published), SPAN_FMT(spec->target));
	if (!is_protocol(spec->protocol))
		return err_set(err, ERR_INPUT, "the protocol '%.*s' is none of tcp, udp and sctp",
			       SPAN_FMT(spec->protocol));
	return 0;
}

static void set_text(struct arena *arena, struct yaml *map, const char *key, struct span text)
{
	yaml_set(arena, map, key, yaml_new_stringf(arena, map, "%.*s", SPAN_FMT(text)));
}

static struct yaml *port_map(struct arena *arena, const struct yaml *at,
			     const struct port_spec *spec, unsigned target)
{
	struct yaml *map = yaml_new(arena, YAML_MAP, at);
	char protocol[8] = { 0 };

	for (size_t i = 0; i < spec->protocol.len && i < sizeof(protocol) - 1; i++)
		protocol[i] = (char)tolower((unsigned char)spec->protocol.ptr[i]);
	yaml_set(arena, map, "mode", yaml_new_string(arena, "ingress", at));
	if (spec->ip.len)
		set_text(arena, map, "host_ip", spec->ip);
	yaml_set(arena, map, "target", yaml_new_int(arena, target, at));
	yaml_set(arena, map, "protocol", yaml_new_string(arena, protocol, at));
	return map;
}

int short_ports(struct arena *arena, const struct yaml *spec, struct yaml *out, struct err *err)
{
	const char *text = yaml_scalar_text(arena, spec);
	struct port_spec parts = { 0 };
	struct range target = { 0 }, published = { 0 };

	split(span_of(text), &parts);
	if (check_spec(&parts, &target, &published, err) < 0)
		return refuse(text, err);
	for (unsigned i = 0; i <= target.last - target.first; i++) {
		struct yaml *map = port_map(arena, spec, &parts, target.first + i);
		struct yaml *value = NULL;

		/* Of a range for one port the engine chooses. */
		if (target.first == target.last && published.first != published.last)
			value = yaml_new_stringf(arena, spec, "%u-%u", published.first,
						 published.last);
		else if (parts.published.len)
			value = yaml_new_stringf(arena, spec, "%u", published.first + i);
		if (value)
			yaml_set(arena, map, "published", value);
		yaml_append(arena, out, map);
	}
	return 0;
}
