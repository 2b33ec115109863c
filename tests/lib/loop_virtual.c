/* A loop whose time passes only when the test says so; descriptors are polled between timers. */
#include "loop_virtual.h"
#include "clock.h"

#include <poll.h>

struct LoopWatch {
    int fd;
    LoopReady events;
    LoopFdFunc func;
    void *user;
    gboolean gone;
};

struct LoopTimer {
    gint64 at_us;
    guint64 order; /* timers of one instant fire in the order they were started */
    LoopFunc func;
    void *user;
    gboolean running;
};

typedef struct PostedCall {
    LoopFunc func;
    void *data;
    GDestroyNotify destroy;
} PostedCall;

typedef struct VirtualLoop {
    Loop base;
    gint64 now_us;
    guint64 started;
    GPtrArray *watches; /* of LoopWatch*, owned */
    GPtrArray *timers;  /* of LoopTimer*, running ones only, borrowed */
    GMutex lock;        /* guards posted */
    GQueue posted;
} VirtualLoop;

static VirtualLoop *time_source;

static gint64 virtual_clock(void)
{
    return time_source->now_us;
}

static gint64 virtual_now(Loop *loop)
{
    return ((VirtualLoop *)loop)->now_us;
}

static LoopWatch *virtual_watch(Loop *loop, int fd, LoopReady events, LoopFdFunc func, void *user)
{
    LoopWatch *watch = g_new0(LoopWatch, 1);

    *watch = (LoopWatch){.fd = fd, .events = events, .func = func, .user = user};
    g_ptr_array_add(((VirtualLoop *)loop)->watches, watch);
    return watch;
}

static void virtual_unwatch(Loop *loop, LoopWatch *watch)
{
    (void)loop;
    watch->gone = TRUE; /* swept when no callback can be running on it */
}

static LoopTimer *virtual_timer_new(Loop *loop, LoopFunc func, void *user)
{
    LoopTimer *timer = g_new0(LoopTimer, 1);

    (void)loop;
    timer->func = func;
    timer->user = user;
    return timer;
}

static void virtual_timer_stop(Loop *loop, LoopTimer *timer)
{
    if (timer->running)
        g_ptr_array_remove(((VirtualLoop *)loop)->timers, timer);
    timer->running = FALSE;
}

static void virtual_timer_start(Loop *loop, LoopTimer *timer, gint64 delay_us)
{
    VirtualLoop *self = (VirtualLoop *)loop;

    virtual_timer_stop(loop, timer);
    timer->at_us = self->now_us + MAX(delay_us, 0);
    timer->order = ++self->started;
    timer->running = TRUE;
    g_ptr_array_add(self->timers, timer);
}

static void virtual_timer_free(Loop *loop, LoopTimer *timer)
{
    virtual_timer_stop(loop, timer);
    g_free(timer);
}

static void virtual_post(Loop *loop, LoopFunc func, void *data, GDestroyNotify destroy)
{
    VirtualLoop *self = (VirtualLoop *)loop;
    PostedCall *call = g_new(PostedCall, 1);

    *call = (PostedCall){func, data, destroy};
    g_mutex_lock(&self->lock);
    g_queue_push_tail(&self->posted, call);
    g_mutex_unlock(&self->lock);
}

static gboolean virtual_run_posted(VirtualLoop *self)
{
    PostedCall *call;
    gboolean ran = FALSE;

    for (;;) {
        g_mutex_lock(&self->lock);
        call = g_queue_pop_head(&self->posted);
        g_mutex_unlock(&self->lock);
        if (!call)
            return ran;
        call->func(call->data);
        if (call->destroy)
            call->destroy(call->data);
        g_free(call);
        ran = TRUE;
    }
}

static void virtual_sweep(VirtualLoop *self)
{
    for (guint i = self->watches->len; i-- > 0;)
        if (((LoopWatch *)self->watches->pdata[i])->gone)
            g_ptr_array_remove_index(self->watches, i);
}

static short poll_events_of(LoopReady events)
{
    return (short)((events & LOOP_READABLE ? POLLIN : 0) | (events & LOOP_WRITABLE ? POLLOUT : 0) |
                   (events & LOOP_URGENT ? POLLPRI : 0));
}

