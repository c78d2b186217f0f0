#include "glob.h"

#include <string.h>
#include <utf8proc.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "context/ignore.h"

/* Positions already tried in vain; this many bits need no memory of their own. */
#define MEMO_BITS 4096

/* The character at the offset; a byte that is not UTF-8 stands for itself, beyond all code points. */
static int32_t decode(struct span text, size_t offset, size_t *ret_len)
{
	utf8proc_int32_t rune = (unsigned char)text.ptr[offset];
	utf8proc_ssize_t len = 1;

	if (rune >= 0x80)
		len = utf8proc_iterate((const utf8proc_uint8_t *)text.ptr + offset,
				       (utf8proc_ssize_t)(text.len - offset), &rune);
	*ret_len = len < 1 ? 1 : (size_t)len;
	return len < 1 ? 0x110000 + (unsigned char)text.ptr[offset] : rune;
}

/* Most texts differ in the last byte or the first: no call for those. */
static bool same_bytes(const char *a, const char *b, size_t len)
{
	return !len || (a[0] == b[0] && a[len - 1] == b[len - 1] && memcmp(a, b, len) == 0);
}

struct compiler {
	struct span pattern;
	size_t offset;
	struct glob *glob;
	struct err *err;
};

static int fail_class(struct compiler *compiler)
{
	(void)err_set(compiler->err, ERR_INPUT, "malformed class in the pattern '%.*s'",
		      SPAN_FMT(compiler->pattern));
	return err_hint(compiler->err,
			"write \\[ for the character itself, [abc] or [a-z] for a class");
}

/* One end of a range. */
static int read_bound(struct compiler *compiler, int32_t *ret)
{
	struct span pattern = compiler->pattern;
	size_t len = 0;

	if (compiler->offset >= pattern.len || strchr("-]", pattern.ptr[compiler->offset]))
		return fail_class(compiler);
	if (pattern.ptr[compiler->offset] == '\\')
		compiler->offset++;
	if (compiler->offset >= pattern.len)
		return fail_class(compiler);
	*ret = decode(pattern, compiler->offset, &len);
	compiler->offset += len;
	return compiler->offset < pattern.len ? 0 : fail_class(compiler);
}

static bool at(const struct compiler *compiler, char c)
{
	return compiler->offset < compiler->pattern.len &&
	       compiler->pattern.ptr[compiler->offset] == c;
}

/* Behind the `[`. */
static int read_set(struct compiler *compiler)
{
	struct glob *glob = compiler->glob;
	struct glob_token set = { .kind = GLOB_SET, .start = glob->ranges.len };

	if (at(compiler, '^')) {
		set.negated = true;
		compiler->offset++;
	}
	while (set.count == 0 || !at(compiler, ']')) {
		struct glob_range range = { 0 };

		if (read_bound(compiler, &range.low) < 0)
			return -1;
		range.high = range.low;
		if (at(compiler, '-')) {
			compiler->offset++;
			if (read_bound(compiler, &range.high) < 0)
				return -1;
		}
		if (range.low > range.high)
			return fail_class(compiler);
		*VEC_ADD(&glob->ranges) = range;
		set.count++;
	}
	compiler->offset++;
	*VEC_ADD(&glob->tokens) = set;
	glob->minimum++;
	return 0;
}

static void add_literal(struct glob *glob, char c)
{
	struct glob_token *last =
		glob->tokens.len ? &glob->tokens.items[glob->tokens.len - 1] : NULL;

	if (!last || last->kind != GLOB_LITERAL) {
		last = VEC_ADD(&glob->tokens);
		*last = (struct glob_token){ .kind = GLOB_LITERAL, .start = glob->literals.len };
	}
	str_addc(&glob->literals, c);
	last->count++;
	glob->minimum++;
}

static void add_stars(struct glob *glob, enum glob_kind kind)
{
	*VEC_ADD(&glob->tokens) = (struct glob_token){ .kind = kind };
	glob->stars++;
}

static bool has_wildcard(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr("*?[]\\", text.ptr[i]))
			return true;
	return false;
}

