#include "machine_option.h"

#include <stdlib.h>

#include "image_option.h"

void machines_release(struct machines *machines)
{
	free(machines->items);
	board_catalog_release(&machines->boards);
	*machines = (struct machines)MACHINES_INIT;
}

static bool has_board(const struct machines *machines, const struct board *board)
{
	VEC_FOREACH(machine, machines) {
		if (machine->board == board)
			return true;
	}
	return false;
}

static bool has_platform(const struct machines *machines, const struct platform *platform)
{
	VEC_FOREACH(machine, machines) {
		if (platform_equal(&machine->platform, platform))
			return true;
	}
	return false;
}

static int add_board(struct machines *machines, struct span word, struct err *err)
{
	AUTO(freep) char *name = span_dup(word);
	const struct board *board = NULL;

	if (board_find(&machines->boards, name, &board, err) < 0) {
		err->kind = ERR_USAGE;
		return err_wrap(err, "option '--board'");
	}
	if (!has_board(machines, board))
		*VEC_ADD(machines) =
			(struct machine){ .platform = board->platform, .board = board };
	return 0;
}

static int add_boards(struct machines *machines, const struct strvec *words, struct err *err)
{
	if (words->len > 0 && board_catalog_load(&machines->boards, err) < 0)
		return -1;
	VEC_FOREACH(list, words) {
		struct span rest = span_of(*list), word;

		for (bool more = true; more;) {
			more = span_cut(&rest, ',', &word);
			if (add_board(machines, word, err) < 0)
				return -1;
		}
	}
	return 0;
}

int machines_parse(const struct strvec *platforms, const struct strvec *boards,
		   struct machines *ret, struct err *err)
{
	AUTO(freep) struct platform *named = NULL;
	size_t count = 0;

	if (add_boards(ret, boards, err) < 0 ||
	    platform_option_parse(platforms, &named, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!has_platform(ret, &named[i]))
			*VEC_ADD(ret) = (struct machine){ .platform = named[i] };
	}
	return 0;
}

int machines_parse_platforms(const struct strvec *platforms, const struct strvec *boards,
			     struct platform **ret, size_t *ret_count, struct err *err)
{
	AUTO(machines_release) struct machines machines = MACHINES_INIT;
	AUTO(freep) struct platform *found = NULL;
	size_t count = 0;

	if (machines_parse(platforms, boards, &machines, err) < 0)
		return -1;
	found = xcalloc(machines.len + 1, sizeof(*found));
	VEC_FOREACH(machine, &machines) {
		bool is_there = false;

		for (size_t i = 0; i < count; i++)
			is_there = is_there || platform_equal(&found[i], &machine->platform);
		if (!is_there)
			found[count++] = machine->platform;
	}
	*ret = TAKE(found);
	*ret_count = count;
	return 0;
}

int machine_parse_one(const char *platform, const char *board, struct platform *ret,
		      bool *ret_given, struct err *err)
{
	AUTO(machines_release) struct machines machines = MACHINES_INIT;
	AUTO(strvec_release) struct strvec platforms = STRVEC_INIT;
	AUTO(strvec_release) struct strvec boards = STRVEC_INIT;

	if (platform)
		strvec_add(&platforms, platform);
	if (board)
		strvec_add(&boards, board);
	if (machines_parse(&platforms, &boards, &machines, err) < 0)
		return -1;
	if (machines.len > 1)
		return err_set(err, ERR_USAGE, "%s more than one platform",
			       !board      ? "--platform names"
			       : !platform ? "--board names"
					   : "--platform and --board name");
	*ret_given = machines.len > 0;
	if (*ret_given)
		*ret = machines.items->platform;
	return 0;
}
