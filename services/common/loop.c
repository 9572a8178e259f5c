/* The event loop: zloop polls the ZeroMQ sockets and one epoll descriptor of ours, which holds all other descriptors,
 * the timers (a heap behind one timerfd) and SIGTERM and SIGINT (a signalfd). So a change of interest is one epoll_ctl
 * instead of a rebuild of zloop's poll set (which leaves its round at each change), many timers cost nothing, and a
 * descriptor in error stays watched. */
#include "services/common/loop.h"
#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/log.h"
#include "services/common/loop_timers.h"

#include <assert.h>
#include <czmq.h>
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#define EVENTS_A_ROUND 64
#define ROUNDS_A_TURN 8 /* while there is more; then zloop asks its ZeroMQ sockets, which is dear */
#define TURNS_MAX 8

struct loop_watch {
    struct loop *loop;
    struct loop_watch *next; /* all of the loop's */
    int fd;                  /* -1: a ZeroMQ socket, or closed without telling */
    uint32_t number;         /* no other watch of this descriptor had it */
    void *socket;
    int events;
    loop_ready_fn *ready;
    void *arg;
};

struct turn {
    loop_timer_fn *call;
    void *arg;
};

struct loop {
    zloop_t *zloop;
    int epoll, timerfd, signals;
    struct loop_watch *watches;
    struct loop_watch **by_fd; /* NULL where none is watched */
    size_t by_fd_room;
    uint32_t number;
    struct timers timers;
    int64_t armed; /* when the timerfd fires, in ticks; 0: not at all */
    struct turn turns[TURNS_MAX];
    size_t turns_count;
    bool turn_due; /* a ZeroMQ socket was ready: the turn ends in our own next round */
    bool stopped;
};

static int on_epoll(zloop_t *zloop, zmq_pollitem_t *item, void *arg);

/* The timerfd is told only when the next moment comes earlier; one that fires for a cancelled timer does no harm. */
static void arm(struct loop *loop)
{
    int64_t due = loop->turn_due ? 1 : timers_next(&loop->timers);
    if (due == 0 || (loop->armed != 0 && loop->armed <= due))
        return;
    struct itimerspec at = {.it_value = {.tv_sec = due / 1000, .tv_nsec = due % 1000 * 1000000}};
    int failed = timerfd_settime(loop->timerfd, TFD_TIMER_ABSTIME, &at, NULL);
    assert(!failed);
    loop->armed = due;
}

/* What epoll tells of is named by number: an event may come for a watch that is gone, later in the same round or while
 * a child that was forked holds its copy of a descriptor that was closed here. */
static epoll_data_t name_of(int fd, uint32_t number)
{
    return (epoll_data_t){.u64 = (uint64_t)number << 32 | (uint32_t)fd};
}

static void epoll_add(struct loop *loop, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = name_of(fd, 0)};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        fatal("the event loop cannot watch a descriptor: %s", strerror(errno));
}

