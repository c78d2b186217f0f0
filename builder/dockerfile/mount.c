#include "dockerfile/mount.h"

#include <ctype.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/path.h"
#include "base/vec.h"

/* One field of the record, "key=value" or "key". */
struct field {
	char *text;        /* cut behind the key, which is in lower case */
	const char *value; /* in `text`; NULL = none */
	size_t offset;     /* in the record */
	size_t len;
};

struct fields {
	struct field *items;
	size_t len, cap;
};

static void fields_release(struct fields *fields)
{
	VEC_FOREACH(field, fields)
		free(field->text);
	free(fields->items);
}

static int fail(struct err *err, const struct field *field, const char *hint, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
static int fail(struct err *err, const struct field *field, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)err_setv(err, ERR_INPUT, fmt, ap);
	va_end(ap);
	if (hint)
		(void)err_hint(err, "%s", hint);
	return err_at(err, NULL, 0, (unsigned)field->offset + 1, (unsigned)field->len);
}

/* A field in quotes, where "" is one quote. `*offset` is behind the opening one. */
static int read_quoted(const char *text, size_t *offset, struct str *out, struct err *err)
{
	size_t start = *offset - 1;
	bool closed = false;

	for (; text[*offset] && !closed; ++*offset) {
		if (text[*offset] == '"' && text[*offset + 1] != '"')
			closed = true;
		else
			str_addc(out, text[*offset]);
		*offset += text[*offset] == '"' && !closed;
	}
	if (closed && (text[*offset] == ',' || text[*offset] == '\0'))
		return 0;
	(void)err_set(err, ERR_INPUT, "the quotes do not surround a whole option of the mount");
	(void)err_hint(err, "quote key and value together: \"source=a,b\"");
	return err_at(err, NULL, 0, (unsigned)start + 1, 1);
}

