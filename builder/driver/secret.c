#include "builder/secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "secret_load.h"

#define SECRET_MAX (500 * LIMIT_KIB)

void build_secrets_release(struct build_secrets *secrets)
{
	VEC_FOREACH(secret, secrets) {
		free(secret->id);
		free(secret->path);
		free(secret->env);
	}
	free(secrets->items);
	*secrets = (struct build_secrets)BUILD_SECRETS_INIT;
}

/* --- the text --- */

static int fail(const char *text, const char *what, struct err *err)
{
	(void)err_set(err, ERR_USAGE, "secret '%s': %s", text, what);
	return err_hint(err, "write id=ID,src=FILE or id=ID,env=NAME");
}

static int check_fields(const char *text, const struct strmap *fields, struct err *err)
{
	static const char *const known[] = { "id", "src", "source", "env", "type", NULL };

	for (size_t i = 0; i < fields->len; i++) {
		AUTO(freep) char *what = NULL;
		const char *const *name = known;

		while (*name && !str_eq(*name, fields->items[i].key))
			name++;
		if (*name && fields->items[i].value)
			continue;
		what = xasprintf(*name ? "'%s' has no value" : "it has no '%s'",
				 fields->items[i].key);
		return fail(text, what, err);
	}
	return 0;
}

static const char *value_of(const struct strmap *fields, const char *key)
{
	const char *value = strmap_get(fields, key);

	return value && *value ? value : NULL;
}

/* buildx: type=env makes the source a variable; an id alone is a variable, or else a file, of that name. */
static int interpret(const char *text, const struct strmap *fields, struct build_secret *ret,
		     struct err *err)
{
	const char *id = value_of(fields, "id");
	const char *source =
		value_of(fields, "src") ? value_of(fields, "src") : value_of(fields, "source");
	const char *env = value_of(fields, "env");
	const char *type = value_of(fields, "type");
	bool is_env = str_eq(type, "env");

	if (!id)
		return fail(text, "it has no id", err);
	if (type && !is_env && !str_eq(type, "file"))
		return fail(text, "its type is neither file nor env", err);
	if (is_env && !env) {
		env = source;
		source = NULL;
	}
	if (source && env)
		return fail(text, "it has two sources", err);
	if (!source && !env && (is_env || (!type && getenv(id))))
		env = id;
	else if (!source && !env)
		source = id;
	*ret = (struct build_secret){ xstrdup(id), xstrdup_or_null(source), xstrdup_or_null(env) };
	return 0;
}

static bool has(const struct build_secrets *secrets, const char *id)
{
	VEC_FOREACH(secret, secrets)
		if (str_eq(secret->id, id))
			return true;
	return false;
}

int build_secrets_add(struct build_secrets *secrets, const char *text, struct err *err)
{
	AUTO(strmap_release) struct strmap fields = STRMAP_INIT;
	struct build_secret secret;

	if (attributes_parse(text, &fields, err) < 0)
		return -1;
	if (check_fields(text, &fields, err) < 0)
		return -1;
	if (has(secrets, value_of(&fields, "id")))
		return err_set(err, ERR_USAGE, "there are two secrets with the id '%s'",
			       value_of(&fields, "id"));
	if (interpret(text, &fields, &secret, err) < 0)
		return -1;
	*VEC_ADD(secrets) = secret;
	return 0;
}

/* --- the value --- */

static int load_variable(const struct build_secret *secret, struct str *ret, struct err *err)
{
	const char *value = getenv(secret->env);

	if (!value)
		return err_set(err, ERR_NOT_FOUND, "secret '%s': variable '%s' is not set",
			       secret->id, secret->env);
	str_add(ret, value);
	return 0;
}

static int load(const struct build_secret *secret, struct str *ret, struct err *err)
{
	if (secret->env)
		return load_variable(secret, ret, err);
	if (fs_read_file(AT_FDCWD, secret->path, SECRET_MAX, ret, err) < 0)
		return err_wrap(err, "secret '%s'", secret->id);
	return 0;
}

int secrets_load(const struct build_secrets *secrets, struct secret_values *ret, struct err *err)
{
	for (size_t i = 0; secrets && i < secrets->len; i++) {
		struct secret_value *value = VEC_ADD(ret);

		value->id = xstrdup(secrets->items[i].id);
		str_init(&value->value, 0);
		if (load(&secrets->items[i], &value->value, err) < 0)
			return -1;
	}
	return 0;
}
