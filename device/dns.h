/*
 * Messages of multicast DNS, as far as finding services needs them (RFC 1035, section 4; RFC 6762; RFC 2782). What comes in is
 * anybody's: nothing of it is trusted.
 */
#ifndef DEVICE_DNS_H
#define DEVICE_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_AAAA = 28, DNS_SRV = 33 };

#define DNS_NAME_MAX 1024 /* of a name as text: 255 bytes, each of which may be escaped */
#define DNS_PORT     5353

struct dns_record {
	enum dns_type type;
	char name
		[DNS_NAME_MAX]; /* labels with dots between them; other dots and odd bytes as \DDD */
	char target[DNS_NAME_MAX]; /* of PTR and SRV */
	uint16_t port;             /* of SRV */
	unsigned char address[16]; /* of A (4 bytes) and AAAA */
};

/* Appends a query for one name, "_ssh._tcp.local", to an empty `out`; labels of up to 63 bytes. */
void dns_write_query(const char *name, enum dns_type type, struct str *out);
/*
 * Calls `take` for every record of the types above, in whatever section. ERR_PROTOCOL for what is no answer; records before
 * the place where it breaks have been taken then.
 */
WARN_UNUSED int dns_read(const void *message, size_t len,
			 void (*take)(void *data, const struct dns_record *record), void *data,
			 struct err *err);

#endif
