/* The one event loop of a daemon, over zloop, with its traps taken care of: a descriptor stays watched through poll
 * errors, and interest that has not changed is not registered again (zloop rebuilds and leaves its round at a change).
 * All callbacks run on the loop's thread and must not block. */
#ifndef DJEMBE_COMMON_LOOP_H
#define DJEMBE_COMMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_watch; /* one descriptor or ZeroMQ socket */
struct loop_timer;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_ready_fn(void *arg, int events);
typedef void loop_timer_fn(void *arg);

struct loop *loop_new(void);
void loop_destroy(struct loop **loop);

/* Runs until loop_stop, SIGTERM or SIGINT. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* `events` may be 0: registered but asleep. */
struct loop_watch *loop_watch_fd(struct loop *loop, int fd, int events, loop_ready_fn *ready, void *arg);
/* A raw libzmq socket; `ready` must read until EAGAIN, for readiness is told by edge. */
struct loop_watch *loop_watch_zmq(struct loop *loop, void *socket, loop_ready_fn *ready, void *arg);
void loop_watch_change(struct loop_watch *watch, int events);
void loop_unwatch(struct loop_watch **watch);

/* After `ms`, then every `every_ms` (0: once; the timer frees itself after its call and *timer must not be used). */
struct loop_timer *loop_timer_new(struct loop *loop, uint32_t ms, uint32_t every_ms, loop_timer_fn *due, void *arg);
void loop_timer_cancel(struct loop_timer **timer);

/* Calls `turn` when what was ready has had its turn: once for all that was, or after a few rounds of it. For work done
 * once a turn. */
void loop_each_turn(struct loop *loop, loop_timer_fn *turn, void *arg);

#endif