/* Signals become readable descriptors before any thread starts, so that every thread inherits the mask. */
static int open_signals(void)
{
    zsys_handler_set(NULL);
    signal(SIGPIPE, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

struct loop *loop_new(void)
{
    struct loop *loop = mem_zero(1, sizeof *loop);
    loop->signals = open_signals();
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->timerfd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    loop->zloop = zloop_new();
    if (loop->signals < 0 || loop->epoll < 0 || loop->timerfd < 0 || loop->zloop == NULL)
        fatal("the event loop cannot start: %s", strerror(errno));
    epoll_add(loop, loop->timerfd);
    epoll_add(loop, loop->signals);
    zmq_pollitem_t item = {.fd = loop->epoll, .events = ZMQ_POLLIN};
    zloop_poller(loop->zloop, &item, on_epoll, loop);
    zloop_poller_set_tolerant(loop->zloop, &item);
    return loop;
}

void loop_destroy(struct loop **loop)
{
    assert(loop != NULL);
    if (*loop == NULL)
        return;
    zloop_destroy(&(*loop)->zloop);
    for (struct loop_watch *watch = (*loop)->watches, *next; watch != NULL; watch = next) {
        next = watch->next;
        free(watch);
    }
    free((*loop)->by_fd);
    timers_free(&(*loop)->timers);
    close((*loop)->timerfd);
    close((*loop)->signals);
    close((*loop)->epoll);
    free(*loop);
    *loop = NULL;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

void loop_run(struct loop *loop)
{
    /* zloop also ends when poll is interrupted: that is no reason to stop. */
    while (!loop->stopped)
        zloop_start(loop->zloop);
    loop->stopped = false;
}

/* ---- one round ---- */

static void take_signals(struct loop *loop)
{
    struct signalfd_siginfo signal_info;
    while (read(loop->signals, &signal_info, sizeof signal_info) == sizeof signal_info) {
        log_info("asked to stop", "signal=%s", signal_info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
        loop->stopped = true;
    }
}

static void take_timers(struct loop *loop)
{
    uint64_t times;
    while (read(loop->timerfd, &times, sizeof times) == sizeof times)
        ;
    loop->armed = 0;
    timers_run(&loop->timers, clock_ticks());
}

static void dispatch(struct loop *loop, const struct epoll_event *event)
{
    int fd = (int)(uint32_t)event->data.u64, events = 0;
    if (fd == loop->timerfd) {
        take_timers(loop);
        return;
    }
    if (fd == loop->signals) {
        take_signals(loop);
        return;
    }
    struct loop_watch *watch = loop->by_fd[fd];
    if (watch == NULL || watch->number != event->data.u64 >> 32)
        return;
    if (event->events & (EPOLLIN | EPOLLRDHUP))
        events |= LOOP_READ;
    if (event->events & EPOLLOUT)
        events |= LOOP_WRITE;
    if (event->events & (EPOLLERR | EPOLLHUP))
        events |= LOOP_READ | LOOP_WRITE;
    events &= watch->events; /* 0 when an earlier callback of this round changed its mind */
    if (events != 0)
        watch->ready(watch->arg, events);
}

static bool dispatch_round(struct loop *loop)
{
    struct epoll_event events[EVENTS_A_ROUND];
    int count = epoll_wait(loop->epoll, events, EVENTS_A_ROUND, 0);
    for (int i = 0; i < count; i++)
        dispatch(loop, &events[i]);
    return count > 0 && !loop->stopped;
}

static int on_epoll(zloop_t *zloop, zmq_pollitem_t *item, void *arg)
{
    (void)zloop;
    (void)item;
    struct loop *loop = arg;
    for (int i = 0; i < ROUNDS_A_TURN && dispatch_round(loop); i++)
        ;
    loop->turn_due = false;
    for (size_t i = 0; i < loop->turns_count; i++)
        loop->turns[i].call(loop->turns[i].arg);
    arm(loop);
    return loop->stopped ? -1 : 0;
}

static int on_socket(zloop_t *zloop, zmq_pollitem_t *item, void *arg)
{
    (void)zloop;
    (void)item;
    struct loop_watch *watch = arg;
    struct loop *loop = watch->loop; /* the watch may be gone after the call */
    watch->ready(watch->arg, LOOP_READ);
    if (loop->turns_count > 0)
        loop->turn_due = true;
    arm(loop);
    return loop->stopped ? -1 : 0;
}

/* ---- watches ---- */

static struct loop_watch *watch_new(struct loop *loop, loop_ready_fn *ready, void *arg)
{
    struct loop_watch *watch = mem_zero(1, sizeof *watch);
    *watch = (struct loop_watch){
        .loop = loop, .next = loop->watches, .fd = -1, .number = ++loop->number, .ready = ready, .arg = arg};
    loop->watches = watch;
    return watch;
}

static void watch_apply(struct loop_watch *watch, int events)
{
    int action = watch->events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    struct epoll_event event = {.data = name_of(watch->fd, watch->number)};
    if (events & LOOP_READ)
        event.events |= EPOLLIN | EPOLLRDHUP;
    if (events & LOOP_WRITE)
        event.events |= EPOLLOUT;
    if (epoll_ctl(watch->loop->epoll, action, watch->fd, &event) != 0 && action != EPOLL_CTL_DEL)
        log_error("a descriptor cannot be watched", "fd=%d reason=\"%s\"", watch->fd, strerror(errno));
    watch->events = events;
}

/* A library that closed its descriptor without telling leaves a watch whose number may come back for another file. */
static void take_place(struct loop *loop, size_t fd, struct loop_watch *watch)
{
    if (fd >= loop->by_fd_room) {
        size_t room = fd * 2 + 16;
        loop->by_fd = mem_grow(loop->by_fd, room * sizeof(struct loop_watch *));
        memset(loop->by_fd + loop->by_fd_room, 0, (room - loop->by_fd_room) * sizeof(struct loop_watch *));
        loop->by_fd_room = room;
    }
    struct loop_watch *closed = loop->by_fd[fd];
    if (closed != NULL) {
        closed->fd = -1;
        closed->events = 0;
    }
    loop->by_fd[fd] = watch;
}

struct loop_watch *loop_watch_fd(struct loop *loop, int fd, int events, loop_ready_fn *ready, void *arg)
{
    assert(fd >= 0);
    struct loop_watch *watch = watch_new(loop, ready, arg);
    take_place(loop, (size_t)fd, watch);
    watch->fd = fd;
    loop_watch_change(watch, events);
    return watch;
}

struct loop_watch *loop_watch_zmq(struct loop *loop, void *socket, loop_ready_fn *ready, void *arg)
{
    struct loop_watch *watch = watch_new(loop, ready, arg);
    watch->socket = socket;
    watch->events = LOOP_READ;
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    int failed = zloop_poller(loop->zloop, &item, on_socket, watch);
    assert(!failed);
    zloop_poller_set_tolerant(loop->zloop, &item);
    return watch;
}

void loop_watch_change(struct loop_watch *watch, int events)
{
    assert(watch->socket == NULL);
    if (watch->fd >= 0 && events != watch->events)
        watch_apply(watch, events);
}

static void unlink_watch(struct loop_watch *watch)
{
    struct loop_watch **link = &watch->loop->watches;
    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
}

void loop_unwatch(struct loop_watch **handle)
{
    assert(handle != NULL);
    struct loop_watch *watch = *handle;
    *handle = NULL;
    if (watch == NULL)
        return;
    unlink_watch(watch);
    if (watch->socket != NULL) {
        /* zloop leaves its round at this change, so it does not come back to the freed watch. */
        zloop_poller_end(watch->loop->zloop, &(zmq_pollitem_t){.socket = watch->socket});
    } else if (watch->fd >= 0) {
        loop_watch_change(watch, 0);
        watch->loop->by_fd[watch->fd] = NULL;
    }
    free(watch);
}

/* ---- timers and turns ---- */

struct loop_timer *loop_timer_new(struct loop *loop, uint32_t ms, uint32_t every_ms, loop_timer_fn *due, void *arg)
{
    struct loop_timer *timer = timers_add(&loop->timers, clock_ticks(), ms, every_ms, due, arg);
    arm(loop);
    return timer;
}

void loop_timer_cancel(struct loop_timer **timer)
{
    timers_cancel(timer);
}

void loop_each_turn(struct loop *loop, loop_timer_fn *turn, void *arg)
{
    assert(loop->turns_count < TURNS_MAX);
    loop->turns[loop->turns_count++] = (struct turn){turn, arg};
}
