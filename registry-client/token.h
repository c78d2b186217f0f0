/*
 * Bearer tokens (distribution: "Token Authentication Specification" and its OAuth 2 form): what to
 * ask a token server, and what it answered. Pure.
 */
#ifndef REGISTRY_TOKEN_H
#define REGISTRY_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "credentials.h"

struct token {
	char *scope; /* what was asked for: "repository:app:pull,push" */
	char *value;
	char *refresh; /* an identity token that came along; NULL = none */
	/* monotonic_ms() from which on it is not to be used, somewhat before its true end */
	uint64_t expires_ms;
};

struct tokens {
	struct token *items;
	size_t len, cap;
};

void tokens_release(struct tokens *tokens);
/* A token that was asked for with that scope and still holds; NULL = none. Borrowed. */
const char *tokens_find(const struct tokens *tokens, const char *scope, uint64_t now_ms);
/* Takes what is in `token`; replaces one of the same scope. */
void tokens_put(struct tokens *tokens, struct token *token);
void tokens_drop(struct tokens *tokens, const char *scope);

/* GET with Basic credentials or anonymous; POST of a form for an identity token. */
struct token_question {
	bool post;
	struct str url, form;
	struct str authorization; /* header value; "" = none */
};

/*
 * `scope` may hold several, separated by blanks. `service` NULL = none. `credentials` may be empty.
 */
void token_ask(const char *realm, const char *service, const char *scope,
	       const struct credentials *credentials, struct token_question *ret);
/* Asks for an identity token as well (docker: `offline_token`). For a GET. */
void token_ask_offline(const struct credentials *credentials, struct token_question *question);
void token_question_release(struct token_question *question);

/*
 * Fills value and expires_ms. ERR_PROTOCOL when there is no token in it, or one that cannot stand
 * in a header.
 */
WARN_UNUSED int token_parse(struct span answer, uint64_t now_ms, struct token *ret,
			    struct err *err);

#endif
