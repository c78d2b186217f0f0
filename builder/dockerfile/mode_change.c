#include "dockerfile/mode_change.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"

#define MODE_MAX 07777u

/* `who operator what`: one action of a clause. Masks are of one class, 07. */
struct action {
	mode_t who;          /* 0700 | 0070 | 0007, and 04000, 02000, 01000 */
	char operator;       /* + - = */
	mode_t bits;         /* r, w, x of all classes, set-id and sticky */
	bool execute_if_any; /* X */
	char copy_from;      /* u, g, o; 0 = none */
};

struct mode_change {
	char *text;
	bool is_octal;
	mode_t octal;
	struct {
		struct action *items;
		size_t len, cap;
	} actions;
};

static bool parse_octal(const char *text, mode_t *ret)
{
	mode_t mode = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '7')
			return false;
		mode = mode * 8 + (mode_t)(*text - '0');
		if (mode > MODE_MAX)
			return false;
	}
	*ret = mode;
	return true;
}

static mode_t who_mask(char who)
{
	switch (who) {
	case 'u': return 04700;
	case 'g': return 02070;
	case 'o': return 01007;
	case 'a': return 07777;
	default: return 0;
	}
}

/* Reads the permissions behind an operator; false for a letter that is none. */
static bool parse_permissions(const char **at, struct action *action)
{
	if (**at == 'u' || **at == 'g' || **at == 'o') {
		action->copy_from = *(*at)++;
		return true;
	}
	for (; **at && !strchr("+-=,", **at); (*at)++) {
		switch (**at) {
		case 'r': action->bits |= 0444; break;
		case 'w': action->bits |= 0222; break;
		case 'x': action->bits |= 0111; break;
		case 'X': action->execute_if_any = true; break;
		case 's': action->bits |= 06000; break;
		case 't': action->bits |= 01000; break;
		default: return false;
		}
	}
	return true;
}

static bool parse_clause(const char **at, struct mode_change *change)
{
	mode_t who = 0;

	while (who_mask(**at))
		who |= who_mask(*(*at)++);
	if (!who)
		who = 07777;
	do {
		struct action *action;

		if (!**at || !strchr("+-=", **at))
			return false;
		action = VEC_ADD(&change->actions);
		action->who = who;
		action->operator= *(*at)++;
		if (!parse_permissions(at, action))
			return false;
	} while (**at && **at != ',');
	return true;
}

static bool parse_symbolic(const char *text, struct mode_change *change)
{
	for (;;) {
		if (!parse_clause(&text, change))
			return false;
		if (!*text)
			return true;
		text++; /* the comma */
	}
}

int mode_change_parse(const char *text, struct mode_change **ret, struct err *err)
{
	AUTO(mode_change_freep) struct mode_change *change = xcalloc(1, sizeof(*change));

	change->text = xstrdup(text);
	change->is_octal = parse_octal(text, &change->octal);
	if (!change->is_octal && !parse_symbolic(text, change)) {
		(void)err_set(err, ERR_INPUT, "invalid --chmod value '%s'", text);
		return err_hint(err,
				"write an octal mode up to 7777, or changes such as 'u=rwX,go=rX'");
	}
	*ret = TAKE(change);
	return 0;
}

void mode_change_free(struct mode_change *change)
{
	if (!change)
		return;
	free(change->text);
	free(change->actions.items);
	free(change);
}

static mode_t copied_bits(char from, mode_t mode)
{
	mode_t bits = from == 'u' ? mode >> 6 : from == 'g' ? mode >> 3 : mode;

	return (bits & 7) * 0111;
}

static mode_t apply_action(const struct action *action, mode_t mode, bool is_dir)
{
	mode_t bits = action->copy_from ? copied_bits(action->copy_from, mode) : action->bits;

	if (action->execute_if_any && (is_dir || (mode & 0111)))
		bits |= 0111;
	bits &= action->who;
	switch (action->operator) {
	case '+': return mode | bits;
	case '-': return mode & ~bits;
	/* As chmod(1): '=' leaves the set-id bits of directories alone. */
	default: return (mode & ~(action->who & (is_dir ? 01777u : 07777u))) | bits;
	}
}

mode_t mode_change_apply(const struct mode_change *change, mode_t mode, bool is_dir)
{
	mode &= MODE_MAX;
	if (!change)
		return mode;
	if (change->is_octal)
		return change->octal;
	for (size_t i = 0; i < change->actions.len; i++)
		mode = apply_action(&change->actions.items[i], mode, is_dir);
	return mode;
}

const char *mode_change_text(const struct mode_change *change)
{
	return change->text;
}

bool mode_change_is_octal(const struct mode_change *change, mode_t *ret_mode)
{
	if (!change || !change->is_octal)
		return false;
	*ret_mode = change->octal;
	return true;
}
