#include "build_cache.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/str.h"
#include "solve/cache_export.h"

static bool is_listed(const struct cache_places *places, const struct cache_place *place)
{
	VEC_FOREACH(known, places) {
		if (known->kind == place->kind && str_eq(known->text, place->text) &&
		    str_eq(known->tag, place->tag) && str_eq(known->digest, place->digest))
			return true;
	}
	return false;
}

void build_cache_sources(const struct build_request *requests, size_t count,
			 struct cache_places *ret)
{
	for (size_t i = 0; i < count; i++) {
		const struct cache_places *places = requests[i].cache_from;

		for (size_t j = 0; places && j < places->len; j++) {
			if (!is_listed(ret, &places->items[j]))
				*VEC_ADD(ret) = places->items[j];
		}
	}
}

static bool has_inline(const struct cache_places *places)
{
	for (size_t i = 0; places && i < places->len; i++) {
		if (places->items[i].kind == CACHE_INLINE)
			return true;
	}
	return false;
}

void build_cache_put_inline(struct build_target *target, struct solver *solver)
{
	bool wanted = has_inline(target->request->cache_to);

	VEC_FOREACH(image, &target->images) {
		json_t *members = image->planned.config.unknown;

		if (!image->is_wanted || !members)
			continue;
		(void)json_object_del(members, CACHE_MEMBER); /* most bases have none */
		if (wanted)
			(void)json_object_set_new(members, CACHE_MEMBER,
						  cache_export_inline(solver, image->planned.top));
	}
}

static int export_all(const struct cache_places *places, const struct vertices *tops,
		      struct solver *solver, struct err *err)
{
	for (size_t i = 0; places && i < places->len; i++) {
		if (places->items[i].kind != CACHE_INLINE &&
		    cache_export(solver, tops, &places->items[i], err) < 0)
			return -1;
	}
	return 0;
}

int build_cache_export(struct build_target *target, struct solver *solver, struct err *err)
{
	struct vertices tops = { .items = NULL };
	int result;

	VEC_FOREACH(image, &target->images) {
		if (image->is_wanted)
			*VEC_ADD(&tops) = image->planned.top;
	}
	result = export_all(target->request->cache_to, &tops, solver, err);
	free(tops.items);
	return result;
}
