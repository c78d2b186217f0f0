#include "solve/result_files.h"

#include "chain.h"

int result_files_open(struct store *store, struct registry *registry, const struct monitor *monitor,
		      struct vertex *vertex, struct tree **ret, struct err *err)
{
	struct solver solver = { .store = store, .registry = registry, .monitor = monitor };
	int result;

	pthread_mutex_init(&solver.lock, NULL);
	pthread_mutex_init(&solver.unpacking, NULL);
	result = chain_view(&solver, vertex, ret, err);
	pthread_mutex_destroy(&solver.unpacking);
	pthread_mutex_destroy(&solver.lock);
	return result;
}
