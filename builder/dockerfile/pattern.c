#include "pattern.h"

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "rune.h"

/* Elements of a pattern that are no characters. */
#define ANY_ONE  (-2)
#define ANY_MANY (-3)

#define NO_MATCH SIZE_MAX

/* States visited in one substitution: bounds the time that hostile patterns take. */
#define STEPS_MAX ((size_t)16 * 1000 * 1000)

struct runes {
	int32_t *items;
	size_t len, cap;
};

static void runes_release(struct runes *runes)
{
	free(runes->items);
}

/* One match in the making: where each state of the pattern is alive. */
struct matcher {
	struct runes pattern, value;
	bool *now, *next; /* pattern.len + 1 each */
	size_t steps;
};

static void matcher_release(struct matcher *matcher)
{
	runes_release(&matcher->pattern);
	runes_release(&matcher->value);
	free(matcher->now);
	free(matcher->next);
}

static int read_escape(struct span pattern, size_t *offset, struct runes *out, struct err *err)
{
	char c = *offset < pattern.len ? pattern.ptr[*offset] : '\0';

	if (c == '}' || c == '/')
		return 0;
	if (c != '*' && c != '?' && c != '\\')
		return err_set(err, ERR_INPUT, "invalid escape '\\%.*s' in the pattern '%.*s'",
			       c != '\0', pattern.ptr + *offset, SPAN_FMT(pattern));
	*VEC_ADD(out) = c;
	++*offset;
	return 0;
}

static int read_pattern(struct span pattern, struct runes *out, struct err *err)
{
	const char *end = pattern.ptr + pattern.len;

	for (size_t offset = 0, len = 0; offset < pattern.len;) {
		int32_t rune = rune_decode(pattern.ptr + offset, end, &len);

		offset += len;
		if (rune == '\\') {
			if (read_escape(pattern, &offset, out, err) < 0)
				return -1;
		} else {
			*VEC_ADD(out) = rune == '*' ? ANY_MANY : rune == '?' ? ANY_ONE : rune;
		}
	}
	return 0;
}

static void read_value(struct span value, struct runes *out)
{
	const char *end = value.ptr + value.len;
	size_t len = 0;

	for (const char *ptr = value.ptr; ptr < end; ptr += len)
		*VEC_ADD(out) = rune_decode(ptr, end, &len);
}

static int matcher_init(struct matcher *matcher, struct span pattern, struct span value,
			struct err *err)
{
	*matcher = (struct matcher){ .steps = 0 };
	if (read_pattern(pattern, &matcher->pattern, err) < 0)
		return -1;
	read_value(value, &matcher->value);
	matcher->now = xcalloc(matcher->pattern.len + 1, sizeof(bool));
	matcher->next = xcalloc(matcher->pattern.len + 1, sizeof(bool));
	return 0;
}

/* A `*` may match nothing: what is alive before it is alive behind it. */
static void skip_stars(const struct matcher *matcher, bool *states)
{
	for (size_t i = 0; i < matcher->pattern.len; i++)
		if (states[i] && matcher->pattern.items[i] == ANY_MANY)
			states[i + 1] = true;
}

/* Feeds one character; false when no state is left. */
static bool advance(struct matcher *matcher, int32_t rune)
{
	size_t len = matcher->pattern.len;
	bool alive = false;

	memset(matcher->next, 0, len + 1);
	for (size_t i = 0; i < len; i++) {
		int32_t element = matcher->pattern.items[i];

		if (!matcher->now[i])
			continue;
		if (element == ANY_MANY && rune != '\n')
			matcher->next[i] = alive = true;
		if (element == rune || (element == ANY_ONE && rune != '\n'))
			matcher->next[i + 1] = alive = true;
	}
	skip_stars(matcher, matcher->next);
	bool *spare = matcher->now;
	matcher->now = matcher->next;
	matcher->next = spare;
	matcher->steps += len + 1;
	return alive;
}

/* Characters matched from `start` on, or NO_MATCH. */
static size_t match_at(struct matcher *matcher, size_t start, bool longest)
{
	size_t len = matcher->pattern.len;
	size_t best = NO_MATCH;

	memset(matcher->now, 0, len + 1);
	matcher->now[0] = true;
	skip_stars(matcher, matcher->now);
	for (size_t i = start;; i++) {
		if (matcher->now[len])
			best = i - start;
		if (best != NO_MATCH && !longest)
			break;
		if (i >= matcher->value.len || matcher->steps > STEPS_MAX ||
		    !advance(matcher, matcher->value.items[i]))
			break;
	}
	return best;
}

static int check_steps(const struct matcher *matcher, struct err *err)
{
	if (matcher->steps <= STEPS_MAX)
		return 0;
	return err_set(err, ERR_LIMIT,
		       "a pattern of %zu and a value of %zu characters are too much to match",
		       matcher->pattern.len, matcher->value.len);
}

static void add_rune(struct str *out, int32_t rune)
{
	if (rune >= RUNE_BYTE(0))
		str_addc(out, (char)(rune - RUNE_BYTE(0)));
	else
		str_add_codepoint(out, (unsigned)rune);
}

static void add_runes(struct str *out, const struct runes *runes, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		add_rune(out, runes->items[i]);
}

int pattern_trim_prefix(struct span pattern, struct span value, bool longest, struct str *out,
			struct err *err)
{
	AUTO(matcher_release) struct matcher matcher = { .steps = 0 };
	size_t matched = 0;

	if (matcher_init(&matcher, pattern, value, err) < 0)
		return -1;
	matched = match_at(&matcher, 0, longest);
	if (check_steps(&matcher, err) < 0)
		return -1;
	add_runes(out, &matcher.value, matched == NO_MATCH ? 0 : matched, matcher.value.len);
	return 0;
}

static void reverse(struct runes *runes)
{
	for (size_t i = 0, j = runes->len; i + 1 < j; i++) {
		int32_t rune = runes->items[--j];

		runes->items[j] = runes->items[i];
		runes->items[i] = rune;
	}
}

/* A suffix is a prefix of the reversed text. */
int pattern_trim_suffix(struct span pattern, struct span value, bool longest, struct str *out,
			struct err *err)
{
	AUTO(matcher_release) struct matcher matcher = { .steps = 0 };
	size_t matched = 0;

	if (matcher_init(&matcher, pattern, value, err) < 0)
		return -1;
	reverse(&matcher.pattern);
	reverse(&matcher.value);
	matched = match_at(&matcher, 0, longest);
	reverse(&matcher.value);
	if (check_steps(&matcher, err) < 0)
		return -1;
	add_runes(out, &matcher.value, 0, matcher.value.len - (matched == NO_MATCH ? 0 : matched));
	return 0;
}

int pattern_replace(struct span pattern, struct span value, struct span replacement, bool all,
		    struct str *out, struct err *err)
{
	AUTO(matcher_release) struct matcher matcher = { .steps = 0 };
	size_t i = 0;
	bool behind_match = false; /* an empty match right behind another one does not count */

	if (matcher_init(&matcher, pattern, value, err) < 0)
		return -1;
	while (i <= matcher.value.len) {
		size_t matched = match_at(&matcher, i, true);

		if (matched != NO_MATCH && !(matched == 0 && behind_match)) {
			str_addn(out, replacement.ptr, replacement.len);
			i += matched;
			behind_match = matched > 0;
			if (!all)
				break;
			if (matched)
				continue;
		}
		if (i < matcher.value.len)
			add_rune(out, matcher.value.items[i]);
		i++;
		behind_match = false;
	}
	add_runes(out, &matcher.value, i, matcher.value.len);
	return check_steps(&matcher, err);
}