static LoopReady ready_of(short events)
{
    return (events & POLLIN ? LOOP_READABLE : 0) | (events & POLLOUT ? LOOP_WRITABLE : 0) |
           (events & POLLPRI ? LOOP_URGENT : 0) | (events & (POLLERR | POLLHUP) ? LOOP_BROKEN : 0);
}

static gboolean virtual_poll(VirtualLoop *self)
{
    gboolean ran = FALSE;

    for (guint i = 0; i < self->watches->len; i++) {
        LoopWatch *watch = self->watches->pdata[i];
        struct pollfd ask = {.fd = watch->fd, .events = poll_events_of(watch->events)};

        if (watch->gone || poll(&ask, 1, 0) <= 0)
            continue;
        watch->func(watch->user, watch->fd, ready_of(ask.revents));
        ran = TRUE;
    }
    virtual_sweep(self);
    return ran;
}

static void virtual_settle(VirtualLoop *self)
{
    /* Two ends that answer each other for ever at one instant are a mistake of the test. */
    for (guint rounds = 0; rounds < 100000; rounds++) {
        gboolean posted = virtual_run_posted(self);

        if (!virtual_poll(self) && !posted)
            return;
    }
    g_error("virtual loop: never at rest at %" G_GINT64_FORMAT " us", self->now_us);
}

static LoopTimer *virtual_next_timer(VirtualLoop *self)
{
    LoopTimer *next = NULL;

    for (guint i = 0; i < self->timers->len; i++) {
        LoopTimer *timer = self->timers->pdata[i];

        if (!next || timer->at_us < next->at_us ||
            (timer->at_us == next->at_us && timer->order < next->order))
            next = timer;
    }
    return next;
}

void loop_virtual_advance(Loop *loop, gint64 us)
{
    VirtualLoop *self = (VirtualLoop *)loop;
    gint64 end = self->now_us + us;

    for (;;) {
        LoopTimer *timer;

        virtual_settle(self);
        timer = virtual_next_timer(self);
        if (!timer || timer->at_us > end)
            break;
        self->now_us = MAX(self->now_us, timer->at_us);
        virtual_timer_stop(loop, timer);
        timer->func(timer->user);
    }
    self->now_us = end;
    virtual_settle(self);
}

gboolean loop_virtual_wait(Loop *loop, gint64 limit_us, gboolean (*until)(void *user), void *user)
{
    for (gint64 spent = 0;; spent += 1000) {
        loop_virtual_advance(loop, spent ? 1000 : 0);
        if (until(user))
            return TRUE;
        if (spent >= limit_us)
            return FALSE;
    }
}

static const LoopOps virtual_ops = {
    .now = virtual_now,
    .watch = virtual_watch,
    .unwatch = virtual_unwatch,
    .timer_new = virtual_timer_new,
    .timer_start = virtual_timer_start,
    .timer_stop = virtual_timer_stop,
    .timer_free = virtual_timer_free,
    .post = virtual_post,
};

Loop *loop_virtual_new(void)
{
    VirtualLoop *self = g_new0(VirtualLoop, 1);

    g_assert_null(time_source);
    self->base.ops = &virtual_ops;
    self->now_us = clock_now_us(); /* time goes on from the true one, so no clock steps */
    self->watches = g_ptr_array_new_with_free_func(g_free);
    self->timers = g_ptr_array_new();
    g_mutex_init(&self->lock);
    g_queue_init(&self->posted);
    time_source = self;
    clock_set_source(virtual_clock);
    return &self->base;
}

void loop_virtual_free(Loop *loop)
{
    VirtualLoop *self = (VirtualLoop *)loop;
    PostedCall *call;

    while ((call = g_queue_pop_head(&self->posted))) {
        if (call->destroy)
            call->destroy(call->data);
        g_free(call);
    }
    clock_set_source(NULL);
    time_source = NULL;
    g_ptr_array_unref(self->watches);
    g_ptr_array_unref(self->timers);
    g_mutex_clear(&self->lock);
    g_free(self);
}
