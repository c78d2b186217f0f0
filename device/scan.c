#include "device/scan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "dns.h"

#define GROUP_IPV4   "224.0.0.251"
#define GROUP_IPV6   "ff02::fb"
#define ASK_AGAIN_MS 1000
#define BOARDS_MAX   10000 /* a network full of liars */

static const char *const questions[] = {
	"_ssh._tcp.local",
	"_balena-device._sub._ssh._tcp.local",
	"_resin-device._sub._ssh._tcp.local",
	"_docker._tcp.local",
	"_workstation._tcp.local",
};

/* A socket on one interface, for one family. */
struct ear {
	int fd;
	sa_family_t family;
	unsigned index;
};

/* A service by its name, "pi._ssh._tcp.local", and where it is. */
struct service {
	char *name, *host;
	unsigned port;
	bool is_balena;
};

struct scan {
	struct {
		struct ear *items;
		size_t len, cap;
	} ears;
	struct {
		struct service *items;
		size_t len, cap;
	} services;
	struct found_boards *boards;
	unsigned index; /* of the interface that the answer came from */
};

void found_boards_release(struct found_boards *boards)
{
	VEC_FOREACH(board, boards) {
		free(board->host);
		strvec_release(&board->addresses);
	}
	free(boards->items);
	*boards = (struct found_boards){ .items = NULL };
}

static void scan_release(struct scan *scan)
{
	VEC_FOREACH(ear, &scan->ears)
		fd_closep(&ear->fd);
	free(scan->ears.items);
	VEC_FOREACH(service, &scan->services) {
		free(service->name);
		free(service->host);
	}
	free(scan->services.items);
}

/* --- sockets --- */

static bool open_ear(struct ear *ear, const struct sockaddr *address)
{
	struct ip_mreqn membership = { .imr_ifindex = (int)ear->index };
	bool is_ipv4 = ear->family == AF_INET;

	ear->fd = socket(ear->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ear->fd < 0)
		return false;
	if (is_ipv4)
		return bind(ear->fd, address, sizeof(struct sockaddr_in)) == 0 &&
		       setsockopt(ear->fd, IPPROTO_IP, IP_MULTICAST_IF, &membership,
				  sizeof(membership)) == 0;
	return bind(ear->fd, address, sizeof(struct sockaddr_in6)) == 0 &&
	       setsockopt(ear->fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &ear->index,
			  sizeof(ear->index)) == 0;
}

static bool is_usable(const struct ifaddrs *interface)
{
	const unsigned wanted = IFF_UP | IFF_MULTICAST;

	return interface->ifa_addr && (interface->ifa_flags & wanted) == wanted &&
	       !(interface->ifa_flags & IFF_LOOPBACK) &&
	       (interface->ifa_addr->sa_family == AF_INET ||
		interface->ifa_addr->sa_family == AF_INET6);
}

static int open_ears(struct scan *scan, struct err *err)
{
	struct ifaddrs *interfaces = NULL;

	if (getifaddrs(&interfaces) < 0)
		return err_errno(err, "list the network interfaces");
	for (const struct ifaddrs *i = interfaces; i; i = i->ifa_next) {
		struct ear ear = { .fd = -1 };

		if (!is_usable(i))
			continue;
		ear.family = i->ifa_addr->sa_family;
		ear.index = if_nametoindex(i->ifa_name);
		if (open_ear(&ear, i->ifa_addr))
			*VEC_ADD(&scan->ears) = ear;
		else
			fd_closep(&ear.fd);
	}
	freeifaddrs(interfaces);
	if (scan->ears.len > 0)
		return 0;
	(void)err_set(err, ERR_NETWORK, "no network interface can ask for boards");
	return err_hint(err, "is the machine in a network? see 'ip address'");
}