/* Cuts the field at its `=` and folds the key. */
static void cut_value(struct field *field)
{
	char *equals = strchr(field->text, '=');

	if (equals) {
		*equals = '\0';
		field->value = equals + 1;
	}
	for (char *c = field->text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

/* RFC 4180, as Go's encoding/csv reads one record. */
static int split_fields(const char *text, struct fields *ret, struct err *err)
{
	for (size_t offset = 0;; offset++) {
		AUTO(str_release) struct str out = STR_INIT;
		size_t start = offset;

		if (text[offset] == '"') {
			offset++;
			if (read_quoted(text, &offset, &out, err) < 0)
				return -1;
		}
		for (; text[offset] && text[offset] != ','; offset++) {
			if (text[offset] == '"') {
				(void)err_set(err, ERR_INPUT,
					      "a quote within an option of the mount");
				(void)err_hint(err, "quote key and value together: \"source=a,b\"");
				return err_at(err, NULL, 0, (unsigned)offset + 1, 1);
			}
			str_addc(&out, text[offset]);
		}
		struct field *field = VEC_ADD(ret);

		*field = (struct field){ .text = str_detach(&out),
					 .offset = start,
					 .len = offset - start };
		cut_value(field);
		if (!text[offset])
			return 0;
	}
}

int mount_check(struct arena *arena, struct word text, struct mount_spec *ret, struct err *err)
{
	AUTO(fields_release) struct fields fields = { .items = NULL };

	*ret = (struct mount_spec){ .text = text };
	if (split_fields(text.text, &fields, err) < 0)
		return -1;
	VEC_FOREACH(field, &fields) {
		const char *dollar = field->value ? strchr(field->value, '$') : NULL;

		if (!field->value || !str_eq(field->text, "from"))
			continue;
		if (dollar && dollar[1])
			return fail(err, field,
				    "name a stage of its own for it: FROM image AS name, then "
				    "from=name",
				    "'from' cannot hold a variable");
		ret->from = arena_strdup(arena, field->value);
	}
	return 0;
}

/* What mount_parse() gathers. */
struct parsing {
	struct mount *mount;
	bool read_only_given, sharing_given;
	struct err *err;
};

typedef int set_fn(struct parsing *parsing, const struct field *field, char *owned_value);

static void replace(char **slot, char *owned_value)
{
	free(*slot);
	*slot = owned_value;
}

static int fail_value(struct parsing *parsing, const struct field *field, char *owned_value,
		      const char *hint)
{
	AUTO(freep) char *value = owned_value;

	return fail(parsing->err, field, hint, "'%s' cannot be '%s'", field->text, value);
}

static int parse_bool(const char *text, bool *ret)
{
	static const char *const yes[] = { "1", "t", "T", "TRUE", "true", "True" };
	static const char *const no[] = { "0", "f", "F", "FALSE", "false", "False" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (str_eq(text, yes[i]) || str_eq(text, no[i])) {
			*ret = str_eq(text, yes[i]);
			return 0;
		}
	}
	return -1;
}

static int set_type(struct parsing *parsing, const struct field *field, char *owned_value)
{
	static const char *const names[] = {
		[MOUNT_BIND] = "bind",     [MOUNT_CACHE] = "cache", [MOUNT_TMPFS] = "tmpfs",
		[MOUNT_SECRET] = "secret", [MOUNT_SSH] = "ssh",     NULL
	};
	const char *nearest = suggest(owned_value, names);
	AUTO(freep)
	char *hint = nearest ? xasprintf("did you mean '%s'?", nearest)
			     : xstrdup("bind, cache, tmpfs, secret and ssh are known");

	for (int type = 0; names[type]; type++) {
		if (strcasecmp(owned_value, names[type]) == 0) {
			parsing->mount->type = (enum mount_type)type;
			free(owned_value);
			return 0;
		}
	}
	return fail_value(parsing, field, owned_value, hint);
}

static int set_from(struct parsing *parsing, const struct field *field, char *owned_value)
{
	(void)field;
	replace(&parsing->mount->from, owned_value);
	return 0;
}

static int set_source(struct parsing *parsing, const struct field *field, char *owned_value)
{
	(void)field;
	replace(&parsing->mount->source, owned_value);
	return 0;
}

static int set_target(struct parsing *parsing, const struct field *field, char *owned_value)
{
	(void)field;
	replace(&parsing->mount->target, owned_value);
	return 0;
}

static int set_id(struct parsing *parsing, const struct field *field, char *owned_value)
{
	(void)field;
	replace(&parsing->mount->id, owned_value);
	return 0;
}

static int set_env(struct parsing *parsing, const struct field *field, char *owned_value)
{
	if (parsing->mount->type != MOUNT_SECRET) {
		free(owned_value);
		return fail(parsing->err, field, "add type=secret",
			    "only a secret mount has 'env'");
	}
	replace(&parsing->mount->env, owned_value);
	return 0;
}

static int set_read_only(struct parsing *parsing, const struct field *field, char *owned_value)
{
	bool writable = field->text[0] == 'r' &&
			(str_eq(field->text, "rw") || str_eq(field->text, "readwrite"));
	bool value = true;

	if (owned_value && parse_bool(owned_value, &value) < 0)
		return fail_value(parsing, field, owned_value, "write true or false");
	free(owned_value);
	parsing->mount->read_only = value != writable;
	parsing->read_only_given = true;
	return 0;
}

static int set_required(struct parsing *parsing, const struct field *field, char *owned_value)
{
	bool value = true;

	if (parsing->mount->type != MOUNT_SECRET && parsing->mount->type != MOUNT_SSH) {
		free(owned_value);
		return fail(parsing->err, field, "add type=secret or type=ssh",
			    "only a secret or ssh mount has 'required'");
	}
	if (owned_value && parse_bool(owned_value, &value) < 0)
		return fail_value(parsing, field, owned_value, "write true or false");
	free(owned_value);
	parsing->mount->required = value;
	return 0;
}

static int set_sharing(struct parsing *parsing, const struct field *field, char *owned_value)
{
	static const char *const names[] = { [MOUNT_SHARED] = "shared",
					     [MOUNT_PRIVATE] = "private",
					     [MOUNT_LOCKED] = "locked",
					     NULL };

	for (int sharing = 0; names[sharing]; sharing++) {
		if (strcasecmp(owned_value, names[sharing]) == 0) {
			parsing->mount->sharing = (enum mount_sharing)sharing;
			parsing->sharing_given = true;
			free(owned_value);
			return 0;
		}
	}
	return fail_value(parsing, field, owned_value, "write shared, private or locked");
}

/* Shift of a unit's letter: k is 10, m 20 ... ; -1 for none of them. */
static int unit_shift(char c)
{
	static const char letters[] = "kmgtp";
	const char *found = c ? strchr(letters, tolower((unsigned char)c)) : NULL;

	return found ? 10 * (int)(found - letters + 1) : -1;
}

/* As docker reads sizes: a number, possibly with a fraction, k m g t p of 1024, then i and b at will. */
static int parse_size(const char *text, int64_t *ret)
{
	char *end = NULL;
	double number = 0;
	int shift = 0;

	if (!isdigit((unsigned char)text[0]))
		return -1;
	number = strtod(text, &end);
	while (*end == ' ')
		end++;
	shift = unit_shift(*end);
	if (shift > 0) {
		end++;
		end += *end == 'i' || *end == 'I';
	}
	end += *end == 'b' || *end == 'B';
	number *= (double)((int64_t)1 << (shift > 0 ? shift : 0));
	if (*end || number >= 9e18)
		return -1;
	*ret = (int64_t)number;
	return 0;
}

static int set_size(struct parsing *parsing, const struct field *field, char *owned_value)
{
	if (parsing->mount->type != MOUNT_TMPFS) {
		free(owned_value);
		return fail(parsing->err, field, "add type=tmpfs", "only a tmpfs mount has 'size'");
	}
	if (parse_size(owned_value, &parsing->mount->size) < 0)
		return fail_value(parsing, field, owned_value,
				  "write bytes, or a number with k, m or g");
	free(owned_value);
	return 0;
}

static int parse_number(const char *text, int base, int64_t *ret)
{
	int64_t value = 0;

	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c >= '0' + base || value > UINT32_MAX)
			return -1;
		value = value * base + (*c - '0');
	}
	if (!*text || value > UINT32_MAX)
		return -1;
	*ret = value;
	return 0;
}

