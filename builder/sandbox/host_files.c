#include "host_files.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/limits.h"

#define RESOLVED_LIST "/run/systemd/resolve/resolv.conf"

bool resolv_conf_is_stub(struct span text)
{
	bool stub = false;
	struct span line;

	while (text.len) {
		struct span key;

		(void)span_cut(&text, '\n', &line);
		line = span_trim(line);
		if (!span_has_prefix(line, "nameserver") || !span_cut(&line, ' ', &key))
			continue;
		if (!span_eq(span_trim(line), "127.0.0.53"))
			return false;
		stub = true;
	}
	return stub;
}

void resolv_conf_read(struct str *ret)
{
	struct str list = STR_INIT;

	if (fs_read_file(AT_FDCWD, "/etc/resolv.conf", LIMIT_CONFIG_FILE, ret, NULL) < 0)
		str_clear(ret);
	if (resolv_conf_is_stub(str_span(ret)) &&
	    fs_read_file(AT_FDCWD, RESOLVED_LIST, LIMIT_CONFIG_FILE, &list, NULL) == 0) {
		str_release(ret);
		*ret = list;
		return;
	}
	str_release(&list);
}

void resolv_conf_write(const struct step_options *options, struct str *ret)
{
	AUTO(str_release) struct str host = STR_INIT;
	struct span rest;
	struct span line;

	if (!options->dns.len) {
		resolv_conf_read(ret);
		return;
	}
	resolv_conf_read(&host);
	rest = str_span(&host);
	VEC_FOREACH(address, &options->dns)
		str_addf(ret, "nameserver %s\n", *address);
	while (rest.len) {
		(void)span_cut(&rest, '\n', &line);
		if (!span_has_prefix(span_trim(line), "nameserver"))
			str_addf(ret, "%.*s\n", (int)line.len, line.ptr);
	}
}

void hosts_write(const char *hostname, const struct step_options *options, struct str *ret)
{
	str_addf(ret,
		 "127.0.0.1\tlocalhost %s\n"
		 "::1\tlocalhost ip6-localhost ip6-loopback\n",
		 hostname);
	VEC_FOREACH(host, &options->hosts)
		str_addf(ret, "%s\t%s\n", host->address, host->name);
}
