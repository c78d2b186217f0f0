#include "attr.h"

#include <stdlib.h>

#include "base/alloc.h"

static int compare_name(const void *key, const void *attr)
{
	return strcmp(key, ((const struct attr *)attr)->name);
}

static size_t count_fields(const struct attr *fields)
{
	size_t count = 0;

	while (fields[count].name)
		count++;
	return count;
}

bool attr_is_extension(const char *key)
{
	return str_has_prefix(key, "x-");
}

const struct attr *attr_member(const struct attr *attr, const char *key)
{
	if (!attr)
		return NULL;
	if (attr->fields)
		return bsearch(key, attr->fields, count_fields(attr->fields), sizeof(*attr->fields),
			       compare_name);
	return attr->values;
}

static void add_place(const struct place *place, struct str *out)
{
	if (!place->key && !place->up)
		return;
	if (place->up)
		add_place(place->up, out);
	if (place->key)
		str_addf(out, "%s%s", out->len ? "." : "", place->key);
	else
		str_addf(out, "[%zu]", place->index);
}

char *place_text(const struct place *place)
{
	struct str text = STR_INIT;

	add_place(place, &text);
	return str_detach(&text);
}
