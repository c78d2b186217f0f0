#include "token.h"

#include <string.h>

#include "base/alloc.h"
#include "libcurl.h"
#include "url.h"

#define DEFAULT_LIFETIME_S  60 /* by the specification, when the server does not say */
#define GREATEST_LIFETIME_S (24LL * 3600)

static void token_release(struct token *token)
{
	free(token->scope);
	free(token->value);
	free(token->refresh);
	*token = (struct token){ .scope = NULL };
}

void tokens_release(struct tokens *tokens)
{
	VEC_FOREACH(token, tokens)
		token_release(token);
	free(tokens->items);
	*tokens = (struct tokens){ .items = NULL };
}

const char *tokens_find(const struct tokens *tokens, const char *scope, uint64_t now_ms)
{
	VEC_FOREACH(token, tokens) {
		if (strcmp(token->scope, scope) == 0 && token->expires_ms > now_ms)
			return token->value;
	}
	return NULL;
}

void tokens_drop(struct tokens *tokens, const char *scope)
{
	VEC_FOREACH(token, tokens) {
		if (strcmp(token->scope, scope) != 0)
			continue;
		token_release(token);
		*token = tokens->items[--tokens->len];
		return;
	}
}

void tokens_put(struct tokens *tokens, struct token *token)
{
	tokens_drop(tokens, token->scope);
	*VEC_ADD(tokens) = *token;
	*token = (struct token){ .scope = NULL };
}

/* --- asking --- */

static void add_form_field(struct str *form, const char *name, const char *value)
{
	char *escaped = NULL;

	libcurl_load();
	escaped = libcurl.easy_escape(NULL, value, (int)strlen(value));
	str_addf(form, "%s%s=%s", form->len > 0 ? "&" : "", name, escaped ? escaped : "");
	libcurl.free(escaped);
}

static void ask_with_identity(const char *service, const char *scope, const char *identity,
			      struct token_question *ret)
{
	ret->post = true;
	add_form_field(&ret->form, "grant_type", "refresh_token");
	if (service)
		add_form_field(&ret->form, "service", service);
	add_form_field(&ret->form, "client_id", "edgectl");
	add_form_field(&ret->form, "scope", scope);
	add_form_field(&ret->form, "refresh_token", identity);
}

void token_ask(const char *realm, const char *service, const char *scope,
	       const struct credentials *credentials, struct token_question *ret)
{
	struct span rest = span_of(scope), one;

	*ret = (struct token_question){ .url = STR_INIT,
					.form = STR_INIT,
					.authorization = STR_INIT };
	str_add(&ret->url, realm);
	if (credentials->identity_token) {
		ask_with_identity(service, scope, credentials->identity_token, ret);
		return;
	}
	if (service)
		url_add_query(&ret->url, "service", service);
	while (rest.len > 0) {
		AUTO(freep) char *word = NULL;

		span_cut(&rest, ' ', &one);
		word = span_dup(one);
		url_add_query(&ret->url, "scope", word);
	}
	credentials_basic(credentials, &ret->authorization);
}

void token_ask_offline(const struct credentials *credentials, struct token_question *question)
{
	if (credentials->username)
		url_add_query(&question->url, "account", credentials->username);
	url_add_query(&question->url, "client_id", "edgectl");
	url_add_query(&question->url, "offline_token", "true");
}

void token_question_release(struct token_question *question)
{
	str_release(&question->url);
	str_release(&question->form);
	str_release(&question->authorization);
}

/* --- the answer --- */

/* b64token of RFC 6750; in practice a little wider. A line break in it would forge a header. */
static bool is_header_safe(const char *token)
{
	for (; *token; token++) {
		if (*token <= ' ' || *token > '~')
			return false;
	}
	return true;
}

static uint64_t lifetime_ms(const json_t *json)
{
	long long seconds = json_get_int(json, "expires_in", DEFAULT_LIFETIME_S);

	if (seconds < DEFAULT_LIFETIME_S)
		seconds = DEFAULT_LIFETIME_S;
	if (seconds > GREATEST_LIFETIME_S)
		seconds = GREATEST_LIFETIME_S;
	/* Renewed after nine tenths: a request under way must not outlive it. */
	return (uint64_t)seconds * 900;
}

int token_parse(struct span answer, uint64_t now_ms, struct token *ret, struct err *err)
{
	json_auto_t *json = NULL;
	const char *value, *refresh;

	if (json_parse(answer, "token", &json, err) < 0)
		return -1;
	value = json_get_string(json, "token");
	if (!value || !*value)
		value = json_get_string(json, "access_token");
	if (!value || !*value || !is_header_safe(value))
		return err_set(err, ERR_PROTOCOL, "the token server's answer has no usable token");
	ret->value = xstrdup(value);
	refresh = json_get_string(json, "refresh_token");
	ret->refresh = refresh && *refresh ? xstrdup(refresh) : NULL;
	ret->expires_ms = now_ms + lifetime_ms(json);
	return 0;
}
