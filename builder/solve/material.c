#include "solve/material.h"

#include <stdlib.h>
#include <string.h>

#include "add_source.h"

static bool is_known(const struct materials *materials, const struct material *material)
{
	VEC_FOREACH(known, materials) {
		if (strcmp(known->uri, material->uri) == 0 &&
		    strcmp(known->hash, material->hash) == 0)
			return true;
	}
	return false;
}

static void material_release(struct material *material)
{
	free(material->uri);
	free(material->hash);
}

void materials_add(const struct vertex *vertex, struct materials *ret)
{
	if (vertex->kind != VERTEX_COPY)
		return;
	VEC_FOREACH(argument, &vertex->copy.arguments) {
		struct material material;

		if (!argument->remote)
			continue;
		material = add_source_material(argument->remote);
		if (is_known(ret, &material))
			material_release(&material);
		else
			*VEC_ADD(ret) = material;
	}
}

void materials_release(struct materials *materials)
{
	VEC_FOREACH(material, materials)
		material_release(material);
	free(materials->items);
	*materials = (struct materials){ .items = NULL };
}
