/* The exception to "one thread a daemon", and its measure: scrypt at the cost that password.c sets takes about 0.1 s,
 * in which the loop could answer hundreds of pages. So it runs here, one job after the other; a burst of sign-ins waits
 * for itself and for nobody else. `run` touches its own job only. Jobs come back through an eventfd that the loop
 * watches. */
#include "services/web/worker.h"

#include "services/common/arena.h"
#include "services/common/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job {
    void (*run)(void *job);
    void (*done)(void *job);
    void *arg;
};

struct worker {
    pthread_t thread;
    pthread_mutex_t lock; /* guards everything below it */
    pthread_cond_t more;
    struct job waiting[WORKER_QUEUE_MAX], ready[WORKER_QUEUE_MAX];
    size_t first, waiting_count, ready_count;
    size_t open; /* waiting, running or ready: never more than the queue holds */
    bool stopping;
    int ready_fd;
    struct loop_watch *watch;
};

static void tell_loop(struct worker *worker)
{
    uint64_t one = 1;
    if (write(worker->ready_fd, &one, sizeof one) != sizeof one)
        log_error("worker cannot wake the loop", "fd=%d", worker->ready_fd);
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    pthread_mutex_lock(&worker->lock);
    for (;;) {
        while (worker->waiting_count == 0 && !worker->stopping)
            pthread_cond_wait(&worker->more, &worker->lock);
        if (worker->stopping)
            break;
        struct job job = worker->waiting[worker->first];
        worker->first = (worker->first + 1) % WORKER_QUEUE_MAX;
        worker->waiting_count--;
        pthread_mutex_unlock(&worker->lock);
        job.run(job.arg);
        pthread_mutex_lock(&worker->lock);
        worker->ready[worker->ready_count++] = job;
        tell_loop(worker);
    }
    pthread_mutex_unlock(&worker->lock);
    return NULL;
}

static void on_ready(void *arg, int events)
{
    struct worker *worker = arg;
    struct job jobs[WORKER_QUEUE_MAX];
    uint64_t told;
    (void)events;
    if (read(worker->ready_fd, &told, sizeof told) != sizeof told)
        return;
    pthread_mutex_lock(&worker->lock);
    size_t count = worker->ready_count;
    memcpy(jobs, worker->ready, count * sizeof *jobs);
    worker->ready_count = 0;
    worker->open -= count;
    pthread_mutex_unlock(&worker->lock);
    for (size_t i = 0; i < count; i++)
        jobs[i].done(jobs[i].arg);
}

struct worker *worker_new(struct loop *loop)
{
    struct worker *worker = mem_zero(1, sizeof *worker);
    worker->ready_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (worker->ready_fd < 0)
        fatal("web cannot make an eventfd: raise the limit of open files (ulimit -n).");
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->more, NULL);
    worker->watch = loop_watch_fd(loop, worker->ready_fd, LOOP_READ, on_ready, worker);
    if (pthread_create(&worker->thread, NULL, work, worker) != 0)
        fatal("web cannot start its worker thread: raise the limit of processes (ulimit -u).");
    return worker;
}

void worker_destroy(struct worker **worker_at)
{
    struct worker *worker = *worker_at;
    if (worker == NULL)
        return;
    pthread_mutex_lock(&worker->lock);
    worker->stopping = true;
    pthread_cond_signal(&worker->more);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
    loop_unwatch(&worker->watch);
    close(worker->ready_fd);
    pthread_cond_destroy(&worker->more);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
    *worker_at = NULL;
}

bool worker_run(struct worker *worker, void (*run)(void *job), void (*done)(void *job), void *arg)
{
    pthread_mutex_lock(&worker->lock);
    bool room = worker->open < WORKER_QUEUE_MAX;
    if (room) {
        size_t at = (worker->first + worker->waiting_count++) % WORKER_QUEUE_MAX;
        worker->waiting[at] = (struct job){run, done, arg};
        worker->open++;
        pthread_cond_signal(&worker->more);
    }
    pthread_mutex_unlock(&worker->lock);
    return room;
}
