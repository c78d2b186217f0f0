#include "credential_form.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/vec.h"
#include "compose/credentials.h"

#define KEY_MAX 128

/* --- names --- */

/* How the last word of such a name ends: PGPASSWORD, DB_PASSWORD, api-token. */
static const char *const endings[] = { "PASSWORD", "PASSWD",      "PASSPHRASE", "SECRET", "TOKEN",
				       "APIKEY",   "CREDENTIALS", "CREDENTIAL", NULL };
/* Before a last word KEY. */
static const char *const kinds[] = { "API",     "ACCESS", "PRIVATE", "SECRET", "ENCRYPTION",
				     "SIGNING", "AUTH",   "MASTER",  NULL };

static bool has_ending(const char *word, const char *const *list)
{
	size_t len = strlen(word);

	for (; *list; list++) {
		size_t ending = strlen(*list);

		if (len >= ending && strcmp(word + len - ending, *list) == 0)
			return true;
	}
	return false;
}

/* Letters in upper case, anything else between them as one '_': "db.password2" is "DB_PASSWORD". */
static void simplify(const char *key, char *out)
{
	size_t len = 0;

	for (; *key && len + 1 < KEY_MAX; key++) {
		if (isalpha((unsigned char)*key))
			out[len++] = (char)toupper((unsigned char)*key);
		else if (len > 0 && out[len - 1] != '_')
			out[len++] = '_';
	}
	while (len > 0 && out[len - 1] == '_')
		len--;
	out[len] = '\0';
}

bool credential_is_name(const char *key)
{
	char name[KEY_MAX];
	char *last = NULL;

	simplify(key, name);
	last = strrchr(name, '_');
	if (has_ending(last ? last + 1 : name, endings))
		return true;
	if (!last || strcmp(last + 1, "KEY") != 0)
		return false;
	*last = '\0';
	last = strrchr(name, '_');
	return has_ending(last ? last + 1 : name, kinds);
}

/* A switch, or a path to where the secret is. */
bool credential_is_harmless(const char *value)
{
	static const char *const words[] = { "",    "true", "false", "yes", "no", "on",
					     "off", "none", "null",  "0",   "1",  NULL };

	for (const char *const *word = words; *word; word++) {
		if (strcasecmp(value, *word) == 0)
			return true;
	}
	return *value == '/';
}

/* --- values --- */

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* A prefix that a service gives its keys, and so many characters behind it. */
static bool has_known_prefix(const char *value)
{
	static const struct {
		const char *prefix;
		size_t rest;
	} known[] = {
		{ "AKIA", 16 },  { "ASIA", 16 },        { "ghp_", 30 },   { "gho_", 30 },
		{ "ghs_", 30 },  { "github_pat_", 30 }, { "glpat-", 20 }, { "xoxb-", 20 },
		{ "xoxp-", 20 }, { "sk_live_", 20 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *found = strstr(value, known[i].prefix);
		size_t len = strlen(known[i].prefix), rest = 0;

		if (!found || (found > value && is_word_char(found[-1])))
			continue;
		while (is_word_char(found[len + rest]))
			rest++;
		if (rest >= known[i].rest)
			return true;
	}
	return false;
}

/* scheme://user:password@host */
static bool is_url_with_password(const char *value)
{
	for (const char *at = strstr(value, "://"); at; at = strstr(at, "://")) {
		size_t user, password;

		at += 3;
		user = strcspn(at, ":/@ \t\n\"'");
		if (at[user] != ':')
			continue;
		password = strcspn(at + user + 1, "/@ \t\n\"'");
		if (password > 0 && at[user + 1 + password] == '@')
			return true;
	}
	return false;
}

bool credential_is_value(const char *value)
{
	const char *begin = strstr(value, "-----BEGIN ");
	const char *token = strstr(value, "eyJ");

	return (begin && strstr(begin, "PRIVATE KEY-----")) || (token && strstr(token, ".eyJ")) ||
	       has_known_prefix(value) || is_url_with_password(value);
}

bool compose_looks_like_credential(const char *key, const char *value)
{
	if (!value)
		return false;
	return (key && credential_is_name(key) && !credential_is_harmless(value)) ||
	       credential_is_value(value);
}
