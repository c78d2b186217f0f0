#include "rollout_devices.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/map.h"
#include "device/address_book.h"

/* A million lines. */
#define FILE_LIMIT ((size_t)128 << 20)

struct finding {
	const struct strvec *fleets;
	struct address_book book;
	struct strmap known; /* by name, and by address: to nothing */
	struct rollout_boards *boards;
};

static void finding_release(struct finding *finding)
{
	address_book_release(&finding->book);
	strmap_release(&finding->known);
}

/* Takes the address. */
static void add(struct finding *finding, const char *name, const char *platform,
		struct device_address *address)
{
	AUTO(freep) char *text = device_address_format(address);
	struct rollout_board *board = NULL;

	if (strmap_has(&finding->known, text)) {
		device_address_release(address);
		return;
	}
	strmap_set(&finding->known, text, NULL);
	board = VEC_ADD(finding->boards);
	board->name = xstrdup(name);
	board->platform = xstrdup_or_null(platform);
	board->address = *address;
}

static int add_word(struct finding *finding, const char *word, struct err *err)
{
	const struct known_device *device = address_book_find(&finding->book, word);
	struct device_address address = DEVICE_ADDRESS_INIT;

	if (device_resolve_in(&finding->book, word, &address, err) < 0)
		return -1;
	add(finding, word, device ? device->platform : NULL, &address);
	return 0;
}

static int add_all(struct finding *finding, struct err *err)
{
	size_t before = finding->boards->len;

	VEC_FOREACH(device, &finding->book) {
		struct device_address address = DEVICE_ADDRESS_INIT;

		if (!device->fleet || !strvec_contains(finding->fleets, device->fleet))
			continue;
		device_address_copy(&address, &device->address);
		add(finding, device->name, device->platform, &address);
	}
	if (finding->boards->len > before)
		return 0;
	(void)err_set(err, ERR_USAGE, "no board that is known here belongs to fleet '%s'",
		      finding->fleets->items[0]);
	return err_hint(err, "edgectl device add --fleet %s NAME ADDRESS",
			finding->fleets->items[0]);
}

static int read_list(const char *path, struct str *ret, struct err *err)
{
	return str_eq(path, "-")
		       ? fd_read_to_str(STDIN_FILENO, ret, FILE_LIMIT, "the standard input", err)
		       : fs_read_file(AT_FDCWD, path, FILE_LIMIT, ret, err);
}

/* A board a line; '#' begins a comment. */
static int add_file(struct finding *finding, const char *path, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct span rest, line;
	unsigned number = 0;

	if (!*path)
		return err_set(err, ERR_USAGE, "'@' needs the name of a file");
	if (read_list(path, &text, err) < 0)
		return -1;
	rest = str_span(&text);
	while (rest.len > 0) {
		AUTO(freep) char *word = NULL;
		const char *comment = NULL;

		(void)span_cut(&rest, '\n', &line);
		number++;
		comment = memchr(line.ptr, '#', line.len);
		if (comment)
			line.len = (size_t)(comment - line.ptr);
		line = span_trim(line);
		word = span_dup(line);
		if (line.len > 0 && add_word(finding, word, err) < 0)
			return err_wrap(err, "'%s', line %u", path, number);
	}
	return 0;
}

static int add_item(struct finding *finding, const char *item, struct err *err)
{
	if (str_eq(item, "all"))
		return add_all(finding, err);
	return *item == '@' ? add_file(finding, item + 1, err) : add_word(finding, item, err);
}

static int add_list(struct finding *finding, const char *list, struct err *err)
{
	struct span rest = span_of(list), item;
	bool is_more = true;

	while (is_more) {
		AUTO(freep) char *word = NULL;

		is_more = span_cut(&rest, ',', &item);
		word = span_dup(span_trim(item));
		if (*word && add_item(finding, word, err) < 0)
			return err_wrap(err, "option '--devices'");
	}
	return 0;
}

int rollout_devices_find(const struct strvec *lists, const struct strvec *fleets,
			 struct rollout_boards *ret, struct err *err)
{
	AUTO(finding_release) struct finding finding = { .fleets = fleets, .boards = ret };

	if (address_book_load(&finding.book, err) < 0)
		return -1;
	VEC_FOREACH(list, lists) {
		if (add_list(&finding, *list, err) < 0)
			return -1;
	}
	if (ret->len > 0)
		return 0;
	(void)err_set(err, ERR_USAGE, "to which boards?");
	return err_hint(err, "--devices NAME,ADDRESS,... or --devices all or --devices @FILE");
}
