#include "dockerfile/expose.h"

#include <arpa/inet.h>
#include <ctype.h>

#include "base/alloc.h"
#include "base/str.h"

struct range {
	unsigned long long first, last;
};

static int read_range(struct span text, struct range *ret)
{
	struct span rest = text, first = { 0 };
	bool is_range = span_cut(&rest, '-', &first);

	if (!span_to_u64(first, 65535, &ret->first))
		return -1;
	if (!is_range) {
		ret->last = ret->first;
		return 0;
	}
	return span_to_u64(rest, 65535, &ret->last) && ret->last >= ret->first ? 0 : -1;
}

static int read_protocol(struct span text, const char **ret, bool *ret_upper_case, struct err *err)
{
	static const char *const known[] = { "tcp", "udp", "sctp" };

	if (!text.len)
		text = SPAN_LIT("tcp");
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (span_eq_nocase(text, known[i])) {
			*ret = known[i];
			*ret_upper_case = !span_eq(text, known[i]);
			return 0;
		}
	}
	(void)err_set(err, ERR_INPUT, "unknown protocol '%.*s'", SPAN_FMT(text));
	return err_hint(err, "tcp, udp and sctp are known");
}

static bool is_address(struct span text)
{
	AUTO(freep) char *copy = NULL;
	unsigned char buf[sizeof(struct in6_addr)];

	if (text.len > 1 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = (struct span){ .ptr = text.ptr + 1, .len = text.len - 2 };
	copy = span_dup(text);
	return inet_pton(AF_INET, copy, buf) == 1 || inet_pton(AF_INET6, copy, buf) == 1;
}

/* Cuts what stands before the last colon off: "address:port". */
static bool cut_host(struct span *text, struct span *ret_host)
{
	for (size_t i = text->len; i > 0; i--) {
		if (text->ptr[i - 1] != ':')
			continue;
		*ret_host = (struct span){ .ptr = text->ptr, .len = i - 1 };
		*text = (struct span){ .ptr = text->ptr + i, .len = text->len - i };
		return true;
	}
	return false;
}

/* What would map a port is read, so that nonsense is still told from a mapping. */
static int check_host(struct span host, struct range ports, struct err *err)
{
	struct span port = host;
	struct span address = { 0 };
	struct range mapped = { 0 };

	if (cut_host(&port, &address) && address.len && !is_address(address))
		return err_set(err, ERR_INPUT, "'%.*s' is no address", SPAN_FMT(address));
	if (!port.len)
		return 0;
	if (read_range(port, &mapped) < 0)
		return err_set(err, ERR_INPUT, "'%.*s' is no port", SPAN_FMT(port));
	if (ports.first != ports.last && mapped.last - mapped.first != ports.last - ports.first)
		return err_set(err, ERR_INPUT, "the two ranges differ in length");
	return 0;
}

int expose_parse(const char *word, struct strvec *ret, struct expose_faults *ret_faults,
		 struct err *err)
{
	struct span text = span_of(word), host = { 0 }, protocol = { 0 };
	struct expose_faults faults = { .mapping = cut_host(&text, &host) };
	struct range ports = { 0 };
	struct span number = { 0 };
	const char *name = NULL;

	if (!span_cut(&text, '/', &number))
		text.len = 0;
	protocol = text;
	if (read_range(number, &ports) < 0) {
		(void)err_set(err, ERR_INPUT, "'%s' is no port", word);
		if (str_eq(word, "#"))
			return err_hint(err, "a comment needs a line of its own");
		if (str_has_suffix(word, ","))
			return err_hint(err, "part the ports by blanks alone");
		return err_hint(err, "write a number up to 65535, or a range as 8000-8010");
	}
	if (read_protocol(protocol, &name, &faults.upper_case, err) < 0 ||
	    (faults.mapping && check_host(host, ports, err) < 0))
		return -1;
	for (unsigned long long port = ports.first; port <= ports.last; port++)
		strvec_addf(ret, "%llu/%s", port, name);
	if (ret_faults)
		*ret_faults = faults;
	return 0;
}