static int set_number(struct parsing *parsing, const struct field *field, char *owned_value)
{
	struct mount *mount = parsing->mount;
	bool is_mode = str_eq(field->text, "mode");
	int64_t *slot = is_mode                      ? &mount->mode
			: str_eq(field->text, "uid") ? &mount->uid
						     : &mount->gid;

	if (parse_number(owned_value, is_mode ? 8 : 10, slot) < 0)
		return fail_value(parsing, field, owned_value,
				  is_mode ? "write it in octal: 0644" : "write a number");
	free(owned_value);
	return 0;
}

static const struct {
	const char *name;
	set_fn *set;
	bool bare; /* may stand without a value */
} keys[] = {
	{ "type", set_type, false },
	{ "from", set_from, false },
	{ "source", set_source, false },
	{ "src", set_source, false },
	{ "target", set_target, false },
	{ "dst", set_target, false },
	{ "destination", set_target, false },
	{ "readonly", set_read_only, true },
	{ "ro", set_read_only, true },
	{ "readwrite", set_read_only, true },
	{ "rw", set_read_only, true },
	{ "id", set_id, false },
	{ "sharing", set_sharing, false },
	{ "required", set_required, true },
	{ "env", set_env, false },
	{ "size", set_size, false },
	{ "mode", set_number, false },
	{ "uid", set_number, false },
	{ "gid", set_number, false },
};

static int fail_key(struct parsing *parsing, const struct field *field)
{
	const char *names[ARRAY_SIZE(keys) + 1] = { NULL };
	AUTO(freep) char *hint = NULL;
	const char *nearest = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		names[i] = keys[i].name;
	nearest = suggest(field->text, names);
	hint = nearest ? xasprintf("did you mean '%s'?", nearest)
		       : xstrdup("known are type, from, source, target, id, ro, rw, sharing, "
				 "required, env, "
				 "size, mode, uid and gid");
	return fail(parsing->err, field, hint, "unknown mount option '%s'", field->text);
}

static int read_field(struct parsing *parsing, const struct field *field,
		      const struct expander *expander, struct expand_names *names)
{
	const char *value = field->value;
	char *expanded = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!str_eq(field->text, keys[i].name))
			continue;
		if (!value && !keys[i].bare) {
			AUTO(freep) char *hint = xasprintf("write %s=value", keys[i].name);

			return fail(parsing->err, field, hint, "the mount option '%s' has no value",
				    field->text);
		}
		if (value && expand_word(expander, value, &expanded, names, parsing->err) < 0)
			return err_at(parsing->err, NULL, 0, (unsigned)field->offset + 1,
				      (unsigned)field->len);
		return keys[i].set(parsing, field, expanded);
	}
	return fail_key(parsing, field);
}

