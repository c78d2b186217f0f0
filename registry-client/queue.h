/*
 * Jobs that run a few at a time on one http engine. The first failure ends all of them.
 *
 *	struct queue queue = QUEUE_INIT(http, 4);
 *
 *	queue_add(&queue, &download->job);
 *	if (queue_run(&queue, err) < 0) ...
 */
#ifndef REGISTRY_QUEUE_H
#define REGISTRY_QUEUE_H

#include "base/vec.h"
#include "http.h"

struct queue;

/* Embedded in what it works on. */
struct job {
	/* Begins the work; it ends, now or later, in queue_job_done() or queue_job_failed(). */
	void (*start)(struct job *job);
	/* Begins in its place when it is done, and is not added itself; NULL = none. */
	struct job *next;
	struct queue *queue;
};

struct queue {
	struct http *http;
	unsigned limit; /* jobs at once */
	struct job **items;
	size_t len, cap;
	size_t next;
	unsigned running;
	struct err err;
};

#define QUEUE_INIT(engine, at_once)                                   \
	{                                                             \
		.http = (engine), .limit = (at_once), .err = ERR_INIT \
	}

/* Borrowed until the queue has run. */
void queue_add(struct queue *queue, struct job *job);
WARN_UNUSED int queue_run(struct queue *queue, struct err *err);
void queue_release(struct queue *queue);

void queue_job_done(struct job *job);
/* Takes what is in `err`. */
void queue_job_failed(struct job *job, struct err *err);

#endif
