/* The treaty of an event loop: watch a descriptor, start a timer, post from another thread.
 *
 * isdn, call and span never name the loop they run on: signalling hands in Sofia's, the media thread
 * and tieline-pbx the epoll loop of base, tests a virtual one with faked time.
 *
 * Home thread: the thread that runs the loop; only loop_post() may be called from elsewhere.
 */
#pragma once

#include <glib.h>

typedef struct Loop Loop;
typedef struct LoopWatch LoopWatch;
typedef struct LoopTimer LoopTimer;

typedef enum LoopReady {
    LOOP_READABLE = 1 << 0,
    LOOP_WRITABLE = 1 << 1,
    LOOP_URGENT = 1 << 2, /* EPOLLPRI: a DAHDI event */
    LOOP_BROKEN = 1 << 3, /* EPOLLERR or EPOLLHUP; always reported */
} LoopReady;

typedef void (*LoopFdFunc)(void *user, int fd, LoopReady ready);
typedef void (*LoopFunc)(void *user);

/* What an implementation provides; Loop is its first member. */
typedef struct LoopOps {
    gint64 (*now)(Loop *loop);
    LoopWatch *(*watch)(Loop *loop, int fd, LoopReady events, LoopFdFunc func, void *user);
    void (*unwatch)(Loop *loop, LoopWatch *watch);
    LoopTimer *(*timer_new)(Loop *loop, LoopFunc func, void *user);
    void (*timer_start)(Loop *loop, LoopTimer *timer, gint64 delay_us);
    void (*timer_stop)(Loop *loop, LoopTimer *timer);
    void (*timer_free)(Loop *loop, LoopTimer *timer);
    void (*post)(Loop *loop, LoopFunc func, void *data, GDestroyNotify destroy);
} LoopOps;

struct Loop {
    const LoopOps *ops;
};

/* Microseconds of this loop's clock: CLOCK_MONOTONIC, or a test's faked time. */
static inline gint64 loop_now(Loop *loop)
{
    return loop->ops->now(loop);
}

/* Calls FUNC whenever FD is in one of EVENTS, until loop_unwatch(). The loop borrows FD: unwatch
 * before closing it. Legal from inside any callback of this loop, FUNC included. */
static inline LoopWatch *loop_watch(Loop *loop, int fd, LoopReady events, LoopFdFunc func,
                                    void *user)
{
    return loop->ops->watch(loop, fd, events, func, user);
}

/* Ends and frees WATCH (NULL is nothing); FUNC is not called again. */
static inline void loop_unwatch(Loop *loop, LoopWatch *watch)
{
    if (watch)
        loop->ops->unwatch(loop, watch);
}

/* A one-shot timer at rest, owned by the caller. */
static inline LoopTimer *loop_timer_new(Loop *loop, LoopFunc func, void *user)
{
    return loop->ops->timer_new(loop, func, user);
}

/* Fires once in DELAY_US microseconds (0: at the next turn of the loop); a running timer starts anew. */
static inline void loop_timer_start(Loop *loop, LoopTimer *timer, gint64 delay_us)
{
    loop->ops->timer_start(loop, timer, delay_us);
}

/* A stopped timer does not fire; stopping one at rest is nothing. */
static inline void loop_timer_stop(Loop *loop, LoopTimer *timer)
{
    loop->ops->timer_stop(loop, timer);
}

/* Stops and frees TIMER (NULL is nothing); legal from inside its own callback. */
static inline void loop_timer_free(Loop *loop, LoopTimer *timer)
{
    if (timer)
        loop->ops->timer_free(loop, timer);
}

/* Has FUNC(DATA) called once in the loop's home thread, in the order of posting, then DESTROY(DATA)
 * (may be NULL). Any thread. What is still queued when the loop is freed is destroyed uncalled. */
static inline void loop_post(Loop *loop, LoopFunc func, void *data, GDestroyNotify destroy)
{
    loop->ops->post(loop, func, data, destroy);
}

/* The epoll loop of base: microsecond timers, no threads of its own. */
Loop *loop_epoll_new(GError **error);
void loop_epoll_free(Loop *loop);

/* Runs in the calling thread until loop_epoll_quit(), which any thread may call. */
void loop_epoll_run(Loop *loop);
void loop_epoll_quit(Loop *loop);
