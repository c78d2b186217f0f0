#include "made_layer.h"

#include "record.h"

static bool is_being_made(const struct made_layer *layer)
{
	return strvec_contains(&layer->solver->making, layer->name.text);
}

static void begin(struct made_layer *layer)
{
	pthread_mutex_lock(&layer->solver->lock);
	while (is_being_made(layer))
		pthread_cond_wait(&layer->solver->made, &layer->solver->lock);
	strvec_add(&layer->solver->making, layer->name.text);
	layer->is_ours = true;
	pthread_mutex_unlock(&layer->solver->lock);
}

int made_layer_find(struct made_layer *layer, struct err *err)
{
	if (!digest_is_set(&layer->name))
		return 0;
	begin(layer);
	return record_find(layer->solver, layer->vertex, &layer->name, &layer->is_found, err);
}

int made_layer_put(const struct made_layer *layer, struct err *err)
{
	if (!digest_is_set(&layer->name))
		return 0;
	return record_put(layer->solver, layer->vertex, &layer->name, err);
}

void made_layer_release(struct made_layer *layer)
{
	struct strvec *making = &layer->solver->making;

	if (!layer->is_ours)
		return;
	pthread_mutex_lock(&layer->solver->lock);
	for (size_t i = 0; i < making->len; i++) {
		if (str_eq(making->items[i], layer->name.text)) {
			strvec_remove(making, i);
			break;
		}
	}
	layer->is_ours = false;
	pthread_cond_broadcast(&layer->solver->made);
	pthread_mutex_unlock(&layer->solver->lock);
}
