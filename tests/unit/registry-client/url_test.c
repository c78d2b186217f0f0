#include "url.h"

#include "unit.h"

#define BASE "https://r.example:5000/v2/app/blobs/uploads/"

static const struct {
	const char *base, *reference, *expect; /* NULL = refused */
} locations[] = {
	{ BASE, "/v2/app/blobs/uploads/1?_state=a%2Fb%3D",
	  "https://r.example:5000/v2/app/blobs/uploads/1?_state=a%2Fb%3D" },
	{ BASE, "1?x=y&z", BASE "1?x=y&z" },
	{ BASE, "?page=2", BASE "?page=2" },
	{ BASE, "//other.example/x", "https://other.example/x" },
	{ BASE, "http://r.example:5000/x", "http://r.example:5000/x" },
	{ BASE, "https://other.example/a?sig=%2B+&b=%20",
	  "https://other.example/a?sig=%2B+&b=%20" },
	{ BASE, "https://other.example/a#fragment", "https://other.example/a" },
	{ "http://[::1]:5000/v2/", "/x", "http://[::1]:5000/x" },
	{ BASE, "ftp://other.example/x", NULL },
	{ BASE, "file:///etc/passwd", NULL },
	{ BASE, "https://user:secret@other.example/", NULL },
	{ BASE, "https://other.example/a b\nX: y", NULL },
};

static void resolves(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(locations); i++) {
		AUTO(freep) char *url = NULL;
		const char *row = locations[i].reference;
		int result = url_resolve(locations[i].base, row, &url, &err_);

		assert_row((result == 0) == (locations[i].expect != NULL), row);
		assert_row(str_eq(url, locations[i].expect), row);
		assert_row(result == 0 || err_.kind == ERR_PROTOCOL, row);
		err_clear(&err_);
	}
}

static const struct {
	const char *a, *b;
	bool same;
} origins[] = {
	{ "https://a.example/x", "https://a.example/y?z", true },
	{ "https://a.example/", "https://A.Example:443/", true },
	{ "http://a.example/", "http://a.example:80/", true },
	{ "https://a.example/", "http://a.example/", false },
	{ "https://a.example/", "http://a.example:443/", false },
	{ "https://a.example/", "https://a.example:444/", false },
	{ "https://a.example/", "https://b.a.example/", false },
	{ "https://a.example/", "https://a.example.evil/", false },
	{ "https://a.example/", "https://a.example@evil/", false },
	{ "https://a.example/", "nonsense://", false },
	{ "http://[::1]:1/", "http://[::1]:1/", true },
};

static void compares_origins(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(origins); i++)
		assert_row(url_same_origin(origins[i].a, origins[i].b) == origins[i].same,
			   origins[i].b);
}

static void adds_to_queries(void **state)
{
	(void)state;
	AUTO(str_release) struct str url = STR_INIT;

	str_add(&url, "https://a/b");
	url_add_query(&url, "digest", "sha256:0f");
	url_add_query(&url, "s", "a b&c/d");
	assert_string_equal(url.ptr, "https://a/b?digest=sha256%3A0f&s=a%20b%26c%2Fd");
}

static const struct {
	const char *header, *expect;
} links[] = {
	{ "</v2/app/tags/list?last=a&n=2>; rel=\"next\"", "/v2/app/tags/list?last=a&n=2" },
	{ "</x>;rel=next", "/x" },
	{ "</x>; title=\"a,b;rel=next\"; rel=\"next\"", "/x" },
	{ "</a>; rel=\"prev\", </b>; rel=\"next\"", "/b" },
	{ "</a,b>; rel=\"next\"", "/a,b" },
	{ "</a>; title=\"x, <y>; rel=next\", </b>; rel=\"next\"", "/b" },
	{ "</x>; rel=\"prev next\"", "/x" },
	{ "</x>; rel=\"last  NEXT\"", "/x" },
	{ "</x> ; REL = next ", "/x" },
	{ "</x>; rel=\"http://example.com/up\" ;rel=next, </y>; rel=next", "/y" },
	{ "</x>; anchor; rel=next", "/x" },
	{ "</x>; title=\"a\\\"; rel=next; \"; rel=prev", NULL },
	{ "</x>; title=\"a; rel=next; b\"", NULL },
	{ "</x>; rel=\"nextcloud\"", NULL },
	{ "</x>; rel=", NULL },
	{ "</x>; rel=\"next", "/x" },
	{ "</x>; title=\"a\\", NULL },
	{ "</a>; rel=\"prev\"", NULL },
	{ "</a>", NULL },
	{ "</a", NULL },
	{ "", NULL },
};

static void finds_next_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		AUTO(freep) char *target = link_next(links[i].header);

		assert_row(str_eq(target, links[i].expect), links[i].header);
	}
}

static const struct {
	const char *host;
	enum address_reach reach;
} hosts[] = {
	{ "localhost", REACH_LOOPBACK },
	{ "127.0.0.1", REACH_LOOPBACK },
	{ "127.8.9.1", REACH_LOOPBACK },
	{ "::1", REACH_LOOPBACK },
	{ "::ffff:127.0.0.1", REACH_LOOPBACK },
	{ "169.254.169.254", REACH_LINK_LOCAL },
	{ "fe80::1", REACH_LINK_LOCAL },
	{ "::ffff:169.254.169.254", REACH_LINK_LOCAL },
	{ "10.0.0.1", REACH_PRIVATE },
	{ "172.16.0.1", REACH_PRIVATE },
	{ "172.31.255.1", REACH_PRIVATE },
	{ "192.168.1.1", REACH_PRIVATE },
	{ "0.0.0.0", REACH_PRIVATE },
	{ "fd00::1", REACH_PRIVATE },
	{ "::", REACH_PRIVATE },
	{ "172.32.0.1", REACH_PUBLIC },
	{ "11.0.0.1", REACH_PUBLIC },
	{ "2001:db8::1", REACH_PUBLIC },
	{ "registry.example", REACH_PUBLIC },
	{ "localhost.example", REACH_PUBLIC },
};

static void knows_how_far_addresses_reach(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		assert_row(address_reach(hosts[i].host) == hosts[i].reach, hosts[i].host);
}

static void gives_hosts(void **state)
{
	(void)state;
	static const struct {
		const char *url, *host;
	} urls[] = {
		{ "https://a.example:1/x", "a.example" },
		{ "http://[fe80::1]:5000/", "fe80::1" },
		{ "https://127.0.0.1", "127.0.0.1" },
		{ "https:///x y", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		AUTO(freep) char *host = url_host(urls[i].url);

		assert_row(str_eq(host, urls[i].host), urls[i].url);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(resolves),
		scratch_test(compares_origins),
		scratch_test(adds_to_queries),
		scratch_test(finds_next_links),
		scratch_test(knows_how_far_addresses_reach),
		scratch_test(gives_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
