#include "builder/annotation.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/vec.h"

static const char *const places[] = { "manifest", "index", "manifest-descriptor",
				      "index-descriptor" };

static bool is_about_index(enum annotation_place place)
{
	return place == ANNOTATE_INDEX || place == ANNOTATE_INDEX_DESCRIPTOR;
}

static int parse_place(struct span name, enum annotation_place *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (span_eq(name, places[i])) {
			*ret = (enum annotation_place)i;
			return 0;
		}
	}
	(void)err_set(err, ERR_USAGE, "there is no annotation of a '%.*s'", SPAN_FMT(name));
	return err_hint(err, "it is one of manifest, index, manifest-descriptor, index-descriptor");
}

/* "manifest[linux/arm64]" */
static int parse_target(struct span text, struct annotation *ret, struct err *err)
{
	struct span name;
	bool has_platform = span_cut(&text, '[', &name);
	AUTO(freep) char *platform = NULL;

	if (parse_place(name, &ret->place, err) < 0)
		return -1;
	if (!has_platform)
		return 0;
	if (text.len < 2 || text.ptr[text.len - 1] != ']')
		return err_set(err, ERR_USAGE, "a platform of an annotation ends with ']'");
	platform = span_dup((struct span){ .ptr = text.ptr, .len = text.len - 1 });
	if (is_about_index(ret->place))
		return err_set(err, ERR_USAGE, "an index is not for one platform: '%s'", platform);
	return platform_parse(platform, &ret->platform, err);
}

static void add(struct annotations *annotations, const struct annotation *target, struct span key,
		struct span value)
{
	*VEC_ADD(annotations) = (struct annotation){
		.place = target->place,
		.platform = target->platform,
		.key = span_dup(key),
		.value = span_dup(value),
	};
}

int annotations_add(struct annotations *annotations, const char *text, struct err *err)
{
	struct span value = span_of(text), key, targets = SPAN_LIT("manifest"), rest, target;
	bool has_targets;

	if (!span_cut(&value, '=', &key))
		return err_set(err, ERR_USAGE, "'%s' has no value: KEY=VALUE", text);
	rest = key;
	has_targets = span_cut(&rest, ':', &target);
	if (has_targets) {
		targets = target;
		key = rest;
	}
	if (key.len == 0)
		return err_set(err, ERR_USAGE, "'%s' has no key", text);
	do {
		struct annotation parsed = { .place = ANNOTATE_MANIFEST };

		has_targets = span_cut(&targets, ',', &target);
		if (parse_target(target, &parsed, err) < 0)
			return err_wrap(err, "'%s'", text);
		add(annotations, &parsed, key, value);
	} while (has_targets);
	return 0;
}

int annotations_add_attribute(struct annotations *annotations, const char *key, const char *value,
			      struct err *err)
{
	struct span rest = span_of(key + strlen("annotation")), target;
	struct annotation parsed = { .place = ANNOTATE_MANIFEST };
	AUTO(freep) char *completed = NULL;

	if (!span_cut(&rest, '.', &target) || rest.len == 0 || !value)
		return err_set(err, ERR_USAGE, "'%s' is not of the form annotation.KEY=VALUE", key);
	completed = target.len > 0 && *target.ptr == '-'
			    ? xasprintf("%.*s", (int)target.len - 1, target.ptr + 1)
			    : xasprintf("manifest%.*s", SPAN_FMT(target));
	if (parse_target(span_of(completed), &parsed, err) < 0)
		return err_wrap(err, "'%s'", key);
	add(annotations, &parsed, rest, span_of(value));
	return 0;
}

void annotations_add_all(struct annotations *annotations, const struct annotations *more)
{
	VEC_FOREACH(annotation, more)
		add(annotations, annotation, span_of(annotation->key), span_of(annotation->value));
}

static int compare_keys(const void *a, const void *b)
{
	const struct strmap_item *left = a, *right = b;

	return strcmp(left->key, right->key);
}

void annotations_select(const struct annotations *annotations, enum annotation_place place,
			const struct platform *platform, struct strmap *ret)
{
	AUTO(strmap_release) struct strmap found = STRMAP_INIT;

	VEC_FOREACH(annotation, annotations) {
		bool is_for_all = !annotation->platform.os[0];

		if (annotation->place == place &&
		    (is_for_all || (platform && platform_equal(&annotation->platform, platform))))
			strmap_set(&found, annotation->key, annotation->value);
	}
	if (found.len > 1)
		qsort(found.items, found.len, sizeof(*found.items), compare_keys);
	for (size_t i = 0; i < found.len; i++)
		strmap_set(ret, found.items[i].key, found.items[i].value);
}

bool annotations_have(const struct annotations *annotations, enum annotation_place place)
{
	VEC_FOREACH(annotation, annotations) {
		if (annotation->place == place)
			return true;
	}
	return false;
}

void annotations_release(struct annotations *annotations)
{
	VEC_FOREACH(annotation, annotations) {
		free(annotation->key);
		free(annotation->value);
	}
	free(annotations->items);
	*annotations = (struct annotations){ .items = NULL };
}
