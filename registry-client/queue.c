#include "queue.h"

void queue_add(struct queue *queue, struct job *job)
{
	job->queue = queue;
	*VEC_ADD(queue) = job;
}

static bool has_failed(const struct queue *queue)
{
	return queue->err.kind != ERR_NONE;
}

static void start_more(struct queue *queue)
{
	while (!has_failed(queue) && queue->running < queue->limit && queue->next < queue->len) {
		struct job *job = queue->items[queue->next++];

		queue->running++;
		job->start(job);
	}
}

void queue_job_done(struct job *job)
{
	struct queue *queue = job->queue;

	if (job->next) {
		job->next->queue = queue;
		job->next->start(job->next);
		return;
	}
	queue->running--;
	start_more(queue);
}

void queue_job_failed(struct job *job, struct err *err)
{
	struct queue *queue = job->queue;

	queue->running--;
	if (has_failed(queue))
		return;
	err_move(&queue->err, err);
	http_abort(queue->http);
}

int queue_run(struct queue *queue, struct err *err)
{
	start_more(queue);
	if (http_run(queue->http, err) < 0)
		return -1;
	if (!has_failed(queue))
		return 0;
	err_move(err, &queue->err);
	return -1;
}

void queue_release(struct queue *queue)
{
	err_release(&queue->err);
	free(queue->items);
	queue->items = NULL;
	queue->len = queue->cap = 0;
}