static void send_query(const struct ear *ear, const struct str *query)
{
	struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(DNS_PORT) };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons(DNS_PORT),
				     .sin6_scope_id = ear->index };
	bool is_ipv4 = ear->family == AF_INET;

	(void)inet_pton(AF_INET, GROUP_IPV4, &ipv4.sin_addr);
	(void)inet_pton(AF_INET6, GROUP_IPV6, &ipv6.sin6_addr);
	/* An interface that cannot send now is asked again. */
	(void)!sendto(ear->fd, query->ptr, query->len, 0,
		      is_ipv4 ? (const struct sockaddr *)&ipv4 : (const struct sockaddr *)&ipv6,
		      is_ipv4 ? sizeof(ipv4) : sizeof(ipv6));
}

static void ask(const struct scan *scan, const char *name, enum dns_type type)
{
	AUTO(str_release) struct str query = STR_INIT;

	dns_write_query(name, type, &query);
	VEC_FOREACH(ear, &scan->ears)
		send_query(ear, &query);
}

/* --- answers --- */

static struct found_board *find_board(struct found_boards *boards, const char *host)
{
	VEC_FOREACH(board, boards) {
		if (strcasecmp(board->host, host) == 0)
			return board;
	}
	return NULL;
}

static struct found_board *add_board(struct found_boards *boards, const char *host)
{
	struct found_board *board = find_board(boards, host);

	if (board || boards->len >= BOARDS_MAX)
		return board;
	board = VEC_ADD(boards);
	board->host = xstrdup(host);
	return board;
}

static void take_address(struct scan *scan, const struct dns_record *record)
{
	struct found_board *board = add_board(scan->boards, record->name);
	char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE], interface[IF_NAMESIZE];
	bool is_ipv4 = record->type == DNS_A;

	if (!board || !inet_ntop(is_ipv4 ? AF_INET : AF_INET6, record->address, text, sizeof(text)))
		return;
	if (!is_ipv4 && record->address[0] == 0xfe && (record->address[1] & 0xc0) == 0x80 &&
	    if_indextoname(scan->index, interface)) {
		strncat(text, "%", sizeof(text) - strlen(text) - 1);
		strncat(text, interface, sizeof(text) - strlen(text) - 1);
	}
	if (!strvec_contains(&board->addresses, text) && board->addresses.len < 16)
		strvec_add(&board->addresses, text);
}

static struct service *add_service(struct scan *scan, const char *name)
{
	struct service *service = NULL;

	VEC_FOREACH(known, &scan->services) {
		if (strcasecmp(known->name, name) == 0)
			return known;
	}
	if (scan->services.len >= BOARDS_MAX)
		return NULL;
	service = VEC_ADD(&scan->services);
	service->name = xstrdup(name);
	return service;
}

/* "pi._ssh._tcp.local": is it one of those that were asked for? */
static bool is_of_type(const char *name, const char *type)
{
	size_t len = strlen(name), type_len = strlen(type);

	return len > type_len && name[len - type_len - 1] == '.' &&
	       strcasecmp(name + len - type_len, type) == 0;
}

static void take_service(struct scan *scan, const struct dns_record *record)
{
	bool is_pointer = record->type == DNS_PTR;
	const char *name = is_pointer ? record->target : record->name;
	struct service *service = NULL;

	if (!is_of_type(name, "_ssh._tcp.local") && !is_of_type(name, "_docker._tcp.local") &&
	    !is_of_type(name, "_workstation._tcp.local"))
		return;
	service = add_service(scan, name);
	if (!service)
		return;
	if (is_pointer) {
		service->is_balena |= strstr(record->name, "-device._sub.") != NULL;
		return;
	}
	free(service->host);
	service->host = xstrdup(record->target);
	service->port = record->port;
}

static void take(void *data, const struct dns_record *record)
{
	if (record->type == DNS_A || record->type == DNS_AAAA)
		take_address(data, record);
	else
		take_service(data, record);
}

static void hear(struct scan *scan, const struct ear *ear)
{
	unsigned char message[9000];
	ssize_t len = 0;

	scan->index = ear->index;
	while ((len = recv(ear->fd, message, sizeof(message), 0)) > 0)
		(void)!dns_read(message, (size_t)len, take, scan, NULL);
}

