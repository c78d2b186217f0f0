#include "device/address.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

static const struct {
	const char *prefix;
	enum device_transport transport;
	unsigned port;
} schemes[] = {
	{ "ssh://", DEVICE_SSH, 0 },
	{ "unix://", DEVICE_UNIX, 0 },
	{ "tcp://", DEVICE_TCP, DEVICE_PORT_PLAIN },
	{ "http://", DEVICE_TCP, DEVICE_PORT_PLAIN },
	{ "tcp+tls://", DEVICE_TLS, DEVICE_PORT_TLS },
	{ "https://", DEVICE_TLS, DEVICE_PORT_TLS },
};

void device_address_release(struct device_address *address)
{
	free(address->host);
	free(address->user);
	free(address->path);
	free(address->certs);
	*address = (struct device_address)DEVICE_ADDRESS_INIT;
}

void device_address_copy(struct device_address *to, const struct device_address *from)
{
	*to = (struct device_address){
		.transport = from->transport,
		.host = xstrdup_or_null(from->host),
		.user = xstrdup_or_null(from->user),
		.port = from->port,
		.is_unattended = from->is_unattended,
		.path = xstrdup_or_null(from->path),
		.certs = xstrdup_or_null(from->certs),
	};
}

static int refuse(struct err *err, const char *text, const char *why)
{
	(void)err_set(err, ERR_USAGE, "'%s' is not the address of a board: %s", text, why);
	return err_hint(err, "write [USER@]HOST[:PORT] for ssh, or ssh://HOST, tcp://HOST:2375, "
			     "tcp+tls://HOST:2376, unix:///PATH");
}

/* Words of ssh's command line: nothing that it could take for an option or hand to a shell. */
static bool is_name(struct span name)
{
	if (name.len == 0 || *name.ptr == '-')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!isalnum((unsigned char)name.ptr[i]) && !strchr("._-:%", name.ptr[i]))
			return false;
	}
	return true;
}

static size_t count_colons(struct span text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == ':';
	return count;
}

static const char *parse_port(struct span text, unsigned *ret)
{
	unsigned long long port = 0;

	if (!span_to_u64(text, 65535, &port) || port == 0)
		return "a port is a number from 1 to 65535";
	*ret = (unsigned)port;
	return NULL;
}

/* HOST, HOST:PORT, [IPV6]:PORT, or an IPv6 address without brackets. NULL, or what is wrong. */
static const char *parse_host(struct span text, struct device_address *ret)
{
	struct span host = text, rest = text;

	if (span_has_prefix(text, "[")) {
		rest = (struct span){ text.ptr + 1, text.len - 1 };
		if (!span_cut(&rest, ']', &host))
			return "']' is missing";
		if (rest.len > 0 && *rest.ptr != ':')
			return "only ':PORT' may stand behind ']'";
	} else if (count_colons(text) == 1) {
		(void)span_cut(&rest, ':', &host);
		rest = (struct span){ rest.ptr - 1, rest.len + 1 };
	} else {
		rest.len = 0;
	}
	if (!is_name(host))
		return host.len == 0 ? "the host is missing" : "that is no host name";
	ret->host = span_dup(host);
	if (rest.len == 0)
		return NULL;
	return parse_port((struct span){ rest.ptr + 1, rest.len - 1 }, &ret->port);
}

static const char *parse_authority(struct span text, struct device_address *ret)
{
	struct span user = { NULL, 0 }, rest = text;

	if (memchr(text.ptr, '@', text.len)) {
		(void)span_cut(&rest, '@', &user);
		if (ret->transport != DEVICE_SSH)
			return "only ssh:// takes a user";
		if (memchr(user.ptr, ':', user.len))
			return "a password does not belong here: ssh asks for it, or use a key";
		if (!is_name(user))
			return "that is no user name";
		ret->user = span_dup(user);
	}
	return parse_host(rest, ret);
}

/* What stands behind the scheme. NULL, or what is wrong. */
static const char *parse_rest(const char *text, struct device_address *ret)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);

	if (ret->transport == DEVICE_UNIX) {
		if (*text != '/')
			return "the path of a socket is absolute";
		ret->path = xstrdup(text);
		return NULL;
	}
	if (slash && slash[1]) {
		if (ret->transport != DEVICE_SSH)
			return "a path belongs to ssh:// and unix:// only";
		ret->path = xstrdup(slash);
	}
	return parse_authority((struct span){ text, len }, ret);
}

int device_address_parse(const char *text, struct device_address *ret, struct err *err)
{
	const char *scheme_end = strstr(text, "://"), *rest = text, *why = NULL;
	size_t i = 0;

	*ret = (struct device_address)DEVICE_ADDRESS_INIT;
	if (scheme_end) {
		while (i < ARRAY_SIZE(schemes) && !str_has_prefix(text, schemes[i].prefix))
			i++;
		if (i == ARRAY_SIZE(schemes))
			return refuse(err, text, "it begins with none of the known schemes");
		ret->transport = schemes[i].transport;
		ret->port = schemes[i].port;
		rest = scheme_end + strlen("://");
	} else if (strchr(text, '/')) {
		return refuse(err, text, "a path needs a scheme before it");
	}
	why = parse_rest(rest, ret);
	if (!why)
		return 0;
	device_address_release(ret);
	return refuse(err, text, why);
}

char *device_address_format(const struct device_address *address)
{
	static const char *const prefixes[] = {
		[DEVICE_SSH] = "ssh://",
		[DEVICE_UNIX] = "unix://",
		[DEVICE_TCP] = "tcp://",
		[DEVICE_TLS] = "tcp+tls://",
	};
	struct str text = STR_INIT;

	str_add(&text, prefixes[address->transport]);
	if (address->user)
		str_addf(&text, "%s@", address->user);
	if (address->host)
		str_addf(&text, strchr(address->host, ':') ? "[%s]" : "%s", address->host);
	if (address->port)
		str_addf(&text, ":%u", address->port);
	if (address->path)
		str_add(&text, address->path);
	return str_detach(&text);
}

bool device_address_is_private(const struct device_address *address)
{
	return address->transport != DEVICE_TCP || str_eq(address->host, "localhost") ||
	       str_eq(address->host, "::1") || str_has_prefix(address->host, "127.");
}