/*
 * Behind the first star. A leading `**x` with nothing else special matches any path that ends in x, also in the middle of
 * a component: so does moby/patternmatcher, whose other forms of `**` stand for whole components.
 */
static void read_star(struct compiler *compiler, enum glob_flags flags)
{
	bool leading = compiler->offset == 1;
	struct span rest = { 0 };
	bool slash = false;

	if (!(flags & GLOB_DEEP) || !at(compiler, '*')) {
		add_stars(compiler->glob, GLOB_STAR);
		return;
	}
	compiler->offset++;
	slash = at(compiler, '/');
	compiler->offset += slash;
	rest = (struct span){ .ptr = compiler->pattern.ptr + compiler->offset,
			      .len = compiler->pattern.len - compiler->offset };
	add_stars(compiler->glob,
		  !rest.len || (leading && !slash && !has_wildcard(rest)) ? GLOB_REST : GLOB_DIRS);
}

static int read_escaped(struct compiler *compiler)
{
	if (compiler->offset >= compiler->pattern.len) {
		(void)err_set(compiler->err, ERR_INPUT, "a backslash ends the pattern '%.*s'",
			      SPAN_FMT(compiler->pattern));
		return err_hint(compiler->err, "write \\\\ for the character itself");
	}
	add_literal(compiler->glob, compiler->pattern.ptr[compiler->offset++]);
	return 0;
}

static int compile(struct compiler *compiler, enum glob_flags flags)
{
	while (compiler->offset < compiler->pattern.len) {
		char c = compiler->pattern.ptr[compiler->offset++];
		int result = 0;

		if (c == '*') {
			read_star(compiler, flags);
		} else if (c == '?') {
			*VEC_ADD(&compiler->glob->tokens) = (struct glob_token){ .kind = GLOB_ONE };
			compiler->glob->minimum++;
		} else if (c == '[') {
			result = read_set(compiler);
		} else if (c == '\\') {
			result = read_escaped(compiler);
		} else {
			add_literal(compiler->glob, c);
		}
		if (result < 0)
			return -1;
	}
	return 0;
}

int glob_compile(const char *pattern, enum glob_flags flags, struct glob *ret, struct err *err)
{
	struct glob glob = { .literals = STR_INIT };
	struct compiler compiler = { .pattern = span_of(pattern), .glob = &glob, .err = err };

	if (compile(&compiler, flags) < 0) {
		glob_release(&glob);
		return -1;
	}
	*ret = glob;
	return 0;
}

void glob_release(struct glob *glob)
{
	free(glob->tokens.items);
	free(glob->ranges.items);
	str_release(&glob->literals);
	*glob = (struct glob){ .literals = STR_INIT };
}

struct match {
	const struct glob *glob;
	struct span name;
	bool partial;          /* the end of the name is enough */
	unsigned char *failed; /* bits by star and position; NULL = not needed */
};

static bool match_from(struct match *match, size_t token, size_t star, size_t offset);

static bool in_set(const struct glob *glob, const struct glob_token *set, int32_t rune)
{
	bool found = false;

	for (size_t i = 0; i < set->count && !found; i++) {
		const struct glob_range *range = &glob->ranges.items[set->start + i];

		found = rune >= range->low && rune <= range->high;
	}
	return found != set->negated;
}

/* One that matches a fixed length; advances *offset. */
static bool match_fixed(const struct match *match, const struct glob_token *token, size_t *offset)
{
	struct span name = match->name;
	size_t left = name.len - *offset;
	size_t len = 0;
	int32_t rune = 0;

	if (token->kind == GLOB_LITERAL) {
		len = match->partial && left < token->count ? left : token->count;
		if (left < len ||
		    !same_bytes(name.ptr + *offset, match->glob->literals.ptr + token->start, len))
			return false;
		*offset += len;
		return true;
	}
	if (!left || name.ptr[*offset] == '/')
		return false;
	rune = decode(name, *offset, &len);
	if (token->kind == GLOB_SET && !in_set(match->glob, token, rune))
		return false;
	*offset += len;
	return true;
}

/* Of the next slash, or the end of the name. */
static size_t next_slash(struct span name, size_t offset)
{
	const char *slash = memchr(name.ptr + offset, '/', name.len - offset);

	return slash ? (size_t)(slash - name.ptr) : name.len;
}

