#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dns.h"

struct seen {
	unsigned count;
	struct dns_record last;
};

static void see(void *data, const struct dns_record *record)
{
	struct seen *seen = data;

	seen->count++;
	seen->last = *record;
}

/* RFC 1035, 4.1.1: number, flags, and the number of questions, answers, authorities and additional records. */
#define ANSWER(questions, answers) "\0\0\x84\0\0" questions "\0" answers "\0\0\0\0"

static void test_query(void **state)
{
	AUTO(str_release) struct str query = STR_INIT;
	const char expected[] = "\0\0\0\0\0\1\0\0\0\0\0\0\4_ssh\4_tcp\5local\0\0\14\0\1";

	(void)state;
	dns_write_query("_ssh._tcp.local", DNS_PTR, &query);
	assert_int_equal(query.len, sizeof(expected) - 1);
	assert_memory_equal(query.ptr, expected, query.len);
}

static void test_records(void **state)
{
	/* SRV of "a b._ssh._tcp.local" on "pi.local", whose end is a pointer into the question. */
	const char srv[] = ANSWER("\1", "\1") "\4_ssh\4_tcp\5local\0\0\14\0\1"
					      "\3a.b\xc0\x0c\0\x21\0\1\0\0\0\12\0\xb"
					      "\0\0\0\0\x56\xce\2pi\xc0\x16";
	const char a[] = ANSWER("\0", "\1") "\2pi\5local\0\0\1\0\1\0\0\0\12\0\4\12\115\0\2";
	struct seen seen = { .count = 0 };

	(void)state;
	assert_int_equal(dns_read(srv, sizeof(srv) - 1, see, &seen, NULL), 0);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.last.name, "a\\046b._ssh._tcp.local");
	assert_string_equal(seen.last.target, "pi.local");
	assert_int_equal(seen.last.port, 22222);
	assert_int_equal(dns_read(a, sizeof(a) - 1, see, &seen, NULL), 0);
	assert_string_equal(seen.last.name, "pi.local");
	assert_memory_equal(seen.last.address, "\12\115\0\2", 4);
}

static const struct {
	const char *what, *bytes;
	size_t len;
} bad[] = {
#define BAD(what, bytes)                       \
	{                                      \
		what, bytes, sizeof(bytes) - 1 \
	}
	BAD("empty", ""),
	BAD("a question", "\0\0\0\0\0\1\0\0\0\0\0\0\1a\0\0\14\0\1"),
	BAD("a pointer to itself", ANSWER("\0", "\1") "\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4"),
	BAD("a pointer behind the end", ANSWER("\0", "\1") "\xc0\xff\0\1\0\1\0\0\0\0\0\4\1\2\3\4"),
	BAD("a label behind the end", ANSWER("\0", "\1") "\77a"),
	BAD("a reserved label", ANSWER("\0", "\1") "\x80\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4"),
	BAD("data behind the end", ANSWER("\0", "\1") "\1a\0\0\1\0\1\0\0\0\0\0\5\1\2\3\4"),
	BAD("an address of three bytes", ANSWER("\0", "\1") "\1a\0\0\1\0\1\0\0\0\0\0\3\1\2\3"),
	BAD("a short service", ANSWER("\0", "\1") "\1a\0\0\x21\0\1\0\0\0\0\0\4\1\2\3\4"),
	BAD("fewer records than said", ANSWER("\0", "\2") "\1a\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4"),
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct seen seen = { .count = 0 };

		if (dns_read(bad[i].bytes, bad[i].len, see, &seen, NULL) == 0)
			fail_msg("%s was taken", bad[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("device/dns", tests, NULL, NULL);
}
