/*
 * The names that the user gave to boards, in devices.json of the configuration directory, and how the word DEVICE of a
 * command becomes an address.
 */
#ifndef DEVICE_ADDRESS_BOOK_H
#define DEVICE_ADDRESS_BOOK_H

#include "base/err.h"
#include "device/address.h"

struct known_device {
	char *name;
	struct device_address address;
	char *fleet;    /* that it belongs to, as the user calls it; NULL = none */
	char *platform; /* of its images, "linux/arm/v7"; NULL = as its engine has it */
};

struct address_book {
	struct known_device *items; /* sorted by name */
	size_t len, cap;
};

void address_book_release(struct address_book *book);
/* No file is an empty book; one that is no JSON of that form is ERR_INPUT. */
WARN_UNUSED int address_book_load(struct address_book *ret, struct err *err);
/* Its name: letters, digits, '.', '_' and '-', not beginning with '-'. Replaces one of that name. */
WARN_UNUSED int address_book_add(const struct known_device *device, struct err *err);
/* NULL when the book has none of that name. */
const struct known_device *address_book_find(const struct address_book *book, const char *name);
/* ERR_NOT_FOUND with the nearest name. */
WARN_UNUSED int address_book_remove(const char *name, struct err *err);

/*
 * A name of the book, else of a docker context, else an address. NULL is DOCKER_HOST (with DOCKER_TLS_VERIFY and
 * DOCKER_CERT_PATH), else docker's current context, else the only board of the book; ERR_USAGE when there is none of
 * these.
 */
WARN_UNUSED int device_resolve(const char *word, struct device_address *ret, struct err *err);
/* The same of a book that was read already, for many words. */
WARN_UNUSED int device_resolve_in(const struct address_book *book, const char *word,
				  struct device_address *ret, struct err *err);

#endif
