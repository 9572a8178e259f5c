/* Has images decoded by a process of their own, one each (image_child.h), a few at a time. Whatever becomes of such a
 * process, the next image has another. */
#ifndef DJEMBE_CATALOG_IMAGE_WORK_H
#define DJEMBE_CATALOG_IMAGE_WORK_H

#include "proto/fault.h"
#include "services/catalog/image_answer.h"
#include "services/common/arena.h"
#include "services/common/loop.h"

#include <sys/types.h>

/* `answer` is good, or NULL and `why` says for a person why not; what it borrows lives in the work's arena. */
typedef void image_done_fn(void *owner, const struct image_answer *answer, const struct fault *why);

struct image_work {
    struct slice file;
    uint64_t member; /* whose images are decoded one after the other */
    struct arena *arena;
    image_done_fn *done;
    void *owner;

    /* ---- image_work.c's own ---- */
    struct image_work *next;
    bool runs;
    pid_t child;
    int end, out; /* readable when the process has ended; what it has answered */
    struct loop_watch *watch;
    struct loop_timer *timer;
};

/* Lives until `done`, which is not called before this returns. False: too many wait, `why` says so, and `done` is never
 * called. */
bool image_work_start(struct image_work *work, struct fault *why);

#endif
