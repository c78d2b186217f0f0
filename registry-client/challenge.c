#include "challenge.h"

#include <ctype.h>
#include <strings.h>

#include "base/vec.h"

void challenges_release(struct challenges *challenges)
{
	VEC_FOREACH(challenge, challenges) {
		free(challenge->scheme);
		free(challenge->token68);
		strmap_release(&challenge->params);
	}
	free(challenges->items);
	*challenges = (struct challenges){ .items = NULL };
}

const struct challenge *challenges_find(const struct challenges *challenges, const char *scheme)
{
	VEC_FOREACH(challenge, challenges) {
		if (strcasecmp(challenge->scheme, scheme) == 0)
			return challenge;
	}
	return NULL;
}

/* --- small steps over what is left of the field --- */

static bool is_token_char(char c)
{
	return isalnum((unsigned char)c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token68_char(char c)
{
	return isalnum((unsigned char)c) || (c != '\0' && strchr("-._~+/", c));
}

static struct span take_while(struct span *rest, bool (*is_part)(char))
{
	struct span head = { .ptr = rest->ptr };

	while (head.len < rest->len && is_part(rest->ptr[head.len]))
		head.len++;
	rest->ptr += head.len;
	rest->len -= head.len;
	return head;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_blank_or_comma(char c)
{
	return is_blank(c) || c == ',';
}

static bool is_equals(char c)
{
	return c == '=';
}

static bool take_char(struct span *rest, char c)
{
	if (rest->len == 0 || rest->ptr[0] != c)
		return false;
	rest->ptr++;
	rest->len--;
	return true;
}

/* Behind the opening quote; false when the closing one is missing. */
static bool take_quoted(struct span *rest, struct str *value)
{
	while (rest->len > 0) {
		if (take_char(rest, '"'))
			return true;
		if (rest->ptr[0] == '\\' && rest->len > 1)
			take_char(rest, '\\');
		str_addc(value, rest->ptr[0]);
		rest->ptr++;
		rest->len--;
	}
	return false;
}

/* --- challenges --- */

/* "realm=x" must not be taken for one: a token68 ends the challenge. */
static bool take_token68(struct span *rest, struct challenge *challenge)
{
	struct span ahead = *rest, body, padding;

	body = take_while(&ahead, is_token68_char);
	padding = take_while(&ahead, is_equals);
	take_while(&ahead, is_blank);
	if (body.len == 0 || (ahead.len > 0 && ahead.ptr[0] != ','))
		return false;
	challenge->token68 = xstrndup(body.ptr, body.len + padding.len);
	*rest = ahead;
	return true;
}

static void set_param(struct challenge *challenge, struct span name, const char *value)
{
	AUTO(freep) char *key = span_dup(name);

	for (char *c = key; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	/* Of a repeated parameter the first counts, as it does for libcurl. */
	if (!strmap_has(&challenge->params, key))
		strmap_set(&challenge->params, key, value);
}

/* Behind NAME and its '='. */
static int take_value(struct span *rest, struct challenge *challenge, struct span name,
		      struct err *err)
{
	AUTO(str_release) struct str value = STR_INIT;
	struct span token;

	take_while(rest, is_blank);
	if (take_char(rest, '"')) {
		if (!take_quoted(rest, &value))
			return err_set(err, ERR_PROTOCOL,
				       "the value of '%.*s' in the challenge does not end",
				       SPAN_FMT(name));
	} else {
		token = take_while(rest, is_token_char);
		if (token.len == 0)
			return err_set(err, ERR_PROTOCOL, "'%.*s' in the challenge has no value",
				       SPAN_FMT(name));
		str_addn(&value, token.ptr, token.len);
	}
	set_param(challenge, name, value.ptr);
	return 0;
}

static void begin_challenge(struct span *rest, struct challenges *ret, struct span scheme)
{
	struct challenge *challenge = VEC_ADD(ret);

	challenge->scheme = span_dup(scheme);
	take_token68(rest, challenge);
}

/*
 * A word followed by '=' is a parameter of the challenge before it, any other word begins the next
 * challenge.
 */
int challenges_parse(struct span field, struct challenges *ret, struct err *err)
{
	struct span rest = field, word;
	size_t first = ret->len;

	for (;;) {
		take_while(&rest, is_blank_or_comma);
		if (rest.len == 0)
			return 0;
		word = take_while(&rest, is_token_char);
		if (word.len == 0)
			return err_set(err, ERR_PROTOCOL, "the challenge has a stray '%c'",
				       isprint((unsigned char)rest.ptr[0]) ? rest.ptr[0] : '?');
		take_while(&rest, is_blank);
		if (!take_char(&rest, '=')) {
			begin_challenge(&rest, ret, word);
			continue;
		}
		if (ret->len == first || ret->items[ret->len - 1].token68)
			return err_set(err, ERR_PROTOCOL,
				       "'%.*s=' in the challenge belongs to no scheme",
				       SPAN_FMT(word));
		if (take_value(&rest, &ret->items[ret->len - 1], word, err) < 0)
			return -1;
	}
}