/* Tries every length; `offset` is where the star begins. */
static bool match_star(struct match *match, size_t token, size_t star, size_t offset)
{
	enum glob_kind kind = match->glob->tokens.items[token].kind;
	struct span name = match->name;

	for (size_t end = offset; end <= name.len; end++) {
		if (kind == GLOB_STAR && end > offset && name.ptr[end - 1] == '/')
			return false;
		if (match_from(match, token + 1, star + 1, end))
			return true;
		if (kind == GLOB_DIRS)
			end = next_slash(name, end);
	}
	return match->partial && kind != GLOB_STAR;
}

static bool match_from(struct match *match, size_t token, size_t star, size_t offset)
{
	const struct glob *glob = match->glob;
	size_t bit = 0;

	for (; token < glob->tokens.len && glob->tokens.items[token].kind <= GLOB_SET &&
	       glob->tokens.items[token].kind != GLOB_STAR;
	     token++) {
		if (match->partial && offset == match->name.len)
			return true;
		if (!match_fixed(match, &glob->tokens.items[token], &offset))
			return false;
	}
	if (match->partial && offset == match->name.len)
		return true;
	if (token == glob->tokens.len)
		return offset == match->name.len;
	bit = star * (match->name.len + 1) + offset;
	if (match->failed && (match->failed[bit / 8] & (1 << bit % 8)))
		return false;
	if (match_star(match, token, star, offset))
		return true;
	if (match->failed)
		match->failed[bit / 8] |= (unsigned char)(1 << bit % 8);
	return false;
}

/* Without a memory of failures, two stars or more take time that grows as a power of the length. */
static bool match_with_memory(struct match *match)
{
	size_t bits = match->glob->stars * (match->name.len + 1);
	unsigned char small[MEMO_BITS / 8];
	AUTO(freep) unsigned char *large = NULL;

	if (match->glob->stars >= 2 && bits > MEMO_BITS)
		match->failed = large = xcalloc(bits / 8 + 1, 1);
	else if (match->glob->stars >= 2)
		match->failed = memset(small, 0,
				       bits / 8 + 1 < sizeof(small) ? bits / 8 + 1 : sizeof(small));
	return match_from(match, 0, 0, 0);
}

/* The literal that ends most patterns rules most names out at once. */
static bool ends_alike(const struct glob *glob, struct span name)
{
	const struct glob_token *last = &glob->tokens.items[glob->tokens.len - 1];

	if (last->kind != GLOB_LITERAL)
		return true;
	return same_bytes(name.ptr + name.len - last->count, glob->literals.ptr + last->start,
			  last->count);
}

bool glob_begins_alike(const struct glob *glob, struct span name)
{
	const struct glob_token *first = glob->tokens.items;

	if (!glob->tokens.len || first->kind != GLOB_LITERAL)
		return true;
	return name.len >= first->count && same_bytes(name.ptr, glob->literals.ptr, first->count);
}

bool glob_matches(const struct glob *glob, struct span name)
{
	struct match match = { .glob = glob, .name = name };

	if (name.len < glob->minimum)
		return false;
	if (!glob->tokens.len)
		return name.len == 0;
	return ends_alike(glob, name) && glob_begins_alike(glob, name) && match_with_memory(&match);
}

bool glob_may_begin_with(const struct glob *glob, struct span prefix)
{
	struct match match = { .glob = glob, .name = prefix, .partial = true };

	return match_with_memory(&match);
}

bool glob_match(const char *pattern, const char *name)
{
	AUTO(glob_release) struct glob glob = { .literals = STR_INIT };

	return glob_compile(pattern, 0, &glob, NULL) == 0 && glob_matches(&glob, span_of(name));
}

bool glob_check(const char *pattern)
{
	AUTO(glob_release) struct glob glob = { .literals = STR_INIT };

	return glob_compile(pattern, 0, &glob, NULL) == 0;
}

bool glob_is_pattern(const char *text)
{
	for (; *text; text++) {
		if (strchr("*?[", *text))
			return true;
		if (*text == '\\' && text[1])
			text++;
	}
	return false;
}