static int check_secret(const struct mount *mount, struct err *err)
{
	if (mount->from)
		return err_set(err, ERR_INPUT, "a secret mount cannot have 'from'");
	if (!mount->source && !mount->target && !mount->id) {
		(void)err_set(err, ERR_INPUT, "the secret mount does not name its secret");
		return err_hint(err, "add id=NAME, the name that --secret id=NAME has");
	}
	if (mount->source && mount->id) {
		(void)err_set(err, ERR_INPUT, "'source' and 'id' of a secret mount mean the same");
		return err_hint(err, "remove one of them");
	}
	return 0;
}

static int check_mount(struct parsing *parsing)
{
	const struct mount *mount = parsing->mount;
	bool plain = mount->type == MOUNT_BIND || mount->type == MOUNT_TMPFS;

	if (plain && (mount->mode != MOUNT_UNSET || mount->uid != MOUNT_UNSET ||
		      mount->gid != MOUNT_UNSET)) {
		(void)err_set(parsing->err, ERR_INPUT, "a %s mount has no mode, uid and gid",
			      mount->type == MOUNT_BIND ? "bind" : "tmpfs");
		return err_hint(parsing->err, "cache, secret and ssh mounts have them");
	}
	if (parsing->sharing_given && mount->type != MOUNT_CACHE) {
		(void)err_set(parsing->err, ERR_INPUT, "only a cache mount has 'sharing'");
		return err_hint(parsing->err, "add type=cache");
	}
	return mount->type == MOUNT_SECRET ? check_secret(mount, parsing->err) : 0;
}

void mount_release(struct mount *mount)
{
	free(mount->from);
	free(mount->source);
	free(mount->target);
	free(mount->id);
	free(mount->env);
	*mount = (struct mount)MOUNT_INIT;
}

/* An empty value is no value. */
static void drop_empty(char **slot)
{
	if (*slot && !**slot)
		replace(slot, NULL);
}

int mount_target_check(const char *target, struct err *err)
{
	AUTO(freep) char *path = path_clean(target);

	if (str_eq(path, "/")) {
		(void)err_set(err, ERR_INPUT, "a mount cannot cover '/'");
		return err_hint(err, "mount on a directory below it");
	}
	if (path_is_within(path, "/proc")) {
		(void)err_set(err, ERR_INPUT, "a mount cannot be in '/proc'");
		return err_hint(err, "the kernel's own files are there: mount elsewhere");
	}
	if (str_eq(path, "/dev")) {
		(void)err_set(err, ERR_INPUT, "a mount cannot cover '/dev'");
		return err_hint(err, "the step's devices are there: mount on a directory below it, "
				     "such as /dev/shm");
	}
	return 0;
}

int mount_parse(const char *text, const struct expander *expander, struct mount *ret,
		struct expand_names *names, struct err *err)
{
	AUTO(fields_release) struct fields fields = { .items = NULL };
	AUTO(mount_release) struct mount mount = MOUNT_INIT;
	struct parsing parsing = { .mount = &mount, .err = err };

	if (split_fields(text, &fields, err) < 0)
		return -1;
	/* The type first, wherever it stands: it decides what the others mean. */
	VEC_FOREACH(field, &fields)
		if (str_eq(field->text, "type") && read_field(&parsing, field, expander, names) < 0)
			return -1;
	VEC_FOREACH(field, &fields)
		if (!str_eq(field->text, "type") &&
		    read_field(&parsing, field, expander, names) < 0)
			return -1;
	drop_empty(&mount.from);
	drop_empty(&mount.source);
	drop_empty(&mount.target);
	drop_empty(&mount.id);
	if (check_mount(&parsing) < 0)
		return -1;
	if (!parsing.read_only_given)
		mount.read_only = mount.type != MOUNT_CACHE && mount.type != MOUNT_TMPFS;
	if (mount.target && path_is_absolute(mount.target) &&
	    mount_target_check(mount.target, err) < 0)
		return -1;
	*ret = mount;
	mount = (struct mount)MOUNT_INIT;
	return 0;
}