/* --- the time in between --- */

static int listen_until(struct scan *scan, uint64_t deadline, const struct monitor *monitor,
			struct err *err)
{
	size_t count = scan->ears.len;
	AUTO(freep) struct pollfd *polled = xcalloc(count + 1, sizeof(*polled));

	for (size_t i = 0; i < count; i++)
		polled[i] = (struct pollfd){ .fd = scan->ears.items[i].fd, .events = POLLIN };
	polled[count] =
		(struct pollfd){ .fd = monitor ? monitor->cancel_fd : -1, .events = POLLIN };
	while (monotonic_ms() < deadline) {
		if (monitor_check(monitor, err) < 0)
			return -1;
		if (poll(polled, count + 1, monotonic_ms_until(deadline)) < 0 && errno != EINTR)
			return err_errno(err, "wait for answers");
		for (size_t i = 0; i < count; i++)
			hear(scan, &scan->ears.items[i]);
	}
	return 0;
}

/* What an answer did not bring along: where the service is, and the address of that. */
static void ask_for_rest(const struct scan *scan)
{
	VEC_FOREACH(service, &scan->services) {
		const struct found_board *board =
			service->host ? find_board(scan->boards, service->host) : NULL;

		if (!service->host)
			ask(scan, service->name, DNS_SRV);
		else if (!board || board->addresses.len == 0) {
			ask(scan, service->host, DNS_A);
			ask(scan, service->host, DNS_AAAA);
		}
	}
}

static int run(struct scan *scan, unsigned seconds, const struct monitor *monitor, struct err *err)
{
	uint64_t end = monotonic_ms() + (uint64_t)seconds * 1000;

	while (monotonic_ms() < end) {
		uint64_t next = monotonic_ms() + ASK_AGAIN_MS;

		for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
			ask(scan, questions[i], DNS_PTR);
		ask_for_rest(scan);
		if (listen_until(scan, next < end ? next : end, monitor, err) < 0)
			return -1;
	}
	return 0;
}

/* --- the result --- */

static void join(struct scan *scan)
{
	VEC_FOREACH(service, &scan->services) {
		struct found_board *board =
			service->host ? add_board(scan->boards, service->host) : NULL;

		if (!board)
			continue;
		board->is_balena |= service->is_balena;
		if (is_of_type(service->name, "_ssh._tcp.local")) {
			board->has_ssh = true;
			board->ssh_port = service->port;
		} else if (is_of_type(service->name, "_docker._tcp.local")) {
			board->has_engine = true;
			board->engine_port = service->port;
		}
	}
}

static int by_host(const void *a, const void *b)
{
	return strcasecmp(((const struct found_board *)a)->host,
			  ((const struct found_board *)b)->host);
}

/* IPv4 before IPv6. */
static void sort_addresses(struct strvec *addresses)
{
	AUTO(strvec_release) struct strvec sorted = STRVEC_INIT;

	for (int is_ipv6 = 0; is_ipv6 <= 1; is_ipv6++) {
		VEC_FOREACH(address, addresses) {
			if (!strchr(*address, ':') == !is_ipv6)
				strvec_add(&sorted, *address);
		}
	}
	strvec_clear(addresses);
	strvec_add_all(addresses, &sorted);
}

int device_scan(unsigned seconds, const struct monitor *monitor, struct found_boards *ret,
		struct err *err)
{
	AUTO(scan_release) struct scan scan = { .boards = ret };

	*ret = (struct found_boards){ .items = NULL };
	if (open_ears(&scan, err) < 0 || run(&scan, seconds, monitor, err) < 0)
		return -1;
	join(&scan);
	VEC_FOREACH(board, ret)
		sort_addresses(&board->addresses);
	if (ret->len > 1)
		qsort(ret->items, ret->len, sizeof(*ret->items), by_host);
	return 0;
}
