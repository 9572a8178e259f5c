/* One thread beside the loop, for work that is slow by intent: scrypt. */
#ifndef DJEMBE_WEB_WORKER_H
#define DJEMBE_WEB_WORKER_H

#include "services/common/loop.h"

struct worker;

#define WORKER_QUEUE_MAX 64 /* about six seconds of scrypt */

struct worker *worker_new(struct loop *loop);
/* Waits for the job that runs; those that wait are dropped with no call. */
void worker_destroy(struct worker **worker);

/* `run` is called on the thread, then `done` on the loop, both with `job`. False when the queue is full: nothing is
 * called. */
bool worker_run(struct worker *worker, void (*run)(void *job), void (*done)(void *job), void *job);

#endif
