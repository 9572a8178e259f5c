/* A short queue of descriptors between the loop and one thread. A failed sync is logged: the file system is in trouble.
 */
#include "services/tracker/journal_sync.h"

#include "services/common/arena.h"
#include "services/common/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define QUEUE_MAX 8

struct journal_sync {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int queue[QUEUE_MAX]; /* oldest first */
    unsigned count;
    bool stopping;
};

/* -1: nothing left and stopping. */
static int next_file(struct journal_sync *sync)
{
    int fd = -1;
    pthread_mutex_lock(&sync->lock);
    while (sync->count == 0 && !sync->stopping)
        pthread_cond_wait(&sync->changed, &sync->lock);
    if (sync->count > 0) {
        fd = sync->queue[0];
        sync->count--;
        for (unsigned i = 0; i < sync->count; i++)
            sync->queue[i] = sync->queue[i + 1];
    }
    pthread_mutex_unlock(&sync->lock);
    return fd;
}

static void *run(void *arg)
{
    struct journal_sync *sync = arg;
    for (int fd; (fd = next_file(sync)) != -1; close(fd))
        if (fdatasync(fd) != 0)
            log_error("journal not synced to disk", "errno=%d", errno);
    return NULL;
}

struct journal_sync *journal_sync_new(void)
{
    struct journal_sync *sync = mem_zero(1, sizeof *sync);
    pthread_mutex_init(&sync->lock, NULL);
    pthread_cond_init(&sync->changed, NULL);
    if (pthread_create(&sync->thread, NULL, run, sync) != 0)
        fatal("Cannot start a thread for the journal: raise the limit of processes of this user.");
    return sync;
}

void journal_sync_destroy(struct journal_sync **sync)
{
    struct journal_sync *s = *sync;
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
    *sync = NULL;
}

void journal_sync_ask(struct journal_sync *sync, int fd)
{
    int own = dup(fd);
    if (own < 0)
        return;
    pthread_mutex_lock(&sync->lock);
    bool room = sync->count < QUEUE_MAX;
    if (room)
        sync->queue[sync->count++] = own;
    pthread_cond_signal(&sync->changed);
    pthread_mutex_unlock(&sync->lock);
    if (!room)
        close(own);
}
