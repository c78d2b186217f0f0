#include "dns.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HEADER_SIZE 12
#define CLASS_IN    1
#define FLAG_ANSWER 0x80
/* Each pointer leads to an earlier place, so this many are more than any name needs. */
#define POINTERS_MAX 64

/* --- writing --- */

static void add_u16(struct str *out, unsigned value)
{
	str_addc(out, (char)(value >> 8));
	str_addc(out, (char)(value & 0xff));
}

void dns_write_query(const char *name, enum dns_type type, struct str *out)
{
	struct span rest = span_of(name), label;

	add_u16(out, 0); /* its number: 0 in multicast DNS */
	add_u16(out, 0);
	add_u16(out, 1); /* questions */
	for (int i = 0; i < 3; i++)
		add_u16(out, 0);
	while (rest.len > 0) {
		(void)span_cut(&rest, '.', &label);
		str_addc(out, (char)label.len);
		str_addn(out, label.ptr, label.len);
	}
	str_addc(out, '\0');
	add_u16(out, type);
	add_u16(out, CLASS_IN);
}

/* --- reading --- */

struct reader {
	const unsigned char *bytes;
	size_t len, at;
};

static bool has(const struct reader *reader, size_t count)
{
	return count <= reader->len - reader->at;
}

static unsigned read_u16(struct reader *reader)
{
	unsigned value = (unsigned)reader->bytes[reader->at] << 8 | reader->bytes[reader->at + 1];

	reader->at += 2;
	return value;
}

/* What a terminal, a URL or a file name could take for something else is escaped. */
static bool add_label(const unsigned char *label, size_t len, char *name, size_t *name_len)
{
	for (size_t i = 0; i < len; i++) {
		bool is_plain =
			isalnum(label[i]) || label[i] == '-' || label[i] == '_' || label[i] == ' ';

		if (*name_len + 6 > DNS_NAME_MAX)
			return false;
		if (is_plain)
			name[(*name_len)++] = (char)label[i];
		else
			*name_len += (size_t)snprintf(name + *name_len, 5, "\\%03u", label[i]);
	}
	return true;
}

/* Moves *at behind the name in the message; what a pointer leads to is elsewhere. */
static bool read_name(const struct reader *reader, size_t *at, char name[DNS_NAME_MAX])
{
	size_t place = *at, len = 0;
	unsigned pointers = 0;

	for (;;) {
		unsigned count = 0;

		if (place >= reader->len)
			return false;
		count = reader->bytes[place++];
		if (count == 0)
			break;
		if ((count & 0xc0) == 0xc0) {
			if (place >= reader->len || ++pointers > POINTERS_MAX)
				return false;
			if (pointers == 1)
				*at = place + 1;
			place = (size_t)(count & 0x3f) << 8 | reader->bytes[place];
			continue;
		}
		if (count > 63 || count > reader->len - place || len + 2 > DNS_NAME_MAX)
			return false;
		if (len > 0)
			name[len++] = '.';
		if (!add_label(reader->bytes + place, count, name, &len))
			return false;
		place += count;
	}
	if (pointers == 0)
		*at = place;
	name[len] = '\0';
	return true;
}

/* What a record of a type that we know says; false for one that is none. */
static bool read_data(const struct reader *reader, size_t at, size_t len, struct dns_record *record)
{
	struct reader data = { .bytes = reader->bytes, .len = at + len, .at = at };

	switch (record->type) {
	case DNS_A:
	case DNS_AAAA:
		if (len != (record->type == DNS_A ? 4 : 16))
			return false;
		memcpy(record->address, reader->bytes + at, len);
		return true;
	case DNS_SRV:
		if (len < 7)
			return false;
		data.at += 4; /* priority and weight */
		record->port = (uint16_t)read_u16(&data);
		return read_name(reader, &data.at, record->target);
	case DNS_PTR: break;
	}
	return read_name(reader, &data.at, record->target);
}

static bool is_known(unsigned type)
{
	return type == DNS_A || type == DNS_AAAA || type == DNS_PTR || type == DNS_SRV;
}

static bool read_record(struct reader *reader, void (*take)(void *data, const struct dns_record *),
			void *data)
{
	struct dns_record record = { .port = 0 };
	unsigned type = 0, len = 0;

	if (!read_name(reader, &reader->at, record.name) || !has(reader, 10))
		return false;
	type = read_u16(reader);
	reader->at += 6; /* class and time to live */
	len = read_u16(reader);
	if (!has(reader, len))
		return false;
	if (is_known(type)) {
		record.type = type;
		if (!read_data(reader, reader->at, len, &record))
			return false;
		take(data, &record);
	}
	reader->at += len;
	return true;
}

static bool skip_question(struct reader *reader)
{
	char name[DNS_NAME_MAX];

	if (!read_name(reader, &reader->at, name) || !has(reader, 4))
		return false;
	reader->at += 4;
	return true;
}

int dns_read(const void *message, size_t len,
	     void (*take)(void *data, const struct dns_record *record), void *data, struct err *err)
{
	struct reader reader = { .bytes = message, .len = len, .at = 4 };
	unsigned questions = 0, records = 0;
	bool good = len >= HEADER_SIZE && (reader.bytes[2] & FLAG_ANSWER);

	if (good) {
		questions = read_u16(&reader);
		for (int i = 0; i < 3; i++)
			records += read_u16(&reader);
	}
	while (good && questions-- > 0)
		good = skip_question(&reader);
	while (good && records-- > 0)
		good = read_record(&reader, take, data);
	return good ? 0 : err_set(err, ERR_PROTOCOL, "that is no answer of multicast DNS");
}
