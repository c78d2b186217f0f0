#include "device/address_book.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/path.h"
#include "docker_context.h"

#define FILE_NAME "devices.json"

void address_book_release(struct address_book *book)
{
	VEC_FOREACH(device, book) {
		free(device->name);
		free(device->fleet);
		free(device->platform);
		device_address_release(&device->address);
	}
	free(book->items);
	*book = (struct address_book){ .items = NULL };
}

static bool is_name(const char *name)
{
	if (!*name || *name == '-')
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	}
	return true;
}

/* --- the file: {"NAME": {"address": "ssh://...", "certs": "/dir", "fleet": "greenhouse"}} --- */

static int file_path(char **ret, struct err *err)
{
	AUTO(freep) char *dir = NULL;

	if (fs_config_home(&dir, err) < 0)
		return -1;
	*ret = path_join(dir, FILE_NAME);
	return 0;
}

static int load_json(const char *path, json_t **ret, struct err *err)
{
	*ret = NULL;
	if (!fs_exists(AT_FDCWD, path)) {
		*ret = json_object();
		return 0;
	}
	if (json_parse_file(AT_FDCWD, path, LIMIT_CONFIG_FILE, ret, err) < 0)
		return -1;
	if (json_is_object(*ret))
		return 0;
	json_decref(*ret);
	return err_set(err, ERR_INPUT, "'%s' is not an object of boards by name", path);
}

static int save_json(const char *path, const json_t *json, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(freep) char *dir = path_dir(path);

	json_write_pretty(json, &text);
	if (fs_mkdir_all(AT_FDCWD, dir, 0700, err) < 0)
		return -1;
	return fs_write_file_atomic(AT_FDCWD, path, text.ptr, text.len, 0600, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct known_device *)a)->name,
		      ((const struct known_device *)b)->name);
}

static int read_device(const char *path, const char *name, const json_t *json,
		       struct address_book *book, struct err *err)
{
	struct device_address address = DEVICE_ADDRESS_INIT;
	struct known_device *device = NULL;

	if (device_address_parse(json_get_string(json, "address") ?: "", &address, err) < 0)
		return err_wrap(err, "'%s': board '%s'", path, name);
	address.certs = xstrdup_or_null(json_get_string(json, "certs"));
	device = VEC_ADD(book);
	device->name = xstrdup(name);
	device->fleet = xstrdup_or_null(json_get_string(json, "fleet"));
	device->platform = xstrdup_or_null(json_get_string(json, "platform"));
	device->address = address;
	return 0;
}

int address_book_load(struct address_book *ret, struct err *err)
{
	AUTO(freep) char *path = NULL;
	json_t *json = NULL, *value = NULL;
	const char *name = NULL;
	int status = 0;

	*ret = (struct address_book){ .items = NULL };
	if (file_path(&path, err) < 0 || load_json(path, &json, err) < 0)
		return -1;
	json_object_foreach(json, name, value)
	{
		if (status == 0)
			status = read_device(path, name, value, ret, err);
	}
	json_decref(json);
	if (status == 0 && ret->len > 1)
		qsort(ret->items, ret->len, sizeof(*ret->items), by_name);
	return status;
}

static json_t *device_to_json(const struct known_device *device)
{
	AUTO(freep) char *text = device_address_format(&device->address);
	json_t *entry = json_pack("{s:s}", "address", text);

	if (device->address.certs)
		json_set_string(entry, "certs", device->address.certs);
	if (device->fleet)
		json_set_string(entry, "fleet", device->fleet);
	if (device->platform)
		json_set_string(entry, "platform", device->platform);
	return entry;
}

int address_book_add(const struct known_device *device, struct err *err)
{
	AUTO(freep) char *path = NULL;
	json_t *json = NULL;
	int status = 0;

	if (!is_name(device->name)) {
		(void)err_set(err, ERR_USAGE, "'%s' cannot be the name of a board", device->name);
		return err_hint(err, "letters, digits, '.', '_' and '-'");
	}
	if (file_path(&path, err) < 0 || load_json(path, &json, err) < 0)
		return -1;
	json_object_set_new(json, device->name, device_to_json(device));
	status = save_json(path, json, err);
	json_decref(json);
	return status;
}

static int unknown(const json_t *json, const char *name, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *key = NULL, *nearest = NULL;
	json_t *value = NULL;

	json_object_foreach((json_t *)json, key, value) strvec_add(&names, key);
	(void)err_set(err, ERR_NOT_FOUND, "no board is called '%s'", name);
	nearest = suggest(name, (const char *const *)strvec_argv(&names));
	if (nearest)
		return err_hint(err, "did you mean '%s'?", nearest);
	return err_hint(err, "see 'edgectl device ls'");
}

int address_book_remove(const char *name, struct err *err)
{
	AUTO(freep) char *path = NULL;
	json_t *json = NULL;
	int status = 0;

	if (file_path(&path, err) < 0 || load_json(path, &json, err) < 0)
		return -1;
	if (json_object_del(json, name) == 0)
		status = save_json(path, json, err);
	else
		status = unknown(json, name, err);
	json_decref(json);
	return status;
}

/* --- from a word to an address --- */

static int find_default(const struct address_book *book, struct device_address *ret,
			struct err *err)
{
	bool found = false;

	if (docker_environment(ret, &found, err) < 0)
		return -1;
	if (found)
		return 0;
	if (book->len == 1) {
		device_address_copy(ret, &book->items[0].address);
		return 0;
	}
	(void)err_set(err, ERR_USAGE, book->len ? "which board?" : "no board is named");
	return err_hint(err, book->len ? "name one of 'edgectl device ls'"
				       : "give its name or address, such as pi.local, or look for "
					 "boards: edgectl device scan");
}

static int compare_name(const void *word, const void *device)
{
	return strcmp(word, ((const struct known_device *)device)->name);
}

const struct known_device *address_book_find(const struct address_book *book, const char *name)
{
	return book->len == 0
		       ? NULL
		       : bsearch(name, book->items, book->len, sizeof(*book->items), compare_name);
}

int device_resolve_in(const struct address_book *book, const char *word, struct device_address *ret,
		      struct err *err)
{
	const struct known_device *found = NULL;
	bool is_context = false;

	*ret = (struct device_address)DEVICE_ADDRESS_INIT;
	if (!word)
		return find_default(book, ret, err);
	found = address_book_find(book, word);
	if (found) {
		device_address_copy(ret, &found->address);
		return 0;
	}
	if (docker_context_find(word, ret, &is_context, err) < 0)
		return -1;
	return is_context ? 0 : device_address_parse(word, ret, err);
}

int device_resolve(const char *word, struct device_address *ret, struct err *err)
{
	AUTO(address_book_release) struct address_book book = { .items = NULL };

	*ret = (struct device_address)DEVICE_ADDRESS_INIT;
	if (address_book_load(&book, err) < 0)
		return -1;
	return device_resolve_in(&book, word, ret, err);
}
