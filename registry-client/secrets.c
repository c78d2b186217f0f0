#include "secrets.h"

#include "base/alloc.h"
#include "base/yaml.h"
#include "credentials_file.h"

void secrets_release(struct secrets *secrets)
{
	VEC_FOREACH(secret, secrets) {
		free(secret->host);
		credentials_release(&secret->credentials);
	}
	free(secrets->items);
	*secrets = (struct secrets){ .items = NULL };
}

const struct credentials *secrets_find(const struct secrets *secrets, const char *host)
{
	VEC_FOREACH(secret, secrets) {
		if (str_eq(secret->host, host))
			return &secret->credentials;
	}
	return NULL;
}

/* What a value is must not appear in a message: it may be a password at the wrong place. */
static void take_entry(const struct yaml_entry *entry, const char *path, struct arena *arena,
		       struct secrets *ret)
{
	const struct yaml *username = yaml_get(entry->value, "username");
	const struct yaml *password = yaml_get(entry->value, "password");
	const char *name = username ? yaml_scalar_text(arena, username) : NULL;
	const char *word = password ? yaml_scalar_text(arena, password) : NULL;
	struct secret *secret;

	if (!name || !*name || !word || !*word) {
		(void)yaml_problem(&entry->mark, DIAG_ERROR,
				   "registry '%s' needs a username and a password", entry->key);
		return;
	}
	secret = VEC_ADD(ret);
	secret->host = *entry->key ? credentials_normalise_key(entry->key) : xstrdup("docker.io");
	secret->credentials = (struct credentials){ .username = xstrdup(name),
						    .password = xstrdup(word),
						    .origin = xstrdup(path) };
}

static void take(const struct yaml_documents *documents, const char *path, struct arena *arena,
		 struct secrets *ret)
{
	const struct yaml *root = documents->len > 0 ? documents->items[0] : NULL;

	if (!root || root->kind == YAML_NULL)
		return;
	if (!yaml_is(root, YAML_MAP)) {
		(void)yaml_problem(&root->mark, DIAG_ERROR,
				   "this is %s where a map from registries to credentials belongs",
				   yaml_kind_name(root->kind));
		return;
	}
	YAML_EACH_ENTRY(entry, root)
		take_entry(entry, path, arena, ret);
}

int secrets_parse(struct span text, const char *path, struct secrets *ret, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(diags_release) struct diags diags = { .items = NULL };
	struct yaml_documents documents = { .items = NULL };

	diags_init(&diags, path, text);
	if (yaml_parse(arena, &diags, &documents) == 0)
		take(&documents, path, arena, ret);
	/* no line of the file is shown: it may hold a password */
	diags.source = SPAN_LIT("");
	return diags_check(&diags, err);
}
